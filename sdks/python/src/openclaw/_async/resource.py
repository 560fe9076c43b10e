"""What the classes of `resources` have in common."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from .._core import Call
from .._options import Options, Outcome
from .list import AsyncList
from .transport import AsyncTransport


class AsyncResource:
    """Methods that belong together, such as those of keys."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport
        self._raw = False

    @property
    def with_raw_response(self) -> Any:
        """The same methods, whose results are an `Outcome`: the body with status, headers and limits."""
        raw = copy.copy(self)
        raw._raw = True
        return raw

    async def _request(
        self,
        method: str,
        path: str,
        kind: Any,
        query: Mapping[str, Any] | None,
        body: Any,
        options: Options | None,
    ) -> Any:
        outcome = await self._transport.request(Call(method, path, query, body, options=options or {}), kind)
        return outcome if self._raw else outcome.data

    def _list(self, path: str, kind: Any, query: Mapping[str, Any], options: Options | None) -> AsyncList[Any]:
        async def ask(more: Mapping[str, Any]) -> Outcome[Any]:
            return await self._transport.request(Call("GET", path, {**query, **more}, options=options or {}), None)

        return AsyncList(ask, kind)
