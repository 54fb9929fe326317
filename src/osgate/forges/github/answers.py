"""GitHub's JSON -> the words all forges share. Pure. Raises LookupError, TypeError or ValueError on any other shape.

REST and GraphQL tell the same in different words; what is built of both is equal.
"""

from __future__ import annotations

import re
from typing import Any

from osgate.forges import fields
from osgate.forges.fields import co_authors, instant, moment, text
from osgate.model.forge import CLOSED, MERGED, OPEN, Account, Change, Issue, Note, Project

_BOT = "[bot]"
_STATES = {"open": OPEN, "closed": CLOSED, "merged": MERGED}
# Kinds of accounts that can sign in. A mannequin stands for somebody of another forge, an organisation for nobody.
_SIGN_IN = ("User", "Bot")
# Who wrote a commit. GitHub's own address of an account that keeps the others to itself begins with its id: GitHub's
# documentation, "Email addresses reference".
_WROTE = ("author", "committer")
_OWN = re.compile(r"([1-9][0-9]{0,18})\+[^@]*@users\.noreply\.", re.IGNORECASE)
# What stands before the number of a note that is no plain comment: as in the addresses of pages.
ON_LINE, REVIEW = "r", "review-"


def number(row: Any, name: str) -> int:
    """Return a whole number that is not negative; GraphQL writes large ones as text."""
    found = row[name]
    if isinstance(found, str) and found.isascii() and found.isdigit() and len(found) < 20:
        return int(found)
    return fields.number(row, name)


def ident(row: Any, name: str = "id") -> str:
    """Return an id as text, empty where there is none."""
    return "" if row.get(name) is None else str(number(row, name))


def account(row: Any) -> Account:
    """Return an account by REST or GraphQL, which alone calls a bot without `[bot]`. null: one that was deleted.

    Names are left out: only its own page tells one. active: of a kind that signs in, and not suspended where that is
    told (the account's own page does, on an Enterprise Server).
    """
    if row is None:
        return Account("", "", active=False)
    login = text(row, "login")
    kind = text(row, "__typename", default="") or text(row, "type", default="User")
    if kind == "Bot" and not login.endswith(_BOT):
        login += _BOT
    active = kind in _SIGN_IN and row.get("suspended_at") is None
    return Account(ident(row, "databaseId") or ident(row), login, "", kind == "Bot" or login.endswith(_BOT), active)


def viewer(row: Any) -> Account:
    """Return who GraphQL says we are; an app is a user to it there."""
    login = text(row, "login")
    return Account(str(number(row, "databaseId")), login, "", login.endswith(_BOT))


def project(row: Any) -> Project:
    """Return a repository."""
    return Project(
        str(number(row, "id")),
        text(row, "full_name"),
        text(row, "default_branch", default=""),
        text(row, "html_url"),
        text(row, "clone_url", default=""),
        row.get("archived") is True,
    )


def change(row: Any, base: str = "", authors: tuple[str, ...] = ()) -> Change:
    """Return a pull request by REST. base: the commit where it and its target part; source: empty for a fork that was
    deleted."""
    head, target = row["head"], row["base"]
    state = MERGED if row.get("merged_at") is not None else _STATES[text(row, "state")]
    return Change(
        str(number(target["repo"], "id")),
        number(row, "number"),
        text(row, "title"),
        account(row["user"]),
        state,
        base,
        text(head, "sha"),
        text(target, "ref"),
        ident(head.get("repo") or {}),
        text(head, "ref"),
        text(row, "html_url"),
        instant(row, "updated_at"),
        row.get("draft") is True,
        authors,
    )


def opened(project: str, row: Any) -> Change:
    """Return an open pull request by GraphQL, with neither base nor authors."""
    return Change(
        project,
        number(row, "number"),
        text(row, "title"),
        account(row["author"]),
        OPEN,
        "",
        text(row, "headRefOid"),
        text(row, "baseRefName"),
        ident(row.get("headRepository") or {}, "databaseId"),
        text(row, "headRefName"),
        text(row, "url"),
        instant(row, "updatedAt"),
        row.get("isDraft") is True,
    )


def authors(row: Any) -> set[str]:
    """Return who a commit names, as author, committer or co-author: mail addresses, and as `github:ID` the accounts
    that GitHub knows by them, or that GitHub's own addresses tell."""
    said = row["commit"]
    named = {text(said.get(who) or {}, "email", default="") for who in _WROTE}
    named |= co_authors(text(said, "message", default=""))
    found = {address.strip() for address in named} - {""}
    ids = {ident(row.get(who) or {}) for who in _WROTE} | {told[1] for told in map(_OWN.match, found) if told}
    return found | {f"github:{id}" for id in ids - {""}}


def note(row: Any, mark: str = "") -> Note:
    """Return a comment by REST. mark: ON_LINE for one on a line, which then starts a thread.

    edited: as far as whole seconds tell.
    """
    created, updated = moment(row, "created_at"), moment(row, "updated_at")
    named = mark + str(number(row, "id"))
    line = row.get("line") if row.get("line") is not None else row.get("original_line")
    return Note(
        named,
        account(row["user"]),
        text(row, "body", default=""),
        instant(row, "created_at"),
        instant(row, "updated_at"),
        edited=created != updated,
        thread=named if mark else "",
        path=text(row, "path", default="") if mark else "",
        line=number({"line": line}, "line") if mark and line is not None else 0,
        url=text(row, "html_url"),
    )


def said(row: Any, mark: str = "") -> Note:
    """Return a comment by GraphQL. mark: ON_LINE or REVIEW; a review is made when it is handed in.

    edited: `lastEditedAt`, which tells an edit in the second in which it was made, and `updatedAt`, which tells one
    where the other is hidden from us.
    """
    made, touched = ("submittedAt", "submittedAt") if mark == REVIEW else ("createdAt", "updatedAt")
    created, updated = moment(row, made), moment(row, touched)
    return Note(
        mark + str(number(row, "fullDatabaseId")),
        account(row["author"]),
        text(row, "body"),
        instant(row, made),
        instant(row, touched),
        edited=row.get("lastEditedAt") is not None or created != updated,
        url=text(row, "url"),
    )


def issue(project: str, row: Any) -> Issue:
    """Return an issue by REST, as it is answered to who has just made it."""
    labels = [label["name"] if isinstance(label, dict) else label for label in row.get("labels") or ()]
    return Issue(
        project,
        number(row, "number"),
        text(row, "title"),
        text(row, "body", default=""),
        account(row["user"]),
        _STATES[text(row, "state")],
        instant(row, "created_at"),
        instant(row, "updated_at"),
        text(row, "html_url"),
        tuple([label for label in labels if isinstance(label, str)]),
    )


def asked(project: str, row: Any) -> Issue:
    """Return an issue by GraphQL. edited: its text was changed."""
    return Issue(
        project,
        number(row, "number"),
        text(row, "title"),
        text(row, "body"),
        account(row["author"]),
        _STATES[text(row, "state").lower()],
        instant(row, "createdAt"),
        instant(row, "updatedAt"),
        text(row, "url"),
        tuple([text(label, "name") for label in (row.get("labels") or {}).get("nodes") or ()]),
        edited=row.get("lastEditedAt") is not None,
    )
