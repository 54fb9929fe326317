"""The comment as a job's summary, where there is room for what a comment has to leave out."""

from __future__ import annotations

from osgate.model.record import replace
from osgate.reports import markdown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.model.verdict import Verdict
    from osgate.reports.context import Context
    from osgate.text.translator import Translator

# Bytes of a step's summary: GitHub drops one of more than 1024 KiB whole. A character takes up to three of them.
# Source: GitHub's documentation, "Workflow commands", job summaries; actions/runner, CreateStepSummaryCommand.
ROOM, WIDEST = (1 << 20) - (4 << 10), 3
# Characters to spare where the bytes of a part are taken for those of the whole.
_SLACK = 20_000
# Rows of its table: more than it has room for.
ROWS = 5_000


def render(verdict: Verdict, t: Translator, context: Context) -> str:
    """Return the summary, at most ROOM bytes of UTF-8, ending with a newline."""
    whole = replace(context, rows=ROWS)
    part = markdown.told(verdict, t, context, markdown.LIMIT)
    text = markdown.told(verdict, t, whole, ROOM * len(part) // _bytes(part) - _SLACK)
    return text if _bytes(text) <= ROOM else markdown.told(verdict, t, whole, ROOM // WIDEST)


def _bytes(text: str) -> int:
    return len(text.encode(errors="replace"))
