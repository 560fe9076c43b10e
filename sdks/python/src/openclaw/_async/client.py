"""The client whose calls are awaited."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from .._core import Call, Settings
from .._lazy import T
from .._options import OMIT, Omit, Options, Outcome, Timeouts
from .._primitives import async_value
from .._websocket import AsyncWebSockets
from . import resources
from .chat import AsyncChat
from .files import AsyncFiles
from .resource import AsyncResource
from .runs import AsyncRuns, AsyncSkills, AsyncWorkflows
from .transport import AsyncTransport


class AsyncAuth(AsyncResource):
    """Tokens."""

    async def token(
        self, *, expires_in: int | Omit = OMIT, api_key: str | Omit = OMIT, options: Options | None = None
    ) -> T.Token:
        """A token that stands for this client's key, for `expires_in` seconds: for browsers, for example."""
        key = await async_value(self._transport.settings.api_key) if isinstance(api_key, Omit) else api_key
        body: dict[str, Any] = {"api_key": key}
        if not isinstance(expires_in, Omit):
            body["expires_in"] = expires_in
        it: T.Token = await self._request("POST", "/auth/token", T.Token, None, body, options)
        return it


class AsyncClient:
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
        transport = AsyncTransport(settings)
        self._transport = transport
        self.base_url = settings.base_url
        self.chat = AsyncChat(transport)
        self.skills = AsyncSkills(transport)
        self.workflows = AsyncWorkflows(transport)
        self.runs = AsyncRuns(transport)
        self.files = AsyncFiles(transport)
        self.uploads = resources.AsyncUploads(transport)
        self.embeddings = resources.AsyncEmbeddings(transport)
        self.models = resources.AsyncModels(transport)
        self.analytics = resources.AsyncAnalytics(transport)
        self.audit = resources.AsyncAudit(transport)
        self.keys = resources.AsyncKeys(transport)
        self.account = resources.AsyncAccount(transport)
        self.guardrails = resources.AsyncGuardrails(transport)
        self.accounts = resources.AsyncAccounts(transport)
        self.providers = resources.AsyncProviders(transport)
        self.config = resources.AsyncConfig(transport)
        self.health = resources.AsyncHealth(transport)
        self.webhooks = resources.AsyncWebhooks(transport)
        self.auth = AsyncAuth(transport)
        self.ws = AsyncWebSockets(settings)

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._transport.aclose()

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        options: Options | None = None,
    ) -> Outcome[Any]:
        """Any request: what has no method of its own, or not yet. `path` is below the base URL."""
        return await self._transport.request(Call(method, path, query, body, options=options or {}), None)
