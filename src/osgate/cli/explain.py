"""`osgate explain`: what a rule means, or what the ledger and the facts say about a package."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from osgate import wiring
from osgate.cli import console, error_text, flags
from osgate.cli.standings import proposed_line, standing_lines, waiting_line
from osgate.cli.used import used
from osgate.errors import PASS, Undecided
from osgate.intake_desk import fences
from osgate.io.git import Git, GitFailed
from osgate.ledger.families import around, decided, keys, spread
from osgate.ledger.fence import compare, posts, tells
from osgate.ledger.offers import TAKEN, named, offers
from osgate.ledger.snapshot_cache import Opened
from osgate.ledger.standing import judge, nothing_known
from osgate.model.decision import LedgerView, Standing, Waiting
from osgate.model.dependency import Dependency
from osgate.model.finding import SLUGS
from osgate.model.policy import Policy
from osgate.pipeline import overlaid
from osgate.policy.default import default_policy
from osgate.policy.local_config import LocalConfig
from osgate.purl import Purl, parse, versioned
from osgate.reports import instead
from osgate.reports.detail import quoted, short_id
from osgate.reports.words import age
from osgate.text.rules import RULE_IDS, rule_text
from osgate.text.translator import Translator
from osgate.text.width import pad, printable
from osgate.versions import contains

if TYPE_CHECKING:
    from osgate.ledger.standing import Known
    from osgate.model.policy import PreApproval, Project
    from osgate.pipeline import FactStore

    # By what a version is judged: the instant, the project it is used in, what the policy approves in advance.
    Law = tuple[str, Project, tuple[PreApproval, ...]]

# Judgements that a request, once approved, turns into a pass.
_ASKING = (
    "unapproved",
    "expired",
    "fence-broken",
    "out-of-scope",
    "other-content",
    "pre-release",
    "out-of-range",
    "revoked",
)


def run(argv: list[str]) -> int:
    """Print a rule's text (by id or slug), or the decisions on a purl and what they mean for its version."""
    asked = flags.read("explain", argv, ("help", "verbose"), ("language", "lock", "facts"))
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
    return _package(parse(words[0]), asked)


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


def _package(purl: Purl, asked: Mapping[str, str]) -> int:
    """What the ledger says, then what is told of it; facts alone are told without a ledger, by the default policy."""
    moment = wiring.now()
    facts = wiring.facts(asked.get("facts", ""))
    trusted = _trusted(asked.get("lock", ""))
    t = console.speak(asked.get("language", "") or trusted.config.language)
    id, whole = trusted.config.project, "verbose" in asked
    here = _here(purl)
    try:
        opened = _opened(trusted, moment, t)
    except Undecided as error:
        if facts is None:
            raise
        for line in error_text.lines(error, t):
            console.say(line, sys.stderr)
        policy = default_policy(SLUGS)
        _stops(here, facts, policy, id, moment, t)
        _facts(here, facts, policy, id, moment.day, t, whole=whole)
        return PASS
    policy = opened.snapshot.policy(id)
    _stops(here, facts, policy, id, moment, t)
    _decisions(purl, opened, t)
    if purl.version:
        _version(purl, opened, (moment.instant, policy.project(id), policy.pre_approvals), facts, t)
    _facts(here, facts, policy, id, moment.day, t, whole=whole)
    return PASS


def _trusted(lock: str) -> wiring.Trusted:
    """What the repository we stand in says of itself; outside of one, the lock that is handed in alone."""
    with Git() as git:
        try:
            return wiring.trusted(git, "HEAD", lock)
        except GitFailed:
            return wiring.Trusted(LocalConfig(), wiring.handed_in(lock) if lock else None)


def _opened(trusted: wiring.Trusted, moment: wiring.Moment, t: Translator) -> Opened:
    """The newest snapshot that can be had. Raises Undecided where there is none."""
    if trusted.lock is None:
        raise Undecided("sync.not-committed" if trusted.gaps else "sync.no-lock")
    try:
        wiring.sync(trusted.lock, moment, wiring.HOOK_SECONDS)
    except Undecided as error:
        for line in error_text.lines(error, t):
            console.say(line, sys.stderr)
    return wiring.ledger(trusted.lock, moment, offline=True, eager=False).open()


def _facts(
    here: Dependency, store: FactStore | None, policy: Policy, id: str, today: str, t: Translator, *, whole: bool
) -> None:
    if store is None:
        return
    from osgate.cli import explain_facts

    for line in explain_facts.lines(store, here, policy, policy.project(id), today, t, whole=whole):
        console.say(line)


def _stops(
    here: Dependency, store: FactStore | None, policy: Policy, id: str, moment: wiring.Moment, t: Translator
) -> None:
    """Say first what no approval would help against."""
    if store is None or not here.version:
        return
    from osgate.cli import explain_stops

    for line in explain_stops.lines(store, here, policy, policy.project(id), moment.instant, t):
        console.say(line)


def _version(purl: Purl, opened: Opened, law: Law, facts: FactStore | None, t: Translator) -> None:
    """Say what becomes of one version by `law`, and why, and what comes next."""
    view, dependency = _view(opened, [decided(purl)]), _here(purl)
    known = facts.known if facts is not None else nothing_known
    standings = view.standings.get(dependency.component, ())
    said = judge(dependency, standings, *law, known)
    told = t(f"judgement.{said.kind}", name=purl.name, version=purl.version)
    why = fences.name(said.why, t) if said.kind == "fence-broken" else t(f"why.{said.why}") if said.why else ""
    console.say(t("judgement.why", said=told, why=why) if why else told)
    by = said.standing
    if said.kind == "approved" and by is not None and not by.serial:
        console.say("   = " + t("explain.pre-approved", origin=by.record, until=by.expires, reason=by.reason))
    for line in _posts(by, dependency, known, t):
        console.say(f"   = {line}")
    if said.kind != "approved":
        others = _view(opened, named(standings))
        found = offers(dependency, standings, others, lambda d, s: judge(d, s, *law), later=said.kind in TAKEN)
        if found:
            _line("instead", instead.offers({"instead": found}, t), t)
    if said.kind in _ASKING:
        _next(purl, view.waiting.get(dependency.component, ()), t)


def _next(purl: Purl, waiting: Iterable[Waiting], t: Translator) -> None:
    """Say what ends it: the request that waits, or the command that asks."""
    waits = next((w for w in waiting if contains(w.range, purl.version)), None)
    if waits is not None:
        _line("clears", t("clears.waiting", request=short_id(waits.request)), t)
    else:
        _line("run", f'osgate request {quoted(str(purl))} --reason "..."', t)


def _line(label: str, text: str, t: Translator) -> None:
    console.say("   = " + printable(t("terminal.line", label=t(f"label.{label}"), text=text)))


def _here(purl: Purl) -> Dependency:
    """The version as the repository we stand in holds it; with its name alone where it does not."""
    bare = Dependency(decided(purl), purl.version, versioned(decided(purl), purl.version), "")
    with Git() as git:
        return next((one for one in used(git) if one.purl == bare.purl), bare)


def _posts(standing: Standing | None, dependency: Dependency, known: Known, t: Translator) -> Iterator[str]:
    """What became of each fact that an approval was given on, where this version or a store of facts is at hand."""
    store = known(dependency)
    if standing is None or not standing.fence or (not dependency.path and store is None):
        return
    now = (*posts(dependency), *(store or ()))
    for told in compare(standing.fence, now, tells(dependency), store is not None):
        before, seen = (fences.worded(told.fact, values, t) for values in (told.before, told.now))
        values = {"before": before, "now": seen or "-", "source": told.source or "-"}
        yield t(f"fence.is-{told.state}", fact=fences.name(told.fact, t), **values)


def _decisions(purl: Purl, opened: Opened, t: Translator) -> None:
    component = decided(purl)
    view = _view(opened, [component])
    stamp = opened.stamp
    console.say(t("explain.head", component=component, serial=stamp.serial, age=age(stamp.age, t)))
    for standing in view.standings.get(component, ()):
        for line in standing_lines(standing, t):
            console.say(f"  {line}")
    for waits in view.waiting.get(component, ()):
        console.say("  " + waiting_line(waits, t))
    proposed = [waits for key in around(component) for waits in opened.snapshot.proposed(key)]
    for waits in proposed:
        console.say("  " + proposed_line(waits, t))
    if not proposed and component not in view.standings and component not in view.waiting:
        console.say("  " + t("explain.nothing", component=component))


def _view(opened: Opened, components: list[str]) -> LedgerView:
    """What stands or waits on `components` and on their families."""
    wanted = [key for component in components for key in around(component)]
    return spread(overlaid(opened.snapshot.view(wanted), opened, wanted), keys(components))
