"""`osgate comment`: judge one change as the desk does, and tell it at the forge, by hand or in a pipeline."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping

from osgate import wiring, wiring_forges
from osgate.cli import console, error_text, flags, telling
from osgate.errors import PASS, UNDECIDED
from osgate.forge_desk import publishing, waiting
from osgate.forge_desk.judged import Judge, Means
from osgate.forge_desk.publishing import Manner, Told
from osgate.forges.protocol import Forge
from osgate.ledger.lock import Lock
from osgate.model.forge import Change, Project
from osgate.model.record import replace
from osgate.model.verdict import Verdict
from osgate.pipeline import Ledger
from osgate.policy import guarded
from osgate.reports import markdown
from osgate.reports.context import Asked

SWITCHES = ("always", "dry-run", "help")
OPTIONS = (
    *("forge", "address", "project", "change", "run", "policy-project", "policy-url", "policy-repo"),
    *("lock", "contact", "check", "branches", "desk", "lines", "language"),
)
NEEDED = ("forge", "project")


def run(argv: list[str]) -> int:
    """Tell a verdict. Exit 0 where the comment was kept, or a run is about no open change; 4 where it could not be."""
    asked = flags.read("comment", argv, SWITCHES, OPTIONS)
    t = console.speak(asked.get("language", ""))
    if "help" in asked:
        console.say(t("help.comment"))
        return PASS
    number = _number(asked)
    telling.account("comment", asked)  # Wrong flags are told before anybody is asked.
    forge = wiring_forges.forge(asked["forge"], asked.get("address", ""), os.environ)
    project = forge.project(asked["project"])
    numbers = (number,) if number else _of_run(forge, project, asked["run"])
    if not numbers:
        console.say(t("comment.no-change", run=asked["run"]))
    return max((_one(forge, project, forge.change(project.id, one), asked) for one in numbers), default=PASS)


def _one(forge: Forge, project: Project, change: Change, asked: Mapping[str, str]) -> int:
    t = console.words()
    judge = Judge(lambda _: project, _means(forge, asked))
    verdict = judge(change)
    policy = forge.project(asked["policy-project"]) if "policy-project" in asked else _page(asked)
    spoken = policy is not None or "policy-repo" in asked
    also = telling.also("comment", asked)
    manner = Manner(t, also, policy, spoken, contact=asked.get("contact", ""), always="always" in asked)
    desk = telling.account("comment", asked)
    manner = replace(_besides(manner, forge, asked.get("check", "")), lines=telling.lines("comment", asked), desk=desk)
    waits = _waiting(verdict, asked)
    if "dry-run" in asked:
        context = publishing.context_of(forge.kind, change, project, verdict, manner, waits)
        console.say(t("comment.would"), sys.stderr)
        console.say(markdown.render(verdict, t, context))
        return PASS
    return _tell(publishing.publish(forge, change, project, verdict, manner, waits, judge=judge))


def _page(asked: Mapping[str, str]) -> Project | None:
    """The policy project as far as its page's address tells: our token need not be let in there."""
    url = asked.get("policy-url", "")
    return Project("", "", "", url, "") if url else None


def _of_run(forge: Forge, project: Project, run: str) -> tuple[int, ...]:
    """The open pull requests whose head a workflow run was about."""
    from osgate.forges.github import runs
    from osgate.forges.github.adapter import GitHub

    return runs.changes(forge.client, project.path, run) if isinstance(forge, GitHub) else ()


def _besides(manner: Manner, forge: Forge, check: str) -> Manner:
    """Return the manner with what `check` names: a check run at GitHub, an external status check (its id) at GitLab."""
    if check and forge.kind == "gitlab":
        return replace(manner, answer=_answer(forge, check))
    return replace(manner, check=telling.check("comment", forge, check))


def _answer(forge: Forge, check: str) -> Callable[[Change, str], object]:
    """What tells an external status check how the change stands."""
    if not (check.isascii() and check.isdigit()):
        raise console.usage("comment", console.words()("usage.number", flag="check", found=check))
    from osgate.forges.gitlab import extras
    from osgate.forges.gitlab.adapter import GitLab

    def answer(change: Change, state: str) -> object:
        return extras.answer_check(forge.client, change, check, state) if isinstance(forge, GitLab) else None

    return answer


def _number(asked: Mapping[str, str]) -> int:
    """The change's number, 0 where a run is named instead. Raises UsageError for what is missing or wrong."""
    t = console.words()
    if asked[""]:
        raise console.usage("comment", t("usage.extra", words=asked[""].replace("\0", " ")))
    for name in NEEDED:
        if name not in asked:
            raise console.usage("comment", t("usage.missing", what=f"--{name}"))
    if ("change" in asked) == ("run" in asked):
        both = "change" in asked
        key = "usage.not-both" if both else "usage.missing-one"
        raise console.usage("comment", t(key, flag="change", other="run", choices="--change, --run"))
    if "run" in asked:
        if asked["forge"] != "github":
            raise console.usage("comment", t("usage.not-with", flag="run", action=f"--forge {asked['forge']}"))
        if not (asked["run"].isascii() and asked["run"].isdigit()):
            raise console.usage("comment", t("usage.number", flag="run", found=asked["run"]))
        return 0
    number = asked["change"].lstrip("!#")
    if not (number.isascii() and number.isdigit() and 0 < len(number) < 10 and int(number)):
        raise console.usage("comment", t("usage.number", flag="change", found=asked["change"]))
    return int(number)


def _means(forge: Forge, asked: Mapping[str, str]) -> Means:
    moment = wiring.now()
    given = wiring.handed_in(asked["lock"]) if "lock" in asked else None

    def ledger(found: Lock | None) -> Ledger | None:
        lock = given or found
        return wiring.ledger(lock, moment, offline=False, eager=True) if lock else None

    login, token = wiring_forges.credential(forge, os.environ)
    branches = guarded.parse(asked.get("branches", ""))
    cache = wiring.cache_folder()
    return Means(
        forge.kind, cache, moment.instant, ledger, forge.address, login, token, branches=branches, facts=wiring.facts
    )


def _waiting(verdict: Verdict, asked: Mapping[str, str]) -> tuple[Asked, ...]:
    """What the policy repository tells of the requests that wait, if it was named and any does."""
    if "policy-repo" not in asked or not any(finding.params.get("waiting") for finding in verdict.findings):
        return ()
    from osgate.intake_desk.policy_clone import PolicyClone
    from osgate.ledger.fold import fold

    with PolicyClone(asked["policy-repo"], wiring.cache_folder(), wiring.now().instant) as clone:
        return waiting.asked(verdict, fold(clone.history.sealed), {})


def _tell(told: Told) -> int:
    t = console.words()
    if told.comment is not None:
        url = told.comment.note.url if told.comment.note else ""
        console.say(t(f"comment.did-{told.comment.did}", url=url))
    if told.check is not None:
        console.say(t("comment.check-new" if told.check.new else "comment.check-same", url=told.check.url))
    if told.beside is not None:
        console.say(t("comment.beside", url=told.beside.url))
    for part, why in told.lacking:
        said = error_text.sentence(why, t)
        console.say(t("comment.lacking", part=t(f"comment.part-{part}"), why=said), sys.stderr)
    return PASS if told.comment is not None else UNDECIDED
