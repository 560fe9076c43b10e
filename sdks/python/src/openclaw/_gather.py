"""Puts the chunks of a stream together."""

from __future__ import annotations

from typing import Any


class Answer:
    """A chat's answer, as its chunks build it."""

    def __init__(self) -> None:
        self.whole: dict[str, Any] = {"choices": []}

    def add(self, chunk: dict[str, Any]) -> None:
        """What a chunk adds."""
        self.whole.update({name: value for name, value in chunk.items() if name not in ("choices", "object")})
        self.whole["object"] = "chat.completion"
        choices: list[dict[str, Any]] = self.whole["choices"]
        for choice in chunk.get("choices", ()):
            while len(choices) <= choice["index"]:
                choices.append({"index": len(choices), "message": {"role": "assistant", "content": None}})
            to = choices[choice["index"]]
            if choice.get("finish_reason"):
                to["finish_reason"] = choice["finish_reason"]
            if choice.get("logprobs"):
                _merge(to, "logprobs", choice["logprobs"])
            for name, value in (choice.get("delta") or {}).items():
                _merge(to["message"], name, value)


def _merge(to: dict[str, Any], name: str, piece: Any) -> None:
    """Texts are joined, calls of tools put together by their index."""
    if piece is None:
        return
    before = to.get(name)
    if before is None or name in ("role", "type", "id"):
        to[name] = [] if isinstance(piece, list) else piece
        if isinstance(piece, list):
            _merge(to, name, piece)
    elif isinstance(piece, str):
        to[name] = before + piece
    elif isinstance(piece, list):
        for one in piece:
            index = one.get("index") if isinstance(one, dict) else None
            known = next((old for old in before if index is not None and old.get("index") == index), None)
            if known is None:
                before.append(dict(one) if isinstance(one, dict) else one)
            else:
                for key, value in one.items():
                    if key != "index":
                        _merge(known, key, value)
    elif isinstance(piece, dict):
        to[name] = dict(before)
        for key, value in piece.items():
            _merge(to[name], key, value)
    else:
        to[name] = piece
