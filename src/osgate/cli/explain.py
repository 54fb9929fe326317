"""`osgate explain`: what a rule means, or what the ledger says about a package."""

from __future__ import annotations

import sys

from osgate import wiring
from osgate.cli import console, error_text, flags
from osgate.cli.standings import proposed_line, standing_lines, waiting_line
from osgate.errors import PASS, Undecided
from osgate.io.git import Git, GitFailed
from osgate.ledger.snapshot_cache import Opened
from osgate.ledger.standing import judge
from osgate.model.dependency import Dependency
from osgate.model.finding import SLUGS
from osgate.purl import Purl, parse, versioned
from osgate.reports.detail import quoted, short_id
from osgate.reports.words import age
from osgate.text.rules import RULE_IDS, rule_text
from osgate.text.translator import Translator
from osgate.text.width import pad
from osgate.versions import contains

# Judgements that a request, once approved, turns into a pass.
_ASKING = ("unapproved", "expired", "out-of-scope", "other-content", "pre-release", "out-of-range", "revoked")


def run(argv: list[str]) -> int:
    """Print a rule's text (by id or slug), or the decisions on a purl and what they mean for its version."""
    asked = flags.read("explain", argv, ("help",), ("language", "lock"))
    words = asked[""].split("\0") if asked[""] else []
    t = console.speak(asked.get("language", ""))
    if "help" in asked:
        console.say(t("help.explain", rules=_rules(t)))
        return PASS
    if len(words) != 1:
        extra = t("usage.extra", words=" ".join(words[1:]))
        raise console.usage("explain", extra if words else t("usage.missing-one", choices="RULE, PURL"))
    if not words[0].lower().startswith("pkg:"):
        language = asked.get("language") or _configured()
        console.say(rule_text(words[0], console.speak(language).locale))
        return PASS
    return _package(parse(words[0]), asked.get("lock", ""), asked.get("language", ""))


def _rules(t: Translator) -> str:
    """Every rule with its name and what it stops, a line each."""
    return "\n".join(f"  {id}  {pad(SLUGS[id], 20)}  {t(f'stops.{id}')}" for id in RULE_IDS)


def _configured() -> str:
    """The language of the repository we stand in; empty where we stand in none."""
    with Git() as git:
        try:
            return wiring.trusted(git, "HEAD").config.language
        except GitFailed:
            return ""


def _package(purl: Purl, lock: str, language: str) -> int:
    moment = wiring.now()
    with Git() as git:
        trusted = wiring.trusted(git, "HEAD", lock)
    t = console.speak(language or trusted.config.language)
    if trusted.lock is None:
        raise Undecided("sync.not-committed" if trusted.gaps else "sync.no-lock")
    try:
        wiring.sync(trusted.lock, moment, wiring.HOOK_SECONDS)
    except Undecided as error:
        for line in error_text.lines(error, t):
            console.say(line, sys.stderr)
    opened = wiring.ledger(trusted.lock, moment, offline=True, eager=False).open()
    _decisions(purl, opened, t)
    if purl.version:
        view = opened.snapshot.view((purl.component,))
        dependency = Dependency(purl.component, purl.version, versioned(purl.component, purl.version), "")
        project = opened.snapshot.policy(trusted.config.project).project(trusted.config.project)
        said = judge(dependency, view.standings.get(purl.component, ()), moment.day, project)
        told = t(f"judgement.{said.kind}", name=purl.name, version=purl.version)
        console.say(t("judgement.why", said=told, why=t(f"why.{said.why}")) if said.why else told)
        waits = next((w for w in view.waiting.get(purl.component, ()) if contains(w.range, purl.version)), None)
        if said.kind in _ASKING and waits is not None:
            clears = t("clears.waiting", request=short_id(waits.request))
            console.say("   = " + t("terminal.line", label=t("label.clears"), text=clears))
        elif said.kind in _ASKING:
            ask = f'osgate request {quoted(str(purl))} --reason "..."'
            console.say("   = " + t("terminal.line", label=t("label.run"), text=ask))
    return PASS


def _decisions(purl: Purl, opened: Opened, t: Translator) -> None:
    view = opened.snapshot.view((purl.component,))
    stamp = opened.stamp
    console.say(t("explain.head", component=purl.component, serial=stamp.serial, age=age(stamp.age, t)))
    for standing in view.standings.get(purl.component, ()):
        for line in standing_lines(standing, t):
            console.say(f"  {line}")
    for waits in view.waiting.get(purl.component, ()):
        console.say("  " + waiting_line(waits, t))
    proposed = opened.snapshot.proposed(purl.component)
    for waits in proposed:
        console.say("  " + proposed_line(waits, t))
    if not proposed and purl.component not in view.standings and purl.component not in view.waiting:
        console.say("  " + t("explain.nothing", component=purl.component))
