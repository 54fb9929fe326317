"""The table of a comment: one row a dependency or file that needs somebody, the worst first."""

from __future__ import annotations

from osgate.model.record import record
from osgate.reports import detail, endings, words
from osgate.reports.address import file_address
from osgate.reports.markdown.text import cell, code, link

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from osgate.model.change import Introduced
    from osgate.model.finding import Finding
    from osgate.model.verdict import Verdict
    from osgate.reports.context import Context
    from osgate.text.translator import Translator

# Findings told in one row; its details hold all of them.
_TOLD = 4
# Facts of a broken fence told there.
_POSTS = 2
# Rules that the author of a change settles without anybody's decision, with what is to be done.
AUTHOR = {
    "OSG201": "pin",
    "OSG202": "pin",
    "OSG203": "registry",
    "OSG204": "source",
    "OSG205": "content",
    "OSG206": "scope",
    "OSG207": "digest",
    "OSG208": "address",
    "OSG209": "own-place",
    "OSG210": "one-index",
    "OSG211": "relock-clean",
    "OSG301": "repair",
    "OSG302": "repair",
    "OSG303": "relock",
    "OSG304": "restore",
    "OSG401": "own",
    "OSG402": "baseline",
    "OSG403": "baseline",
    "OSG501": "fix",
    "OSG502": "fix",
    "OSG504": "name",
    "OSG505": "known",
    "OSG601": "licence",
    "OSG604": "licence-apart",
    "OSG701": "other-version",
    "OSG702": "replace",
    "OSG703": "replace",
    "OSG704": "newer-line",
    "OSG705": "newer-line",
    "OSG706": "wait",
    "OSG707": "replace",
    "OSG708": "sync",
    "OSG709": "ask-again",
}


@record
class Row:
    """What is wrong with one dependency or file, or with the builds of one for several platforms in one version.

    findings: open ones, the worst first. item: the first dependency; None for a file.
    """

    findings: tuple[Finding, ...]
    item: Introduced | None
    level: str

    @property
    def name(self) -> str:
        """What the row is about, as people say it."""
        first = self.findings[0]
        if self.size > 1:
            return detail.named(f"{self.family}@{_version(first)}")
        return detail.subject(first)["what"]

    @property
    def family(self) -> str:
        """The family of the first finding that tells one; empty where none does."""
        return next((str(finding.params["family"]) for finding in self.findings if "family" in finding.params), "")

    @property
    def size(self) -> int:
        """How many dependencies it is about."""
        return len({finding.purl for finding in self.findings})


def rows(verdict: Verdict) -> list[Row]:
    """Return a row for each purl, or file without one, that an open finding names, in the order of the findings.

    Builds of one family in one version share a row.
    """
    items = detail.by_place(verdict)
    found: dict[str, list[Finding]] = {}
    told = words.open_findings(verdict)
    homes = {f.purl: f"{f.params['family']} {_version(f)}" for f in told if "family" in f.params}
    for finding in told:
        found.setdefault(homes.get(finding.purl) or finding.purl or f" {finding.path}", []).append(finding)
    made = []
    for group in found.values():
        first = group[0]
        blocks = any(finding.severity == "error" and words.binding(finding, verdict) for finding in group)
        item = items.get((first.purl, first.path, first.line))
        made.append(Row(tuple(group), item, "error" if blocks else "warning"))
    return made


def _version(finding: Finding) -> str:
    """The version of the purl that a finding is about, as the purl spells it."""
    return finding.purl.rpartition("@")[2]


def table_head(t: Translator) -> str:
    """Return the two first lines of the table."""
    columns = [t(f"column.{name}") for name in ("subject", "place", "reason", "settled")]
    return "| | " + " | ".join(columns) + " |\n|---|---|---|---|---|"


def line(row: Row, verdict: Verdict, t: Translator, context: Context) -> str:
    """Return the row as one line of the table."""
    cells = (_mark(row, verdict, t), _subject(row, verdict, t), _place(row, t, context), _why(row, t), _settled(row, t))
    return "| " + " | ".join(map(cell, cells)) + " |"


def told(row: Row, verdict: Verdict, t: Translator) -> str:
    """Return what is wrong with a row and what its author can do about it, for the line it stands at.

    Nothing in it changes while the findings are the same: whose decision is still missing stands in the comment.
    """
    about = t("terminal.line", label=_mark(row, verdict, t), text=_subject(row, verdict, t))
    own = [_who(finding, row, t) for finding in row.findings if finding.rule in AUTHOR]
    return "\n".join([about, "", *(f"- {said}" for said in dict.fromkeys([*_reasons(row, t), *own]))])


def _mark(row: Row, verdict: Verdict, t: Translator) -> str:
    if row.level == "error" and verdict.mode == "observe":
        return f"**{t('mark.observed')}**"
    emergency = row.findings[0].rule == "OSG105"
    return f"**{t('mark.emergency' if emergency else f'mark.{row.level}')}**"


def _subject(row: Row, verdict: Verdict, t: Translator) -> str:
    said = [code(row.name), *([t.count("family.builds", row.size)] if row.size > 1 else [])]
    kind = detail.subject(row.findings[0])["type"]
    said += [kind if kind.isalnum() else code(kind)] if kind else []
    said += [t(f"change.{row.item.change}")] if row.item is not None and not verdict.whole else []
    return " · ".join(said)


def linked(finding: Finding, context: Context) -> str:
    """Return where the finding stands, as a link where links are known."""
    return link(words.place(finding, code), file_address(context.links, finding.path, finding.line))


def _place(row: Row, t: Translator, context: Context) -> str:
    if not words.in_change(row.findings[0]):
        return ""
    said = linked(row.findings[0], context)
    if row.item is not None and row.item.via:
        said = t("place.via", place=said, via=code(detail.named(row.item.via[0])))
    more = len({(finding.path, finding.line) for finding in row.findings}) - 1
    return t.count("place.more", more, place=said) if more else said


def _why(row: Row, t: Translator) -> str:
    said = _reasons(row, t)
    return t("join.facts").join(said[:_TOLD]) + (" …" if len(said) > _TOLD else "")


def _reasons(row: Row, t: Translator) -> list[str]:
    said = [f"{_reason(finding, t)} `{finding.rule}`" for finding in row.findings]
    return list(dict.fromkeys(said))


def _reason(finding: Finding, t: Translator) -> str:
    """What is wrong, and of an approval that no longer covers, which facts moved."""
    brief = words.sentence(finding, t, code, "brief")
    if not finding.params.get("posts"):
        return brief
    moved = [text for label, text, _ in detail.lines(finding, None, t) if label == "fence"]
    told = t("join.facts").join(code(text, 2 * detail.LONGEST) for text in moved[:_POSTS])
    return t("terminal.line", label=brief, text=told)


def _settled(row: Row, t: Translator) -> str:
    """Who settles the findings of a row, and how; each way once."""
    # An approval that has to wait for what the author does comes after it.
    told = [_who(finding, row, t) for finding in sorted(row.findings, key=lambda finding: finding.rule not in AUTHOR)]
    return t("join.facts").join(list(dict.fromkeys(filter(None, told)))[:_TOLD])


def _who(finding: Finding, row: Row, t: Translator) -> str:
    params: Mapping[str, Any] = finding.params
    if finding.rule in AUTHOR:
        return t("settled.author", todo=t(f"todo.{AUTHOR[finding.rule]}", command=_again(finding)))
    if any(map(endings.holds, row.findings)) and finding.rule in endings.REQUESTABLE:
        return t("settled.then", roles=code(detail.given(params["roles"], t)))
    if finding.rule in endings.REQUESTABLE:
        return _deciders(params, t)
    if finding.rule in endings.DENYING:
        return t("settled.denied", rule=code(finding.rule))
    if "fact" in params:
        return t("settled.fact", rule=code(finding.rule))
    contact = params.get("contact") or ""
    persons = code(t("join.names").join(params["persons"]))
    return t("settled.contact", contact=code(contact), persons=persons) if contact else persons


def _again(finding: Finding) -> str:
    """How the lock is written again, as an addition to a sentence."""
    command = detail.relock(str(finding.params.get("lock") or finding.path))
    return f" {code(command)}" if command else ""


def _deciders(params: Mapping[str, Any], t: Translator) -> str:
    said = [code(detail.given(params["roles"], t))]
    said += [t("need.assessment", role=code(role)) for role in params["assessments"]]
    said += [code(params["group"])] if params["group"] else []
    if params.get("waiting"):
        request, since = code(detail.short_id(params["waiting"])), code(params["since"][:10])
        return t("join.items").join([*said, t("need.waiting", request=request, since=since)])
    said += [t.count("need.days", int(params["days"]))] if params["days"] else []
    return t("join.items").join(said)
