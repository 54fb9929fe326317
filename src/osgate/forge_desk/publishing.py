"""A verdict told at the forge: the comment, a check run or a commit status, notes on lines, an external check's answer.

The comment and the notes are about the change; the rest is about its head, and tells the worst of all that share it.
Each part stands on its own. What one lacks (a permission, a tier) is told in the result, and keeps no other from being
done; what the verdict is does not depend on any of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from osgate.errors import OsgateError, Refused, Undecided
from osgate.forge_desk import check_run, heads, line_notes, sticky
from osgate.forge_desk.heads import Head, Judging
from osgate.forge_desk.line_notes import Lines
from osgate.forge_desk.sticky import Kept
from osgate.forges import links, request_form
from osgate.forges.check_runs import Checks, Published
from osgate.forges.protocol import Folding, Forbidden, Forge
from osgate.model.forge import Change, Project
from osgate.model.record import record, replace
from osgate.model.verdict import Verdict
from osgate.reports import markdown
from osgate.reports.context import Asked, Context
from osgate.reports.markdown.asking import wanted
from osgate.text.translator import Translator
from osgate.text.width import truncate

T = TypeVar("T")
# The name under which branch rules know the commit status. At GitHub the gate's job has it: a job and a status of one
# name would both be required.
STATUS, STATUS_AT = "osgate / intake", {"github": "osgate / report"}
# Most notes on lines, where nobody says how many: a check run has annotations there.
LINES, LINES_BESIDE_CHECK = 10, 0
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
    whole report; if empty, the page of the change's jobs. always: write a comment also where nothing ever stood against
    a change. lines: most notes on lines, 0 for none, None for LINES, or LINES_BESIDE_CHECK. status: set a commit
    status. check: name of a check run that takes the status' place where the forge has them and lets us, empty for
    none: branch rules that ask for a check and know a status of its name ask for both. answer: tells an external check
    `passed`, `failed` or `pending`. desk: id of the desk's account: where its comment stands, nothing but answer tells
    anything here; first: what jobs of the forge have written like ours is folded away.
    """

    t: Translator
    also: Translator | None = None
    policy: Project | None = None
    spoken: bool = True
    contact: str = ""
    offset: int = 0
    report_url: str = ""
    always: bool = False
    lines: int | None = None
    status: bool = True
    check: str = ""
    answer: Callable[[Change, str], object] | None = None
    desk: str = ""
    first: bool = False

    def status_name(self, kind: str) -> str:
        """Return what the commit status is called at a forge: as the check whose place it takes."""
        return self.check or STATUS_AT.get(kind, STATUS)


@record
class Told:
    """What was told. comment, lines: None where they could not be kept; status: as it was set, empty for not; check:
    the check run that stands, None for none. beside: the change with the same head that is told of there, None where
    the head gets the change's own verdict.

    lacking: (part, why) of what could not be done; part: `comment`, `fold`, `beside`, `check`, `threads`, `status` or
    `checks`.
    """

    comment: Kept | None = None
    lines: Lines | None = None
    status: str = ""
    lacking: tuple[tuple[str, OsgateError], ...] = ()
    check: Published | None = None
    beside: Change | None = None


@record
class _Word:
    """What is said on the head, with what a check run needs. text: one sentence; page: to go on to."""

    verdict: Verdict
    context: Context
    text: str
    page: str


def publish(
    forge: Forge,
    change: Change,
    project: Project,
    verdict: Verdict,
    manner: Manner,
    asked: tuple[Asked, ...] = (),
    known: str = "",
    judge: Judging | None = None,
) -> Told:
    """Tell `verdict` on `change`, which is in `project`. asked: what is known of the requests that wait; known: id of
    the note that was our comment when it was last told (`Told.comment.note`), empty where nobody remembers; judge:
    looks at other changes with the same head, None where there is none.

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
    if kept is not None and kept.jobs and manner.first and isinstance(forge, Folding):
        jobs = kept.jobs
        done("fold", lambda: sticky.put_away(forge, change.conversation, jobs, ""))
    # Where the desk tells a change, what we said of its head beside it would be another voice.
    left = kept is not None and kept.did == "left"
    head = heads.worst(forge, change, verdict, judge if not left or manner.answer else None)
    lacking += [("beside", head.why)] if head.why else []
    own = _Word(verdict, context, sentence(verdict, manner.t, context), _page(forge.kind, project, change, kept))
    word = own if head.verdict is verdict else _beside(forge.kind, head, change, project, manner)
    check = done("check", lambda: _check(forge, change, manner, word)) if manner.check and not left else None
    # What only failed is a check run in another round.
    instead = not manner.check or any(part == "check" and isinstance(why, Forbidden) for part, why in lacking)
    lines = done("threads", lambda: _lines(forge, change, verdict, manner, kept, instead))
    told = manner.status and instead and not left
    status = done("status", lambda: _status(forge, change, manner, word)) if told else None
    if manner.answer is not None:
        answer = manner.answer
        done("checks", lambda: answer(change, _CHECKS[state_of(word.verdict)]))
    return Told(kept, lines, status or "", tuple(lacking), check, None if head.change is change else head.change)


def _beside(kind: str, head: Head, change: Change, project: Project, manner: Manner) -> _Word:
    """What is said where another change with the head decides, or nobody knows whether one would."""
    t, other = manner.t, head.change
    context = context_of(kind, other, project, head.verdict, manner)
    if other is change:
        return _Word(head.verdict, context, t("status.beside-unknown"), change.url)
    said = t("round.outcome-undecided") if head.why else sentence(head.verdict, t, context)
    text = t("status.beside", change=named(kind, project.path, other.number), said=said)
    return _Word(head.verdict, context, truncate(text, SENTENCE), other.url)


def _comment(forge: Forge, change: Change, verdict: Verdict, manner: Manner, context: Context, known: str) -> Kept:
    def render(earlier: str) -> str:
        return markdown.render(verdict, manner.t, replace(context, earlier=earlier))

    return sticky.keep(
        forge,
        change.conversation,
        render,
        needed=manner.always or not markdown.quiet(verdict),
        superseded=manner.t("comment.superseded"),
        known=known,
        desk=manner.desk,
    )


def _page(kind: str, project: Project, change: Change, kept: Kept | None) -> str:
    """Where the comment stands; without one, the change."""
    if kept is None or kept.note is None:
        return change.url
    return kept.note.url or links.conversation(kind, project.url, change.conversation, kept.note.id) or change.url


def _check(forge: Forge, change: Change, manner: Manner, word: _Word) -> Published:
    if not isinstance(forge, Checks):
        raise Forbidden("forge.lacking", what="check", needs="-", detail="")
    said, notes = check_run.told(manner.check, word.text, word.page, word.verdict, manner.t, word.context)
    ends = check_run.conclusion(word.verdict, state_of(word.verdict) == "pending")
    return forge.publish_check(change.project, change.head, said, notes, ends)


def _lines(forge: Forge, change: Change, verdict: Verdict, manner: Manner, kept: Kept | None, instead: bool) -> Lines:
    """Keep the notes on lines. instead: no check run has annotations there."""
    if kept is not None and kept.did == "left":
        return Lines()
    usual = LINES if instead else LINES_BESIDE_CHECK
    most = usual if manner.lines is None else manner.lines
    if not most and kept is not None and kept.did in ("said", "silent") and not kept.earlier:
        # Where no comment of ours was, no note of ours is: nothing is to be settled, and nothing is asked.
        return Lines()
    return line_notes.keep(forge, change, verdict, manner.t, most)


def _status(forge: Forge, change: Change, manner: Manner, word: _Word) -> str:
    state = state_of(word.verdict)
    forge.set_status(change.project, change.head, manner.status_name(forge.kind), state, word.text, word.page)
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
    asks = bool(wanted(verdict))
    return Context(
        staged=False,
        repository=project.path,
        links=links.links(kind, project.url, change.head),
        request_url=_form(kind, change, project, manner, manner.t) if asks else "",
        also_request_url=_form(kind, change, project, manner, manner.also) if asks and manner.also else "",
        report_url=manner.report_url or links.checks(kind, change.url),
        contact=manner.contact,
        offset=manner.offset,
        also=manner.also,
        spoken=manner.spoken,
        asked=asked,
        limit=LIMITS.get(kind, 0),
    )


def _form(kind: str, change: Change, project: Project, manner: Manner, t: Translator) -> str:
    """The address of an issue of the policy project that asks for all the change brings in, in the words of `t`."""
    if manner.policy is None:
        return ""
    return request_form.address(kind, manner.policy.url, t, named(kind, project.path, change.number))


def named(kind: str, path: str, number: int) -> str:
    """Return a change as people of its forge call it: `group/project!7` at GitLab, `group/project#7` elsewhere."""
    return f"{path}{links.sign(kind)}{number}"
