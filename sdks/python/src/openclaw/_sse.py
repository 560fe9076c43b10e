"""Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html"""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from ._errors import OpenClawError

_MAX_EVENT = 10 * 1024 * 1024
"""The most that one event may hold, in characters."""
_END = re.compile(r"\r\n|\n|\r")


class ServerSentEvent(NamedTuple):
    """One event. `id` is the last one that the stream gave, which it may have given with an earlier event."""

    event: str
    data: str
    id: str


class EventDecoder:
    """Takes bytes as they come, however they are cut, and gives events."""

    def __init__(self) -> None:
        # It takes a byte order mark away and joins characters that were cut.
        self._text = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._line: list[str] = []
        self._line_size = 0
        self._data: list[str] = []
        self._size = 0
        self._event = ""
        self._id = ""
        self._after_carriage_return = False

    def push(self, data: bytes) -> list[ServerSentEvent]:
        """The events that `data` completes."""
        return self._read(self._text.decode(data))

    def end(self) -> list[ServerSentEvent]:
        """What the end leaves: an event without its blank line counts."""
        events = self._read(self._text.decode(b"", True))
        if self._line:
            self._field("".join(self._line))
            self._line = []
        self._dispatch(events)
        return events

    def _read(self, text: str) -> list[ServerSentEvent]:
        events: list[ServerSentEvent] = []
        if not text:
            return events
        start = 1 if self._after_carriage_return and text[0] == "\n" else 0
        self._after_carriage_return = text[-1] == "\r"
        for end in _END.finditer(text, start):
            line = text[start : end.start()]
            start = end.end()
            if self._line:
                line = "".join(self._line) + line
                self._line, self._line_size = [], 0
            if line:
                self._field(line)
            else:
                self._dispatch(events)
        if start < len(text):
            self._line.append(text[start:])
            self._line_size += len(text) - start
            self._bound()
        return events

    def _field(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
            self._size += len(value) + 1
            self._bound()
        elif name == "event":
            self._event = value
        elif name == "id" and "\0" not in value:
            self._id = value

    def _dispatch(self, events: list[ServerSentEvent]) -> None:
        if self._data:
            events.append(ServerSentEvent(self._event or "message", "\n".join(self._data), self._id))
        self._data, self._event, self._size = [], "", 0

    def _bound(self) -> None:
        if self._size + self._line_size > _MAX_EVENT:
            raise OpenClawError("An event is larger than 10 MiB")
