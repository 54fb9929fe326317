"""What one written policy says otherwise than another, as far as it gives or takes somebody's say. Pure.

Who endorses a change sees it in these words; every changed file is named besides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from osgate.model.policy import Key, NotifyChannel, Person, Policy, Witness
from osgate.model.record import record
from osgate.policy import fact_differences
from osgate.policy.valid import ValidPolicy

# Settings of the whole policy that are told as one value each, by the name they have in its files.
_SETTINGS = (
    ("default_tier", "default_tier"),
    ("incident.roles", "incident_roles"),
    ("governance.roles", "governance"),
    ("mode", "mode"),
    ("approval.days", "approval_days"),
    ("waiver.days", "waiver_days"),
    ("retention.years", "retention_years"),
)
_EVERYBODY = Person("", "", "", (), (), ())


@record
class Difference:
    """One thing that differs. code: key below `differs.`.

    params: a key stands whole, the first day and the end of a period (`start`, `end`) as ISO dates, empty where open.
    """

    code: str
    params: Mapping[str, object]


def differences(old: ValidPolicy, new: ValidPolicy) -> Iterator[Difference]:
    """Yield what changes from `old` to `new`: who guards and decides first, then people, keys, rules and projects."""
    yield from _settings(old.policy, new.policy)
    for name in _both(old.policy.tiers, new.policy.tiers):
        before, after = old.policy.tiers.get(name), new.policy.tiers.get(name)
        if before != after:
            yield _changed(f"tier.{name}", before and _decides(before), after and _decides(after))
    yield from _by_name("class", old.policy.class_tiers, new.policy.class_tiers)
    yield from _by_name("teams", old.policy.teams, new.policy.teams)
    for id in _both(old.people, new.people):
        yield from _person(id, old.people.get(id), new.people.get(id))
    yield from _keys("desk", "", old.keys, new.keys)
    yield from _keys("next", "", old.next_keys, new.next_keys)
    yield from _witness(old.policy.witness, new.policy.witness)
    yield from _channels(old.notify, new.notify)
    yield from _rules(old.policy, new.policy)
    yield from _listed("source", old.policy.sources, new.policy.sources, lambda s: f"{s.type} {s.address}")
    yield from _listed("pre-approval", old.policy.pre_approvals, new.policy.pre_approvals, lambda p: p.purl)
    yield from (Difference(*said) for said in fact_differences.differences(old.policy.facts, new.policy.facts))
    for id in _both(old.policy.projects, new.policy.projects):
        was, now = old.policy.projects.get(id), new.policy.projects.get(id)
        if was != now:
            yield _changed(f"project.{id}", was and f"{was.class_} {was.mode}", now and f"{now.class_} {now.mode}")


def _both(old: Iterable[str], new: Iterable[str]) -> list[str]:
    return sorted({*old, *new})


def _decides(tier: Any) -> str:
    return ", ".join((*tier.roles, *(f"+{role}" for role in tier.assessments)))


def _said(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value or "")


def _changed(what: str, old: object, new: object) -> Difference:
    return Difference("setting", {"what": what, "old": _said(old).strip() or "-", "new": _said(new).strip() or "-"})


def _settings(old: Policy, new: Policy) -> Iterator[Difference]:
    for name, field in _SETTINGS:
        before, after = getattr(old, field), getattr(new, field)
        if before != after:
            yield _changed(name, before, after)
    if old.terms != new.terms:
        yield Difference("terms", {})


def _by_name(table: str, old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[Difference]:
    """Entries of a table, by their names: the tier of each class, the teams of each role."""
    for name in _both(old, new):
        if old.get(name) != new.get(name):
            yield _changed(f"{table}.{name}", old.get(name), new.get(name))


def _person(id: str, old: Person | None, new: Person | None) -> Iterator[Difference]:
    """Who comes, goes, is named otherwise; and each role, key and account that is gained or lost."""
    if old is None or new is None:
        known = old or new
        yield Difference("person-gone" if new is None else "person-new", {"person": id, "name": known and known.name})
    was, now = old or _EVERYBODY, new or _EVERYBODY
    if old and new and (old.name, old.employee) != (new.name, new.employee):
        about = {"person": id, "old": f"{old.name} {old.employee}".strip(), "new": f"{new.name} {new.employee}".strip()}
        yield Difference("person-named", about)
    if old and new and (old.start, old.end) != (new.start, new.end):
        yield Difference("person-period", {"person": id, "start": new.start, "end": new.end})
    for role, start, end in sorted({*was.roles, *now.roles}):
        period = {"person": id, "role": role, "start": start, "end": end}
        if ((role, start, end) in was.roles) != ((role, start, end) in now.roles):
            yield Difference("role-gained" if (role, start, end) in now.roles else "role-lost", period)
    yield from _keys("person", id, was.keys, now.keys)
    for forge, account in sorted({*was.accounts, *now.accounts}):
        if ((forge, account) in was.accounts) != ((forge, account) in now.accounts):
            code = "account-gained" if (forge, account) in now.accounts else "account-lost"
            yield Difference(code, {"person": id, "account": f"{forge} {account}"})


def _keys(whose: str, id: str, old: Iterable[Key], new: Iterable[Key]) -> Iterator[Difference]:
    """A key that is gained or lost; one whose period changes is told with the new one, and a revocation as such."""
    was, now = {key.key: key for key in old}, {key.key: key for key in new}
    for text in _both(was, now):
        before, after = was.get(text), now.get(text)
        if before != after:
            code = "lost" if after is None else "gained" if before is None else "period"
            key = after or before or Key(text)
            about = {"person": id, "key": text, "start": key.start, "end": key.end}
            revoked = (before.revoked if before else "", after.revoked if after else "")
            if code != "period" or (before and (before.start, before.end) != (key.start, key.end)):
                yield Difference(f"{whose}-key-{code}", about)
            if after and revoked[0] != revoked[1]:
                word = "revoked" if after.revoked else "restored"
                yield Difference(f"{whose}-key-{word}", {**about, "day": after.revoked})


def _witness(old: Witness | None, new: Witness | None) -> Iterator[Difference]:
    """Whose word at a forge counts, where, and by which machine's keys."""
    if (old and (old.forge, old.tiers)) != (new and (new.forge, new.tiers)):
        yield _changed("witness", *(w and f"{w.forge} {', '.join(w.tiers) or '*'}" for w in (old, new)))
    yield from _keys("witness", "", old.keys if old else (), new.keys if new else ())


def _rules(old: Policy, new: Policy) -> Iterator[Difference]:
    for id in _both(old.rules, new.rules):
        before, after = old.rules.get(id), new.rules.get(id)
        if (before and before.outcome) != (after and after.outcome):
            yield _changed(f"rule.{id}", before and before.outcome, after and after.outcome)


def _listed(what: str, old: Iterable[Any], new: Iterable[Any], name: Any) -> Iterator[Difference]:
    """Entries that come or go; where they are written does not matter."""
    was, now = ({_content(entry): name(entry) for entry in entries} for entries in (old, new))
    for key in sorted({*was, *now}, key=str):
        if (key in was) != (key in now):
            yield Difference(f"{what}-{'new' if key in now else 'gone'}", {"what": now.get(key) or was.get(key)})


def _channels(old: Iterable[NotifyChannel], new: Iterable[NotifyChannel]) -> Iterator[Difference]:
    """Ways to tell people, by kind and host: an address may hold a token."""
    was, now = _by_host(old), _by_host(new)
    for what in _both(was, now):
        if was.get(what) != now.get(what):
            code = "gone" if what not in now else "changed" if what in was else "new"
            yield Difference(f"notify-{code}", {"what": what})


def _by_host(channels: Iterable[NotifyChannel]) -> dict[str, list[NotifyChannel]]:
    found: dict[str, list[NotifyChannel]] = {}
    for entry in channels:
        found.setdefault(f"{entry.channel} {urlsplit(entry.address).hostname or '-'}", []).append(entry)
    return found


def _content(entry: Any) -> tuple[object, ...]:
    return tuple(getattr(entry, field) for field in entry._fields if field != "origin")
