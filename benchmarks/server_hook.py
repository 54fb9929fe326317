"""What a push costs with the packed hook in the way: a repository of 20,000 files, 200 of them lock files.

A small push changes one file, and once one lock with it; it is timed whole, with both hooks, with pre-receive alone and
without. A large one changes all files that are no locks, and once one lock among them; there the hooks alone are timed,
over one `git diff-tree` of the same range. What it costs to read 200 changed locks stands below. As in daily work, what
is pushed builds on a commit that was pushed before, and no commit is pushed a second time.

The hooks run by the Python of the environment, or by what OSGATE_HOOK_PYTHON names: a server's own starts sooner.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import locks
import timing
from commit_path import PUBLISH

FILES, MANIFESTS, PACKAGES, DECISIONS = 20_000, 200, 50, 100_000
IDENTITY = ("-c", "user.name=Bench", "-c", "user.email=bench@example.com", "-c", "gc.auto=0")
HOOKS = ("pre-receive", "post-receive")


class Place:
    """A bare repository without hooks, one with pre-receive, one with both, and a repository that pushes to them."""

    def __init__(self, folder: Path, python: str, *more: str) -> None:
        self.folder, self.python = folder, python
        self.env = {**os.environ, "GIT_CONFIG_NOSYSTEM": "1", "OSGATE_CACHE": str(folder / "cache")}
        self.work, self.gated = folder / "work", folder / "gated.git"
        # What a push is called -> where it goes.
        self.bare = {
            "push without a hook": folder / "plain.git",
            "push with pre-receive": folder / "guarded.git",
            "push with pre-receive and post-receive": self.gated,
        }
        self._fill()
        for bare in self.bare.values():
            self._run("git", "clone", "--quiet", "--bare", str(self.work), str(bare))
            self.git("config", "gc.auto", "0", at=bare)
        self._install(more)

    def _run(self, *argv: str, input: bytes = b"", at: Path | None = None) -> str:
        done = subprocess.run(argv, cwd=at or self.folder, input=input, check=True, env=self.env, capture_output=True)
        return done.stdout.decode().strip()

    def git(self, *words: str, at: Path | None = None, input: bytes = b"") -> str:
        """Run git; it must succeed."""
        return self._run("git", *IDENTITY, *words, at=at or self.work, input=input)

    def _fill(self) -> None:
        """Write the repository by one process: ten files a folder, every hundredth file a lock."""
        stream = [b"commit refs/heads/main\ncommitter Bench <bench@example.com> 1795240800 +0000\ndata 0\n"]
        for n in range(FILES):
            lock = n % (FILES // MANIFESTS) == 0
            path = f"part-{n // 1000}/module-{n // 10}/{'package-lock.json' if lock else f'file-{n}.py'}"
            data = (locks.npm(PACKAGES) if lock else f"print({n})\n").encode()
            stream.append(b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(data), data))
        self._run("git", "init", "--quiet", "-b", "main", str(self.work))
        self.git("fast-import", "--quiet", input=b"".join(stream))
        self.git("reset", "--quiet", "--hard", "main")

    def _install(self, more: tuple[str, ...]) -> None:
        """Publish a snapshot, pack the hooks, put them in place and have them fetch the snapshot."""
        self._run(self.python, "-c", PUBLISH, str(self.folder), str(DECISIONS))
        osgate, packed = str(Path(self.python).with_name("osgate")), self.folder / "packed"
        given = ["--lock", str(self.folder / "osgate.lock"), "--snapshot", str(self.folder / "snapshot")]
        called = os.environ.get("OSGATE_HOOK_PYTHON", self.python)
        given += ["--spool", str(self.folder / "spool"), "--python", called, *more]
        self._run(osgate, "server-hook", "pack", "--platform", "git", "--output", str(packed), *given)
        for bare, names in zip(self.bare.values(), ((), HOOKS[:1], HOOKS), strict=True):
            for name in names:
                hook = bare / "hooks" / name
                hook.write_bytes((packed / "hooks" / name).read_bytes())
                hook.chmod(0o755)
        self._run(str(self.gated / "hooks" / "pre-receive"), "sync")

    def change(self, manifests: int, others: int, mark: int) -> tuple[str, str]:
        """Commit a change of so many locks and other files; returns the commits before, which is pushed, and after."""
        old = self.git("rev-parse", "HEAD")
        for bare in self.bare.values():
            self.git("push", "--quiet", str(bare), f"{old}:refs/heads/main")
        names = self.git("ls-files").splitlines()
        for name in [name for name in names if name.endswith("package-lock.json")][:manifests]:
            (self.work / name).write_text(locks.npm(PACKAGES + mark))
        for name in [name for name in names if name.endswith(".py")][:others]:
            (self.work / name).write_text(f"print('changed', {mark})\n")
        self.git("commit", "--quiet", "--all", "-m", "change")
        return old, self.git("rev-parse", "HEAD")

    def forget(self, commit: str) -> None:
        """Clear away what the hooks remember of a commit, as if it had never been pushed."""
        (self.folder / "snapshot" / "plain" / commit).unlink(missing_ok=True)

    def pushes(self, old: str, new: str, runs: int) -> dict[str, list[float]]:
        """The same push again and again, to either in turn; in between, the ref goes back, which is not timed."""
        taken: dict[str, list[float]] = {name: [] for name in self.bare}
        for turn in range(runs + 1):
            for name, bare in self.bare.items():
                self.git("update-ref", "refs/heads/main", old, at=bare)
                self.forget(new)
                start = time.perf_counter()
                self.git("push", "--quiet", str(bare), f"{new}:refs/heads/main")
                if turn:
                    taken[name].append(time.perf_counter() - start)
        return taken

    def hooks(self, old: str, new: str, runs: int) -> dict[str, list[float]]:
        """The hook alone and `git diff-tree`, in turn, on a range whose objects are there."""
        self.git("push", "--quiet", "--force", str(self.gated), f"{new}:refs/heads/side")
        line, diff = f"{old} {new} refs/heads/main", f"git diff-tree -r --raw -z --no-renames {old} {new}"
        note = self.folder / "snapshot" / "plain" / new
        commands = {
            "git diff-tree of the range": ["sh", "-c", f"{diff} > /dev/null"],
            "pre-receive": ["sh", "-c", f"rm -f {note}; echo {line} | hooks/pre-receive"],
            "pre-receive and post-receive": [
                "sh",
                "-c",
                f"rm -f {note}; echo {line} | hooks/pre-receive && echo {line} | hooks/post-receive",
            ],
        }
        return timing.interleaved(commands, self.gated, runs, self.env)


def main(python: str, runs: int) -> None:
    """Print a table for each kind of push."""
    with tempfile.TemporaryDirectory(prefix="osgate-bench-") as name:
        place = Place(Path(name), python)
        # The first push that the hooks see finds out what later ones build on.
        place.change(1, 1, 0)
        small = {"no lock": 0, f"1 of {MANIFESTS} locks of {PACKAGES} packages": 1}
        for mark, (what, manifests) in enumerate(small.items(), 1):
            print(f"-- small push: {what} and 1 of {FILES:,} files (at most 2.5)")
            print(
                timing.table(place.pushes(*place.change(manifests, 1, mark), runs), "push without a hook"), flush=True
            )
        few = max(5, runs // 3)
        for mark, (what, manifests) in enumerate({"no lock": 0, "1 lock": 1}.items(), 3):
            print(f"-- large push: every other file and {what} (at most 4)")
            taken = place.hooks(*place.change(manifests, FILES, mark), few)
            print(timing.table(taken, "git diff-tree of the range"), flush=True)
        print(f"-- all {MANIFESTS} locks of {PACKAGES} packages, and nothing else")
        taken = place.hooks(*place.change(MANIFESTS, 0, 5), few)
        print(timing.table(taken, "git diff-tree of the range"))
        print(f"{statistics.median(taken['pre-receive']) / MANIFESTS * 1000:.1f} ms a lock", flush=True)
