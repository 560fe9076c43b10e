"""The client library of the OpenClaw API. Begin with `Client` or `AsyncClient`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._errors import (
    APIError,
    AuthenticationError,
    BudgetExceededError,
    ConflictError,
    ConnectionError,
    InvalidRequestError,
    NotFoundError,
    OpenClawError,
    PermissionDeniedError,
    ProviderError,
    RateLimitError,
    ServerError,
    StreamInterruptedError,
    TimeoutError,
    WebhookVerificationError,
)
from ._foreign import warn_of_foreign as _warn_of_foreign
from ._version import VERSION as __version__

__all__ = [
    "OMIT",
    "APIError",
    "AsyncClient",
    "AuthenticationError",
    "BudgetExceededError",
    "Client",
    "ConflictError",
    "ConnectionError",
    "InvalidRequestError",
    "NotFoundError",
    "OpenClawError",
    "Options",
    "Outcome",
    "Page",
    "PermissionDeniedError",
    "ProviderError",
    "RateLimit",
    "RateLimitError",
    "ResponseInfo",
    "ServerError",
    "StreamInterruptedError",
    "TimeoutError",
    "Timeouts",
    "WebhookVerificationError",
    "__version__",
    "types",
    "webhooks",
]

# Imported on first use: `import openclaw` is to be quick.
_LATER = {
    "AsyncClient": "._async.client",
    "Client": "._sync.client",
    "OMIT": "._options",
    "Options": "._options",
    "Outcome": "._options",
    "Page": "._page",
    "RateLimit": "._options",
    "ResponseInfo": "._options",
    "Timeouts": "._options",
}

if TYPE_CHECKING:
    from . import types, webhooks
    from ._async.client import AsyncClient
    from ._options import OMIT, Options, Outcome, RateLimit, ResponseInfo, Timeouts
    from ._page import Page
    from ._sync.client import Client
else:

    def __getattr__(name: str) -> Any:
        from importlib import import_module

        if name in ("types", "webhooks"):
            return import_module(f".{name}", __name__)
        if name in _LATER:
            value = getattr(import_module(_LATER[name], __name__), name)
            globals()[name] = value
            return value
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


_warn_of_foreign()
