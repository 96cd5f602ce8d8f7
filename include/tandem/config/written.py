# SPDX-License-Identifier: Apache-2.0
"""The kinds of values that people write, with what is said when they are wrong and how editors see them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from tandem.config import composed, template, units
from tandem.config.codes import Code


class Written(BaseModel):
    """Part of a file: unknown keys are problems, values never change."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def wrong(code: Code, what: str, fix: str) -> PydanticCustomError:
    """Make the error that :mod:`tandem.config.validate` turns into a problem with this code."""
    return PydanticCustomError(code, "{what}", {"what": what, "fix": fix})


@dataclass(frozen=True, eq=False)
class Short:
    """Marks a type that can also be written in a shorter form, which ``read`` makes into the long one."""

    read: Callable[[Any], Any]
    form: Mapping[str, Any]  # of the shorter form, as JSON Schema

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self.read, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        long = handler(schema)
        forms = [form for form in long.get("anyOf", [long]) if form != {"type": "null"}]
        return {"anyOf": [dict(self.form), *forms]}


def optional_none(value: Any) -> Any:
    """Read the word ``none`` as nothing, and refuse to take an empty value for it."""
    if value is None:
        raise wrong(Code.WRONG_VALUE, "There is no value.", "Write `none`, or a value.")
    return None if value == "none" else value


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _list(value: Any) -> Any:
    return value if isinstance(value, list) or value is None else [value]


def _measure(read: Callable[[str], Any], fix: str) -> Callable[[Any], Any]:
    def measure(value: Any) -> Any:
        if isinstance(value, str):
            try:
                return read(value)
            except ValueError as error:
                raise wrong(Code.UNIT, f"`{value}`: {error}.", fix) from None
        if isinstance(value, int | float) and not isinstance(value, bool):
            raise wrong(Code.UNIT, f"`{value}` has no unit.", fix)
        return value

    return measure


def _form(kind: str, pattern: str, *examples: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "title": kind, "pattern": pattern, "examples": list(examples)})


def _schedule(value: str) -> str:
    try:
        units.interval(value)
    except ValueError as error:
        fix = 'Write five fields in quotes: "*/2 * * * *" is every two minutes, "0 6 * * 1-5" at six on workdays.'
        raise wrong(Code.SCHEDULE, f"`{value}`: {error}.", fix) from None
    return value


def _heading(value: str) -> str:
    if what := template.wrong_in(value):
        fix = "The names are " + ", ".join(f"`{{{{ {name} }}}}`" for name in template.NAMES) + "."
        raise wrong(Code.TEMPLATE, f"{what[0].upper()}{what[1:]}.", fix)
    return value


def _composed(value: str) -> str:
    try:
        composed.names_in(value)
    except ValueError as error:
        fix = "Write text with names of hub fields: {{ twin.key }}: {{ title | truncate(60) }}."
        raise wrong(Code.COMPOSED, f"As a template, {str(error).rstrip('.')}.", fix) from None
    return value


def _email(value: str) -> str:
    if not _EMAIL.fullmatch(value):
        raise wrong(Code.WRONG_VALUE, f"`{value}` is no e-mail address.", "Write it as name@company.example.")
    return value


def _alias(value: str) -> str:
    if value != value.lower() or " " in value:
        raise wrong(Code.ALIAS, f"`{value}`: an alias is in lower case, without spaces.", f"Write `{value.lower()}`.")
    return value


_EMAIL = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+")
_NUMBER = r"^[0-9]+(\.[0-9]+)? *"
_ONE_LINE = StringConstraints(min_length=1, strip_whitespace=True, pattern=r"^[^\n\r]*$")
_ONE_LINE_OR_NONE = StringConstraints(strip_whitespace=True, pattern=r"^[^\n\r]*$")

# A name in a tracker or of ours; numbers (ids) may be written without quotes.
Text = Annotated[
    str, BeforeValidator(_text), _ONE_LINE, WithJsonSchema({"type": ["string", "integer"], "title": "text"})
]
Texts = Annotated[tuple[Text, ...], Short(_list, {"type": ["string", "integer"], "title": "text"})]
# Names of choices; the empty text stands for a field that is empty.
Choice = Annotated[
    str, BeforeValidator(_text), _ONE_LINE_OR_NONE, WithJsonSchema({"type": ["string", "integer"], "title": "text"})
]
Choices = Annotated[tuple[Choice, ...], Short(_list, {"type": ["string", "integer"], "title": "text"})]
Composed = Annotated[str, AfterValidator(_composed)]
Heading = Annotated[str, AfterValidator(_heading)]
Email = Annotated[
    str, AfterValidator(_email), WithJsonSchema({"type": "string", "title": "e-mail address", "format": "email"})
]
Emails = Annotated[tuple[Email, ...], Short(_list, {"type": "string", "title": "e-mail address", "format": "email"})]
Alias = Annotated[Text, AfterValidator(_alias)]
Schedule = Annotated[str, AfterValidator(_schedule), WithJsonSchema({"type": "string", "title": "cron expression"})]
Duration = Annotated[
    timedelta,
    BeforeValidator(_measure(units.duration, "Write a number and a unit: 90 s, 10 min, 2 h, 3 d.")),
    _form("duration", _NUMBER + "(s|min|h|d)$", "10 min", "2 h"),
]
Size = Annotated[
    int,
    BeforeValidator(_measure(units.size, "Write a number and a unit: 512 kB, 20 MB, 8 MiB.")),
    _form("size", _NUMBER + "(B|kB|MB|GB|KiB|MiB|GiB)$", "20 MB", "512 kB"),
]
Share = Annotated[
    float,
    BeforeValidator(_measure(units.share, "Write a share such as 30 %.")),
    _form("share", _NUMBER + "%$", "30 %"),
]
# A value for a native field, as the tracker takes it.
Native = Annotated[Any, WithJsonSchema({"title": "any value"})]
