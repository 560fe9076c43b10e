"""Holds the calls of a case against what it expects."""

import json
import re
from typing import Any


def faults(state: Any) -> list[str]:
    case = state.case
    if "calls" not in case:
        return []
    found = []
    expected = case["calls"]
    if len(state.calls) != len(expected):
        seen = [f"{call['method']} {call['path']}" for call in state.calls]
        return [f"{len(expected)} calls were expected, {len(seen)} came: {seen}"]
    calls = state.calls
    if case.get("any_order"):
        calls = sorted(calls, key=lambda call: (call["method"], call["path"], call["body"]))
    for n, (call, want) in enumerate(zip(calls, expected), 1):
        for fault in call_faults(call, want):
            found.append(f"call {n}: {fault}")
    for name in case.get("same", []):
        values = {call["headers"].get(name) for call in calls}
        if len(values) != 1 or None in values:
            found.append(f"the header {name} is not the same in all calls: {values}")
    for name in case.get("different", []):
        values = [call["headers"].get(name) for call in calls]
        if len(set(values)) != len(values) or None in values:
            found.append(f"the header {name} is not another one in each call: {values}")
    if case.get("leaves") and not state.left:
        found.append("the client did not close the connection")
    return found


def call_faults(call: dict, want: dict) -> list[str]:
    found = []
    query = "&".join(sorted(call["query"].split("&")))
    line = f"{call['method']} {call['path']}" + (f"?{query}" if query else "")
    if line != want["line"]:
        found.append(f"{line} came, not {want['line']}")
    for name, value in want.get("headers", {}).items():
        is_ = call["headers"].get(name)
        if name == "user-agent" and (is_ or "").startswith("Mozilla/"):
            continue  # A browser's own, which no page can change.
        if not text_matches(is_, value):
            found.append(f"the header {name} is {is_!r}, not {value!r}")
    if "body" in want:
        try:
            body = json.loads(call["body"] or b"null")
        except ValueError:
            return found + ["the body is not JSON"]
        if not contains(body, want["body"]):
            found.append(f"the body is {body}, and does not contain {want['body']}")
    for text in want.get("holds", []):
        if text.encode() not in call["body"]:
            found.append(f"the body does not hold {text!r}: {call['body'][:300]!r}")
    if "bytes" in want and len(call["body"]) < want["bytes"]:
        found.append(f"the body has {len(call['body'])} bytes, less than {want['bytes']}")
    return found


def text_matches(text: str | None, want: str | None) -> bool:
    """`want` is the text, or a pattern that begins with `~`, or null where there must be none."""
    if want is None or text is None:
        return want is text
    return re.search(want[1:], text) is not None if want.startswith("~") else text == want


def contains(value: Any, want: Any) -> bool:
    """Whether `value` is `want`, but for fields that `want` does not name. `"*"` stands for anything."""
    if want == "*":
        return value is not None
    if isinstance(want, dict):
        return isinstance(value, dict) and all(contains(value.get(key), part) for key, part in want.items())
    if isinstance(want, list):
        same = isinstance(value, list) and len(value) == len(want)
        return same and all(contains(one, part) for one, part in zip(value, want))
    return bool(value == want)
