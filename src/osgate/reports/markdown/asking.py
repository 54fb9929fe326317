"""What is to be asked for and what was: the link and the line for who requests, the line for each role that decides."""

from __future__ import annotations

from osgate import patterns
from osgate.model.record import record
from osgate.reports import detail
from osgate.reports.context import Asked
from osgate.reports.markdown import reach
from osgate.reports.markdown.text import code, fence, link

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from osgate.model.finding import Finding
    from osgate.model.verdict import Verdict
    from osgate.reports.context import Context
    from osgate.text.translator import Translator

# A form that is filled in takes more room than other addresses.
LONGEST_FORM = 6000
# Requests that are told one by one, and alternatives of one.
_REQUESTS, _ALTERNATIVES = 5, 10
# What stands in a command without quotes, and a purl that a line to paste may hold.
_PLAIN, _PURL = r"[\w.-]{1,64}", r"pkg:[A-Za-z0-9._%/@:+~-]{1,300}"
# The rule that finds what was rejected; packages of one rejection that a line names.
_REJECTED, _NAMED = "OSG104", 10


@record
class Waits:
    """A request that waits, as findings tell it. roles: (role, given, wanted); since: UTC; about: purls."""

    id: str
    roles: tuple[tuple[str, int, int], ...]
    assessments: tuple[str, ...]
    since: str
    about: int


def wanted(verdict: Verdict) -> list[Finding]:
    """Return the findings that block and that a new request would clear."""
    return [finding for finding in detail.requestable(verdict) if finding.severity == "error" and not finding.waived]


def request(found: list[Finding], verdict: Verdict, t: Translator, context: Context) -> list[str]:
    """Return how all of `found` is asked for, as blocks of Markdown; none where no one way does it all.

    Where the desk hears comments: the form to fill in, and the line that asks as a comment. Elsewhere: a command.
    """
    if not found:
        return []
    opened = link(t("next.open"), context.request_url, LONGEST_FORM)
    formed = opened.startswith("[")
    clears = t("terminal.line", label=t("label.clears"), text=detail.common_clears(verdict, t))
    if not context.spoken:
        how = t("next.unfilled", form=opened) if formed else _command(found, verdict)
        return [t("next.request", how=how) + "  \n" + clears] if how else []
    n = len({finding.purl for finding in found})
    said = t("next.request", how=t.count("next.filled", n, form=opened) if formed else t("next.comment"))
    lines = [said, *([t("next.or-comment")] if formed else [])]
    return ["  \n".join(lines), fence("/osgate request reason: …"), clears + "  \n" + t("next.itself")]


def _command(found: list[Finding], verdict: Verdict) -> str:
    single = detail.command(found[0]) if len({finding.purl for finding in found}) == 1 else ""
    run = detail.common_command(verdict, staged=False) or single
    return code(run, len(run))


def rejected(verdict: Verdict, t: Translator, context: Context) -> list[str]:
    """Return what was turned down, by whom and why, and what its author does now, where the desk hears comments."""
    found: dict[str, list[Finding]] = {}
    for finding in verdict.findings if context.spoken else ():
        if finding.rule == _REJECTED and not finding.waived:
            found.setdefault(str(finding.params["record"]), []).append(finding)
    blocks = [block for record, about in list(found.items())[:_REQUESTS] for block in _rejected(record, about, t)]
    return [*blocks, *([t.count("list.more", len(found) - _REQUESTS)] if len(found) > _REQUESTS else [])]


def _rejected(record: str, about: list[Finding], t: Translator) -> list[str]:
    params: Mapping[str, Any] = about[0].params
    purls = list(dict.fromkeys(finding.purl for finding in about))
    persons, reason = (
        code(text, 4 * detail.LONGEST) for text in (t("join.names").join(params["persons"]), _why(params))
    )
    names = t("join.items").join(code(detail.named(purl)) for purl in purls[:_NAMED])
    names += f" {t.count('list.more', len(purls) - _NAMED)}" if len(purls) > _NAMED else ""
    plain = len(purls) <= _NAMED and all(patterns.fullmatch(_PURL, purl) for purl in purls)
    said = t("next.rejected" if plain else "next.rejected-plain", names=names, persons=persons, reason=reason)
    line = f"/osgate request {' '.join(purls)} supersedes={detail.short_id(record)} reason: …"
    return [said, fence(line)] if plain else [said]


def _why(params: Mapping[str, Any]) -> str:
    return str(params.get("reason") or "-")


def waiting(verdict: Verdict, t: Translator, context: Context) -> list[str]:
    """Return what waits for whom since when, with the lines that decide it where the desk hears them; else nothing."""
    if not context.spoken:
        return []
    known = {asked.id: asked for asked in context.asked}
    found = list(_waits(verdict.findings))
    blocks: list[str] = []
    for waits in found[:_REQUESTS]:
        blocks += _told(waits, known.get(waits.id) or Asked(waits.id), t)
    return [*blocks, *([t.count("list.more", len(found) - _REQUESTS)] if len(found) > _REQUESTS else [])]


def _waits(findings: Iterable[Finding]) -> Iterator[Waits]:
    """Yield every request that findings wait for, once, in their order."""
    about: dict[str, set[str]] = {}
    first: dict[str, Mapping[str, Any]] = {}
    for finding in findings:
        id = str(finding.params.get("waiting") or "")
        if id and not finding.waived:
            first.setdefault(id, finding.params)
            about.setdefault(id, set()).add(finding.purl)
    for id, params in first.items():
        roles = tuple((str(role), int(given), int(needs)) for role, given, needs in params["roles"])
        yield Waits(id, roles, tuple(params["assessments"]), str(params["since"]), len(about[id]))


def _told(waits: Waits, asked: Asked, t: Translator) -> list[str]:
    named = link(code(detail.short_id(waits.id)), asked.url)
    said = t.count("waiting.request", waits.about, request=named, since=code(waits.since[:10]))
    by = t("waiting.by", person=code(asked.person)) if asked.person else ""
    points = [t("waiting.decided", who=_decided(waits, asked, t)), t("waiting.open", who=_open(waits, t))]
    points += [t("waiting.about", packages=reach.inline(asked.about, t))] if asked.about else []
    points += [t(f"waiting.{name}", text=code(text, 4 * detail.LONGEST)) for name, text in _words(asked) if text]
    if asked.alternatives:
        named = t("join.items").join(code(one) for one in asked.alternatives[:_ALTERNATIVES])
        points.append(t("waiting.alternatives", names=named))
    lines = [f"- {point}" for point in [*([by] if by else []), *points]]
    ready = list(_ready(waits))
    paste = [t("waiting.paste"), *map(fence, ready)] if ready else []
    return [said, "\n".join(lines), *paste]


def _words(asked: Asked) -> Iterator[tuple[str, str]]:
    yield "purpose", asked.purpose
    yield "reason", asked.reason


def _decided(waits: Waits, asked: Asked, t: Translator) -> str:
    """Who has decided: by name and day where that is known, else the roles."""
    if asked.decided:
        each = (
            t("waiting.given", role=code(role), person=code(who), day=code(day)) for role, who, day in asked.decided
        )
        return t("join.items").join(each)
    given = [code(f"{role} {there}/{needs}") for role, there, needs in waits.roles if there]
    return t("join.items").join(given) or t("waiting.nobody")


def _open(waits: Waits, t: Translator) -> str:
    roles = [code(f"{role} {there}/{needs}") for role, there, needs in waits.roles if there < needs]
    return t("join.items").join([*roles, *(t("need.assessment", role=code(role)) for role in waits.assessments)]) or "-"


def _ready(waits: Waits) -> Iterator[str]:
    """The line that each role still missing can paste, assessments first: approvals rest on them."""
    lines = [("assess", role) for role in waits.assessments]
    lines += [("approve", role) for role, there, needs in waits.roles if there < needs]
    for verb, role in lines:
        if patterns.fullmatch(_PLAIN, role):
            yield f"/osgate {verb} {detail.short_id(waits.id)} role={role} reason: …"
