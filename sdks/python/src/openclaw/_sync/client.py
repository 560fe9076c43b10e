# Written by sdks/generate from _async/client.py: change that.
"""The client whose calls block."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from .._core import Call, Settings
from .._lazy import T
from .._options import OMIT, Omit, Options, Outcome, Timeouts
from .._primitives import sync_value
from .._websocket import WebSockets
from . import resources
from .chat import Chat
from .files import Files
from .resource import Resource
from .runs import Runs, Skills, Workflows
from .transport import Transport


class Auth(Resource):
    """Tokens."""

    def token(
        self, *, expires_in: int | Omit = OMIT, api_key: str | Omit = OMIT, options: Options | None = None
    ) -> T.Token:
        """A token that stands for this client's key, for `expires_in` seconds: for browsers, for example."""
        key = sync_value(self._transport.settings.api_key) if isinstance(api_key, Omit) else api_key
        body: dict[str, Any] = {"api_key": key}
        if not isinstance(expires_in, Omit):
            body["expires_in"] = expires_in
        it: T.Token = self._request("POST", "/auth/token", T.Token, None, body, options)
        return it


class Client:
    """The API. Use it in a `with`, or call `close`; it may be shared.

    `api_key` is a key, a token, or a function that gives the one that is good now (else `OPENCLAW_API_KEY`);
    `base_url` is else `OPENCLAW_BASE_URL`, else the public address, and gets `/v1` where it has no path; `timeout` has
    seconds; `max_retries` says how often a failed attempt is made again.
    """

    def __init__(
        self,
        api_key: str | Callable[[], str] | Callable[[], Awaitable[str]] | None = None,
        *,
        base_url: str | None = None,
        timeout: float | Timeouts | None = None,
        max_retries: int = 2,
        headers: Mapping[str, str] | None = None,
        web_socket_url: str | None = None,
    ) -> None:
        settings = Settings.of(api_key, base_url, timeout, max_retries, headers, web_socket_url)
        transport = Transport(settings)
        self._transport = transport
        self.base_url = settings.base_url
        self.chat = Chat(transport)
        self.skills = Skills(transport)
        self.workflows = Workflows(transport)
        self.runs = Runs(transport)
        self.files = Files(transport)
        self.uploads = resources.Uploads(transport)
        self.embeddings = resources.Embeddings(transport)
        self.models = resources.Models(transport)
        self.analytics = resources.Analytics(transport)
        self.audit = resources.Audit(transport)
        self.keys = resources.Keys(transport)
        self.account = resources.Account(transport)
        self.guardrails = resources.Guardrails(transport)
        self.accounts = resources.Accounts(transport)
        self.providers = resources.Providers(transport)
        self.config = resources.Config(transport)
        self.health = resources.Health(transport)
        self.webhooks = resources.Webhooks(transport)
        self.auth = Auth(transport)
        self.ws = WebSockets(settings)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections."""
        self._transport.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        options: Options | None = None,
    ) -> Outcome[Any]:
        """Any request: what has no method of its own, or not yet. `path` is below the base URL."""
        return self._transport.request(Call(method, path, query, body, options=options or {}), None)
