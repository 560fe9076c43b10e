"""What both clients share: settings, headers, and what a failure means for the next attempt. Nothing here waits."""

from __future__ import annotations

import json
import os
import random
import re
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from ._errors import APIError, ConnectionError, OpenClawError, TimeoutError, redact
from ._object import encode
from ._options import Options, Timeouts
from ._version import VERSION

PUBLIC = "https://api.openclaw.ai/v1"
_MAX_WAIT = 60
"""Seconds that `Retry-After` may ask for; who asks for more is told to the caller."""


@dataclass
class Call:
    """One request, as the resources make it."""

    method: str
    path: str
    """Below the base URL, already encoded."""
    query: Mapping[str, Any] | None = None
    body: Any = None
    """Sent as JSON, unless it is a form."""
    accept: str = "application/json"
    options: Options = field(default_factory=Options)


@dataclass(frozen=True)
class Form:
    """A form whose bytes are made, so that it can be sent again."""

    content: bytes
    content_type: str


@dataclass(frozen=True)
class Settings:
    """What a client was made with."""

    api_key: Any
    """A text, or a function that gives one."""
    base_url: str
    timeouts: Timeouts
    max_retries: int
    headers: Mapping[str, str]
    web_socket_url: str

    @staticmethod
    def of(
        api_key: Any,
        base_url: str | None,
        timeout: float | Timeouts | None,
        max_retries: int,
        headers: Mapping[str, str] | None,
        web_socket_url: str | None,
    ) -> Settings:
        """With what the environment has where nothing was given."""
        key = api_key or os.environ.get("OPENCLAW_API_KEY")
        if not key:
            raise OpenClawError("The API key is missing: pass `api_key`, or set the variable OPENCLAW_API_KEY")
        url = (base_url or os.environ.get("OPENCLAW_BASE_URL") or PUBLIC).rstrip("/")
        if re.fullmatch(r"https?://[^/]+", url):
            url += "/v1"
        return Settings(
            api_key=key,
            base_url=url,
            timeouts=Timeouts.of(timeout, Timeouts()),
            max_retries=max_retries,
            headers=headers or {},
            web_socket_url=web_socket_url or os.environ.get("OPENCLAW_WS_URL") or re.sub("^http", "ws", url) + "/ws",
        )


class Attempts:
    """The attempts of one call: their headers, and how long to wait between them."""

    def __init__(self, settings: Settings, call: Call) -> None:
        self.settings = settings
        self.call = call
        self.timeouts = Timeouts.of(call.options.get("timeout"), settings.timeouts)
        self.deadline = time.monotonic() + self.timeouts.total if self.timeouts.total is not None else float("inf")
        self._retries = call.options.get("max_retries", settings.max_retries)
        self._key = call.options.get("idempotency_key")
        if self._key is None and call.method == "POST":
            self._key = os.urandom(16).hex()
        self._made = 0
        self._retried = 0
        self._reopened = False
        self._began = 0.0
        body = call.body
        self.content: bytes | None = None
        self._content_type: str | None = None
        if isinstance(body, Form):
            self.content, self._content_type = body.content, body.content_type
        elif body is not None:
            self.content = json.dumps(body, default=encode, ensure_ascii=False, separators=(",", ":")).encode()
            self._content_type = "application/json"

    @property
    def url(self) -> str:
        """With its query."""
        query = urlencode(
            {name: _text(value) for name, value in (self.call.query or {}).items() if value is not None},
            quote_via=quote,
        )
        return self.settings.base_url + self.call.path + (f"?{query}" if query else "")

    def headers(self, credential: str) -> dict[str, str]:
        """Those of the next attempt."""
        headers = {
            "accept": self.call.accept,
            "authorization": f"Bearer {credential}",
            "content-type": self._content_type,
            "idempotency-key": self._key,
            "user-agent": USER_AGENT,
            "x-openclaw-retry-count": str(self._made) if self._made else None,
        }
        for given in (self.settings.headers, self.call.options.get("headers", {})):
            headers.update({name.lower(): value for name, value in given.items()})
        self._made += 1
        self._began = time.monotonic()
        return {name: value for name, value in headers.items() if value is not None}

    def limits(self) -> dict[str, float]:
        """Seconds, as httpx has them in a request's extensions; a total that is near shortens them."""
        left = max(0.001, self.deadline - time.monotonic())
        return {
            "connect": min(self.timeouts.connect, left),
            "read": min(self.timeouts.first_byte, left),
            "write": min(self.timeouts.idle, left),
            "pool": min(self.timeouts.first_byte, left),
        }

    def succeeded(self, status: int, request_id: str | None) -> None:
        """Notes it in the log."""
        if _debug():
            took = round((time.monotonic() - self._began) * 1000)
            log(f"{self.call.method} {self.call.path} {status} {took} ms {request_id or ''}")

    def wait_after(self, error: OpenClawError, closed: bool) -> float:
        """Seconds until the next attempt; raises the error where there is none."""
        if _debug():
            log(f"{self.call.method} {self.call.path} attempt {self._made}: {error}")
        # A server may close a kept connection while a request is on its way to it: that costs no retry.
        if closed and not self._reopened:
            self._reopened = True
            return 0
        wait = self._wait(error) if self._retried < self._retries else None
        if wait is None or time.monotonic() + wait > self.deadline:
            raise error
        self._retried += 1
        return wait

    def _wait(self, error: OpenClawError) -> float | None:
        backoff = random.random() * min(8, 0.5 * 2.0**self._retried)
        if not isinstance(error, APIError):
            return backoff if isinstance(error, ConnectionError) else None
        told = error.headers.get("x-should-retry")
        if told is None:
            helps = error.status in (408, 429) or error.status >= 500
        else:
            helps = told == "true"
        if not helps:
            return None
        if error.retry_after is None:
            return backoff
        asked: float = error.retry_after
        return asked if asked <= _MAX_WAIT else None


def explain(failure: Exception) -> OpenClawError:
    """What a failure of the HTTP library means."""
    import httpx2

    if isinstance(failure, OpenClawError):
        return failure
    if isinstance(failure, httpx2.TimeoutException):
        return TimeoutError(f"Nothing came for too long ({type(failure).__name__})")
    if isinstance(failure, httpx2.TransportError):
        return ConnectionError(f"The connection failed: {failure or type(failure).__name__}")
    raise failure


def is_closed(failure: BaseException | None) -> bool:
    """Whether the server closed the connection before it answered anything."""
    import httpx2

    return isinstance(failure, (httpx2.RemoteProtocolError, httpx2.ReadError, httpx2.WriteError))


def parse(content: bytes, status: int, headers: Mapping[str, str]) -> Any:
    """The JSON of an answer."""
    if not content:
        return None
    try:
        return json.loads(content)
    except ValueError as cause:
        kind = headers.get("content-type")
        raise OpenClawError(f"The answer (HTTP {status}, {kind}) is not JSON: is the base URL right?") from cause


def segment(text: str) -> str:
    """A part of a path."""
    return quote(text, safe="")


def log(line: str) -> None:
    """To the standard error, without secrets."""
    print(redact(f"openclaw {line}"), file=sys.stderr)


def _debug() -> bool:
    return os.environ.get("OPENCLAW_LOG") == "debug"


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def form(fields: Mapping[str, Any], name: str, filename: str, content: bytes) -> Form:
    """A form with one file (RFC 7578, with names encoded as browsers do)."""
    boundary = os.urandom(16).hex()
    escaped = filename.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")
    parts = [
        f'--{boundary}\r\ncontent-disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
        for key, value in fields.items()
    ]
    head = (
        f'--{boundary}\r\ncontent-disposition: form-data; name="{name}"; filename="{escaped}"\r\n'
        "content-type: application/octet-stream\r\n\r\n"
    )
    whole = "".join(parts).encode() + head.encode() + content + f"\r\n--{boundary}--\r\n".encode()
    return Form(whole, f"multipart/form-data; boundary={boundary}")


USER_AGENT = f"openclaw-python/{VERSION} (python/{sys.version.split()[0]}; {sys.platform})"
