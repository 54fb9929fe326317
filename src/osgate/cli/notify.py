"""`osgate notify`: tell people what waits and what ends, by the channels that osgate.toml names."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Mapping

from osgate import wiring
from osgate.cli import agenda, console, error_text, flags
from osgate.errors import PASS, UNDECIDED, Undecided, UsageError
from osgate.intake_desk import notifying, telling
from osgate.intake_desk.notifying import Delivery
from osgate.intake_desk.telling import Event, Words
from osgate.intake_desk.told import Told
from osgate.io.files import FolderLock
from osgate.io.git import Git
from osgate.io.sending import NotSent, place_of
from osgate.model.policy import NotifyChannel
from osgate.text.names import namer
from osgate.text.translator import Translator
from osgate.text.width import printable


def run(argv: list[str]) -> int:
    """Send each channel what it was not told yet. Exit 4 where one of them failed, or nobody can tell."""
    asked = flags.read("notify", argv, ("help", "dry-run", "again"), ("policy-repo", "state", "language"))
    t = console.speak(asked.get("language", ""))
    if "help" in asked:
        console.say(t("help.notify"))
        return PASS
    agenda.checked("notify", asked)
    found = agenda.read("notify", asked)
    if not found.valid.notify:
        raise UsageError("notify.nobody")
    events = list(telling.events(found.agenda.items, found.valid.policy.terms.warn))
    folder = asked.get("state") or _folder(found.where)
    if "dry-run" in asked:
        return _rehearse(found, events, folder, again="again" in asked)
    try:
        with FolderLock(os.path.join(folder, "lock")):
            went = [
                _told(found, delivery)
                for delivery in notifying.run(
                    found.valid.notify,
                    events,
                    folder,
                    found.moment.instant,
                    lambda channel, mine: _send(found, channel, mine),
                    again="again" in asked,
                )
            ]
    except BlockingIOError as error:
        raise Undecided("notify.busy", folder=folder) from error
    except OSError as error:
        raise Undecided("send.state", folder=folder, detail=error.strerror or str(error)) from error
    return PASS if all(went) else UNDECIDED


def _folder(where: str) -> str:
    """Where it is kept what was told: in a bare policy repository of this machine, else in the cache."""
    if os.path.isdir(where):
        with Git(where) as git:
            code, said, _ = git.ask("rev-parse", "--is-bare-repository")
            if code == 0 and said.strip() == b"true":
                return os.path.join(git.git_dir(), "osgate-told")
    name = hashlib.sha256((os.path.abspath(where) if os.path.isdir(where) else where).encode()).hexdigest()[:16]
    return os.path.join(wiring.cache_folder(), "told", name)


def _words(found: agenda.Found, channel: NotifyChannel) -> Words:
    name = namer(found.valid.people, found.valid.names, "digest")
    return Words(Translator(channel.language), name, found.valid.policy.institution)


def _send(found: agenda.Found, channel: NotifyChannel, mine: list[Event]) -> tuple[str, ...]:
    secret = os.environ.get(channel.secret, "").strip() if channel.secret else ""
    if channel.secret and not secret:
        raise NotSent("send.secret", name=channel.secret)
    moment = found.moment
    return notifying.deliver(channel, mine, _words(found, channel), secret, moment.instant, moment.seconds * 1000)


def _label(channel: NotifyChannel) -> Mapping[str, str]:
    return {"channel": channel.channel, "place": printable(place_of(channel.address))}


def _rehearse(found: agenda.Found, events: list[Event], folder: str, *, again: bool) -> int:
    """Print what would be sent; nothing is sent and nothing written."""
    for channel in found.valid.notify:
        fresh, _ = notifying.pending(channel, events, Told(folder, channel, found.moment.instant), again=again)
        console.say(found.t.count("notify.would", len(fresh), **_label(channel)))
        for line in telling.lines(fresh, _words(found, channel)):
            console.say(f"  {line}")
    return PASS


def _told(found: agenda.Found, went: Delivery) -> bool:
    """Say how one channel went; return whether all is well."""
    t, label = found.t, _label(went.channel)
    if went.error is not None:
        console.say(t("notify.failed", why=error_text.sentence(went.error, t), **label), sys.stderr)
    elif went.told:
        console.say(t.count("notify.sent", len(went.told), **label))
    else:
        console.say(t("notify.nothing", **label))
    if went.refused:
        console.say(t("notify.refused", receivers=printable(", ".join(went.refused)), **label), sys.stderr)
    if went.doubtful:
        console.say(t.count("notify.doubtful", len(went.doubtful), **label), sys.stderr)
        for line in telling.lines(went.doubtful, _words(found, went.channel)):
            console.say(f"  {line}", sys.stderr)
    return went.well
