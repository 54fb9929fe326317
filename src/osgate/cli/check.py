"""`osgate check`: judge a change. On the commit path."""

from __future__ import annotations

import sys

from osgate import errors
from osgate.cli import console, flags
from osgate.cli.judging import judge, judge_pushed
from osgate.io.git import Git
from osgate.model.policy import MODES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from osgate.model.verdict import Verdict

# What to look at: flags, in the order of the help; words without a flag are paths.
FORMS = ("staged", "base", "all", "worktree", "pushed", "ci")
# Forms that a hook or a person at a desk uses: they let pass what is undecided for want of osgate's own data.
LENIENT = ("staged", "worktree", "pushed")
SWITCHES = ("staged", "all", "worktree", "pushed", "ci", "offline", "verbose", "exit-code", "help")
OPTIONS = (
    *("base", "head", "remote", "branches", "policy-url", "format", "output", "mode", "lock", "language"),
    *("facts", "record", "replay"),
)
# What `--pushed` can print: a verdict a ref does not go into one document of the others.
STREAMS = ("terminal", "json")
# Bytes that git may write to a hook: some 100,000 refs.
TOLD_CAP = 16 << 20
_CODES = {
    "pass": errors.PASS,
    "warn": errors.PASS,
    "block": errors.BLOCKED,
    "undecided": errors.UNDECIDED,
}
# Flags that go with some forms only.
_NEEDS = (("head", ("base", "all")), ("remote", ("pushed",)), ("branches", ("ci",)), ("policy-url", ("ci",)))
# Flags that go with `--replay`: all else was settled when the run was kept.
_REPLAYED = ("replay", "format", "output", "verbose", "exit-code", "language")
_STRICTEST = (errors.PASS, errors.UNDECIDED, errors.BLOCKED)


def run(argv: list[str]) -> int:
    """Check what the flags name, print the verdict, and return its exit code: the strictest of several."""
    asked = flags.read("check", argv, SWITCHES, OPTIONS)
    t = console.speak(asked.get("language", ""))
    if "help" in asked:
        console.say(t("help.check"))
        return errors.PASS
    form = _form(asked, argv)
    outputs = _outputs(asked) if "format" in asked or "output" in asked else {}
    if form == "replay":
        return _replayed(asked, outputs)
    with Git() as git:
        if form == "pushed":
            return _pushed(git, asked)
        if form == "ci":
            verdict = _in_pipeline(git, asked, outputs)
        else:
            verdict = judge(git, asked, form)
            _report(verdict, asked, form, outputs)
    return _ended(verdict, asked, form)


def _ended(verdict: Verdict, asked: Mapping[str, str], form: str) -> int:
    if asked.get("format") == "sarif" and "exit-code" not in asked:
        return errors.PASS
    return _code(verdict, lenient=form in LENIENT)


def _code(verdict: Verdict, *, lenient: bool) -> int:
    if lenient and verdict.outcome == "undecided":
        what = "undecided-passes" if verdict.head == "index" else "undecided-goes-on"
        console.say(console.words()(f"check.{what}"), sys.stderr)
        return errors.PASS
    return _CODES[verdict.outcome]


# What is asked


def _form(asked: Mapping[str, str], argv: list[str]) -> str:
    """The one form that is asked for. Raises UsageError where there are two, or a word is empty."""
    t = console.words()
    if "replay" in asked:
        return _alone(asked)
    forms = [form for form in FORMS if form in asked]
    if "" in argv:
        raise console.usage("check", t("usage.empty"))
    if len(forms) > 1:
        raise console.usage("check", t("usage.not-both", flag=forms[1], other=forms[0]))
    if forms and asked[""]:
        raise console.usage("check", t("usage.extra", words=asked[""].replace("\0", " ")))
    form = forms[0] if forms else "paths" if asked[""] else "staged"
    for flag, needs in _NEEDS:
        if flag in asked and form not in needs:
            choices = ", ".join(f"--{name}" for name in needs)
            key = "usage.missing" if len(needs) == 1 else "usage.missing-one"
            raise console.usage("check", t(key, what=choices, choices=choices))
    if "mode" in asked:
        _choose("mode", asked["mode"], MODES)
    if form == "pushed":
        _streamed(asked)
    return form


def _streamed(asked: Mapping[str, str]) -> None:
    """Raises UsageError for what holds one verdict only: a push has one for each ref."""
    _choose("format", asked.get("format", "terminal"), STREAMS)
    for flag in ("output", "record"):
        if flag in asked:
            raise console.usage("check", console.words()("usage.not-with", flag=flag, action="--pushed"))


def _alone(asked: Mapping[str, str]) -> str:
    """The form of a replay. Raises UsageError for what would ask for another check than the one that was kept."""
    t = console.words()
    strange = [flag for flag in asked if flag and flag not in _REPLAYED]
    if strange:
        raise console.usage("check", t("usage.not-with", flag=strange[0], action="--replay"))
    if asked[""]:
        raise console.usage("check", t("usage.extra", words=asked[""].replace("\0", " ")))
    return "replay"


def _choose(flag: str, found: str, choices: tuple[str, ...]) -> None:
    if found not in choices:
        detail = console.words()("usage.choice", flag=flag, choices=", ".join(choices), found=found)
        raise console.usage("check", detail)


def _outputs(asked: Mapping[str, str]) -> dict[str, str]:
    """The files to write, by format. A path may hold commas: what follows one is another file only with its format."""
    from osgate.reports.table import FORMATS

    _choose("format", asked.get("format", "terminal"), FORMATS)
    found: dict[str, str] = {}
    last = ""
    for part in asked["output"].split(",") if "output" in asked else ():
        name, equals, path = part.partition("=")
        if last and not (equals and name in FORMATS):
            found[last] += f",{part}"
            continue
        _choose("output", name, FORMATS)
        if not path or name in found:
            raise console.usage("check", console.words()("usage.output", found=part))
        found[name], last = path, name
    return found


# What is told


def _report(
    verdict: Verdict,
    asked: Mapping[str, str],
    form: str,
    outputs: Mapping[str, str],
    request_url: str = "",
    now: str = "",
) -> None:
    """Write the files that were asked for, and print; a change that introduces nothing prints nothing at a desk.

    now: UTC instant of the check, empty for this one.
    """
    beside = {"request_url": request_url, "now": now}
    for name, path in outputs.items():
        _write(path, _rendered(name, verdict, asked, form, colour=False, **beside))
    name = asked.get("format", "terminal")
    if name != "terminal" or form not in LENIENT or not _quiet(verdict):
        console.say(_rendered(name, verdict, asked, form, colour=console.colour(), **beside))
    if name == "github":
        _besides(verdict, asked, form)


def _besides(verdict: Verdict, asked: Mapping[str, str], form: str) -> None:
    """Where not everything has an annotation, the log has the whole report as well, folded."""
    from osgate.reports.github import hidden

    if hidden(verdict):
        text = _rendered("terminal", verdict, {**asked, "verbose": "yes"}, form, colour=False)
        console.say(f"::group::osgate\n{text}::endgroup::")


def _in_pipeline(git: Git, asked: Mapping[str, str], outputs: Mapping[str, str]) -> Verdict:
    """Judge what the pipeline is about and report it, with the one step that comes after a block."""
    from osgate.cli import ci_job

    form = ci_job.form(git, asked)
    console.say(ci_job.looked_at(form), sys.stderr)
    flags = ci_job.flags_of(form, asked)
    verdict = ci_job.judged(git, form, flags)
    url = ci_job.request_url(verdict, form, asked.get("policy-url", ""), console.words())
    _report(verdict, flags, "ci", outputs, url)
    if url and verdict.outcome == "block":
        console.say(console.words()("ci.next", url=url), None if "format" not in asked else sys.stderr)
    return verdict


def _replayed(asked: Mapping[str, str], outputs: Mapping[str, str]) -> int:
    """Decide a run again and report it as the check did. Another verdict than then is a failure of its own."""
    from osgate.cli import check_replay
    from osgate.text.width import printable

    run, verdict, same = check_replay.replayed(asked["replay"], asked.get("language", ""))
    if asked.get("format", "terminal") == "terminal":
        console.say(printable(console.words()("replay.from", path=asked["replay"])), sys.stderr)
    _report(verdict, asked, run.form, outputs, now=run.now)
    return _ended(verdict, asked, run.form) if same else errors.BLOCKED


def _quiet(verdict: Verdict) -> bool:
    return not (verdict.introduced or verdict.findings or verdict.deleted or verdict.gaps or verdict.missing)


def _rendered(
    name: str,
    verdict: Verdict,
    asked: Mapping[str, str],
    form: str,
    *,
    colour: bool,
    request_url: str = "",
    now: str = "",
) -> str:
    from osgate.reports.context import Context

    staged = form in ("staged", "worktree")
    context = Context(colour=colour, verbose="verbose" in asked, staged=staged, request_url=request_url)
    if name == "terminal":  # Without the table: at commit time every module counts.
        from osgate.reports import terminal

        return terminal.render(verdict, console.words(), context)
    from osgate import wiring
    from osgate.model.record import replace
    from osgate.reports import table

    return table.render(name, verdict, console.words(), replace(context, now=now or wiring.now().instant))


def _write(path: str, text: str) -> None:
    from osgate.io import files

    try:
        files.write(path, text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise errors.UsageError("output.unwritable", path=path, detail=error.strerror or str(error)) from error


# What a push moves


def _pushed(git: Git, asked: Mapping[str, str]) -> int:
    """Judge every ref on standard input; print each verdict that says something; return the strictest exit code."""
    codes = [errors.PASS]
    for update, verdict in judge_pushed(git, asked, _told()):
        if asked.get("format") == "json":
            import json

            from osgate.reports.json_report import to_json

            console.say(json.dumps({"ref": update.ref, "verdict": to_json(verdict)}))
        elif not _quiet(verdict):
            from osgate.text.width import printable

            key = "check.ref" if verdict.base else "check.new-ref"
            shown = {"base": verdict.base[:12], "head": verdict.head[:12], "ref": printable(update.ref)}
            console.say(console.words()(key, **shown))
            console.say(_rendered("terminal", verdict, asked, "pushed", colour=console.colour()))
        codes.append(_code(verdict, lenient=not update.received))
    return max(codes, key=_STRICTEST.index)


def _told() -> bytes:
    """What git wrote for the hook. Raises UsageError where nobody is there to write it, or it is too much."""
    if sys.stdin is None or sys.stdin.isatty():
        raise console.usage("check", console.words()("usage.no-input"))
    data = sys.stdin.buffer.read(TOLD_CAP + 1)
    if len(data) > TOLD_CAP:
        raise console.usage("check", console.words()("usage.input-too-large", limit=TOLD_CAP))
    return data
