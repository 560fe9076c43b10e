"""The methods of the libraries: named by `surface.json`, typed by the document."""

import json
import re
from dataclasses import dataclass

from document import ANY, HERE, NAMES, Document, Field, Type, type_of


@dataclass(frozen=True)
class Method:
    """One method: `keys.get`."""

    name: str
    verb: str
    path: str
    """With its parameters in braces."""
    doc: str
    body: str
    """The type of the body; `any` for any object; empty where there is none."""
    body_optional: bool
    query: list[Field]
    returns: Type
    """The type of the answer, of one item where it is a list."""
    is_list: bool

    @property
    def arguments(self) -> list[str]:
        return re.findall(r"\{(\w+)\}", self.path)


PAGE = [
    Field("after", ("text",), False, False, "The id after which to start.", False),
    Field("limit", ("integer",), False, False, "How many at most.", False),
]


def read(document: Document) -> dict[str, list[Method]]:
    text = json.loads((HERE / "surface.json").read_text())
    return {
        resource: [method(document, name, *row) for name, row in rows.items()]
        for resource, rows in text.items()
    }


def method(document: Document, name: str, call: str, returns: str = "", doc: str = "") -> Method:
    operation = document.operations.get(call)
    verb, path = call.split(" ")
    if operation is None:
        is_list, item = returns.startswith("["), returns.strip("[]")
        body = "any" if verb in ("POST", "PUT", "PATCH") else ""
        type_ = ("named", item) if item else ANY
        return Method(name, verb, path, doc, body, True, PAGE if is_list else [], type_, is_list)
    body, optional = body_of(operation)
    query = [
        Field(part["name"], type_of(part["schema"]), part.get("required", False), False, part.get("description", ""), False)
        for part in operation.get("parameters", [])
        if part["in"] == "query"
    ]
    answer = next(answer for status, answer in operation["responses"].items() if status.startswith("2"))
    schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
    page = schema.get("$ref", "").rsplit("/", 1)[-1]
    if page in document.pages:
        # Some lists say their pages only in words.
        names = [part.name for part in query]
        query += [part for part in PAGE if part.name not in names]
        return Method(name, verb, path, operation["summary"] + ".", body, optional, query, document.pages[page], True)
    return Method(name, verb, path, operation["summary"] + ".", body, optional, query, type_of(schema), False)


def body_of(operation: dict) -> tuple[str, bool]:
    asked = operation.get("requestBody")
    if not asked:
        return "", False
    schema = asked["content"].get("application/json", {}).get("schema", {})
    name = schema.get("$ref", "").rsplit("/", 1)[-1]
    return NAMES.get(name, name) or "any", not asked.get("required", False)
