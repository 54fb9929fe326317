"""`osgate desk --forge`: one round of the desk at a forge, around the run that seals and publishes."""

from __future__ import annotations

import functools
import json
import os
import sys
import time
from collections.abc import Callable, Mapping

from osgate import wiring, wiring_forges
from osgate.cli import console, error_text, telling
from osgate.cli.desk_place import Place
from osgate.errors import OsgateError, Refused, Undecided
from osgate.forge_desk import memory, naming, publishing, round
from osgate.forge_desk.failing import lasting
from osgate.forge_desk.hearing import MOST_RUNG
from osgate.forge_desk.judged import Judge, Means
from osgate.forge_desk.memory import Memory
from osgate.forge_desk.publishing import Manner, Told
from osgate.forge_desk.recheck import Shown
from osgate.forge_desk.round import Hands, Round
from osgate.forge_desk.station import Station
from osgate.forges.asking import Rejected
from osgate.forges.protocol import Forge
from osgate.intake_desk.books import Books
from osgate.io import http, ssh
from osgate.io.git import GitFailed
from osgate.io.git_write import RefMoved
from osgate.ledger import history, signatures
from osgate.ledger.lock import Lock
from osgate.ledger.manifest import MANIFEST_FILE
from osgate.model.forge import CHANGE, ISSUE, Account, Change, Conversation, Project
from osgate.model.policy import Key, Policy, Witness
from osgate.model.record import replace
from osgate.model.verdict import Verdict
from osgate.policy import guarded
from osgate.reports import github as commands
from osgate.reports.context import Asked
from osgate.text.translator import Translator
from osgate.wiring import Moment

OPTIONS = ("forge", "address", "project", "group", "witness", "bell", "rung", "check", "branches", "lines")
NEEDED = ("project", "witness")
# Where the bell leaves what it names.
RANG = "OSGATE_RANG"
_DIGITS = 16
# Bytes and seconds for the small file that names the snapshot.
_MANIFEST, _SECONDS = 1 << 20, 20.0

Work = round.Work


def run(asked: Mapping[str, str], place: Place, moment: Moment, work: Work) -> Round | None:
    """Make one round; None where the forge does not let us in at all: then the desk has not run yet.

    work: has the desk run once, with what was heard. Raises what that raises, and UsageError for flags.
    """
    for name in NEEDED:
        if not asked.get(name):
            raise console.usage("desk", console.words()("usage.missing", what=f"--{name}"))
    witness, own = (os.path.expanduser(asked[name]) for name in ("witness", "key"))
    forge = wiring_forges.forge(asked["forge"], asked.get("address", ""), os.environ)
    try:
        home, me = forge.project(asked["project"]), forge.me()
    except (Refused, Undecided) as error:
        t = console.words()
        console.say(t("round.deaf", why=error_text.sentence(error, t)), sys.stderr)
        return None

    def books() -> Books:
        return Books(place.repository, place.main, moment.instant)

    policy = books().valid.policy
    projects = functools.cache(forge.project)
    judge = Judge(projects, _means(forge, asked, moment))
    station = _station(forge, me, home, asked, moment, policy, judge)
    machine = ssh.public_key(witness)
    why = unheard(policy.witness, machine, moment.instant)
    if why:
        _warn(why, machine, asked["forge"])
    hands = _hands(asked, station, books, work, policy, judge, lambda kept: _remember(kept, place, own))
    rung = rang(asked.get("rung") or os.environ.get(RANG, ""))
    done = round.run(station, memory.load(place.repository, ssh.public_key(own)), rung, hands)
    _remember(done.memory, place, own)
    return naming.told(done, forge)


def _station(
    forge: Forge,
    me: Account,
    home: Project,
    asked: Mapping[str, str],
    moment: Moment,
    policy: Policy,
    judge: Judge,
) -> Station:
    """What the round works with: what it hears is signed by the witness, changes are judged by the desk itself."""
    key = os.path.expanduser(asked["witness"])
    return Station(
        forge,
        me,
        home,
        asked.get("group", "").strip("/"),
        moment.instant,
        lambda message: ssh.sign(key, signatures.DECISION, message),
        judge,
        time.monotonic,
        policy.witness.forge if policy.witness else forge.kind,
    )


def unheard(witness: Witness | None, key: str, now: str) -> str:
    """Return why nothing that is said at the forge counts while it is signed with the public `key`: `none` (the policy
    has no witness), `unknown`, `ended` or `revoked`; empty where it may count. now: UTC instant.
    """
    if witness is None:
        return "none"
    return history.key_problem((known for known in witness.keys if known.key == key), now)


def _warn(why: str, key: str, forge: str) -> None:
    t = console.words()
    params = {"key": signatures.fingerprint(key), "add": f'{{key = "{key}"}}', "forge": forge}
    console.say(t(f"round.witness-{why}", **params), sys.stderr)


def _hands(
    asked: Mapping[str, str],
    station: Station,
    books: Callable[[], Books],
    work: Work,
    policy: Policy,
    judge: Judge,
    keep: Callable[[Memory], None],
) -> Hands:
    forge, manner = station.forge, _manner(asked, station, policy)

    instead: list[OsgateError] = []

    def publish(change: Change, verdict: Verdict, waits: tuple[Asked, ...], note: str) -> Shown:
        told = publishing.publish(forge, change, judge.project(change.project), verdict, manner, waits, note, judge)
        kept = told.comment
        _needed(told)
        # What stands in its place tells the same: nothing is left to do that another round could.
        stood_in = [why for part, why in told.lacking if part == "check" and told.status]
        if stood_in and not instead:
            instead.extend(stood_in)
            t = console.words()
            console.say(t("round.check-instead", why=error_text.sentence(stood_in[0], t)), sys.stderr)
        lacking = tuple(why for _, why in told.lacking if why not in stood_in)
        beside = told.beside.number if told.beside else 0
        return Shown(kept.earlier if kept else "", kept.note.id if kept and kept.note else "", lacking, beside)

    def progress(key: str, params: dict[str, object]) -> None:
        console.say(console.words()(key, **params), sys.stderr)

    return Hands(books, work, publish, manner.t, progress, lambda: _served(books().valid.addresses), keep)


def _manner(asked: Mapping[str, str], station: Station, policy: Policy) -> Manner:
    """How the forge is told: in the languages asked for, else the institution's own, two of them one below the other.

    Raises UsageError for flags.
    """
    t = console.words() if asked.get("language") else Translator(next(iter(policy.languages), "en"))
    second = next((Translator(name) for name in policy.languages[1:2]), None)
    also = telling.also("desk", asked) if asked.get("language") else second
    manner = Manner(t, also, policy=station.home, contact=policy.contact, first=True)
    check = telling.check("desk", station.forge, asked.get("check", ""))
    return replace(manner, check=check, lines=telling.lines("desk", asked))


def _needed(told: Told) -> None:
    """Raise what kept a check run from being published, or others with the same head from being looked at, where the
    next round may do better: branch rules wait for it.

    What the forge would answer to the same call again is only told.
    """
    for part, why in told.lacking:
        if part in ("check", "beside") and lasting(why) and not isinstance(why, Rejected):
            raise why


def _served(addresses: tuple[str, ...]) -> int:
    """The serial of the snapshot that readers find at the first address that answers; 0 where none does."""
    for address in addresses:
        try:
            return int(json.loads(http.fetch(address, MANIFEST_FILE, limit=_MANIFEST, seconds=_SECONDS).data)["serial"])
        except (Undecided, ValueError, LookupError, TypeError, RecursionError):
            continue
    return 0


def rang(text: str) -> list[Conversation]:
    """Return what a bell names, `PROJECT!NUMBER` or `PROJECT#NUMBER` with commas in between; what is neither is not
    believed to be anything."""
    found: list[Conversation] = []
    for word in text.split(",")[:MOST_RUNG]:
        sign = "!" if "!" in word else "#"
        project, _, number = word.strip().partition(sign)
        if all(part.isascii() and part.isdigit() and len(part) <= _DIGITS for part in (project, number)):
            found.append(Conversation(project, int(number), CHANGE if sign == "!" else ISSUE))
    return found


def _means(forge: Forge, asked: Mapping[str, str], moment: Moment) -> Means:
    """How changes are judged: by the snapshot that this desk publishes, and no other."""
    key = ssh.public_key(os.path.expanduser(asked["key"]))
    lock = Lock((os.path.abspath(asked["publish"]),), (Key(key),))
    ledger = wiring.ledger(lock, moment, offline=False, eager=True)
    login, token = wiring_forges.credential(forge, os.environ)
    branches, cache = guarded.parse(asked.get("branches", "")), wiring.cache_folder()
    given = (forge.kind, cache, moment.instant, lambda _: ledger, forge.address, login, token)
    return Means(*given, branches=branches, facts=wiring.facts)


def _remember(kept: Memory, place: Place, key: str) -> None:
    """Keep what the next round begins with, signed with the desk's key; without it that one looks further back."""
    try:
        memory.save(place.repository, kept, lambda message: ssh.sign(key, signatures.SNAPSHOT, message))
        if place.remote is not None:
            place.remote.settle()
    except (GitFailed, RefMoved, Undecided) as error:
        console.say(error_text.sentence(error, console.words()), sys.stderr)


def tell(done: Round) -> None:
    """Print what the round did besides what the desk says of its run."""
    t = console.words()
    for one in done.checked:
        console.say(t(f"round.checked-{one.did}", where=one.named, outcome=t(f"round.outcome-{one.outcome}")))
    on_actions = os.environ.get("GITHUB_ACTIONS") == "true"
    for failed in done.failed:
        said = t("round.failed", where=failed.what, why=error_text.sentence(failed.error, t))
        # A job that passed shows nobody its log: there a failure is a note on the run.
        console.say(commands.command("warning", said) if on_actions else said, sys.stderr)
    counts = {"recorded": done.recorded, "checked": len(done.checked), "failed": len(done.failed)}
    console.say(t("round.done", **counts))
