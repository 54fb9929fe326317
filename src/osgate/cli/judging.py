"""From flags to a verdict, for `check` and `request`. On the commit path."""

from __future__ import annotations

from osgate import pipeline, wiring
from osgate.changes import staged
from osgate.cli import console
from osgate.formats import table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from osgate.io.git import Git
    from osgate.model.verdict import Verdict


def judge(git: Git, asked: Mapping[str, str]) -> Verdict:
    """Return the verdict on the change that the flags `asked` name, with everything wired in."""
    moment = wiring.now()
    base = asked.get("base", "")
    trusted = wiring.trusted(git, base or "HEAD", asked.get("lock", ""))
    console.speak(asked.get("language") or trusted.config.language)
    if base:
        from osgate.changes.range import between

        change = between(git, base, asked.get("head", "HEAD"), table.match, table.includes)
    else:
        change = staged.staged(git, table.match, table.includes)
    ledger = None
    if trusted.lock is not None:
        ledger = wiring.ledger(trusted.lock, moment, offline="offline" in asked, eager=bool(base))
    question = pipeline.Asked(moment.day, trusted.config, asked.get("mode", ""), trusted.gaps)
    return pipeline.check(change, ledger, question)
