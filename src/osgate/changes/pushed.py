"""What a push changes: every ref that git tells a hook of, its tree before against its tree after.

A hook that looks only at commits which are new to the repository is got round by pushing them under another name first.
So two trees are compared, whatever commits lie between them, and a forced push is measured against what it replaces.
"""

from __future__ import annotations

from osgate.changes.assemble import assemble
from osgate.changes.attributes import CheckedOut, as_checked_out
from osgate.changes.updates import Update, updates
from osgate.errors import UsageError
from osgate.io.git import Entry, text

__all__ = ["TAKERS", "TEXTS", "Listed", "Update", "base_of", "pushed", "tip_of", "trusted_revision", "updates"]
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from osgate.changes.assemble import Includes, Locks, Match
    from osgate.io.git import Git
    from osgate.model.change import ChangeSet

    Differing = Callable[[Git, str, str], tuple[tuple[Entry, ...], bool]]

# Endings of the files that may take something from another one: the families of `assemble`, together.
TEXTS = (".txt", ".in", ".pip")
TAKERS = (*TEXTS, ".xml", ".pom")
# What git takes a name for that is no ref's (gitrevisions(7)).
_LONGER = ("refs/{}", "refs/tags/{}", "refs/heads/{}", "refs/remotes/{}", "refs/remotes/{}/HEAD")


def _is_none(oid: str) -> bool:
    return not oid.strip("0")


def base_of(git: Git, update: Update, remote: str) -> str:
    """Return the commit that `update` is compared with, empty where all of it is new.

    It is what the ref pointed at, also where a forced push leaves that behind. For a new ref, or an old tip that is not
    here, a push is compared with the nearest common ancestor with what is known: the refs of `remote` (its name), or
    those of all remotes where it has none here (a new fork, an address). On the receiving side it is HEAD itself: no
    other commit was judged as a tip, neither what other branches hold nor what came and went on the way to HEAD.
    Raises UsageError `git.shallow` where cut-off history hides it.
    """
    old = None if _is_none(update.old) else git.commit_of(update.old)
    new = git.commit_of(update.new)
    if old is not None or new is None:
        return old or ""
    if update.received:
        return tip_of(git, "HEAD") or ""
    known: tuple[str, ...] = ()
    for known in _known(git, remote):
        found = git.common(new, known) if known else None
        if found is not None:
            return found
    if known and git.is_shallow():
        raise UsageError("git.shallow", base=known[0], head=new)
    return ""


def tip_of(git: Git, ref: str) -> str | None:
    """Return the commit that the ref of this very name leads to, None where there is none.

    Git takes a name for a longer one where there is no such ref (gitrevisions(7)): whoever pushes the tag `HEAD` would
    say what the default branch of an empty repository is. Only where such a ref lies about is git asked once more.
    """
    found, *others = git.objects.read([f"{name}^{{commit}}" for name in (ref, *(rule.format(ref) for rule in _LONGER))])
    if found is None or not any(others):
        return None if found is None else found[0]
    code, out, _ = git.ask("show-ref", "--verify", "--hash", ref)
    return None if code else git.commit_of(text(out).strip())


def _known(git: Git, remote: str) -> Iterator[tuple[str, ...]]:
    if remote:
        yield git.tips(f"refs/remotes/{remote}/")
    yield git.tips("refs/remotes/")


def trusted_revision(git: Git, update: Update, remote: str, base: str) -> str:
    """Return the revision whose `.osgate/` counts for `update`; one that does not exist where nothing is trusted.

    That is the default branch of the receiving side as it is known before the push, for the old tip of a topic branch
    is its author's own; only where the sending side knows of no default branch, `base`.
    """
    default = tip_of(git, "HEAD") if update.received else git.commit_of(f"refs/remotes/{remote or 'origin'}/HEAD")
    return default or ("" if update.received else base) or "0" * len(update.new)


class Listed(CheckedOut):
    """A side of a whole tree, which git itself lists: of 20,000 files in a fraction of the time that walking takes."""

    def paths(self) -> Iterable[str]:
        """Return the paths of files that may take something from another one."""
        if self._root is None:
            return ()
        listed = self._git.run("ls-tree", "-r", "-z", "--name-only", "--full-tree", self._root)
        endings = tuple([ending.encode() for ending in TAKERS])
        return [text(path) for path in listed.split(b"\0") if path.endswith(endings)]


def pushed(
    git: Git,
    update: Update,
    base: str,
    match: Match,
    includes: Includes | None = None,
    locks: Locks | None = None,
    differing: Differing | None = None,
) -> ChangeSet | None:
    """Return what `update` changes against the commit `base` (empty: against nothing).

    differing: tells what differs between two commits, and whether files of any name may be taken in by a manifest of
    one of them; by default all that differs, and that they may.
    None where nothing is there to look at: the ref is deleted, or a tag leads to a single file. The old side is called
    by its commit, or by an empty text. Raises UsageError `git.object-missing`, also where the new tip is not here.
    """
    if _is_none(update.new):
        return None
    new = git.commit_of(update.new) or git.objects.root(update.new)
    if new is None:
        if git.objects.read([update.new], cap=0)[0] is None:
            raise UsageError("git.object-missing", object=update.new)
        return None
    head, after = new, Listed(git, git.objects.root(new))
    if not base:
        none = "0" * len(head)
        entries = tuple(Entry(path, "000000", mode, none, oid, "A") for path, mode, oid in git.tree_files(head))
        sides = Listed(git, None), after
        return as_checked_out(assemble(("", head), entries, sides, match, None, locks), entries, sides, match)
    entries, thorough = (git.between(base, head), True) if differing is None else differing(git, base, head)
    sides = Listed(git, git.objects.root(base)), after
    _told_once(entries)

    def authors() -> tuple[str, ...]:
        return git.authors(base, head)

    change = assemble((base, head), entries, sides, match, includes, locks, authors, thorough=thorough)
    return as_checked_out(change, entries, sides, match)


def _told_once(entries: tuple[Entry, ...]) -> None:
    """Git tells of a path twice only where a tree names it twice. Raises UsageError `git.tree-malformed`."""
    if len({entry.path for entry in entries}) != len(entries):
        raise UsageError("git.tree-malformed")
