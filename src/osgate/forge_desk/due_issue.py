"""One issue of ours in the policy project that tells what is due, kept up to date.

It is found among the open issues by its marker and our own authorship: others may write the marker, too. When nothing
is due it is closed, and so it is to whoever closes it by hand: the next digest opens another one. Two runs at once may
open two; each looks again after it has, and both agree on the older one.
"""

from __future__ import annotations

from collections.abc import Callable

from osgate.forge_desk import opened, ready_lines
from osgate.forges import links
from osgate.forges.protocol import Forge, Missing, Unreachable
from osgate.ledger.fold import State
from osgate.model.agenda import Item
from osgate.model.forge import CLOSED, ISSUE, Account, Conversation, Issue, Project
from osgate.model.record import record

MARK, LABEL = "<!-- osgate:due -->", "osgate::due"
# Bytes of an issue's text. GitHub takes 65,536 characters; a character of Chinese is three bytes.
MOST = 60_000


@record
class Kept:
    """What became of the issue. did: `opened`, `edited`, `untouched`, `closed`, or `silent` (there is none and none is
    needed). url: of the issue, for people; empty where there is none. folded: younger ones of ours that were closed.
    """

    did: str
    url: str = ""
    folded: int = 0


def body(digest: str, cut: str) -> str:
    """Return the text of the issue: the marker and the digest, without its last lines where that is too long.

    cut: what to say where lines are left out.
    """
    whole = f"{MARK}\n{digest.strip()}\n"
    if len(whole.encode()) <= MOST:
        return whole
    end = f"\n\n{cut}\n"
    kept = whole.encode()[: MOST - len(end.encode())].decode(errors="ignore")
    return kept.rpartition("\n")[0].rstrip() + end


def there(forge: Forge, home: Project, state: State) -> Callable[[Item], tuple[str, tuple[str, ...]]]:
    """Return what tells of an item the page on which it is decided, empty where none is known, and what is said there.

    home: the policy project. A request is decided in the issue that it was made in, else in one of ours. Raises what
    the forge raises.
    """
    me = forge.me()
    pages = {opened.request_of(issue, me): issue.url for issue in forge.open_issues(home.id)}
    for id, told in state.requests.items():
        said = told.request.body.get("witnessed", {})
        if (said.get("kind"), said.get("project")) == (ISSUE, home.id):
            pages[id] = links.conversation(forge.kind, home.url, Conversation(home.id, int(said["number"]), ISSUE))
    return lambda item: (pages.get(item.id, ""), ready_lines.deciding(item))


def keep(forge: Forge, project: str, title: str, text: str) -> Kept:
    """Bring the issue up to date.

    project: id of the policy project; text: what `body` returns, empty where nothing is due. Raises what the forge
    raises; Missing where the issue goes away while it is written.
    """
    me = forge.me()
    there = _ours(forge, project, me)
    if not text:
        _close(forge, there)
        return Kept("closed", there[0].url, len(there) - 1) if there else Kept("silent")
    opened = None if there else _open(forge, project, title, text, me)
    if opened is not None:
        # None there: a list that lags behind.
        there = _ours(forge, project, me) or [opened]
    first, younger = there[0], there[1:]
    _close(forge, younger)
    if _same(first.body, text):
        return Kept("opened" if opened else "untouched", first.url, len(younger))
    forge.change_issue(project, first.number, body=text)
    return Kept("edited", first.url, len(younger))


def _ours(forge: Forge, project: str, me: Account) -> list[Issue]:
    """The open issues that are it, the oldest first: one, or several after two runs at once."""
    return [one for one in forge.open_issues(project) if me.id and one.author.id == me.id and one.body.startswith(MARK)]


def _open(forge: Forge, project: str, title: str, text: str, me: Account) -> Issue:
    """Open the issue; where the answer is lost it may be there all the same."""
    try:
        return forge.open_issue(project, title, text, (LABEL,))
    except Unreachable:
        there = _ours(forge, project, me)
        if not there:
            raise
        return there[0]


def _close(forge: Forge, issues: list[Issue]) -> None:
    for one in issues:
        try:
            forge.change_issue(one.project, one.number, state=CLOSED)
        except Missing:  # Deleted since we looked.
            continue


def _same(there: str, text: str) -> bool:
    """True if an issue says so already: forges end lines as they like, and cut off what is blank at the end."""
    return there.replace("\r\n", "\n").strip() == text.strip()
