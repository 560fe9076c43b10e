"""The methods of the libraries, as `surface.json` has them."""

import json
import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Method:
    """One method: `keys.get`."""

    name: str
    verb: str
    path: str
    """With its parameters in braces."""
    params: str
    """The type of the body, or of the query of a GET; empty where there is none."""
    optional: bool
    """Whether it may be left out."""
    returns: str
    """The type of the answer, of one item where it is a list."""
    is_list: bool
    doc: str

    @property
    def arguments(self) -> list[str]:
        return re.findall(r"\{(\w+)\}", self.path)


def read() -> dict[str, list[Method]]:
    text = json.loads((Path(__file__).parent / "surface.json").read_text())
    return {resource: [method(name, *row) for name, row in rows.items()] for resource, rows in text.items()}


def method(name: str, call: str, params: str, returns: str, doc: str) -> Method:
    verb, path = call.split(" ")
    return Method(
        name=name,
        verb=verb,
        path=path,
        params=params.rstrip("?"),
        optional=params.endswith("?") or (verb == "GET" and params != ""),
        returns=returns.strip("[]"),
        is_list=returns.startswith("["),
        doc=doc,
    )
