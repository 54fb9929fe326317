"""From flags to a verdict, for `check` and `request`. On the commit path."""

from __future__ import annotations

from osgate import pipeline, wiring
from osgate.changes import staged
from osgate.changes.assemble import Locks
from osgate.cli import console
from osgate.formats import table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from osgate.changes.pushed import Update
    from osgate.io.git import Git
    from osgate.model.change import ChangeSet, Siblings
    from osgate.model.dependency import Reading
    from osgate.model.verdict import Verdict
    from osgate.pipeline import Asked, Keep, Ledger
    from osgate.wiring import Moment, Trusted

# Forms of a check that fetch and verify first, as CI does. All others look at what this machine has, and fetch only
# before they block.
EAGER = ("base", "all", "paths")
LOCKS = Locks(table.MANIFESTS, table.locks_of, table.manifests_of, table.INDEXES)


def judge(git: Git, asked: Mapping[str, str], form: str = "") -> Verdict:
    """Return the verdict on the change that the flags `asked` name, with everything wired in.

    form: `staged`, `base`, `all`, `worktree` or `paths` (the words of `asked`); by default the range where there is
    one, else what is staged. `.osgate/` is read at the base of a range, else at HEAD. With the flag `record`, all that
    went into it is written to that file.
    """
    form = form or ("base" if asked.get("base") else "staged")
    moment = wiring.now()
    trusted = wiring.trusted(git, asked["base"] if form == "base" else "HEAD", asked.get("lock", ""))
    console.speak(asked.get("language") or trusted.config.language)
    change, eager = _change(git, asked, form), form in EAGER
    if "record" not in asked:
        return _verdict(change, trusted, moment, asked, eager=eager)
    from osgate.cli import check_replay

    return check_replay.kept(
        asked["record"], form, lambda keep: _verdict(change, trusted, moment, asked, keep, eager=eager)
    )


def _change(git: Git, asked: Mapping[str, str], form: str) -> ChangeSet:
    if form == "staged":
        return staged.staged(git, table.match, table.includes, LOCKS)
    if form == "base":
        from osgate.changes.range import between

        return between(git, asked["base"], asked.get("head", "HEAD"), table.match, table.includes, LOCKS)
    if form == "all":
        from osgate.changes.range import whole

        return whole(git, asked.get("head", "HEAD"), table.match, LOCKS)
    from osgate.changes import worktree

    if form == "worktree":
        return worktree.worktree(git, table.match, table.includes, LOCKS)
    return worktree.named(git, asked[""].split("\0"), table.match, LOCKS)


def judge_pushed(git: Git, asked: Mapping[str, str], told: bytes) -> Iterator[tuple[Update, Verdict]]:
    """Yield every ref that a push moves with the verdict on it. told: what git wrote to the hook's standard input.

    Raises UsageError `pushed.line` before anything is judged.
    """
    from osgate.changes import pushed

    moment, remote = wiring.now(), asked.get("remote", "")
    for update in pushed.updates(told):
        base = pushed.base_of(git, update, remote)
        change = pushed.pushed(git, update, base, table.match, table.includes, LOCKS)
        if change is not None:
            trusted = _published(git, pushed.trusted_revision(git, update, remote, base), asked)
            yield update, _verdict(change, trusted, moment, asked, eager=False)


def _published(git: Git, rev: str, asked: Mapping[str, str]) -> Trusted:
    """What the receiving side is known to say of itself. That `.osgate/` is on disk here tells nothing."""
    from osgate.model.gap import Gap
    from osgate.model.record import replace

    found = wiring.trusted(git, rev, asked.get("lock", ""))
    console.speak(asked.get("language") or found.config.language)
    return replace(found, gaps=() if found.lock else (Gap(".osgate", "not-pushed"),))


def _verdict(
    change: ChangeSet,
    trusted: Trusted,
    moment: Moment,
    asked: Mapping[str, str],
    keep: Keep | None = None,
    *,
    eager: bool,
) -> Verdict:
    ledger = None
    if trusted.lock is not None:
        ledger = wiring.ledger(trusted.lock, moment, offline="offline" in asked, eager=eager)
    question = pipeline.Asked(
        moment.instant,
        trusted.config,
        asked.get("mode", ""),
        trusted.gaps,
        trusted.baseline,
        facts=lambda: wiring.facts(asked.get("facts", "")),
        pipeline=eager,
        keep=keep,
    )
    return _shown(change, ledger, question) if change.whole else pipeline.check(change, ledger, question)


def _shown(change: ChangeSet, ledger: Ledger | None, question: Asked) -> Verdict:
    """The verdict on a whole tree, with a bar for whoever waits until it has been read."""
    from osgate.cli.progress import progress

    with progress(len(change.files), console.words()("progress.manifests")) as bar:

        def read(path: str, data: bytes, siblings: Siblings) -> Reading:
            bar.step()
            return table.read(path, data, siblings)

        return pipeline.check(change, ledger, question, read)
