"""What one written policy says of facts otherwise than another, under the names its files have for it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from osgate.model.fact_policy import FactPolicy, InternalName, LicencePair, LicenceUse, Override, TierWhen

# One thing that differs: a key below `differs.`, and its params.
Said = tuple[str, dict[str, object]]

_SINGLE = {
    "cooldown": "[cooldown] days",
    "vulnerable_from": "[vulnerability] from",
    "horizon": "[lifecycle] horizon",
    "unmaintained": "[lifecycle] unmaintained",
    "patent_review": "[licence] patent_review",
    "integrity": "[integrity] required",
}
_LISTS = {
    "cooldown_free": "[cooldown] free",
    "minor_scopes": "[vulnerability] minor_scopes",
    "must": "[facts] must",
    "require": "[facts] require",
}
_MAPS = {
    "ages": "[facts.max_age]",
    "licence_ids": "[licence.ids]",
    "licence_names": "[licence.names]",
    "licence_categories": "[licence.categories]",
}


def differences(old: FactPolicy, new: FactPolicy) -> Iterator[Said]:
    """Yield what changes from `old` to `new`: one for each setting, each name of a list and each entry."""
    for field, what in _SINGLE.items():
        yield from _setting(what, getattr(old, field), getattr(new, field))
    for field, what in _LISTS.items():
        was, now = getattr(old, field), getattr(new, field)
        yield from (("list-gained", {"what": what, "entry": one}) for one in dict.fromkeys(now) if one not in was)
        yield from (("list-lost", {"what": what, "entry": one}) for one in dict.fromkeys(was) if one not in now)
    for field, what in _MAPS.items():
        yield from _map(what, getattr(old, field), getattr(new, field))
    for reach in sorted({*old.licences, *new.licences}):
        yield from _map(f"[licence.{reach}]", old.licences.get(reach, {}), new.licences.get(reach, {}))
    for field, (name, words) in _ENTRIES.items():
        yield from _entries(name, *([words(one) for one in getattr(side, field)] for side in (old, new)))


def _setting(what: str, old: object, new: object) -> Iterator[Said]:
    if old != new:
        yield "setting", {"what": what, "old": _toml(old), "new": _toml(new)}


def _map(what: str, old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[Said]:
    for key in sorted({*old, *new}):
        yield from _setting(f"{what} {key}", old.get(key), new.get(key))


def _toml(value: object) -> str:
    """A value as the files have it, without the quotes; `-` where there is none."""
    return str(value).lower() if isinstance(value, bool) else "-" if value is None else str(value)


def _entries(name: str, old: list[dict[str, object]], new: list[dict[str, object]]) -> Iterator[Said]:
    """Entries that come or go, and another order of those that stay: of some the first that fits counts."""
    yield from ((f"{name}-new", one) for one in _once(new) if one not in old)
    yield from ((f"{name}-gone", one) for one in _once(old) if one not in new)
    if [one for one in old if one in new] != [one for one in new if one in old]:
        yield "order", {"what": name.replace("-", "_") if name != "facts-source" else "facts.source"}


def _once(entries: Iterable[dict[str, object]]) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for one in entries:
        if one not in found:
            found.append(one)
    return found


def _fact(one: Override) -> dict[str, object]:
    return {"purl": one.purl, "name": one.name, "value": one.value, "last": one.expires, "reason": one.reason}


def _internal(one: InternalName) -> dict[str, object]:
    return {"purl": one.purl, "address": one.address}


def _use(one: LicenceUse) -> dict[str, object]:
    said = [f"linked = {_toml(one.linked)}", f"modified = {_toml(one.modified)}"]
    said += [f"projects = {', '.join(one.projects)}"] if one.projects else []
    return {"purl": one.purl, "use": "; ".join(said), "reason": one.reason}


def _pair(one: LicencePair) -> dict[str, object]:
    return {"one": one.one, "other": one.other, "verdict": one.verdict, "reason": one.reason}


def _tier(one: TierWhen) -> dict[str, object]:
    # The institution's own categories stand in the conditions too; they are told where they are written.
    said = [f"{name.replace('-', '_')} = {', '.join(values)}" for name, values in one.when if ":" not in name]
    return {"tier": one.tier, "when": "; ".join(said) or "-"}


def _source(one: tuple[str, str]) -> dict[str, object]:
    return {"kind": one[0], "address": one[1]}


_ENTRIES: dict[str, tuple[str, Callable[[Any], dict[str, object]]]] = {
    "overrides": ("fact", _fact),
    "internal": ("internal", _internal),
    "licence_uses": ("licence-use", _use),
    "licence_pairs": ("licence-pair", _pair),
    "tiers": ("tier-when", _tier),
    "sources": ("facts-source", _source),
}
