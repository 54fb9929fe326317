"""What every part of the agenda works on: the ledger, the policy, the moment and how far to look ahead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from osgate.ledger import able, calendar
from osgate.ledger.fold import Sealed, State
from osgate.model.agenda import Item
from osgate.model.policy import Person
from osgate.model.record import record
from osgate.policy.build import ValidPolicy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from osgate.model.usage import Usage

# A second person confirms an emergency block within this time; it stands meanwhile, and after it too.
CONFIRM_HOURS = 24
# More components than this make a command nobody would paste.
NAMED = 5


@record
class Asked:
    """now: UTC instant; days: how far ahead to look; usage: where something is used."""

    state: State
    valid: ValidPolicy
    now: str
    days: int
    usage: Usage

    @property
    def today(self) -> str:
        """The ISO date of the moment, UTC."""
        return self.now[:10]

    def soon(self, day: str) -> bool:
        """True for a day (ISO) that has come or comes within the days looked ahead."""
        return self.left(day) <= self.days

    def left(self, until: str) -> int:
        """Days from today until the day or instant `until`."""
        return calendar.days_between(self.today, until)

    def ends(self, kind: str, id: str, until: str, **more: Any) -> Item:
        """An item that is over from the beginning of the day `until` on; of an approval, `more` says its `grace`."""
        blocked = bool(more.get("grace")) and more["grace"] <= self.today
        return Item(kind, id, until, self.left(until), until <= self.today, blocked=blocked, **more)

    def due(self, kind: str, made: Sealed, until: str, **more: Any) -> Item:
        """An item on the record `made` that is in time until the end of the day, or the instant, `until`."""
        said: dict[str, Any] = {
            "since": made.sealed_at,
            "days": max(0, calendar.days_between(made.sealed_at, self.now)),
            "verb": str(made.body["verb"]),
            "subjects": named(made.body),
            "person": str(made.body["person"]),
            "reason": str(made.body["reason"]),
        }
        over = self.now[: len(until)] > until
        return Item(kind, made.id, until, self.left(until), over, **{**said, **more})

    def others(self, requests: Iterable[Sealed], besides: Iterable[str] = ()) -> list[Person]:
        """Who neither made nor wrote any of `requests` and is not one of `besides` (ids)."""
        return able.others(self.valid.people.values(), (one.body for one in requests), besides)

    def workdays(self, start: str, days: int) -> str:
        """The last of the `days` working days after the instant `start`."""
        return calendar.working_days_later(start[:10], days, self.valid.policy.terms.freeze)


def named(body: Mapping[str, Any]) -> tuple[str, ...]:
    """What a record is about, `purl range` each; of a record that names only projects, these."""
    if "subjects" in body:
        return spelled(body["subjects"])
    return tuple(f"project:{name}" for name in body.get("projects", ()))


def spelled(subjects: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Subjects as `purl range`, each once."""
    return tuple(dict.fromkeys(f"{one['purl']} {one.get('range', '')}".rstrip() for one in subjects))
