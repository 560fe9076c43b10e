"""Lists that go on over their pages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Generic, TypeVar

from .._object import decode
from .._options import Outcome
from .._page import Page

T = TypeVar("T")


class AsyncList(Generic[T]):
    """A list: a loop goes through all of it, page by page; `page()` asks for one."""

    def __init__(self, ask: Callable[[Mapping[str, Any]], Awaitable[Outcome[Any]]], kind: Any) -> None:
        self._ask = ask
        self._kind = kind

    async def page(self, after: str | None = None) -> Page[T]:
        """The first page, or the one after the id `after`."""
        outcome = await self._ask({} if after is None else {"after": after})
        data = outcome.data
        items = [decode(self._kind, one) for one in data["data"]]
        return Page(items, bool(data.get("has_more")), _next(data), outcome.response)

    async def __aiter__(self) -> AsyncIterator[T]:
        after: str | None = None
        while True:
            page = await self.page(after)
            for item in page.data:
                yield item
            after = page.next
            if after is None:
                return


def _next(data: dict[str, Any]) -> str | None:
    if not data.get("has_more") or not data["data"]:
        return None
    after = data.get("next") or data["data"][-1].get("id")
    return None if after is None else str(after)
