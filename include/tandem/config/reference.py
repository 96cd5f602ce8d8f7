# SPDX-License-Identifier: Apache-2.0
"""Writes the tables of all keys (``docs/reference/``) and the JSON Schemas for editors (``docs/schema/``).

``python -m tandem.config.reference [docs]``; both are made from the models, so they say what the program does.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from tandem.config.codes import MEANING
from tandem.config.contract import ContractFile, Offer
from tandem.config.pair import PairFile
from tandem.config.people import PeopleFile
from tandem.config.traits import HUB_FIELDS, HUB_VALUES, TWIN_FIELDS
from tandem.config.variable import Variable

FILES: Mapping[str, type[BaseModel]] = {"contract": ContractFile, "pair": PairFile, "people": PeopleFile}
MADE = "<!-- Made by `python -m tandem.config.reference`; do not edit. -->"
DIALECT = "https://json-schema.org/draft/2020-12/schema"

Schema = Mapping[str, Any]


class _Untitled(GenerateJsonSchema):
    """Leaves out the titles that pydantic makes of field names: ours name kinds of values."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def schema(model: type[BaseModel]) -> dict[str, Any]:
    """Describe a file as JSON Schema."""
    return {"$schema": DIALECT, **model.model_json_schema(schema_generator=_Untitled)}


def pages() -> dict[str, str]:
    """Make every generated file: its path below ``docs`` → its text."""
    made = {f"schema/{name}.schema.json": json_text(schema(model)) for name, model in FILES.items()}
    made |= {f"reference/{name}.md": page(model) for name, model in FILES.items()}
    made["reference/variable.md"] = page(Variable)
    return made | {"reference/problems.md": _problems(), "reference/hub.md": _hub()}


def write(docs: Path) -> list[Path]:
    """Write all of them below a folder; give those that changed."""
    changed = []
    for name, text in pages().items():
        file = docs / name
        if not file.is_file() or file.read_text(encoding="utf-8") != text:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            changed.append(file)
    return changed


def json_text(value: object) -> str:
    """Write JSON as it stands in the repository."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def page(model: type[BaseModel]) -> str:
    """Write the tables of all keys of a file, as Markdown."""
    described = schema(model)
    parts: dict[str, Schema] = dict(described.get("$defs", {}))
    inherited = set(parts["Offer"]["properties"]) if issubclass(model, Offer) else set()
    own = {key: value for key, value in described["properties"].items() if key not in inherited}
    lines = [MADE, f"# {_heading(model.__name__)}", "", described["description"].replace("\n", " "), ""]
    lines += _table(own, described.get("required", ()))
    for name, part in sorted(parts.items(), key=lambda item: item[0] != "Offer"):
        lines += ["", f"## {_heading(name)}", "", part.get("description", "").replace("\n", " "), ""]
        lines += _table(part["properties"], part.get("required", ()))
    return "\n".join(line for n, line in enumerate(lines) if line or lines[n - 1]) + "\n"


def _table(properties: Mapping[str, Schema], required: Any) -> Iterator[str]:
    yield "| key | value | default | meaning |"
    yield "|---|---|---|---|"
    for key, value in properties.items():
        default = "**required**" if key in required else _default(value.get("default"))
        cells = (f"`{key}`", _value(value), default, value.get("description", ""))
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _default(value: Any) -> str:
    if value is None or value == {} or value == [] or isinstance(value, dict):
        return ""
    return f"`{json.dumps(value) if isinstance(value, bool) else value}`"


def _value(node: Schema) -> str:
    """Say in words what may stand at a key."""
    if "$ref" in node:
        name = _heading(node["$ref"].rpartition("/")[2])
        return f"[{name.lower()}](#{name.lower().replace(' ', '-')})"
    if "anyOf" in node:
        forms = [form for form in node["anyOf"] if form != {"type": "null"}]
        return " or ".join(dict.fromkeys(_value(form) for form in forms))
    if "enum" in node or "const" in node:
        return ", ".join(f"`{word}`" for word in node.get("enum", [node.get("const")]))
    if "title" in node:
        examples = ", ".join(f"`{example}`" for example in node.get("examples", ()))
        return f"{node['title']} ({examples})" if examples else str(node["title"])
    kind = node.get("type")
    if kind == "array":
        return f"list of {_value(node['items'])}"
    if kind == "object":
        inner = node.get("additionalProperties")
        return f"mapping, each value: {_value(inner) if isinstance(inner, dict) else 'as the tracker takes it'}"
    if kind == "boolean":
        return "`true`, `false`"
    if kind == "integer":
        bounds = [f"from {node['minimum']}"] if "minimum" in node else []
        bounds += [f"to {node['maximum']}"] if "maximum" in node else []
        return " ".join(["whole number", *bounds])
    return "text"


def _heading(name: str) -> str:
    """``FieldSpec`` → ``Field``, ``ServiceLevelSpec`` → ``Service level``."""
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).split()
    kept = [word for word in words if word not in ("spec", "file")]
    return " ".join(kept).capitalize()


def _problems() -> str:
    lines = [
        MADE,
        "# What can be wrong in a file",
        "",
        "Each message names file, line and key, and says what to do.",
        "",
    ]
    lines += ["| code | meaning |", "|---|---|", *(f"| {code} | {meaning} |" for code, meaning in MEANING.items())]
    return "\n".join(lines) + "\n"


def _hub() -> str:
    lines = [MADE, "# Hub fields and their values", "", "The neutral terms in which two sides meet.", ""]
    lines += ["| hub field | kind | values |", "|---|---|---|"]
    for hub, kind in HUB_FIELDS.items():
        lines.append(f"| `{hub}` | {kind} | {', '.join(f'`{value}`' for value in HUB_VALUES.get(hub, ()))} |")
    lines.append("| `x_…` | as `kind` says | as the two companies agree |")
    lines += ["", "Only taken in, as far as the other side's `reveal` goes (its company always):", ""]
    lines += ["| field | shows |", "|---|---|", *(f"| `{hub}` | {shows} |" for hub, shows in TWIN_FIELDS.items())]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    for path in write(Path(sys.argv[1] if len(sys.argv) > 1 else "docs")):
        print(path)
