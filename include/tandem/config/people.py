# SPDX-License-Identifier: Apache-2.0
"""A company's map of people to its own accounts."""

from __future__ import annotations

import re
import unicodedata

from pydantic import Field

from tandem.config.written import Alias, Text, Written


class PeopleFile(Written):
    """`include/contracts/people/<company>.yaml`: who is who in its own trackers. Accounts are ids, never names."""

    company: Text = Field(description="The company's name, as in its contracts.")
    people: dict[Alias, dict[str, Text]] = Field(
        {},
        description="Alias (a person's e-mail address in lower case, whichever company's) → system, or contract's file "
        "name → account id. The contract's entry goes before the system's.",
    )


def file_name(company: str) -> str:
    """Name a company's people file: ``Mercuri Inc.`` → ``mercuri-inc.yaml``."""
    plain = unicodedata.normalize("NFKD", company).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") + ".yaml"
