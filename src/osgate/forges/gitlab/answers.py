"""GitLab's JSON -> the words all forges share. Pure. Raises LookupError, TypeError or ValueError on any other shape."""

from __future__ import annotations

import re
from typing import Any

from osgate.forges.fields import co_authors, ident, instant, moment, number, text
from osgate.model.forge import CLOSED, MERGED, OPEN, Account, Change, Issue, Note, Project

# `locked` is a merge request in the middle of its merge.
_STATES = {"opened": OPEN, "reopened": OPEN, "locked": OPEN, "closed": CLOSED, "merged": MERGED}
# Where only the short form of a user is told, and by servers that know no `bot` field: the logins GitLab itself gives.
_BOT = re.compile(r"(?:project|group)_[0-9]+_bot(?:_[0-9a-z]+|[0-9]+)?|service_account_[0-9a-z_]+")


def account(row: Any) -> Account:
    """Return a user. A user who was deleted is nobody, and not active.

    bot: what GitLab says, else by the login it gave: the short form beside a note does not say. active: the state is
    `active`, so neither blocked, banned, deactivated nor waiting for approval.
    """
    if row is None:
        return Account("", "", active=False)
    login = text(row, "username")
    bot = row.get("bot") is True or bool(_BOT.fullmatch(login))
    return Account(ident(row), login, text(row, "name", default=""), bot, row.get("state") == "active")


def project(row: Any) -> Project:
    """Return a project. branch: empty while its repository is."""
    return Project(
        str(number(row, "id")),
        text(row, "path_with_namespace"),
        text(row, "default_branch", default=""),
        text(row, "web_url"),
        text(row, "http_url_to_repo", default=""),
        row.get("archived") is True,
    )


def note(row: Any, thread: str = "") -> Note:
    """Return a note. thread: the id of its discussion, where it is known.

    edited: `updated_at` is not `created_at`, which one reading of the clock sets both, or the note was imported. Also
    resolving a thread may move `updated_at`, and nothing here tells which it was: a decision in such a thread counts as
    edited and has to be said again. That is the safe side.
    """
    created, updated = moment(row, "created_at"), moment(row, "updated_at")
    at = row.get("position") or {}
    return Note(
        str(number(row, "id")),
        account(row["author"]),
        text(row, "body", default=""),
        instant(row, "created_at"),
        instant(row, "updated_at"),
        edited=created != updated or row.get("imported") is True,
        system=row.get("system") is True,
        thread=thread if row.get("resolvable") is True or threaded(row) else "",
        path=text(at, "new_path", default=""),
        line=number(at, "new_line") if at.get("new_line") is not None else 0,
        resolved=row.get("resolved") is True,
    )


def threaded(row: Any) -> bool:
    """Whether a note stands in a thread, not by itself."""
    return row.get("type") in ("DiffNote", "DiscussionNote")


def change(row: Any, authors: tuple[str, ...] = ()) -> Change:
    """Return a merge request. base: where it and the head belong together, else still being worked out."""
    head = text(row, "sha", default="")
    refs = row.get("diff_refs") or {}
    base = text(refs, "base_sha", default="") if refs.get("head_sha") == head else ""
    return Change(
        str(number(row, "project_id")),
        number(row, "iid"),
        text(row, "title"),
        account(row["author"]),
        _STATES[text(row, "state")],
        base,
        head,
        text(row, "target_branch"),
        ident(row, "source_project_id"),
        text(row, "source_branch"),
        text(row, "web_url"),
        instant(row, "updated_at"),
        row.get("draft", row.get("work_in_progress")) is True,
        authors,
    )


def addresses(row: Any) -> set[str]:
    """Return the mail addresses that a commit names: author, committer, and who it says wrote with them."""
    named = {text(row, "author_email", default=""), text(row, "committer_email", default="")}
    named |= co_authors(text(row, "message", default=""))
    return {address.strip() for address in named} - {""}


def issue(row: Any) -> Issue:
    """Return an issue. edited: anything about it moved after it was made, a note or a label too."""
    labels = tuple(label for label in row.get("labels") or () if isinstance(label, str))
    return Issue(
        str(number(row, "project_id")),
        number(row, "iid"),
        text(row, "title"),
        text(row, "description", default=""),
        account(row["author"]),
        _STATES[text(row, "state")],
        instant(row, "created_at"),
        instant(row, "updated_at"),
        text(row, "web_url"),
        labels,
        edited=moment(row, "created_at") != moment(row, "updated_at"),
    )
