"""What osgate asks of a forge. An adapter is thin: it fetches, says, and turns failures into the four below.

Every call is bounded in time, reads all pages of a list, repeats no POST, and waits no longer than its deadline for a
forge that asks for patience. Texts handed in are sent as they are: what may stand in them is the reports' to know.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol, runtime_checkable

from osgate.errors import Refused, Undecided
from osgate.model.forge import Able, Account, Change, Conversation, Issue, Note, Project


class Unreachable(Undecided):
    """The forge gave no usable answer: `forge.unreachable`, `forge.busy`, `forge.strange` (address, detail)."""


class Expired(Undecided):
    """The forge does not accept who we are: `forge.token` (address, detail): expired, revoked, the bot was removed."""


class Forbidden(Refused):
    """We are known and may not: `forge.forbidden` (what, needs, detail). Nobody may: `forge.lacking` (what, needs)."""


class Missing(Refused):
    """It is not there, or hidden from us: `forge.missing` (what), `forge.moved` (what, to)."""


class NotInDiff(Refused):
    """A note cannot stand on a line that the change does not show: `forge.line` (path, line)."""


@runtime_checkable
class Folding(Protocol):
    """A forge that folds notes away (GitHub): they stay where they are, as outdated. Raises the failures above."""

    def fold(self, at: Conversation, note: str) -> None:
        """Fold a note away, whoever wrote it; nothing happens where it is folded already."""


class Forge(Protocol):
    """One installation of a forge, with one identity. Raises the failures above from every method.

    kind: `gitlab`, `github`, `gitea` or `gitee`; address: of its web pages, without a slash at the end; overlooked:
    addresses of what was too large to be read, or hidden from us, and was left out of the list it stands in.
    """

    kind: str
    address: str
    overlooked: list[str]

    def me(self) -> Account:
        """Return who we are; a job's own token may have no account, then one with an empty id."""

    def account(self, id: str) -> Account | None:
        """Return an account by id; None where there is none any more."""

    def project(self, named: str) -> Project:
        """Return a project by id or path. Raises Missing `forge.moved` with its new path where a path is an old one."""

    def may_read(self, project: str, account: str) -> bool | None:
        """Return whether an account (its id) may read the code of a project (its id); None where nobody tells us."""

    def in_team(self, account: str, team: str) -> bool:
        """Return whether an account (its id) is in a team now, as one who may sign in; an invitation, or a membership
        that has ended, does not count.

        team: its path as people.toml names it: `organisation/team` (GitHub, Gitea), a group (GitLab), an organisation
        (Gitee). Raises Missing where there is none by that name today: renamed, deleted, or hidden from us.
        """

    def change(self, project: str, number: int) -> Change:
        """Return a change with the addresses its commits name."""

    def changes_since(self, group: str, since: str) -> Iterator[Change]:
        """Yield the open changes below `group` (path; empty for all we can see) updated at or after `since`, the oldest
        update first. Their `authors` and `base` may be empty: `change` fills them."""

    def changes_with(self, project: str, head: str) -> Iterator[Change]:
        """Yield the open changes of a project whose head is a commit. Their `authors` and `base` may be empty.

        Found among all open ones: what forges answer for a commit leaves changes out, those of forks at GitHub, and at
        GitLab a second one with the same commits."""

    def issue(self, project: str, number: int) -> Issue:
        """Return an issue."""

    def issues_since(self, project: str, since: str) -> Iterator[Issue]:
        """Yield the issues of a project updated at or after `since`, the oldest update first, closed ones included."""

    def open_issues(self, project: str) -> Iterator[Issue]:
        """Yield the open issues of a project, the oldest first. Whether they were edited may not be told."""

    def notes(self, at: Conversation) -> Iterator[Note]:
        """Yield every note, system ones included, in the order they were made."""

    def note(self, at: Conversation, id: str) -> Note | None:
        """Return a note as it is now; None where it was deleted."""

    def say(self, at: Conversation, body: str) -> Note:
        """Write a note. Not repeated when the answer is lost: whoever needs it once looks for its marker first."""

    def say_on_line(self, change: Change, path: str, line: int, body: str) -> Note:
        """Write a note that starts a thread on a line of the new side. Raises NotInDiff."""

    def edit(self, at: Conversation, note: str, body: str) -> Note:
        """Replace the text of a note of ours."""

    def remove(self, at: Conversation, note: str) -> None:
        """Delete a note of ours; nothing happens where it is gone already."""

    def settle(self, at: Conversation, thread: str, resolved: bool) -> None:
        """Mark a thread as resolved, or as open again."""

    def react(self, at: Conversation, note: str, reaction: str) -> None:
        """Put a reaction (`eyes`, `thumbsup`, `thumbsdown`) on a note, once; does nothing where there are none."""

    def set_status(self, project: str, commit: str, name: str, state: str, text: str, url: str = "") -> None:
        """Set the commit status `name`. state: one of STATUSES; text: shortened to what the forge takes."""

    def open_issue(self, project: str, title: str, body: str, labels: Iterable[str] = ()) -> Issue:
        """Open an issue. Not repeated when the answer is lost."""

    def change_issue(
        self, project: str, number: int, *, body: str = "", labels: Iterable[str] | None = None, state: str = ""
    ) -> None:
        """Change what is given of an issue; state: OPEN or CLOSED."""

    def rerun(self, change: Change) -> str:
        """Have the checks of the change's present head run again; return where to look, empty where nobody tells."""

    def able(self, project: str) -> Able:
        """Find out what can be done in a project, without changing anything."""
