"""What a forge (GitHub, GitLab, Gitea, Gitee) tells, in words that fit all of them. All ids are text.

Nothing here is trusted for what it says in words: accounts are known by their id, which the forge gives and never gives
again; logins, names and mail addresses are for people to read.
"""

from __future__ import annotations

from osgate.model.record import record

# What a conversation is about.
ISSUE, CHANGE = "issue", "change"
# States of a change or an issue.
OPEN, CLOSED, MERGED = "open", "closed", "merged"
# States of a commit status, in every forge's words the same.
STATUSES = ("pending", "success", "failure")


@record
class Account:
    """Somebody, or something, that acts at a forge. bot: a machine's; active: may sign in now."""

    id: str
    login: str
    name: str = ""
    bot: bool = False
    active: bool = True


@record
class Project:
    """A repository at a forge. path: `group/name`; branch: its default one; url: for people; git_url: for git."""

    id: str
    path: str
    branch: str
    url: str
    git_url: str
    archived: bool = False


@record
class Conversation:
    """Where people write notes: the issue or change with `number` in a project (its id). kind: ISSUE or CHANGE."""

    project: str
    number: int
    kind: str = CHANGE


@record
class Note:
    """One comment. created, updated: UTC instants of the forge's clock, `Z`.

    edited: changed after it was made, by whomever; system: written by the forge itself. thread: the discussion it is
    in, empty where there are none; path, line: what it stands at, empty and 0 for the whole; resolved: the thread is.
    """

    id: str
    author: Account
    body: str
    created: str
    updated: str
    edited: bool = False
    system: bool = False
    thread: str = ""
    path: str = ""
    line: int = 0
    resolved: bool = False
    url: str = ""


@record
class Change:
    """A merge request or pull request. number: within its project; state: OPEN, CLOSED or MERGED.

    base: the commit that `head` is compared with, the newest that both branches share; empty while the forge is still
    working it out. source: the project `head` lives in, another one than `project` for a fork. authors: mail addresses
    that its commits name, and as `KIND:ID` the accounts that the forge (GitHub alone) knows by them, which may exclude
    and never entitle; more: there are others, for it has more commits than are looked at. updated: UTC instant.
    """

    project: str
    number: int
    title: str
    author: Account
    state: str
    base: str
    head: str
    target: str
    source: str
    branch: str
    url: str
    updated: str
    draft: bool = False
    authors: tuple[str, ...] = ()
    more: bool = False

    @property
    def conversation(self) -> Conversation:
        """Where it is talked about."""
        return Conversation(self.project, self.number, CHANGE)

    @property
    def forked(self) -> bool:
        """True if it comes from another project."""
        return self.source != self.project


@record
class Issue:
    """An issue. created, updated: UTC instants; edited: its text was changed after it was made, as far as is told."""

    project: str
    number: int
    title: str
    body: str
    author: Account
    state: str
    created: str
    updated: str
    url: str
    labels: tuple[str, ...] = ()
    edited: bool = False

    @property
    def conversation(self) -> Conversation:
        """Where it is talked about."""
        return Conversation(self.project, self.number, ISSUE)


@record
class Able:
    """What an installation lets osgate do in a project, as it was found out by asking.

    tier, version: as the forge tells them, empty where it does not. lacking: (what, why) of what it does not let us:
    `threads` (notes on a line), `statuses`, `checks` (that others cannot set), `approvals` (rules that hold), `rerun`,
    and what an adapter tells besides.
    """

    tier: str = ""
    version: str = ""
    lacking: tuple[tuple[str, str], ...] = ()
