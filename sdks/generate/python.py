"""The template for Python: types, the resources of the awaited client, and from that the client that blocks."""

import keyword
import re
import textwrap
from pathlib import Path

from document import Alias, Document, Field, Object, Type, Values
from surface import Method

PACKAGE = Path(__file__).parent.parent / "python" / "src" / "openclaw"

TYPES = '''"""What goes over the wire. Written by sdks/generate: change the API's document or the template there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Union

from ._object import Object
'''

RESOURCES = '''"""The API's methods. Written by sdks/generate: change the API's document, surface.json or the template there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._lazy import T
from .._core import segment
from .._options import OMIT, Omit, Options, fields
from .list import AsyncList
from .resource import AsyncResource
'''

# What is awaited in the one client blocks in the other.
BLOCKING = [
    (r"\basync (def|for|with)\b", r"\1"),
    (r"\bawait ", ""),
    (r"\b__a(enter|exit|iter|next)__", r"__\1__"),
    (r"\ba(close|read|iter_bytes)\b", r"\1"),
    (r"\bAsync(Iterator|Iterable)\b", r"\1"),
    (r"\bAsync([A-Z]\w*)", r"\1"),
    (r"\basync_(\w+)", r"sync_\1"),
    (r"\bAwaitable\[(Outcome\[Any\])\]", r"\1"),
    (r"\bStopAsyncIteration\b", "StopIteration"),
    (r"whose calls are awaited", "whose calls block"),
]


OBJECTS: set[str] = set()
"""The types that are objects."""


def files(document: Document, surface: dict[str, list[Method]]) -> dict[str, str]:
    objects = {it.name for it in document.types.values() if isinstance(it, Object)}
    OBJECTS.update(objects)
    resources = RESOURCES + "".join(resource(document, name, methods) for name, methods in surface.items())
    written = {
        "python/src/openclaw/types.py": types(document),
        "python/src/openclaw/_async/resources.py": resources,
    }
    sources = {path.name: path.read_text() for path in sorted((PACKAGE / "_async").glob("*.py"))}
    sources["resources.py"] = resources
    for name, text in sources.items():
        for pattern, by in BLOCKING:
            text = re.sub(pattern, by, text)
        note = f"# Written by sdks/generate from _async/{name}: change that.\n"
        written[f"python/src/openclaw/_sync/{name}"] = note + text
    return written


def types(document: Document) -> str:
    # Aliases are read when the module is, so they come last, and with them what they name.
    order = sorted(document.types.values(), key=lambda it: (isinstance(it, Alias), isinstance(it, Object)))
    return TYPES + "".join(map(declaration, order)) + "\n\n" + "".join(map(nesting, order))


def declaration(it: Object | Values | Alias) -> str:
    if isinstance(it, Values):
        values = ", ".join(f'"{value}"' for value in it.values)
        return f"\n{it.name} = Union[\n    Literal[{values}],\n    str,\n]\n{doc(it.doc, '')}"
    if isinstance(it, Alias):
        return f'\n{it.name} = {type_of(it.type, quoted=True)}\n{doc(it.doc, "")}'
    required = [part for part in it.fields if part.required and not part.nullable]
    others = [part for part in it.fields if part not in required]
    text = f"\n\n@dataclass(slots=True, kw_only=True)\nclass {it.name}(Object):\n{doc(it.doc, '    ') or '    ...'}\n"
    text += "    _names: ClassVar[tuple[str, ...]] = (\n"
    text += "".join(f'        "{identifier(part.name)}",\n' for part in [*required, *others]) + "    )\n"
    for part in required:
        text += f"    {identifier(part.name)}: {type_of(part.type)}\n{doc(part.doc, '    ')}"
    for part in others:
        text += f"    {identifier(part.name)}: {optional(type_of(part.type))} = None\n{doc(part.doc, '    ')}"
    if it.name == "ChatCompletionChunk":
        text += """
    @property
    def text(self) -> str:
        \"\"\"What it adds to the first answer.\"\"\"
        delta = self.choices[0].delta if self.choices else {}
        return delta.get("content") or ""
"""
    return text


def nesting(it: Object | Values | Alias) -> str:
    """Which of an object's fields have objects in them."""
    parts = it.fields if isinstance(it, Object) else []
    pairs = [f'    "{part.name}": {decoder(part.type)},\n' for part in parts if decoder(part.type)]
    return f"{it.name}._nested = {{\n{''.join(pairs)}}}\n" if pairs else ""


def decoder(it: Type) -> str:
    """How `_object.decode` is told a type; empty where there is nothing to do."""
    match it:
        case ("named", name) if name in OBJECTS:
            return name
        case ("list", inner) if decoder(inner):
            return f"[{decoder(inner)}]"
        case ("map", inner) if decoder(inner):
            return f'{{"*": {decoder(inner)}}}'
    return ""


def doc(text: str, indent: str) -> str:
    text = " ".join(text.split()).replace("\\", "\\\\").replace('"""', "'''")
    if not text:
        return ""
    if text.endswith('"'):
        text += " "
    lines = textwrap.wrap(text, 110 - len(indent))
    return textwrap.indent('"""' + "\n".join(lines) + '"""\n', indent)


def resource(document: Document, name: str, methods: list[Method]) -> str:
    title = "".join(word.capitalize() for word in name.split("_"))
    return f"\n\nclass Async{title}(AsyncResource):\n" + "\n".join(method(document, it) for it in methods)


def method(document: Document, it: Method) -> str:
    arguments = [f"{argument}: str" for argument in it.arguments]
    body = document.object(it.body) if it.body else None
    parts = sorted(body.fields if body else it.query, key=lambda part: not part.required)
    extra = ""
    if parts:
        arguments.append("*")
        # An id that the body has, too, is given once.
        arguments += [parameter(part) for part in parts if part.name not in it.arguments]
    given = ", ".join(f'"{part.name}": {identifier(part.name)}' for part in parts)
    if it.body == "any" or body or (it.body and not body):
        extra = "**extra: Any"
    if "options" not in (part.name for part in parts):
        if not parts:
            arguments.append("*")
        arguments.append("options: Options | None = None")
    if extra:
        arguments.append(extra)
    signature = ",\n        ".join(["self", *arguments])
    path = '"' + it.path + '"'
    if it.arguments:
        path = 'f"' + re.sub(r"\{(\w+)\}", r"{segment(\1)}", it.path) + '"'
    sent = f"fields({{{given}}}, {'extra' if extra else '{}'})"
    kind = decoder_in(it.returns)
    description = f'        """{it.doc} `{it.verb} {it.path}`"""\n'
    if it.is_list:
        returns = f"AsyncList[{type_of(it.returns, 'T.')}]"
        call = f"self._list({path}, {kind}, {sent}, options)"
        return f"    def {it.name}(\n        {signature},\n    ) -> {returns}:\n{description}        return {call}\n"
    query = sent if it.verb == "GET" and parts else "None"
    content = sent if it.body else "None"
    returns = type_of(it.returns, "T.")
    call = f'await self._request("{it.verb}", {path}, {kind}, {query}, {content}, options)'
    result = f"        it: {returns} = {call}\n        return it\n"
    return f"    async def {it.name}(\n        {signature},\n    ) -> {returns}:\n{description}{result}"


def parameter(part: Field) -> str:
    type_ = type_of(part.type, "T.", given=True)
    if part.nullable:
        type_ = optional(type_)
    return f"{identifier(part.name)}: {type_}" + ("" if part.required else " | Omit = OMIT")


def decoder_in(it: Type) -> str:
    text = decoder(it)
    return re.sub(r"(\w+)", r"T.\1", text) if text else "None"


def identifier(name: str) -> str:
    return f"{name}_" if keyword.iskeyword(name) else name


def optional(type_: str) -> str:
    return type_ if type_ == "Any" else f"{type_} | None"


def type_of(it: Type, scope: str = "", given: bool = False, quoted: bool = False) -> str:
    """`given` is what a caller may give, who has dictionaries as well."""
    match it:
        case ("text",):
            return "str"
        case ("integer",):
            return "int"
        case ("number",):
            return "float"
        case ("flag",):
            return "bool"
        case ("list", inner):
            outer = "Sequence" if given else "list"
            return f"{outer}[{type_of(inner, scope, given, quoted)}]"
        case ("map", inner):
            outer = "Mapping" if given else "dict"
            return f"{outer}[str, {type_of(inner, scope, given)}]"
        case ("named", name):
            text = f'"{scope}{name}"' if quoted else scope + name
            return f"{text} | Mapping[str, Any]" if given and name in OBJECTS else text
        case ("either", types):
            texts = [type_of(one, scope, given, quoted) for one in types]
            return f"Union[{', '.join(texts)}]" if quoted else " | ".join(texts)
    return "Any"


