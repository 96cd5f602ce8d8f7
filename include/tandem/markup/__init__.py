# SPDX-License-Identifier: Apache-2.0
"""Codecs between the hub's rich text and the trackers' own: ADF, HTML and plain text."""

from tandem.markup.adf import Adf
from tandem.markup.html import Html
from tandem.markup.plain import Plain
from tandem.markup.split import split

__all__ = ["Adf", "Html", "Plain", "split"]
