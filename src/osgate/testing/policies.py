"""A policy repository's written half with people in it, whose keys are at hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from osgate.model.finding import SLUGS
from osgate.policy import defaults
from osgate.policy.defaults import NewPerson
from osgate.policy.valid import ValidPolicy, validate
from osgate.testing.keys import SigningKey

PEOPLE: Mapping[str, tuple[str, ...]] = {
    "wang.wu": ("developer",),
    "zhang.san": ("tech", "incident"),
    "li.si": ("legal", "incident"),
    "zhao.liu": ("tech", "legal", "security"),
}
# The first day of everybody's roles and keys, before testing.clock.START.
FROM = "2026-01-01"


def policy_files(
    people: Mapping[str, tuple[str, ...]] = PEOPLE, address: str = "published", governance: Iterable[str] = ()
) -> dict[str, bytes]:
    """The default policy repository. people: id -> roles; each signs with `SigningKey(id)`, the desk with "desk".

    governance: roles that guard it; by default nobody does, so that a test may push what it needs.
    """
    return defaults.render(
        institution="Example Bank",
        addresses=[address],
        key=SigningKey("desk").public,
        day=FROM,
        governance=governance,
        people=[NewPerson(id, SigningKey(id).public, roles, FROM) for id, roles in people.items()],
    )


def valid_policy(people: Mapping[str, tuple[str, ...]] = PEOPLE) -> ValidPolicy:
    """The same, read and checked."""
    return validate(policy_files(people), SLUGS)
