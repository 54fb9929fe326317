"""Whose turn it is: how much of what was said one round acts on, so that nobody's flood keeps others from being heard.

What is over its turn is left for the next rounds, in the order it was said; it is never dropped.
"""

from __future__ import annotations

from collections.abc import Callable

from osgate.forges.commands import Command, Mistake

# Commands that one account, and all together, are heard with in a round.
OF_ONE, OF_ALL = 40, 200
# Packages that make a command count for one more.
PACKAGES = 20
# Conversations that are looked at in a round, and seconds it may take.
LOOKED, SECONDS = 500, 300.0


def cost(command: Command | Mistake) -> int:
    """Return for how many commands one counts: one that names many packages is as much work as several."""
    return 1 if isinstance(command, Mistake) else 1 + len(command.purls) // PACKAGES


def still() -> float:
    """A clock for where no time passes."""
    return 0.0


class Turns:
    """What is left of a round. clock: seconds, from anywhere. over: accounts that have had their turn."""

    def __init__(self, clock: Callable[[], float] = still) -> None:
        self._clock, self._ends = clock, clock() + SECONDS
        self._given: dict[str, int] = {}
        self._looked = self._all = 0
        self.over: set[str] = set()

    def look(self) -> bool:
        """Take the turn of one more conversation; False where there is none any more in this round."""
        self._looked += 1
        return self._looked <= LOOKED and self._all < OF_ALL and self._clock() < self._ends

    def speak(self, account: str, commands: int) -> bool:
        """Take the turn of an account for a note with so many commands (`cost`); False where it has to wait.

        Who waits with one note waits with all that follow, so that nothing of theirs is heard before it.
        """
        given = self._given.get(account, 0)
        much = (given and given + commands > OF_ONE) or (self._all and self._all + commands > OF_ALL)
        if much or account in self.over:
            self.over.add(account)
            return False
        self._given[account] = given + commands
        self._all += commands
        return True
