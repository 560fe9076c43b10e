"""The template for TypeScript."""

import re

from surface import Method

HEAD = """// Written by sdks/generate: change surface.json or the template there.
import type { List } from './list.js';
import type { APIPromise } from './promise.js';
import { Resource, segment } from './resource.js';
import type { RequestOptions } from './transport.js';
import type * as T from './types.js';
"""


def files(surface: dict[str, list[Method]]) -> dict[str, str]:
    classes = [resource(name, methods) for name, methods in surface.items()]
    return {"js/src/resources.ts": HEAD + "".join(classes)}


def resource(name: str, methods: list[Method]) -> str:
    return f"\nexport class {camel(name, True)} extends Resource {{\n" + "\n".join(map(method, methods)) + "}\n"


def method(it: Method) -> str:
    arguments = [f"{argument}: string" for argument in it.arguments]
    options = "options"
    if it.params:
        arguments.append(f"params: {type_of(it.params)}" + (" = {}" if it.optional else ""))
        options = "{ ...options, body: params }"
    arguments.append("options?: RequestOptions")
    path = "'" + it.path + "'"
    if it.arguments:
        path = "`" + re.sub(r"\{(\w+)\}", r"${segment(\1)}", it.path) + "`"
    if it.is_list:
        returns = f"List<{type_of(it.returns)}>"
        call = f"this.client.list({path}, params, options)"
    else:
        returns = f"APIPromise<{type_of(it.returns)}>"
        if it.verb == "GET" and it.params:
            options = "{ ...options, query: params }"
        call = f"this.client.request('{it.verb}', {path}, {options})"
    signature = f"  {camel(it.name)}({', '.join(arguments)}): {returns} {{\n"
    return f"  /** {it.doc} `{it.verb} {it.path}` */\n{signature}    return {call};\n  }}\n"


def type_of(name: str) -> str:
    return name if name == "any" else f"T.{name}"


def camel(name: str, upper: bool = False) -> str:
    words = name.split("_")
    first = words[0].capitalize() if upper else words[0]
    return first + "".join(word.capitalize() for word in words[1:])
