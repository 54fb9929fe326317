"""What cannot be looked at or told fails for itself: nothing that one note or change holds may end a round."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from osgate.errors import OsgateError, Undecided
from osgate.model.forge import Conversation
from osgate.model.record import record


class Bug(OsgateError):
    """A mistake of ours: `round.bug` (kind: of the exception; place: module and line)."""


@record
class Failed:
    """Something that could not be looked at or told. at: None for a list."""

    what: str
    error: OsgateError
    at: Conversation | None = None


def lasting(error: OsgateError) -> bool:
    """True of a failure that may be over by the next round."""
    return isinstance(error, Undecided)


def bug(error: Exception) -> Bug:
    """Return an exception that nobody foresaw as a failure like others, without its words: they may be a stranger's."""
    trace, place = error.__traceback__, "-"
    while trace is not None:
        place = f"{trace.tb_frame.f_globals.get('__name__', '-')}:{trace.tb_lineno}"
        trace = trace.tb_next
    return Bug("round.bug", kind=type(error).__name__, place=place)


@contextmanager
def apart(fail: Callable[[Failed], None], what: str, at: Conversation | None = None) -> Iterator[None]:
    """Keep to itself what fails inside. fail: takes it; what, at: as in Failed."""
    try:
        yield
    except OsgateError as error:
        fail(Failed(what, error, at))
    except Exception as error:
        fail(Failed(what, bug(error), at))
