"""What GitLab shows beside a job (`artifacts:reports:annotations`): links, here to what comes next after a block.

GitLab knows one kind of annotation, `external_link` with `label` and `url`, in sections by name.
"""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.model.verdict import Verdict
    from osgate.reports.context import Context
    from osgate.text.translator import Translator


def render(verdict: Verdict, t: Translator, context: Context) -> str:
    """Return the object as ASCII JSON, indented, ending with a newline; its one section may be empty."""
    asked = context.request_url if verdict.outcome == "block" else ""
    links = (("annotations.request", asked), ("annotations.report", context.report_url))
    section = [{"external_link": {"label": t(key), "url": url}} for key, url in links if url]
    return json.dumps({"osgate": section}, indent=2) + "\n"
