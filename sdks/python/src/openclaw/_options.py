"""What a client and a single call may set, and what an answer tells beside its body."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, Literal, TypedDict, TypeVar


class Omit:
    """Stands for a field that is not sent; `None` is sent as `null`."""

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "OMIT"


OMIT: Final = Omit()


@dataclass(frozen=True)
class Timeouts:
    """Seconds. `None` for `total` means none."""

    connect: float = 5
    first_byte: float = 60
    """Until the head of the answer is there, each attempt anew."""
    idle: float = 60
    """Between two pieces of an answer; a stream's pings count."""
    total: float | None = None
    """For the whole call, attempts and waits included."""

    @staticmethod
    def of(given: float | Timeouts | None, standard: Timeouts) -> Timeouts:
        """A number stands for `first_byte` and `idle`."""
        if given is None:
            return standard
        if isinstance(given, Timeouts):
            return given
        return Timeouts(connect=min(standard.connect, given), first_byte=given, idle=given, total=standard.total)


class Options(TypedDict, total=False):
    """What a single call may set for itself: `client.models.get("gpt-4", options={"max_retries": 0})`."""

    timeout: float | Timeouts
    """Seconds; a number stands for `first_byte` and `idle`."""
    max_retries: int
    headers: Mapping[str, str]
    idempotency_key: str
    """Made up for each POST where none is given; the same over all attempts."""


@dataclass(frozen=True)
class RateLimit:
    """Requests a minute, how many are left, and when (Unix seconds) they are all there again."""

    limit: int
    remaining: int
    reset: int


@dataclass(frozen=True)
class ResponseInfo:
    """What an answer tells beside its body."""

    status: int
    headers: Mapping[str, str]
    request_id: str | None
    rate_limit: RateLimit | None
    provider: str | None
    attempts: int | None
    """How many calls of providers the gateway made."""
    cache: str | None

    @staticmethod
    def of(status: int, headers: Mapping[str, str]) -> ResponseInfo:
        """From an answer's head."""

        def number(name: str) -> int:
            return int(headers.get(name, 0))

        limits = "x-ratelimit-limit" in headers
        return ResponseInfo(
            status=status,
            headers=headers,
            request_id=headers.get("x-request-id"),
            rate_limit=RateLimit(
                number("x-ratelimit-limit"), number("x-ratelimit-remaining"), number("x-ratelimit-reset")
            )
            if limits
            else None,
            provider=headers.get("x-openclaw-provider"),
            attempts=number("x-openclaw-attempts") if "x-openclaw-attempts" in headers else None,
            cache=headers.get("x-openclaw-cache"),
        )


T = TypeVar("T")


@dataclass(frozen=True)
class Outcome(Generic[T]):
    """A body, and what came with it: what calls on `with_raw_response` give."""

    data: T
    response: ResponseInfo


def fields(given: Mapping[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that are to be sent."""
    return {name: value for name, value in {**given, **extra}.items() if not isinstance(value, Omit)}
