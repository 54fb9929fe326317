"""`osgate check --ci`: what a pipeline's environment and its clone make of it, and the one next step after a block."""

from __future__ import annotations

import json
import os

from osgate.cli import ci_form, console
from osgate.cli.ci_form import GUARDED, Form
from osgate.cli.judging import judge
from osgate.errors import UsageError
from osgate.forges import request_form
from osgate.io import files
from osgate.io.git import Git, GitFailed, text
from osgate.policy import guarded
from osgate.reports import detail

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from osgate.model.verdict import Verdict
    from osgate.text.translator import Translator


def form(git: Git, asked: Mapping[str, str]) -> Form:
    """Return what this pipeline checks, read from its environment and from git.

    asked: the flags; `branches` names the guarded ones. Raises UsageError `ci.unknown`, `ci.event`, `ci.missing`,
    `ci.unguarded`, `ci.other-head`.
    """
    environ = {**os.environ, **_event(os.environ.get("GITHUB_EVENT_PATH", ""))}
    _must_be_checked_out(git, environ.get("CI_COMMIT_SHA", ""))
    names = guarded.parse(asked.get("branches", ""))
    try:
        found = ci_form.told(environ, lambda rev: git.commit_of(rev) is not None)
    except UsageError as error:
        if not names or error.code == "ci.event":
            raise
        # What is guarded is known without any of it, and so in every CI.
        found = Form(GUARDED, "gitlab" if environ.get("CI_SERVER_URL") else "gitea", "")
    if not names:
        return found
    # A name may hold any blank but git's own.
    tips = text(git.run("for-each-ref", "--format=%(refname:lstrip=3)", ci_form.REMOTE)).split("\n")
    target = ci_form.target_of(environ)
    return ci_form.guarding(
        found, names, [tip for tip in tips if tip not in ("", "HEAD")], target, lambda ref: _has(git, ref)
    )


def _must_be_checked_out(git: Git, told: str) -> None:
    """Raise UsageError("ci.other-head") where the clone stands at another commit than GitLab tells: a variable that
    keeps the runner from checking out would have another one judged. A tripwire; both can be set by who sets one."""
    head = git.commit_of("HEAD") if told else None
    if head is not None and head != told:
        raise UsageError("ci.other-head", head=head[:12], told=told[:12])


def flags_of(form: Form, asked: Mapping[str, str]) -> dict[str, str]:
    """Return the flags with which a person would ask for the same."""
    kept = {name: value for name, value in asked.items() if name not in ("ci", "branches")}
    return {**kept, "base": form.base} if form.base else {**kept, "all": "yes"}


def request_url(verdict: Verdict, form: Form, policy_url: str, t: Translator) -> str:
    """Return the page on which the request is written, filled in; empty where none is wanted or would help: what is
    blocked or suspended is lifted by others, and what waits has been asked for.

    policy_url: the policy project's page, handed in by whoever enforces.
    """
    purls = list(dict.fromkeys(finding.purl for finding in detail.requestable(verdict)))
    if not policy_url or not purls:
        return ""
    return request_form.address(form.kind, policy_url, t, form.change, purls)


def looked_at(form: Form) -> str:
    """Return the sentence that tells what was looked at, and why."""
    t = console.words()
    if form.id == GUARDED and form.base:
        return t("ci.base-guarded", base=form.base)
    return t("ci.base", row=form.id, base=form.base) if form.base else t("ci.whole", row=form.id)


def judged(git: Git, form: Form, asked: Mapping[str, str]) -> Verdict:
    """Return the verdict. Raises what `judge` does, and `ci.shallow` where the history here is cut off."""
    try:
        return judge(git, asked, "base" if form.base else "all")
    except UsageError as error:
        if error.code == "git.shallow":
            raise UsageError("ci.shallow", base=form.base) from error
        raise


def _has(git: Git, ref: str) -> bool:
    command = ("merge-base", "--is-ancestor", "HEAD", ref)
    code, _, errors = git.ask(*command)
    if code not in (0, 1):
        raise GitFailed(command, code, errors)
    return code == 0


def _event(path: str) -> dict[str, str]:
    """What counts in the event's document. One that cannot be read tells nothing, and the row that needs it says so."""
    try:
        data = files.read_limited(path, ci_form.EVENT_CAP) if path else None
        return ci_form.event_words(json.loads(data)) if data else {}
    except (OSError, ValueError, RecursionError):
        return {}
