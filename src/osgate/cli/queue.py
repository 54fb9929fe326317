"""`osgate queue`: what waits for whom, the oldest first."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from osgate import wiring
from osgate.cli import console, flags, records
from osgate.cli.identity import policy_repository
from osgate.errors import PASS
from osgate.intake_desk.policy_clone import PolicyClone
from osgate.ledger import codec
from osgate.ledger.fold import Sealed, State, fold
from osgate.model.record import record
from osgate.reports.detail import given
from osgate.text.translator import Translator
from osgate.text.width import printable, truncate

FORMATS = ("terminal", "json")
# Subjects of one request that a line names, and columns its reason may take.
NAMED, REASON = 2, 48


@record
class Item:
    """Something that waits. roles: (role, given, needed) still open or done; missing: assessments to come, by role."""

    made: Sealed
    roles: tuple[tuple[str, int, int], ...]
    missing: tuple[str, ...]

    def needs(self, role: str) -> bool:
        """True if somebody in `role` still has to act."""
        return role in self.missing or any(name == role and there < wanted for name, there, wanted in self.roles)


def run(argv: list[str]) -> int:
    """List the requests and waivers that wait, all of them or those that wait for one role."""
    asked = flags.read("queue", argv, ("help",), ("role", "policy-repo", "format", "language"))
    t = console.speak(asked.get("language", ""))
    if "help" in asked:
        console.say(t("help.queue"))
        return PASS
    if asked[""]:
        raise console.usage("queue", t("usage.extra", words=asked[""].replace("\0", " ")))
    if asked.get("format", "terminal") not in FORMATS:
        detail = t("usage.choice", flag="format", choices=", ".join(FORMATS), found=asked["format"])
        raise console.usage("queue", detail)
    moment = wiring.now()
    found = records.configured(moment)
    t = console.speak(asked.get("language") or found.config.language)
    where = policy_repository(asked, found.config.policy_repository, "queue")
    with PolicyClone(where, wiring.cache_folder(), moment.instant) as clone:
        role = asked.get("role", "")
        held = {name for person in clone.valid.people.values() for name, _, _ in person.roles}
        if role and role not in held:
            raise console.usage("queue", t("usage.choice", flag="role", choices=", ".join(sorted(held)), found=role))
        items = [item for item in waiting(fold(clone.history.sealed)) if not role or item.needs(role)]
    for item in items:
        told = _json(item, moment.instant) if asked.get("format") == "json" else _lines(item, moment.instant, t)
        console.say(told)
    if asked.get("format") != "json":
        console.say(t.count("queue.total", len(items)) if items else t("queue.empty"))
    return PASS


def waiting(state: State) -> list[Item]:
    """Return what waits, the oldest first."""
    requests = (r for r in state.requests.values() if r.status == "waiting")
    waivers = (w for w in state.waivers.values() if w.status == "waiting")
    items = [*(Item(r.request, r.roles, r.missing) for r in requests), *(Item(w.waiver, w.roles, ()) for w in waivers)]
    return sorted(items, key=lambda item: (item.made.sealed_at, item.made.id))


def _days(item: Item, now: str) -> int:
    return max(0, (datetime.fromisoformat(now) - datetime.fromisoformat(item.made.sealed_at)).days)


def _lines(item: Item, now: str, t: Translator) -> str:
    body = item.made.body
    open_roles = [given(item.roles, t), *(t("need.assessment", role=role) for role in item.missing)]
    head = t(
        "queue.line",
        age=t.count("queue.days", _days(item, now)),
        verb=t(f"verb.{body['verb']}"),
        id=codec.short(item.made.id),
        person=body["person"],
        roles=t("join.items").join(open_roles),
    )
    about = "  " + t("terminal.line", label=_subjects(body, t), text=truncate(str(body["reason"]), REASON))
    return printable(head) + "\n" + printable(about)


def _subjects(body: Any, t: Translator) -> str:
    subjects = [f"{subject['purl']} {subject.get('range', '')}".rstrip() for subject in body.get("subjects", ())]
    subjects = subjects or list(_projects(body.get("projects", ())))
    more = [t("queue.more", n=len(subjects) - NAMED)] if len(subjects) > NAMED else []
    return t("join.items").join([*subjects[:NAMED], *more])


def _projects(names: Iterable[str]) -> Iterator[str]:
    return (f"project:{name}" for name in names)


def _json(item: Item, now: str) -> str:
    body = item.made.body
    said = {
        "id": item.made.id,
        "verb": body["verb"],
        "person": body["person"],
        "sealed_at": item.made.sealed_at,
        "days": _days(item, now),
        "roles": [list(role) for role in item.roles],
        "assessments": list(item.missing),
        "subjects": list(body.get("subjects", ())),
        "reason": body["reason"],
    }
    return json.dumps(said)
