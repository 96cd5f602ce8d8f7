# SPDX-License-Identifier: Apache-2.0
"""``tandem new-contract``: the text that a company starts from."""

from __future__ import annotations

from tandem.cli.out import Answer, UsageError
from tandem.cli.setting import Setting
from tandem.config import start
from tandem.config.people import file_name


def new_contract(setting: Setting, system: str, company: str, *, write: bool) -> Answer:
    """Print the contract, or put it into `contracts/`; what is there already is never written over."""
    text = start.new_contract(system, company)
    file = setting.root / "contracts" / f"{file_name(company).removesuffix('.yaml')}-{system}.yaml"
    if not write:
        return Answer({"file": file.name, "text": text}, [text.rstrip()])
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with file.open("x", encoding="utf-8") as made:
            made.write(text)
    except FileExistsError:
        raise UsageError(f"{file} is there already.", "Change it by hand, or name another company.") from None
    fix = "Fill in what stands in <…>, write a pair that names it, then: tandem check"
    return Answer({"file": str(file), "text": text}, [f"{file}", fix])
