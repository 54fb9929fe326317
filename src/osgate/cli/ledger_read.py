"""What the reading actions of `osgate ledger` share: the policy repository, the language, a moment asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from osgate import wiring
from osgate.cli import console, records
from osgate.cli.identity import policy_repository
from osgate.errors import UsageError
from osgate.intake_desk.policy_clone import PolicyClone
from osgate.text.translator import Translator

# Later than every instant.
FOR_EVER = "9"


@contextmanager
def opened(asked: Mapping[str, str]) -> Iterator[tuple[PolicyClone, Translator]]:
    """A copy of the policy repository that `asked` or the repository we stand in names, and the reader's words.

    Raises what `PolicyClone` raises, and UsageError("usage") where nothing names one.
    """
    url, t = where(asked)
    with PolicyClone(url, wiring.cache_folder(), wiring.now().instant) as clone:
        yield clone, t


def where(asked: Mapping[str, str]) -> tuple[str, Translator]:
    """Return where the policy repository is, and the reader's words. Raises UsageError("usage")."""
    found = records.configured(wiring.now())
    t = console.speak(asked.get("language") or found.config.language)
    return policy_repository(asked, found.config.policy_repository, "ledger"), t


def until(moment: str) -> str:
    """Return the last instant, UTC, of what was asked for: a day to its end, an instant, or for ever.

    Raises UsageError("as-of.malformed").
    """
    if not moment:
        return FOR_EVER
    from osgate.policy.shape import Field, complaints

    if list(complaints(moment, Field("date"))) and list(complaints(moment, Field("instant"))):
        raise UsageError("as-of.malformed", found=moment)
    return f"{moment}T23:59:59Z" if len(moment) == len("2026-11-21") else moment
