"""Streams of server-sent events: a chat's chunks, a run's progress."""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator, Callable
from typing import Any

from .._core import Call
from .._errors import OpenClawError, StreamInterruptedError, error_of
from .._gather import Answer
from .._lazy import T
from .._object import decode
from .._options import ResponseInfo
from .._primitives import async_sleep
from .._sse import EventDecoder, ServerSentEvent
from .transport import AsyncExchange, AsyncTransport


async def _events(exchange: AsyncExchange) -> AsyncIterator[ServerSentEvent]:
    decoder = EventDecoder()
    async for piece in exchange.pieces():
        for event in decoder.push(piece):
            yield event
    for event in decoder.end():
        yield event


class AsyncChatStream:
    """The chunks of a chat, one by one. `text()` and `final()` gather them.

    It never ends quietly: an answer that broke off raises `StreamInterruptedError`, with what there was in `partial`.
    Leaving the loop, or the `with` around it, closes the connection.
    """

    def __init__(self, transport: AsyncTransport, call: Call) -> None:
        self._transport = transport
        self._call = call
        self._exchange: AsyncExchange | None = None
        self._taken = False
        self._text: list[str] = []
        self.usage: T.Usage | None = None
        """Tokens and cost; there once the stream has ended."""

    async def __aenter__(self) -> AsyncChatStream:
        await self._open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Closes the connection, if it is open."""
        if self._exchange is not None:
            await self._exchange.aclose()

    async def response(self) -> ResponseInfo:
        """Status and headers, as soon as they are there."""
        return (await self._open()).info

    async def _open(self) -> AsyncExchange:
        if self._exchange is None:
            self._exchange = await self._transport.exchange(self._call)
        return self._exchange

    async def __aiter__(self) -> AsyncIterator[T.ChatCompletionChunk]:
        async for data in self._chunks():
            yield decode(T.ChatCompletionChunk, data)

    async def _chunks(self) -> AsyncIterator[dict[str, Any]]:
        if self._taken:
            raise OpenClawError("A stream can be read only once")
        self._taken = True
        exchange = await self._open()
        try:
            async for event in _events(exchange):
                if event.data == "[DONE]":
                    return
                chunk = _parse(event.data)
                if chunk is None:
                    raise self._interrupted("The stream broke off within an event", exchange)
                error = chunk.get("error")
                if error:
                    cause = error_of(200, exchange.info.headers, error)
                    message = f"The stream failed: {error.get('message')}"
                    raise self._interrupted(message, exchange, cause.code) from cause
                if chunk.get("usage"):
                    self.usage = decode(T.Usage, chunk["usage"])
                self._note(chunk)
                yield chunk
            raise self._interrupted("The stream ended before its answer was complete", exchange)
        except StreamInterruptedError:
            raise
        except OpenClawError as failure:
            raise self._interrupted(f"The stream broke off: {failure}", exchange) from failure
        finally:
            await exchange.aclose()

    def _note(self, chunk: dict[str, Any]) -> None:
        for choice in chunk.get("choices", ())[:1]:
            content = choice.get("delta", {}).get("content")
            if content:
                self._text.append(content)

    def _interrupted(self, message: str, exchange: AsyncExchange, code: str | None = None) -> StreamInterruptedError:
        return StreamInterruptedError(message, "".join(self._text), exchange.info.request_id, code)

    async def text(self) -> str:
        """The whole text."""
        async for _ in self._chunks():
            pass
        return "".join(self._text)

    async def final(self) -> T.ChatCompletion:
        """The whole answer, as `create` would have given it."""
        answer = Answer()
        async for chunk in self._chunks():
            answer.add(chunk)
        whole: T.ChatCompletion = decode(T.ChatCompletion, answer.whole)
        return whole


def _parse(data: str) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return None


async def run_events(
    transport: AsyncTransport, call: Callable[[str | None], Call], last: str | None, retries: int
) -> AsyncIterator[T.RunEvent]:
    """What happens in a run, until it ends. A connection that broke is opened again after the last event that came."""
    failed = 0
    while True:
        exchange = await transport.exchange(call(last))
        cause: OpenClawError | None = None
        try:
            async for event in _events(exchange):
                if event.data == "[DONE]":
                    return
                data = _parse(event.data)
                if data is None:
                    break
                last = event.id or last
                failed = 0
                yield decode(T.RunEvent, data)
        except OpenClawError as failure:
            cause = failure
        finally:
            await exchange.aclose()
        if failed >= retries:
            raise StreamInterruptedError("The events of the run broke off", "", exchange.info.request_id) from cause
        await async_sleep(random.random() * min(8, 0.5 * 2.0**failed))
        failed += 1
