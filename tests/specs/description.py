# SPDX-License-Identifier: Apache-2.0
"""The vendors' descriptions of their APIs, corrected where the vendor's own answers prove them wrong."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import ValidationError
from openapi_schema_validator import OAS30Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012
from ruamel.yaml import YAML

SPECS = Path(os.environ.get("TANDEM_SPECS", Path(__file__).parents[3] / "shared" / "specs"))
FILES = {
    "zendesk": "zendesk-support-v2.openapi.json",
    "jira": "jira-cloud-v3.openapi.json",
    "azure_devops": "azure-devops-wit-7.1.swagger.json",
}
CORRECTIONS = Path(__file__).with_name("corrections.yaml")
_OLDER = re.compile(r"^/rest/api/(2|latest)/")  # Jira's other versions answer in the same forms, texts apart
_REFUSALS = {  # of a refusal whose form is not described
    "jira": "#/components/schemas/ErrorCollection",
    "azure_devops": "#/definitions/WrappedException",
}
_STRANGERS = {"azure_devops": frozenset({203, 302, 401})}  # who is not known gets a page, or a word: no JSON at all
METHODS = frozenset({"get", "put", "post", "delete", "patch"})


@dataclass(frozen=True)
class Correction:
    """One mistake of a description. ``proof`` says how we know: a recording beats an example beats a schema."""

    spec: str
    at: str  # keys from the root, joined by " > "
    proof: str
    change: Any = None  # merged into what stands there: null takes a key away, a list takes the place of what is there
    nullable: tuple[str, ...] = ()  # properties of what stands there that may be null


@cache
def corrections() -> tuple[Correction, ...]:
    """Read the reviewed list."""
    return tuple(Correction(**entry) for entry in YAML(typ="safe").load(CORRECTIONS) or ())


class Description:
    """One vendor's description."""

    def __init__(self, spec: str, corrected: Iterable[Correction]) -> None:
        self.spec = spec
        root = json.loads((SPECS / FILES[spec]).read_text())
        for one in corrected:
            if one.spec == spec:
                _correct(root, one)
        self._paths = sorted(
            ((_pattern(spec, template), template) for template in root["paths"]),
            key=lambda pair: (pair[1].count("{"), pair[1]),  # a fixed part is meant before a variable one
        )
        self._operations = {
            (template, method): operation
            for template, path in root["paths"].items()
            for method, operation in path.items()
            if method in METHODS
        }
        self._root = root
        self._registry: Registry[Any] = Registry().with_resource("urn:spec", DRAFT202012.create_resource(root))
        self._validators: dict[tuple[str, str, str], OAS30Validator | None] = {}

    def problems(self, method: str, path: str, status: int, body: Any) -> list[str]:
        """Say what is wrong with an answer. Of what is not described nothing is known: nothing is wrong."""
        template = self.template(path)
        operation = self._operations.get((template or "", method.lower()))
        if template is None or operation is None:
            return []
        if status in _STRANGERS.get(self.spec, ()):
            return []
        answers = operation["responses"]
        told = answers.get(str(status), answers.get("default"))
        where = f"{method} {template} {status}"
        if told is None and status < 400:
            return [f"{where}: this status is not described"]
        validator = self._validator(template, method.lower(), str(status), told or {})
        if validator is None or (body is None and status == 204):
            return []
        body = "" if body is None and validator.schema.get("type") == "string" else body  # "Empty response"
        return [f"{where}: {_words(error)}" for error in validator.iter_errors(body)]

    def template(self, path: str) -> str | None:
        """The described path that an address belongs to."""
        bare = path.removesuffix(".json") if self.spec == "zendesk" else _OLDER.sub("/rest/api/3/", path)
        return next((template for pattern, template in self._paths if pattern.fullmatch(bare)), None)

    def _validator(self, template: str, method: str, status: str, told: Mapping[str, Any]) -> OAS30Validator | None:
        key = (template, method, status)
        if key not in self._validators:
            while "$ref" in told:
                told = self._at(told["$ref"])
            schema = ((told.get("content") or {}).get("application/json") or told).get("schema")
            if self.spec == "azure_devops" and schema is not None and schema.get("type") == "array":
                schema = _wrapped(schema)
            if schema is None and int(status) >= 400 and self.spec in _REFUSALS:
                schema = {"$ref": _REFUSALS[self.spec]}
            self._validators[key] = (
                OAS30Validator(_absolute(schema), registry=self._registry) if schema is not None else None
            )
        return self._validators[key]

    def _at(self, reference: str) -> Mapping[str, Any]:
        node: Any = self._root
        for part in reference.removeprefix("#/").split("/"):
            node = node[part.replace("~1", "/").replace("~0", "~")]
        return dict(node)


@cache
def described(spec: str) -> Description:
    """A vendor's description with all corrections."""
    return Description(spec, corrections())


def check_file(exchanges: Path) -> list[str]:
    """Check what a sandbox wrote of its answers. Where the descriptions are not at hand, nothing can be said.

    Raises:
        FileNotFoundError: they are not at hand, and ``TANDEM_TEST_ALL`` asks for everything.
    """
    if not SPECS.is_dir() and not os.environ.get("TANDEM_TEST_ALL"):
        return []
    wrong: dict[str, None] = {}
    for line in exchanges.read_text().splitlines() if exchanges.exists() else ():
        one = json.loads(line)
        if one["kind"] not in FILES:  # its vendor publishes no description
            continue
        found = described(one["kind"]).problems(one["method"], one["path"], one["status"], one["body"])
        wrong |= dict.fromkeys(found)
    return list(wrong)


def _correct(root: dict[str, Any], one: Correction) -> None:
    """Merge a correction in. Raises: KeyError where its place is not (any more) in the description."""
    *way, last = one.at.split(" > ")
    node: Any = root
    for key in way:
        node = node[int(key) if isinstance(node, list) else key]
    node[last] = _merged(node[last], one.change or {})
    for name in one.nullable:
        property_ = node[last]["properties"][name]
        property_["nullable"] = True
        if "enum" in property_:
            property_["enum"] = [*property_["enum"], None]


def _merged(there: Any, change: Any) -> Any:
    if not (isinstance(there, dict) and isinstance(change, dict)):
        return change
    made = dict(there)
    for key, value in change.items():
        if value is None:
            made.pop(key, None)
        else:
            made[key] = _merged(made.get(key), value)
    return made


def _pattern(spec: str, template: str) -> re.Pattern[str]:
    if spec != "azure_devops":
        return re.compile(_parts(template))
    # Recorded addresses leave out project and team, which the description demands, and are of any case.
    return re.compile("(?:/[^/]+){1,3}/_apis/" + _parts(template.partition("/_apis/")[2]), re.IGNORECASE)


def _parts(template: str) -> str:
    return re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(template))


def _wrapped(items: Mapping[str, Any]) -> dict[str, Any]:
    """Azure DevOps calls an answer an array, and puts every one of them into an object with a count: as recorded."""
    return {
        "type": "object",
        "required": ["count", "value"],
        "properties": {"count": {"type": "integer"}, "value": items},
        "additionalProperties": False,
    }


def _absolute(node: Any) -> Any:
    """Make references name their document."""
    if isinstance(node, list):
        return [_absolute(item) for item in node]
    if isinstance(node, dict):
        return {
            key: f"urn:spec{value}" if key == "$ref" and str(value).startswith("#") else _absolute(value)
            for key, value in node.items()
        }
    return node


def _words(error: ValidationError) -> str:
    """Where in the answer, and what; of alternatives the one that comes nearest."""
    deepest = error
    while deepest.context:
        deepest = max(deepest.context, key=lambda one: len(one.absolute_path))
    place = "/".join("*" if isinstance(part, int) else str(part) for part in deepest.absolute_path)
    rule = "/".join(str(part) for part in deepest.absolute_schema_path)
    return f"{place or '(whole)'}: {deepest.message[:200]} [{rule[-120:]}]"
