"""What the policy says of facts, as the snapshot carries it: plain JSON values of what differs from the default."""

from __future__ import annotations

from osgate.model.fact_policy import DEFAULT, FactPolicy, InternalName, LicencePair, LicenceUse, Override, TierWhen
from osgate.model.record import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_FIELDS = tuple(FactPolicy.__annotations__)
_LISTS = {
    "internal": InternalName,
    "overrides": Override,
    "licence_pairs": LicencePair,
    "licence_uses": LicenceUse,
    "tiers": TierWhen,
}


def to_json(policy: FactPolicy) -> dict[str, Any]:
    """Return `policy` as JSON values; `from_json` gives an equal one back."""
    found = {name: getattr(policy, name) for name in _FIELDS}
    changed = {name: value for name, value in found.items() if value != getattr(DEFAULT, name)}
    return {name: _plain(value) for name, value in changed.items()}


def from_json(data: dict[str, Any]) -> FactPolicy:
    """Return the policy that `to_json` wrote; what a newer osgate added and this one does not know is left out."""
    known = {name: value for name, value in data.items() if name in _FIELDS}
    return replace(DEFAULT, **{name: _read(name, value) for name, value in known.items()}) if known else DEFAULT


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    fields = getattr(value, "_fields", None)
    return [_plain(getattr(value, name)) for name in fields] if fields else value


def _read(name: str, value: Any) -> Any:
    made: Any = _LISTS.get(name)
    if made is not None:
        return tuple([made(*[_tuples(part) for part in item][: len(made._fields)]) for item in value])
    return _tuples(value)


def _tuples(value: Any) -> Any:
    return tuple([_tuples(item) for item in value]) if isinstance(value, list) else value
