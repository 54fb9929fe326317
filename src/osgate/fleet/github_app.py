"""Whether the check that is to be required from an app can come at all. Pure.

A check that nobody posts keeps every pull request from being merged, so it is looked for before it is required.
"""

from __future__ import annotations

from collections.abc import Iterator

from osgate.fleet.github_ruleset import Gate
from osgate.model.fleet import ADVICE, HOLE, Difference

# Which repositories of an organisation an app's installation reaches, as REST tells: all, some, or none for want of an
# installation.
ALL, SELECTED, NOWHERE = "all", "selected", ""


def of_app(gate: Gate, org: str, reach: str | None, seen: bool | None) -> Iterator[Difference]:
    """Yield why a required check would be waited for in vain.

    reach: of the app's installation, None where nobody tells; seen: a commit has the check from the app, None where no
    commit could be looked at.
    """
    about = (("app", str(gate.app)), ("check", gate.check), ("org", org))
    if reach == NOWHERE and not seen:
        yield Difference("app-missing", HOLE, params=about)
    elif seen is False:
        yield Difference("check-unseen", HOLE, params=about)
    elif seen is None:
        yield Difference("check-unknown", ADVICE, params=about)
    if reach == SELECTED:
        yield Difference("app-selected", ADVICE, params=about)
