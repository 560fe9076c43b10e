"""One page of a list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from ._options import ResponseInfo

T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of a list, and after which id the next one begins."""

    data: list[T]
    has_more: bool
    next: str | None
    response: ResponseInfo
