# SPDX-License-Identifier: Apache-2.0
"""Codecs between the hub's rich text and the trackers' own: ADF, HTML, journal entries and plain text."""

from tandem.markup.adf import Adf
from tandem.markup.commonmark import CommonMark
from tandem.markup.html import Html
from tandem.markup.journal import Journal
from tandem.markup.plain import Plain
from tandem.markup.split import split
from tandem.markup.textile import Textile

__all__ = ["Adf", "CommonMark", "Html", "Journal", "Plain", "Textile", "split"]
