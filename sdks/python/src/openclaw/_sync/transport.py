# Written by sdks/generate from _async/transport.py: change that.
"""Makes the attempts of a call."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .._core import Attempts, Call, Settings, explain, is_closed, parse
from .._errors import api_error
from .._object import Object, decode
from .._options import Outcome, ResponseInfo
from .._primitives import sync_http, sync_place, sync_sleep, sync_value

if TYPE_CHECKING:
    import httpx2


class Exchange:
    """An answer whose body is read piece by piece."""

    def __init__(self, response: httpx2.Response, attempts: Attempts) -> None:
        self._response = response
        self._attempts = attempts
        self.info = ResponseInfo.of(response.status_code, response.headers)

    def pieces(self) -> Iterator[bytes]:
        """The body. Whoever leaves the loop closes the connection."""
        try:
            for piece in self._response.iter_bytes():
                yield piece
        except Exception as failure:
            raise explain(failure) from failure
        finally:
            self.close()

    def read(self) -> bytes:
        """The whole body."""
        try:
            return self._response.read()
        except Exception as failure:
            raise explain(failure) from failure
        finally:
            self.close()

    def close(self) -> None:
        """Ends the connection, unless the body was read to its end."""
        self._response.close()


class Transport:
    """Connections, and the attempts of calls on them."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._lock = threading.Lock()
        self._http: httpx2.Client | None = None
        self._place: tuple[int, object] | None = None

    def close(self) -> None:
        """Closes the connections."""
        http, self._http = self._http, None
        if http is not None and self._place == sync_place():
            http.close()

    def _here(self) -> httpx2.Client:
        # Connections of before a fork, or of another event loop, are not ours to use or to close.
        place = sync_place()
        with self._lock:
            if self._http is None or self._place != place:
                self._http, self._place = sync_http(), place
            return self._http

    def exchange(self, call: Call) -> Exchange:
        """The head of the answer, after as many attempts as it takes."""
        return self._attempt(Attempts(self.settings, call), False)

    def request(self, call: Call, kind: Any) -> Outcome[Any]:
        """The whole answer as `kind`."""
        attempts = Attempts(self.settings, call)
        exchange = self._attempt(attempts, True)
        info = exchange.info
        data = decode(kind, parse(exchange.read(), info.status, info.headers))
        if isinstance(data, Object):
            data._request_id = info.request_id
        return Outcome(data, info)

    def _attempt(self, attempts: Attempts, whole: bool) -> Exchange:
        """Until one succeeds, with its body where `whole`: one that breaks off is asked for again."""
        call = attempts.call
        while True:
            credential = sync_value(self.settings.api_key)
            try:
                http = self._here()
                limits = attempts.limits()
                request = http.build_request(
                    call.method, attempts.url, headers=attempts.headers(credential), content=attempts.content
                )
                request.extensions["timeout"] = limits
                exchange = Exchange(http.send(request, stream=True), attempts)
                limits["read"] = min(attempts.timeouts.idle, attempts.limits()["write"])
                info = exchange.info
                if info.status >= 400:
                    raise api_error(info.status, info.headers, exchange.read())
                if whole:
                    exchange.read()
                attempts.succeeded(info.status, info.request_id)
                return exchange
            except Exception as failure:
                error = explain(failure)
                if error is not failure:
                    error.__cause__ = failure
                wait = attempts.wait_after(error, is_closed(error.__cause__))
            sync_sleep(wait)
