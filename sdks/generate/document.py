"""The types and operations of docs/openapi.json, in the words that the templates need.

What the document does not have yet stands in `planned.json`; a type that it has wins.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
DOCUMENT = HERE.parent.parent / "docs" / "openapi.json"

NAMES = {
    "ChatChoice": "Choice",
    "ChatChunkChoice": "ChunkChoice",
    "ChatFile": "FileReference",
    "ChatMessage": "Message",
    "ChatRequest": "ChatParams",
    "ChatRole": "Role",
    "ChatTool": "Tool",
    "ChatUsage": "Usage",
    "File": "FileObject",
}
"""What users call a type, where the document calls it otherwise."""

LEFT_OUT = ("Error", "ErrorCode", "ErrorDetails", "ErrorResponse", "Fault")
"""Errors are classes of the libraries' own."""

Type = tuple
"""`("text",)`, `("integer",)`, `("number",)`, `("flag",)`, `("any",)`, `("list", Type)`, `("map", Type)`,
`("named", name)` or `("either", [Type])`."""

ANY: Type = ("any",)


@dataclass(frozen=True)
class Field:
    name: str
    type: Type
    required: bool
    nullable: bool
    doc: str
    zero_counts: bool
    """Whether 0 or false says something else than leaving it out."""


@dataclass(frozen=True)
class Object:
    name: str
    doc: str
    fields: list[Field]
    open: bool
    """Whether it may have other fields."""


@dataclass(frozen=True)
class Values:
    """A text that is one of these, or a later version's."""

    name: str
    doc: str
    values: list[str]


@dataclass(frozen=True)
class Alias:
    name: str
    doc: str
    type: Type


@dataclass
class Document:
    types: dict[str, Object | Values | Alias]
    operations: dict[str, dict[str, Any]]
    pages: dict[str, Type] = field(default_factory=dict)
    """The types of lists, by the names of their pages."""

    def object(self, name: str) -> Object | None:
        found = self.types.get(name)
        return found if isinstance(found, Object) else None


def read() -> Document:
    text = json.loads(DOCUMENT.read_text())
    schemas = {**json.loads((HERE / "planned.json").read_text()), **text["components"]["schemas"]}
    document = Document({}, {})
    for name, schema in sorted(schemas.items()):
        if name in LEFT_OUT:
            continue
        data = schema.get("properties", {}).get("data", {})
        if "has_more" in schema.get("properties", {}) and "items" in data:
            document.pages[name] = type_of(data["items"])
            continue
        name = NAMES.get(name, name)
        document.types[name] = declared(name, schema)
    for path, methods in text["paths"].items():
        for verb, operation in methods.items():
            document.operations[f"{verb.upper()} {path}"] = operation
    return document


def declared(name: str, schema: dict[str, Any]) -> Object | Values | Alias:
    doc = schema.get("description", "")
    if "enum" in schema:
        return Values(name, doc.split("\n")[0], schema["enum"])
    if "properties" not in schema:
        return Alias(name, doc, type_of(schema))
    required = schema.get("required", [])
    fields = [
        Field(key, type_of(part), key in required, is_nullable(part), part.get("description", ""), zero_counts(part))
        # `true` is the schema of anything.
        for key, part in ((key, {} if part is True else part) for key, part in schema["properties"].items())
    ]
    return Object(name, doc, fields, schema.get("additionalProperties") is True)


def type_of(schema: Any) -> Type:
    if schema is True:
        return ANY
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return ANY if name in LEFT_OUT else ("named", NAMES.get(name, name))
    for key in ("anyOf", "oneOf"):
        if key in schema:
            either = [type_of(part) for part in schema[key] if part.get("type") != "null"]
            return either[0] if len(either) == 1 else ANY if ANY in either else ("either", either)
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    simple = {"string": "text", "integer": "integer", "number": "number", "boolean": "flag"}
    for kind in kinds:
        if kind in simple:
            return (simple[kind],)
        if kind == "array":
            return ("list", type_of(schema.get("items", {})))
        if kind == "object":
            more = schema.get("additionalProperties")
            return ("map", type_of(more) if isinstance(more, dict) else ANY)
    return ANY


def is_nullable(schema: dict[str, Any]) -> bool:
    return "null" in schema.get("type", []) or any(part.get("type") == "null" for part in schema.get("anyOf", []))


def zero_counts(schema: dict[str, Any]) -> bool:
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    return "boolean" in kinds or ("number" in kinds or "integer" in kinds) and schema.get("minimum", 0) < 1
