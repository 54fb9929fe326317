"""Faults a test puts in the way of chosen requests: wrong statuses, lost answers, broken bodies, slow ones."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# A proxy's own page, as people meet it.
PROXY_PAGE = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"


@dataclass
class Fault:
    """How some requests fail. status 0: the one it would have been. times: how often; -1 for ever.

    after_apply: the request is done first, and only its answer is lost. how: `status`, `reset` (connection reset),
    `truncate` (half of the body), `drip` (a byte each `pause` seconds). body: text or JSON instead of the real one.
    delay: seconds before the answer. hits: how often it struck.
    """

    method: str
    path: re.Pattern[str]
    status: int = 500
    times: int = 1
    after_apply: bool = False
    headers: tuple[tuple[str, str], ...] = ()
    delay: float = 0.0
    body: bytes | None = None
    content_type: str = ""
    how: str = "status"
    pause: float = 0.05
    hits: int = field(default=0)


class Faults:
    """The faults in force, the first that fits strikes."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(
        self, method: str, path: str, status: int = 500, times: int = 1, *, headers: Mapping[str, str] | None = None,
        body: Any = None, **more: Any
    ) -> Fault:  # fmt: skip
        """Put a fault in force and return it. path: pattern searched in the decoded path; method `*` is any."""
        kind = "text/html" if isinstance(body, bytes) and body.lstrip()[:1] == b"<" else "application/json"
        if body is None and not more.get("after_apply") and more.get("how", "status") == "status":
            body = {"message": f"{status} fault"}
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        given = tuple((headers or {}).items())
        fault = Fault(method.upper(), re.compile(path), status, times, headers=given, body=content, **more)
        fault.content_type = fault.content_type or kind
        with self._lock:
            self._faults.append(fault)
        return fault

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault that strikes a request, counted."""
        with self._lock:
            for fault in self._faults:
                fits = fault.method in (method, "*") and fault.path.search(path)
                if fits and (fault.times < 0 or fault.hits < fault.times):
                    fault.hits += 1
                    return fault
        return None

    def clear(self) -> None:
        """Take all faults away."""
        with self._lock:
            self._faults.clear()
