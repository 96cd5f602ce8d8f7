# SPDX-License-Identifier: Apache-2.0
"""``python -m tandem.cli``."""

from tandem.cli import main

main()
