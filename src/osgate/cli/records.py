"""What the record commands share: compose, sign, weigh as the desk would, send or print."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from osgate import wiring
from osgate.cli import console, error_text
from osgate.cli.identity import Identity
from osgate.errors import BLOCKED, PASS
from osgate.intake_desk.composing import compose
from osgate.intake_desk.policy_clone import PolicyClone
from osgate.io import ssh
from osgate.io.git import GitFailed
from osgate.io.git_write import RefMoved
from osgate.ledger import codec, signatures
from osgate.policy.local_config import LocalConfig
from osgate.wiring import Moment


def make(verb: str, who: Identity, fields: Mapping[str, Any], moment: Moment) -> dict[str, Any]:
    """Return a signed record of `who`."""
    return compose(
        verb, who.person, moment.instant, fields, lambda message: ssh.sign(who.key, signatures.DECISION, message)
    )


def hand_in(record: dict[str, Any], clone: PolicyClone, who: Identity, moment: Moment, *, print_only: bool) -> int:
    """Send `record` on its branch, or print it with where it goes; return the exit code.

    A record that the desk would set aside is not sent: the reason is told here, at once.
    """
    t = console.words()
    weighed = clone.preview(record, moment.instant)
    if weighed.refused:
        refusal = weighed.refused[0]
        console.say(t("record.would-be-refused", verb=t(f"verb.{record['verb']}"), id=codec.short(record["id"])), sys.stderr)
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
    console.say(t(f"record.next-{record['verb']}", id=codec.short(record["id"])))
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
