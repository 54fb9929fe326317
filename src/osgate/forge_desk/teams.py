"""Whether who speaks is in a team of the role they speak in, asked of the forge at the moment they are heard.

A team opens nothing by itself: people.toml says who holds a role. Where nobody can tell, the role does not count.
"""

from __future__ import annotations

from osgate.errors import OsgateError, Undecided
from osgate.forge_desk.failing import lasting
from osgate.forge_desk.station import Unclear
from osgate.forges.protocol import Forge, Missing


class Untold(Undecided):
    """The forge cannot be asked now who is in a team that a role wants: `forge.team` (role, team, detail)."""


def joined(forge: Forge, account: str, role: str, teams: tuple[str, ...]) -> tuple[str, ...]:
    """Return the one of `teams` that an account (its id) was found in; empty where the role wants none.

    Raises Unclear: `not-in-team`; `team-gone` (renamed, deleted or hidden), `team-closed` (we may not ask) where it is
    in none that told. Raises Untold where one of them may tell in the next round.
    """
    failed: list[tuple[str, OsgateError]] = []
    for team in teams:
        try:
            if forge.in_team(account, team):
                return (team,)
        except OsgateError as error:
            failed.append((team, error))
    for team, why in sorted(failed, key=lambda one: not lasting(one[1])):
        raise _untold(role, team, why) from why
    if teams:
        raise Unclear("not-in-team", role=role, teams=", ".join(teams))
    return ()


def _untold(role: str, team: str, why: OsgateError) -> Exception:
    """What is said where the forge does not tell who is in a team."""
    if lasting(why):
        return Untold("forge.team", role=role, team=team, detail=str(why.params.get("detail") or why.code))
    if isinstance(why, Missing):
        return Unclear("team-gone", role=role, team=team)
    return Unclear("team-closed", role=role, team=team, needs=str(why.params.get("needs") or why.code))
