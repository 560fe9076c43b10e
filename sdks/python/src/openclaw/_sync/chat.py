# Written by sdks/generate from _async/chat.py: change that.
"""Chats: whole, streamed, in batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._core import Call
from .._errors import OpenClawError
from .._lazy import T
from .._options import Options, fields
from .resource import Resource
from .stream import ChatStream
from .transport import Transport

_PATH = "/chat/completions"


class Completions(Resource):
    """Chats. Beside `model` and `messages` they take whatever the API does: `temperature`, `tools`, `skills`, …"""

    def create(
        self,
        *,
        model: str,
        messages: Sequence[T.Message | Mapping[str, Any]],
        options: Options | None = None,
        **more: Any,
    ) -> T.ChatCompletion:
        """A whole answer. `POST /chat/completions`"""
        if more.get("stream"):
            raise OpenClawError("create() gives whole answers: call stream() for a stream")
        body = fields({"model": model, "messages": messages}, more)
        it: T.ChatCompletion = self._request("POST", _PATH, T.ChatCompletion, None, body, options)
        return it

    def stream(
        self,
        *,
        model: str,
        messages: Sequence[T.Message | Mapping[str, Any]],
        options: Options | None = None,
        **more: Any,
    ) -> ChatStream:
        """An answer as it is written; asked for when the loop begins. The last chunk has usage and cost."""
        body = fields({"model": model, "messages": messages, "stream_options": {"include_usage": True}}, more)
        body["stream"] = True
        call = Call("POST", _PATH, None, body, accept="text/event-stream", options=options or {})
        return ChatStream(self._transport, call)

    def batch(
        self, requests: Sequence[T.ChatParams | Mapping[str, Any]], *, options: Options | None = None
    ) -> list[T.BatchItem]:
        """Up to 50 chats at once: their answers in the same order, each with its own status."""
        path = f"{_PATH}/batch"
        it: list[T.BatchItem] = self._request("POST", path, [T.BatchItem], None, list(requests), options)
        return it


class Chat:
    """`chat.completions`."""

    def __init__(self, transport: Transport) -> None:
        self.completions = Completions(transport)
