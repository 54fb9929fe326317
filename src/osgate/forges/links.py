"""Addresses of pages at a forge, put together from its kind and a project's address alone. Pure.

The shapes are those that the forges' own pages use; they hold behind a relative URL as well.
"""

from __future__ import annotations

from urllib.parse import quote, urlencode, urlsplit

from osgate.model.forge import CHANGE, ISSUE, Conversation

# Characters of an address that every browser, proxy and forge takes.
LIMIT = 6000
_FILE = {"gitlab": "/-/blob/", "gitea": "/src/commit/", "gitee": "/blob/", "github": "/blob/"}
_CHANGE = {"gitlab": "/-/merge_requests/", "gitea": "/pulls/", "gitee": "/pulls/", "github": "/pull/"}
_ISSUE = {"gitlab": "/-/issues/", "gitea": "/issues/", "gitee": "/issues/", "github": "/issues/"}
_NOTE = {"gitlab": "#note_", "gitea": "#issuecomment-", "gitee": "#note_", "github": "#issuecomment-"}
_CHECKS = {"gitlab": "/pipelines", "github": "/checks"}
# Not every Gitee reads them; one that does not shows the empty form.
_ASKED = {
    "gitlab": ("issue[title]", "issue[description]"),
    "gitea": ("title", "body"),
    "gitee": ("title", "description"),
    "github": ("title", "body"),
}
KINDS = tuple(_FILE)
# Characters of the shortest number that Gitee writes with letters: a decimal that reads like one is beyond 30 million.
_IDENT = 5
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def links(kind: str, project_url: str, commit: str) -> str:
    """Return the address of a line at a commit, with places for `{path}` and `{line}`: `reports.address` fills them.

    kind: one of KINDS, else ValueError. Empty where there is no `http(s)` address or no commit.
    """
    _known(kind)
    if not commit or not _is_page(project_url):
        return ""
    return f"{_base(project_url)}{_FILE[kind]}{quote(commit, safe='')}/{{path}}#L{{line}}"


def conversation(kind: str, project_url: str, at: Conversation, note: str = "") -> str:
    """Return the page of an issue or change, at one of its notes if it is given; empty without an `http(s)` address."""
    _known(kind)
    if not _is_page(project_url):
        return ""
    number = ident(at.number) if kind == "gitee" and at.kind == ISSUE else str(at.number)
    page = f"{_base(project_url)}{(_CHANGE if at.kind == CHANGE else _ISSUE)[kind]}{number}"
    return f"{page}{_NOTE[kind]}{quote(note, safe='')}" if note else page


def sign(kind: str) -> str:
    """Return what a forge writes before a change's number: `!` at GitLab, `#` elsewhere."""
    return "!" if kind == "gitlab" else "#"


def checks(kind: str, change_url: str) -> str:
    """Return the page of a change (its page given) that leads to its jobs, and so to what they report in full.

    Empty where the forge has none that is known, and without an `http(s)` address.
    """
    _known(kind)
    page = _CHECKS.get(kind, "")
    return f"{_base(change_url)}{page}" if page and _is_page(change_url) else ""


def new_issue(
    kind: str, project_url: str, title: str, body: str, limit: int = LIMIT, *, shorter: tuple[str, ...] = ()
) -> str:
    """Return the page on which an issue is written, with title and body filled in.

    limit: characters of the whole address. Where `body` does not fit, the first of `shorter` that does is taken, else
    none, then without the title: half a form would be worse than an empty one. Empty without an `http(s)` address.
    """
    _known(kind)
    if not _is_page(project_url):
        return ""
    page = f"{_base(project_url)}{_ISSUE[kind]}new"
    names = _ASKED[kind]
    for text in (body, *shorter, ""):
        values = [(name, value) for name, value in zip(names, (title, text), strict=True) if value]
        address = f"{page}?{urlencode(values, quote_via=quote, errors='replace')}" if values else page
        if len(address) <= limit:
            return address
    return page


def ident(number: int) -> str:
    """Return how Gitee writes an issue's number, `I6XQ2F`: base 36 with an I in front. GitCode's are plain decimals."""
    rest, shown = number, ""
    while rest:
        rest, digit = divmod(rest, 36)
        shown = _DIGITS[digit] + shown
    return shown if len(shown) >= _IDENT and shown[0] == "I" else str(number)


def numbered(shown: str) -> int:
    """Return the number behind what `ident` shows. Raises ValueError for what is none."""
    if not shown.isascii() or not shown.isalnum() or len(shown) > 2 * _IDENT:
        raise ValueError(shown)
    return int(shown) if shown.isdecimal() else int(shown, 36)


def _known(kind: str) -> None:
    if kind not in _FILE:
        raise ValueError(kind)


def _base(project_url: str) -> str:
    """The address with nothing in it that breaks out of a Markdown link or is a template's place."""
    scheme, host, path = urlsplit(project_url.rstrip("/"))[:3]
    return f"{scheme}://{quote(host, safe=':[]@')}{quote(path, safe='/%~')}"


def _is_page(project_url: str) -> bool:
    try:
        parts = urlsplit(project_url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc) and not (parts.query or parts.fragment)
