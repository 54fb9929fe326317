"""What the record commands share: compose, sign, weigh as the desk would, send or print."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import date
from typing import Any

from osgate import wiring
from osgate.cli import console, error_text
from osgate.cli.identity import Identity
from osgate.cli.standings import record_lines
from osgate.errors import BLOCKED, PASS
from osgate.intake_desk import fences
from osgate.intake_desk.composing import compose
from osgate.intake_desk.intake_text import joined_lines, subject_line
from osgate.intake_desk.policy_clone import PolicyClone
from osgate.io import ssh
from osgate.io.git import GitFailed
from osgate.io.git_write import RefMoved
from osgate.ledger import codec, families, signatures
from osgate.policy.local_config import LocalConfig
from osgate.text.width import printable
from osgate.wiring import Moment


def make(verb: str, who: Identity, fields: Mapping[str, Any], moment: Moment, clone: PolicyClone) -> dict[str, Any]:
    """Return a signed record of `who`, bound to the ledger it is made for."""
    bound = {**fields, "ledger": clone.history.origin}
    return compose(
        verb, who.person, moment.instant, bound, lambda message: ssh.sign(who.key, signatures.DECISION, message)
    )


def listed(asked: Mapping[str, str], flag: str) -> list[str]:
    """What a flag lists between commas, without repetitions."""
    return list(dict.fromkeys(word.strip() for word in asked.get(flag, "").split(",") if word.strip()))


def day(command: str, flag: str, asked: Mapping[str, str], moment: Moment, *, ahead: bool) -> str:
    """Return the day (ISO) that a flag names.

    Raises UsageError("usage") for what is none, and for one that is not after today (UTC) where it must lie ahead.
    """
    found = asked[flag]
    try:
        day = date.fromisoformat(found).isoformat()
    except ValueError:
        day = ""
    if day != found or (ahead and day <= moment.day):
        key = "usage.future-day" if ahead else "usage.day"
        raise console.usage(command, console.words()(key, flag=flag, found=found))
    return day


def day_ahead(command: str, flag: str, asked: Mapping[str, str], moment: Moment) -> str:
    """Return the day (ISO) that a flag names. Raises UsageError("usage") for what is none, or not after today (UTC)."""
    return day(command, flag, asked, moment, ahead=True)


def show(id: str, clone: PolicyClone, *, approving: bool = False) -> None:
    """Tell, before it is signed, what a decision is about: whose record, which components and ranges, what it ends.

    approving: the decision lets in, so what it is not fenced by is told.
    """
    t = console.words()
    item = next((item for item in clone.history.sealed if item.id == id), None)
    if item is None:
        return
    found = item.body
    verb = t(f"verb.{found['verb']}")
    about = t("deciding.about", verb=verb, id=id, person=found["person"], reason=found["reason"])
    console.say(printable(about), sys.stderr)
    for subject in found.get("subjects", ()):
        console.say(f"  {subject_line(subject, t)}", sys.stderr)
    asks = found["verb"] == "request"
    fenced = fences.request_lines(found, item.witness, t, approving=approving) if asks else ()
    for line in (*record_lines(found, t), *joined_lines(id, clone.history.sealed, t), *fenced):
        console.say(printable(f"  {line}"), sys.stderr)
    for old in found.get("supersedes", ()):
        console.say("  " + t("deciding.supersedes", id=codec.short(old)), sys.stderr)


def hand_in(
    record: dict[str, Any], clone: PolicyClone, who: Identity, moment: Moment, *, print_only: bool, then: str = ""
) -> int:
    """Send `record` on its branch, or print it with where it goes; return the exit code.

    then: the command that the next person gives, where the next step needs one.

    A record that the desk would set aside is not sent: the reason is told here, at once.
    """
    t = console.words()
    for subject in record.get("subjects", ()):
        if families.is_key(subject["purl"]) and record["verb"] != "request":
            console.say(f"  {subject_line(subject, t)}", sys.stderr)
    weighed = clone.preview(record, moment.instant)
    if weighed.refused:
        refusal = weighed.refused[0]
        console.say(
            t("record.would-be-refused", verb=t(f"verb.{record['verb']}"), id=codec.short(record["id"])), sys.stderr
        )
        for line in error_text.refusal(refusal.code, refusal.params, t):
            console.say(f"  {line}", sys.stderr)
        return BLOCKED
    if print_only:
        return _print(record, clone, "")
    try:
        branch = clone.submit(record, who.committer, moment.instant)
    except (GitFailed, RefMoved) as error:
        return _print(record, clone, error_text.sentence(error, t))
    console.say(t("record.sent", verb=t(f"verb.{record['verb']}"), id=codec.short(record["id"]), branch=branch))
    how = next((f"-{key.replace('_', '-')}" for key in ("confirms", "joins", "break_glass") if key in record), "")
    about = codec.short(str(record["request"] if how == "-break-glass" else record["id"]))
    console.say(t(f"record.next-{record['verb']}{how}", id=about, command=then))
    return PASS


def _print(record: dict[str, Any], clone: PolicyClone, why: str) -> int:
    """Without the right to push: the file and where it goes, for a merge request by hand."""
    t = console.words()
    if why:
        console.say(t("record.not-pushed", why=why), sys.stderr)
    console.say(t("record.goes-to", path=codec.record_path(record), url=clone.url, branch=clone.main), sys.stderr)
    console.say(codec.printed(record).decode("utf-8"))
    return PASS


def configured(moment: Moment) -> wiring.Trusted:
    """What the repository we stand in says of itself; nothing where we stand in none."""
    from osgate.io.git import Git

    with Git() as git:
        try:
            found = wiring.trusted(git, "HEAD")
        except GitFailed:
            return wiring.Trusted(LocalConfig(), None)
    console.speak(found.config.language)
    return found
