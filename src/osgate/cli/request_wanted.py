"""What a request is for, from the flags of the command line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from osgate import wiring
from osgate.cli.judging import judge
from osgate.errors import Refused
from osgate.intake_desk.wanted import bare, closure
from osgate.io.git import Git
from osgate.model.dependency import Dependency


def wanted(
    asked: Mapping[str, str], named: list[str], found: wiring.Trusted
) -> tuple[list[Dependency], dict[str, Any]]:
    """Return the dependencies to ask for, and where they come from (`origin` of the record).

    named: as `wanted.names` gives them. Raises Refused where there is nothing to ask for, UsageError as `check` does.
    """
    with Git() as git:
        inside = git.ask("rev-parse", "--git-dir")[0] == 0
        if not inside:
            return [bare(purl) for purl in named], {}
        verdict = judge(git, asked)
        authors = git.authors(verdict.base, verdict.head) if "base" in asked else git.identity()
    change = verdict.head if verdict.head != "index" else ""
    origin = {"repository": found.config.project, "change": change, "authors": list(authors)}
    chosen = closure(verdict, named)
    if not chosen and not named:
        raise Refused("request.nothing")
    return chosen, {key: value for key, value in origin.items() if value}
