"""A verdict told at the forge: the comment, notes on lines, a commit status, the answer to an external check.

Each part stands on its own. What one lacks (a permission, a tier) is told in the result, and keeps no other from being
done; what the verdict is does not depend on any of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from osgate.errors import OsgateError, Refused, Undecided
from osgate.forge_desk import line_notes, sticky
from osgate.forge_desk.line_notes import Lines
from osgate.forge_desk.sticky import Kept
from osgate.forges import links
from osgate.forges.protocol import Forge
from osgate.model.forge import Change, Project
from osgate.model.record import record, replace
from osgate.model.verdict import Verdict
from osgate.reports import markdown
from osgate.reports.context import Asked, Context
from osgate.reports.markdown.asking import wanted
from osgate.text.translator import Translator
from osgate.text.width import truncate

T = TypeVar("T")
# The name under which branch rules know the commit status.
STATUS = "osgate / intake"
# Columns of its sentence, which is what the narrowest forge shows (GitHub: 140 characters).
SENTENCE = 140
# Characters of a comment where they are fewer than usual: Gitee counts bytes, of which a character takes up to three.
LIMITS = {"gitee": 65_535 // 3}
_STATES = {"pass": "success", "warn": "success", "block": "failure", "undecided": "pending"}
_CHECKS = {"success": "passed", "failure": "failed", "pending": "pending"}


@record
class Manner:
    """How an institution tells. t, also: its language and, below it, another one.

    policy: the project where requests are made, None where nobody may be sent there. spoken: the desk hears comments on
    changes. contact: for when osgate's own data is missing. offset: the readers' minutes from UTC. report_url: of the
    whole report. always: write a comment also where nothing ever stood against a change. lines: most notes on lines, 0
    for none. status: set a commit status. answer: tells an external check `passed`, `failed` or `pending`.
    """

    t: Translator
    also: Translator | None = None
    policy: Project | None = None
    spoken: bool = True
    contact: str = ""
    offset: int = 0
    report_url: str = ""
    always: bool = False
    lines: int = 10
    status: bool = True
    answer: Callable[[Change, str], object] | None = None


@record
class Told:
    """What was told. comment, lines: None where they could not be kept; status: as it was set, empty for not.

    lacking: (part, why) of what could not be done; part: `comment`, `threads`, `status` or `checks`.
    """

    comment: Kept | None = None
    lines: Lines | None = None
    status: str = ""
    lacking: tuple[tuple[str, OsgateError], ...] = ()


def publish(
    forge: Forge,
    change: Change,
    project: Project,
    verdict: Verdict,
    manner: Manner,
    asked: tuple[Asked, ...] = (),
    known: str = "",
) -> Told:
    """Tell `verdict` on `change`, which is in `project`. asked: what is known of the requests that wait; known: id of
    the note that was our comment when it was last told (`Told.comment.note`), empty where nobody remembers.

    Raises nothing of the forge's: see Told.lacking.
    """
    lacking: list[tuple[str, OsgateError]] = []
    context = context_of(forge.kind, change, project, verdict, manner, asked)

    def done(part: str, action: Callable[[], T]) -> T | None:
        try:
            return action()
        except (Refused, Undecided) as error:
            lacking.append((part, error))
            return None

    kept = done("comment", lambda: _comment(forge, change, verdict, manner, context, known))
    lines = done("threads", lambda: line_notes.keep(forge, change, verdict, manner.t, manner.lines))
    state = state_of(verdict)
    page = _page(forge.kind, project, change, kept)
    text = sentence(verdict, manner.t, context)
    status = done("status", lambda: _status(forge, change, state, text, page)) if manner.status else None
    if manner.answer is not None:
        answer = manner.answer
        done("checks", lambda: answer(change, _CHECKS[state]))
    return Told(kept, lines, status or "", tuple(lacking))


def _comment(forge: Forge, change: Change, verdict: Verdict, manner: Manner, context: Context, known: str) -> Kept:
    def render(earlier: str) -> str:
        return markdown.render(verdict, manner.t, replace(context, earlier=earlier))

    needed = manner.always or not markdown.quiet(verdict)
    superseded = manner.t("comment.superseded")
    return sticky.keep(forge, change.conversation, render, needed=needed, superseded=superseded, known=known)


def _page(kind: str, project: Project, change: Change, kept: Kept | None) -> str:
    """Where the comment stands; without one, the change."""
    if kept is None or kept.note is None:
        return change.url
    return kept.note.url or links.conversation(kind, project.url, change.conversation, kept.note.id) or change.url


def _status(forge: Forge, change: Change, state: str, text: str, page: str) -> str:
    forge.set_status(change.project, change.head, STATUS, state, text, page)
    return state


def state_of(verdict: Verdict) -> str:
    """Return the commit status: `pending` where osgate cannot decide, or only reviewers have something to do.

    A forge that merges by itself once all is green goes on waiting for `pending`, and gives up at `failure`.
    """
    if verdict.outcome == "block" and _waits(verdict):
        return "pending"
    return _STATES[verdict.outcome]


def _waits(verdict: Verdict) -> int:
    """How many dependencies wait for reviewers, where nothing else stops the change; else 0."""
    stopping = [one for one in verdict.findings if one.severity == "error" and not one.waived]
    waiting = {one.purl for one in stopping if one.params.get("waiting")}
    return len(waiting) if all(one.purl in waiting for one in stopping) else 0


def sentence(verdict: Verdict, t: Translator, context: Context) -> str:
    """Return what the commit status says, at most SENTENCE columns."""
    waits = _waits(verdict) if verdict.outcome == "block" else 0
    said = t.count("status.waiting", waits) if waits else markdown.headline(verdict, t, context)
    return truncate(said, SENTENCE)


def context_of(
    kind: str, change: Change, project: Project, verdict: Verdict, manner: Manner, asked: tuple[Asked, ...] = ()
) -> Context:
    """Return what the comment needs besides the verdict."""
    return Context(
        staged=False,
        repository=project.path,
        links=links.links(kind, project.url, change.head),
        request_url=_form(kind, change, project, manner) if wanted(verdict) else "",
        report_url=manner.report_url,
        contact=manner.contact,
        offset=manner.offset,
        also=manner.also,
        spoken=manner.spoken,
        asked=asked,
        limit=LIMITS.get(kind, 0),
    )


def _form(kind: str, change: Change, project: Project, manner: Manner) -> str:
    """The address of an issue of the policy project that asks for all the change brings in, its purpose still empty."""
    if manner.policy is None:
        return ""
    about = named(kind, project.path, change.number)
    title = manner.t("request.form-title", change=about)
    # A comment is no part of what is said, so that nobody takes it for a reason.
    body = f"<!-- {manner.t('request.form-hint')} -->\n\n/osgate request {about}\npurpose: \nalternatives: \nreason: \n"
    return links.new_issue(kind, manner.policy.url, title, body)


def named(kind: str, path: str, number: int) -> str:
    """Return a change as people of its forge call it: `group/project!7` at GitLab, `group/project#7` elsewhere."""
    return f"{path}{'!' if kind == 'gitlab' else '#'}{number}"
