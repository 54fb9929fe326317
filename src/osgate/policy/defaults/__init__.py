"""The default policy repository, as `osgate init --policy-repo` writes it."""

from __future__ import annotations

import json
import os.path
import re
from collections.abc import Iterable

from osgate.model.record import record

FILES = ("osgate.toml", "policy/base.toml", "people.toml", "projects.toml")


@record
class NewPerson:
    """Somebody to start with. key: SSH public key; roles: from `day` (ISO date) on."""

    id: str
    key: str
    roles: tuple[str, ...]
    day: str


def render(
    *,
    institution: str,
    addresses: Iterable[str],
    key: str,
    day: str,
    people: Iterable[NewPerson],
    governance: Iterable[str] = ("tech", "legal"),
) -> dict[str, bytes]:
    """Return path -> content of a new policy repository. governance: roles that guard it; none leaves it unguarded."""
    roles = list(governance)
    guards = f"[governance]\nroles = [{', '.join(map(_quoted, roles or ['tech', 'legal']))}]"
    values = {
        "{institution}": _quoted(institution)[1:-1],
        "{addresses}": ", ".join(_quoted(address) for address in addresses),
        "{key}": key,
        "{day}": day,
        "{governance}": guards if roles else guards.replace("[gov", "# [gov").replace("\n", "\n# "),
        "{people}": "\n".join(_person(person) for person in people),
        "{{": "{",
        "}}": "}",
    }
    return {path: _filled(_template(path), values).encode("utf-8") for path in FILES}


def _template(path: str) -> str:
    with open(os.path.join(os.path.dirname(__file__), *path.split("/")), encoding="utf-8") as file:
        return file.read()


def _filled(text: str, values: dict[str, str]) -> str:
    """`text` with its marks replaced, in one pass: a value that looks like a mark stays what it is."""
    return re.sub("|".join(map(re.escape, values)), lambda mark: values[mark[0]], text)


def _person(person: NewPerson) -> str:
    roles = ", ".join(f"{{role = {_quoted(role)}, from = {person.day}}}" for role in person.roles)
    return (
        f"\n[[person]]\nid = {_quoted(person.id)}\nname = {_quoted(person.id)}\n"
        f"keys = [{{key = {_quoted(person.key)}, from = {person.day}}}]\nroles = [{roles}]"
    )


def _quoted(text: str) -> str:
    """`text` as a TOML basic string."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
