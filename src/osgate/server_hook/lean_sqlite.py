"""Loading SQLite's C module without the half of the standard library that it asks for one function.

`_sqlite3` takes `functools.lru_cache` when it is loaded, to keep prepared statements (Modules/_sqlite/module.c), and
importing `functools` costs a push as much as judging it. The cache itself is in C, in `_functools`.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class _StandIn:
    """As much of `functools` as is asked for."""

    @staticmethod
    def lru_cache(most: int) -> Callable[[Any], Any]:
        from _functools import _lru_cache_wrapper  # type: ignore[import-not-found]

        return lambda called: _lru_cache_wrapper(called, most, False, tuple)


def load() -> None:
    """Load what reads snapshots. Where a Python asks for more than is known here, it is loaded as ever."""
    if "functools" not in sys.modules and "_sqlite3" not in sys.modules:
        sys.modules["functools"] = _StandIn  # type: ignore[assignment]
        try:
            import osgate.ledger.snapshot_read  # noqa: F401
        except (ImportError, AttributeError):
            sys.modules.pop("osgate.ledger.snapshot_read", None)
        finally:
            del sys.modules["functools"]
