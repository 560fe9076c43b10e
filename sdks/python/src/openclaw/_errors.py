"""What may go wrong, and how the API says so. Every error of this library is an `OpenClawError`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_SECRETS = (
    (re.compile(r"\boc_(live|test)_[\w-]+"), r"oc_\1_…"),
    (re.compile(r"\bwhsec_[\w+/=-]+"), "whsec_…"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]+"), "eyJ…"),
)


def redact(text: str) -> str:
    """`text` without keys, tokens and webhooks' secrets."""
    for secret, mark in _SECRETS:
        text = secret.sub(mark, text)
    return text


class OpenClawError(Exception):
    """What all errors of this library are."""

    def __init__(self, message: str) -> None:
        self.message = redact(message)
        super().__init__(self.message)


class APIError(OpenClawError):
    """The API answered with an error."""

    def __init__(self, status: int, headers: Mapping[str, str], error: Mapping[str, Any]) -> None:
        self.status = status
        self.headers = headers
        self.code: str | None = error.get("code")
        """The API's own name for it, such as `rate_limit_exceeded`."""
        self.type: str | None = error.get("type")
        self.param: str | None = error.get("param")
        self.details: dict[str, Any] | None = error.get("details")
        self.request_id: str | None = headers.get("x-request-id")
        """What to name in a report; the server's log has it, too."""
        self.retry_after: float | None = _retry_after(headers)
        """Seconds that the server asks to wait."""
        super().__init__(_with_request(error.get("message") or f"HTTP {status}", self.request_id))


class InvalidRequestError(APIError):
    """The request is wrong: 400, 405, 413, 415, 416, 422. `param` or `details` name the field."""


class AuthenticationError(APIError):
    """No key, or a wrong, revoked or expired one: 401."""


class BudgetExceededError(APIError):
    """The budget of the key or the account is used up: 402."""


class PermissionDeniedError(APIError):
    """The key may not do this: 403."""


class NotFoundError(APIError):
    """No such thing: 404."""


class ConflictError(APIError):
    """Changed meanwhile, or an idempotency key used otherwise: 409."""


class RateLimitError(APIError):
    """Too many requests: 429. `retry_after` says when the next one is let through."""


class ServerError(APIError):
    """The API failed: 5xx."""


class ProviderError(APIError):
    """The model's provider failed, after the gateway's own retries and fallbacks: 502, 503, 504."""


class ConnectionError(OpenClawError):
    """The API could not be reached, or the connection broke."""


class TimeoutError(ConnectionError):
    """Nothing came for too long."""


class StreamInterruptedError(OpenClawError):
    """A stream broke off. What it said until then is in `partial`, why in `__cause__` and, by the API, `code`."""

    def __init__(self, message: str, partial: str, request_id: str | None = None, code: str | None = None) -> None:
        self.partial = partial
        self.request_id = request_id
        self.code = code
        super().__init__(_with_request(message, request_id))


class WebhookVerificationError(OpenClawError):
    """A webhook that does not come from the API, is too old, or was changed on its way."""


def _with_request(message: str, request_id: str | None) -> str:
    return message if not request_id or request_id in message else f"{message} (request {request_id})"


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds of `Retry-After`, which is a number or a date."""
    text = headers.get("retry-after")
    if not text:
        return None
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    import time
    from email.utils import parsedate_to_datetime

    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except ValueError:
        return None


_BY_STATUS: dict[int, type[APIError]] = {
    401: AuthenticationError,
    402: BudgetExceededError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    429: RateLimitError,
}


def api_error(status: int, headers: Mapping[str, str], body: bytes) -> APIError:
    """The error that an answer's status, headers and body tell."""
    try:
        error = json.loads(body)["error"]
    except (ValueError, KeyError, TypeError):
        error = None  # A proxy's page: its status says enough.
    return error_of(status, headers, error if isinstance(error, dict) else {})


def error_of(status: int, headers: Mapping[str, str], error: Mapping[str, Any]) -> APIError:
    """The error of an object `error` that came in an answer, an event or a frame."""
    kind = _BY_STATUS.get(status)
    if kind is None and str(error.get("code")).startswith("provider_"):
        kind = ProviderError
    return (kind or (ServerError if status >= 500 else InvalidRequestError))(status, headers, error)
