"""Which refs of a push are judged, and what each is compared with.

A guarded ref that is there is compared with what it pointed at, which was judged when it came. A new one is compared
with a tip that was judged: its own commit where a guarded branch points at it, else the trunk. Never with a commit on
the way to one: what came and went between two pushes was judged by nobody.
"""

from __future__ import annotations

import os

from osgate.changes.pushed import tip_of
from osgate.io.git import GitFailed, text
from osgate.patterns import fits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from osgate.changes.updates import Update
    from osgate.io.git import Git

HEAD, _BRANCHES = "HEAD", "refs/heads/"
# Refs that show other objects than those that are there, and those that osgate itself keeps.
REPLACED, _OWN = "refs/replace/", "refs/osgate/"
# Refs that are asked for one by one whether they are symbolic.
_ASKED = 8


class Refs:
    """The refs of a repository as they are before a push. patterns: of those that are guarded, as in the settings."""

    def __init__(self, git: Git, patterns: Iterable[str]) -> None:
        self._git = git
        self._patterns = tuple([pattern for pattern in patterns if pattern != HEAD])
        self._guards_head = HEAD in patterns
        self._named = [p for p in self._patterns if p.startswith(_BRANCHES) and "*" not in p]
        self._first: str | None = None
        self._held: set[str] = set()
        self._default: str | None = None
        self._trunk: str | None = None
        self._tips: dict[str, str] | None = None

    def wanted(self, updates: Iterable[Update]) -> tuple[Update, ...]:
        """Return those of `updates` that are to be judged: what deletes a ref changes nothing.

        Where nobody can say yet which branch will be the default one (there is none, or HEAD names none), all branches
        are. Raises GitFailed where git does not tell.
        """
        moved = [update for update in updates if update.new.strip("0")]
        self._held = {update.ref for update in moved if self._is_guarded(update.ref)}
        self._held |= self._leading_to_guarded([update.ref for update in moved if update.ref not in self._held])
        return tuple([u for u in moved if u.ref in self._held or self._may_become_default(u.ref)])

    def base(self, update: Update) -> str:
        """Return the commit that `update`, one of those wanted, is compared with; empty for nothing."""
        old = self._git.commit_of(update.old) if update.old.strip("0") else None
        if update.ref.startswith(_OWN) or (old is not None and update.ref in self._held):
            return old or ""
        new = self._git.commit_of(update.new)
        if new is not None and new in self._judged_tips():
            return new
        # HEAD may have been moved to a branch that nobody judged, and then says nothing of those that are named.
        return self._named_tip() or self._other_tip() if update.ref in self._named else self.trunk()

    def trunk(self) -> str:
        """Return the commit whose `.osgate/` counts, and that new refs are compared with; empty where there is none.

        It is the tip of the first branch that the settings name in full; else the default branch, where that is
        guarded; else a branch that a pattern fits, the highest version first.
        """
        if self._trunk is None:
            head = tip_of(self._git, HEAD) if self._guards_head and not self._named_tip() else ""
            self._trunk = self._named_tip() or head or self._other_tip()
        return self._trunk

    def _named_tip(self) -> str:
        if self._first is None:
            self._first = next(filter(None, (tip_of(self._git, ref) for ref in self._named)), None) or ""
        return self._first

    def _other_tip(self) -> str:
        return next(iter(self._judged_tips()), "")

    def _is_guarded(self, ref: str) -> bool:
        if ref.startswith((REPLACED, _OWN)) or any(fits(pattern, ref) for pattern in self._patterns):
            return True
        return self._guards_head and ref.startswith(_BRANCHES) and ref == self._default_branch()

    def _may_become_default(self, ref: str) -> bool:
        if not self._guards_head or not ref.startswith(_BRANCHES):
            return False
        return not self._default_branch() or not self.trunk()

    def _default_branch(self) -> str:
        """The full name of the default branch, there or not; empty where HEAD leads to no branch."""
        if self._default is None:
            self._default = self._target(HEAD)
        return self._default

    def _target(self, ref: str) -> str:
        """What a symbolic ref leads to in the end; empty for any other ref, and for one that is not there."""
        command = ("symbolic-ref", "--quiet", ref)
        code, out, errors = self._git.ask(*command)
        if code and (code != 1 or out):
            raise GitFailed(command, code, errors)
        # A name may end in any blank but this one.
        return text(out).removesuffix("\n")

    def _leading_to_guarded(self, refs: list[str]) -> set[str]:
        """Those of other refs that are symbolic and lead to a guarded one: who pushes to them, moves that."""
        asked = self._perhaps_symbolic(refs) if len(refs) > _ASKED else refs
        targets = {ref: self._target(ref) for ref in asked}
        return {ref for ref, target in targets.items() if target and self._is_guarded(target)}

    def _perhaps_symbolic(self, refs: list[str]) -> list[str]:
        """Those of many refs that may be symbolic: git lists no ref that leads nowhere yet, but it has a file then."""
        listed = text(self._git.run("for-each-ref", "--format=%(refname) %(symref)")).split("\n")
        targets = dict(line.partition(" ")[::2] for line in listed)
        folder = self._git.git_dir()
        elsewhere = any(os.path.exists(os.path.join(folder, name)) for name in ("reftable", "commondir"))
        return [r for r in refs if targets.get(r, elsewhere or os.path.lexists(os.path.join(folder, r)))]

    def _judged_tips(self) -> dict[str, str]:
        """The commits that guarded branches point at, each with the name of one."""
        if self._tips is None:
            listed = ("for-each-ref", "--sort=-version:refname", "--format=%(objectname) %(refname)", _BRANCHES)
            lines = text(self._git.run(*listed)).split("\n")
            named = [(oid, ref) for oid, _, ref in (line.partition(" ") for line in lines) if ref]
            self._tips = {oid: ref for oid, ref in named if any(fits(p, ref) for p in self._patterns)}
        return self._tips
