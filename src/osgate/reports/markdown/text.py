"""Text that others chose, made safe for Markdown as GitHub and GitLab read it.

Only code spans hold for both: what stands in one is no link, no mention, no reference, no HTML, no quick action and no
emoji, whatever extensions a forge has. Backslashes and entities are undone before a forge looks for mentions.
"""

from __future__ import annotations

from osgate import patterns
from osgate.reports.address import UNRESERVED, escaped
from osgate.reports.detail import LONGEST
from osgate.text.width import printable, truncate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

# A longer address is shown without being a link: a comment has room for 65,536 characters.
LONGEST_LINK = 1000
# What an address may hold besides; parentheses and asterisks would end or colour a Markdown link.
# Letters and digits of any language, and signs that no reader of Markdown takes for anything inside of a line.
_PLAIN = r"[^\W_](?:[^\W_]|[ ,()（），、·])*"
_RESERVED = UNRESERVED | frozenset(b":?#@!$&'+,;=%")


def code(text: str, longest: int = LONGEST) -> str:
    """Return `text` as one code span, cut to `longest` columns; nothing for an empty one.

    The fence is longer than any run of backticks inside (CommonMark, 6.1). A vertical bar is escaped, as a table wants
    it in a code span, too (GFM, 4.10); behind a backslash, where readers disagree, it is written out.
    """
    shown = truncate(printable(text), longest)
    if not shown:
        return ""
    fence = "`" * (1 + max(map(len, _runs(shown)), default=0))
    pad = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def plain(text: str, longest: int = LONGEST) -> str:
    """Return a short text as it is where nothing in it means anything to Markdown or a forge, else as a code span."""
    shown = truncate(printable(text), longest)
    return shown if patterns.fullmatch(_PLAIN, shown) else code(text, longest)


def cell(markdown: str) -> str:
    """Return `markdown` as the content of a table cell: no bar in it parts cells."""
    return markdown.replace("\\|", "\\\\u{7c}").replace("|", "\\|")


def _runs(text: str) -> Iterable[str]:
    return "".join(c if c == "`" else " " for c in text).split()


def html(text: str) -> str:
    """Return `text` as code inside HTML; for what a `<summary>` says."""
    shown = truncate(printable(text), LONGEST)
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#39;")):
        shown = shown.replace(character, entity)
    return f"<code>{shown}</code>"


def fence(text: str) -> str:
    """Return lines to be copied as a block of code; a forge puts a button for it there.

    Forges look for quick actions of their own (`/approve`) at the beginning of a line, and never in a block of code.
    """
    shown = "\n".join(map(printable, text.split("\n"))).replace("```", "` ` `")
    return f"```text\n{shown}\n```"


def link(said: str, address: str, longest: int = LONGEST_LINK) -> str:
    """Return `said` (Markdown of ours) as a link to `address`; bare where that is too long or no web address."""
    safe = escaped(address, _RESERVED)
    web = address.startswith(("https://", "http://"))
    return f"[{said}]({safe})" if web and len(safe) <= longest else said


def units(text: str) -> int:
    """Return the length of `text` in UTF-16 units, which is the strictest way a forge may count characters."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
