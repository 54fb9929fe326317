"""Which files a team has to have looked at: `required_reviewers` of a `pull_request` rule, in beta. Pure.

GitHub's pages say that the patterns are those of .gitignore, its REST description that they are fnmatch's. So each is
written twice: a bare name means a file in any folder to the one and at the top to the other, with `**/` before it the
other way round; whichever reads them, none is missed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from osgate.formats.table import INDEXES, MANIFESTS, ROWS

FIELD = "required_reviewers"
_OWN = (".osgate/*", ".osgate/**/*")
_ANYWHERE, _TOP = ":(glob)**/", ":(top,glob)"


def patterns() -> tuple[str, ...]:
    """Return the patterns of osgate's own files, of manifests and of locks."""
    specs = [spec for row in ROWS for spec in row.pathspecs]
    anywhere = [spec.removeprefix(_ANYWHERE) for spec in specs if spec.startswith(_ANYWHERE)]
    top = [spec.removeprefix(_TOP) for spec in specs if spec.startswith(_TOP)]
    names = [*sorted(MANIFESTS | INDEXES), *anywhere]
    return tuple(dict.fromkeys([*_OWN, *top, *names, *(f"**/{name}" for name in names)]))


def rows(team: int, there: Sequence[Mapping[str, Any]] = ()) -> list[dict[str, Any]]:
    """Return the reviewers as REST takes them: ours, and those of `there`. team: its id.

    What is there for our team stays as far as it is stricter: more patterns, more approvals. A pattern that takes files
    out again (`!`) is none of that.
    """
    mine = next((row for row in there if _team(row) == team), {})
    given = [pattern for pattern in mine.get("file_patterns") or () if not pattern.startswith("!")]
    ours = patterns()
    row = {
        "file_patterns": [*(one for one in given if one not in ours), *ours],
        "minimum_approvals": max(1, int(mine.get("minimum_approvals") or 0)),
        "reviewer": {"id": team, "type": "Team"},
    }
    return [row, *(dict(one) for one in there if _team(one) != team)]


def _team(row: Mapping[str, Any]) -> int:
    return int((row.get("reviewer") or {}).get("id") or 0)


def without(ruleset: Mapping[str, Any]) -> dict[str, Any]:
    """Return a ruleset as REST takes it, for a server that knows no such reviewers."""
    return {**ruleset, "rules": list(_bare(ruleset["rules"]))}


def _bare(rules: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for rule in rules:
        said = {name: value for name, value in (rule.get("parameters") or {}).items() if name != FIELD}
        yield {**rule, "parameters": said} if said else rule
