"""The template for TypeScript."""

import re

from document import Alias, Document, Object, Type, Values
from surface import Method

RESOURCES = """// Written by sdks/generate: change the API's document, surface.json or the template there.
import type { List } from './list.js';
import type { APIPromise } from './promise.js';
import { Resource, segment } from './resource.js';
import type { RequestOptions } from './transport.js';
import type * as T from './types.js';
"""

TYPES = """// Written by sdks/generate: change the API's document or the template there.
// Fields that are not here go through as they are, in both directions; so do values that are not.
"""


def files(document: Document, surface: dict[str, list[Method]]) -> dict[str, str]:
    classes = [resource(name, methods) for name, methods in surface.items()]
    types = [declaration(it) for it in document.types.values()]
    return {"js/src/resources.ts": RESOURCES + "".join(classes), "js/src/types.ts": TYPES + "".join(types)}


def resource(name: str, methods: list[Method]) -> str:
    return f"\nexport class {camel(name, True)} extends Resource {{\n" + "\n".join(map(method, methods)) + "}\n"


def method(it: Method) -> str:
    arguments = [f"{argument}: string" for argument in it.arguments]
    options = "options"
    if it.body:
        type_ = "Record<string, any>" if it.body == "any" else f"T.{it.body}"
        arguments.append(f"body: {type_}" + (" = {}" if it.body_optional else ""))
        options = "{ ...options, body }"
    elif it.query:
        fields = [f"{part.name}{'' if part.required else '?'}: {type_of(part.type, 'T.')}" for part in it.query]
        arguments.append(f"query: {{ {'; '.join(fields)} }} = {{}}")
        options = "{ ...options, query }"
    arguments.append("options?: RequestOptions")
    path = "'" + it.path + "'"
    if it.arguments:
        path = "`" + re.sub(r"\{(\w+)\}", r"${segment(\1)}", it.path) + "`"
    if it.is_list:
        returns = f"List<{type_of(it.returns, 'T.')}>"
        call = f"this.client.list({path}, query, options)"
    else:
        returns = f"APIPromise<{type_of(it.returns, 'T.')}>"
        call = f"this.client.request('{it.verb}', {path}, {options})"
    signature = f"  {camel(it.name)}({', '.join(arguments)}): {returns} {{\n"
    return f"  /** {it.doc} `{it.verb} {it.path}` */\n{signature}    return {call};\n  }}\n"


def declaration(it: Object | Values | Alias) -> str:
    head = f"\n{comment(it.doc)}export "
    if isinstance(it, Values):
        return f"{head}type {it.name} = {' | '.join(map(repr, it.values))} | (string & {{}});\n"
    if isinstance(it, Alias):
        return f"{head}type {it.name} = {type_of(it.type)};\n"
    fields = ""
    for part in it.fields:
        type_ = type_of(part.type) + (" | null" if part.nullable else "")
        name = part.name if re.fullmatch(r"\w+", part.name) else repr(part.name)
        fields += f"{comment(part.doc, '  ')}  {name}{'' if part.required else '?'}: {type_};\n"
    return f"{head}interface {it.name} {{\n{fields}  [field: string]: any;\n}}\n"


def comment(doc: str, indent: str = "") -> str:
    text = " ".join(doc.split()).replace("*/", "* /")
    return f"{indent}/** {text} */\n" if text else ""


def type_of(it: Type, scope: str = "") -> str:
    match it:
        case ("text",):
            return "string"
        case ("integer",) | ("number",):
            return "number"
        case ("flag",):
            return "boolean"
        case ("list", inner):
            text = type_of(inner, scope)
            return f"({text})[]" if " " in text else f"{text}[]"
        case ("map", inner):
            return f"Record<string, {type_of(inner, scope)}>"
        case ("named", name):
            return scope + name
        case ("either", types):
            return " | ".join(type_of(one, scope) for one in types)
    return "any"


def camel(name: str, upper: bool = False) -> str:
    words = name.split("_")
    first = words[0].capitalize() if upper else words[0]
    return first + "".join(word.capitalize() for word in words[1:])
