# Written by sdks/generate from _async/resource.py: change that.
"""What the classes of `resources` have in common."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from .._core import Call
from .._options import Options, Outcome
from .list import List
from .transport import Transport


class Resource:
    """Methods that belong together, such as those of keys."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._raw = False

    @property
    def with_raw_response(self) -> Any:
        """The same methods, whose results are an `Outcome`: the body with status, headers and limits."""
        raw = copy.copy(self)
        raw._raw = True
        return raw

    def _request(
        self,
        method: str,
        path: str,
        kind: Any,
        query: Mapping[str, Any] | None,
        body: Any,
        options: Options | None,
    ) -> Any:
        outcome = self._transport.request(Call(method, path, query, body, options=options or {}), kind)
        return outcome if self._raw else outcome.data

    def _list(self, path: str, kind: Any, query: Mapping[str, Any], options: Options | None) -> List[Any]:
        def ask(more: Mapping[str, Any]) -> Outcome[Any]:
            return self._transport.request(Call("GET", path, {**query, **more}, options=options or {}), None)

        return List(ask, kind)
