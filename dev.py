#!/usr/bin/env python3
"""Everything a developer or CI runs here, with nothing but Python and git installed.

    python3 dev.py demo              the tour: a blocked commit, a request, two approvals, a passing commit
    python3 dev.py test [ARGS]       the tests; ARGS go to pytest
    python3 dev.py test --real       the tests with whole servers, other programs and runners (they fail, never skip)
    python3 dev.py lint              ruff, mypy, import contracts, generated files
    python3 dev.py coverage          the tests of the pure rooms, which must take every branch of them
    python3 dev.py generate [--check]
    python3 dev.py pins              pins what the actions install to the newest that pyproject.toml allows (needs uv)
    python3 dev.py bench [ARGS]      the benchmarks, against an installed and compiled wheel

It makes `.venv` (with uv where there is one, else venv or virtualenv, and pip) and installs again only when
pyproject.toml, this folder's place or the Python changed.
"""

# No `from __future__ import annotations` and no `:=` here: a Python too old for them must get as far as the next lines.
import sys

if sys.version_info < (3, 11):  # noqa: UP036 - the point is to say so on such a Python
    sys.exit(f"dev.py needs Python 3.11 or newer; {sys.executable} is {sys.version.split()[0]}")

import contextlib
import difflib
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
INSTALLING = "installing"

NO_WAY = """no way to make a Python environment was found, or none worked. One of these helps:
  Debian, Ubuntu   apt-get install python3-venv   (for another Python than the system's: python3.X-venv)
  elsewhere        python3 -m pip install virtualenv, or install uv"""


class SetupError(Exception):
    """The environment cannot be made; the text says what to do."""


class Way(NamedTuple):
    """One way to make an environment: `create` is the whole command, `install` is followed by what to install."""

    name: str
    create: list[str]
    install: list[str]


class Stamp(NamedTuple):
    """What an environment holds: the digest of all that installing depends on, the extras, the way it was made."""

    digest: str
    extras: list[str]
    way: str


def say(text: str) -> None:
    """Print one line of progress, before whatever a child process prints."""
    print(f"dev.py: {text}", file=sys.stderr, flush=True)


def script(folder: Path, name: str) -> Path:
    """Path of the program `name` inside the environment `folder`."""
    return folder / "Scripts" / f"{name}.exe" if os.name == "nt" else folder / "bin" / name


def child_environment() -> dict[str, str]:
    """The environment for child processes: `.venv` first on the path, no foreign Python settings, no downloads."""
    dropped = ("PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "UV_PYTHON")
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    path = os.pathsep.join((str(script(VENV, "python").parent), kept.get("PATH", os.defpath)))
    return {**kept, "PATH": path, "UV_PYTHON_DOWNLOADS": "never"}


def run(argv: list[str]) -> int:
    """Run a command in the repository's root and return its exit code; the output goes where ours goes.

    At Ctrl-C the terminal interrupts the child too: it gets ten seconds to clean up after itself.
    """
    child = subprocess.Popen(argv, cwd=ROOT, env=child_environment())
    try:
        return child.wait()
    except KeyboardInterrupt:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(timeout=10)
        child.kill()
        raise


def working(program: str) -> str | None:
    """Path of `program` if it starts. A pyenv shim is found on the path and may still run nothing."""
    path = shutil.which(program)
    if path is None:
        return None
    answer = subprocess.run([path, "--version"], capture_output=True, check=False)
    return path if answer.returncode == 0 else None


def ways(folder: Path) -> Iterator[Way]:
    """The ways that this machine offers to make an environment in `folder`, the best one first."""
    python, here = str(script(folder, "python")), sys.executable
    inner = [python, "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    uv = working("uv")
    if uv:
        install = [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", python]
        yield Way("uv", [uv, "venv", "--quiet", "--python", here, str(folder)], install)
    if find_spec("venv") and find_spec("ensurepip"):
        yield Way("venv and pip", [here, "-m", "venv", str(folder)], inner)
    program = working("virtualenv")
    if find_spec("virtualenv"):
        yield Way("virtualenv", [here, "-m", "virtualenv", "--quiet", str(folder)], inner)
    elif program:
        yield Way("virtualenv", [program, "--quiet", "--python", here, str(folder)], inner)
    if find_spec("venv") and find_spec("pip"):
        outer = [here, "-m", "pip", "--python", python, *inner[3:]]
        yield Way("venv and this Python's pip", [here, "-m", "venv", "--without-pip", str(folder)], outer)


def read_stamp(folder: Path) -> Stamp | None:
    """The stamp of an environment; None where it has none or was interrupted while installing."""
    try:
        return Stamp(**json.loads((folder / "osgate-dev.stamp").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def interrupted(folder: Path) -> bool:
    """Whether the last installation into `folder` never ended, or its interpreter is gone."""
    with contextlib.suppress(OSError):
        if (folder / "osgate-dev.stamp").read_text(encoding="utf-8") == INSTALLING:
            return True
    return not script(folder, "python").exists()


def install(folder: Path, way: Way, stamp: Stamp, what: list[str]) -> bool:
    """Install into an existing environment; True when all went well. The stamp is written last."""
    mark = folder / "osgate-dev.stamp"
    mark.write_text(INSTALLING, encoding="utf-8")
    say(f"installing {what[-1]} into {folder.relative_to(ROOT)} ({way.name})")
    if run([*way.install, *what]) != 0:
        return False
    run([str(script(folder, "python")), "-m", "compileall", "-q", "src"])
    mark.write_text(json.dumps(stamp._replace(way=way.name)._asdict()), encoding="utf-8")
    return True


def remade(folder: Path, way: Way) -> bool:
    """Make `folder` from nothing; True when its interpreter is there."""
    if folder.is_symlink() or folder.is_file():
        raise SetupError(f"{folder} is not a folder; move it away")
    if folder.exists():
        say(f"{folder.relative_to(ROOT)} is unfinished or broken: making it again")
        shutil.rmtree(folder)
    say(f"making {folder.relative_to(ROOT)} ({way.name}, Python {sys.version.split()[0]})")
    return run(way.create) == 0 and script(folder, "python").exists()


def environment(folder: Path, digest: str, extras: list[str], *, editable: bool = True) -> Path:
    """Make or bring up to date the environment `folder`, and return its interpreter.

    Nothing happens when the stamp tells that it holds what is asked for. One that was interrupted is made again; one
    that works is updated in place, also when somebody else made it. Raises SetupError when no way works.
    """
    found = read_stamp(folder)
    if found and found.digest == digest and set(extras) <= set(found.extras) and not interrupted(folder):
        return script(folder, "python")
    wanted = Stamp(digest, sorted({*extras, *(found.extras if found else ())}), "")
    requirement = f".[{','.join(wanted.extras)}]" if wanted.extras else "."
    what = ["--editable", requirement] if editable else ["--force-reinstall", "."]
    offered = list(ways(folder))
    if not interrupted(folder):
        usable = [way for way in offered if found is None or way.name == found.way]
        if any(install(folder, way, wanted, what) for way in usable[:1]):
            return script(folder, "python")
    for way in offered:
        if remade(folder, way) and install(folder, way, wanted, what):
            return script(folder, "python")
    raise SetupError(NO_WAY)


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Let one dev.py at a time set up: a second one waits. Does nothing where files cannot be locked (Windows)."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    with Path(__file__).open("rb") as ours:
        fcntl.flock(ours, fcntl.LOCK_EX)
        yield


def digest_of(*paths: Path) -> str:
    """Digest of these files, of this folder's place and of the Python that runs."""
    parts = [str(ROOT).encode(), sys.version.encode(), *(path.read_bytes() for path in paths)]
    return hashlib.sha256(b"\0".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


def ready(*extras: str) -> str:
    """The interpreter of `.venv`, with osgate and these extras installed."""
    with alone():
        return str(environment(VENV, digest_of(ROOT / "pyproject.toml"), list(extras)))


def demo(args: list[str]) -> int:
    """The tour through what osgate does."""
    ready()
    return run([str(script(VENV, "osgate")), "demo", *args])


def test(args: list[str]) -> int:
    """The tests, on all cores but at most eight; with --real those with servers, programs and runners, file by file."""
    python = ready("test")
    workers = ("-n", str(min(max(os.cpu_count() or 2, 2), 8)))
    if "--real" in args:
        some = ("-m", "real", *workers, "--dist", "loadfile")
        return run([python, "-m", "pytest", *some, *(arg for arg in args if arg != "--real")])
    return run([python, "-m", "pytest", *workers, "--dist", "worksteal", *args])


def coverage(args: list[str]) -> int:
    """Line and branch coverage of the pure rooms (pyproject.toml lists them): 0 only when nothing is left out."""
    if args:
        raise SetupError("coverage takes no arguments")
    measure = [ready("test"), "-m", "coverage"]
    rooms = [f"tests/{room}" for room in ("unit", "property", "rules", "reports", "formats")]
    return run([*measure, "run", "-m", "pytest", "-q", "-n", "0", *rooms]) or run([*measure, "report"])


def lint(args: list[str]) -> int:
    """All static checks; every one runs, 1 when one of them failed."""
    if args:
        raise SetupError("lint takes no arguments")
    python = ready("lint", "test")
    steps = {
        "ruff check": [python, "-m", "ruff", "check", "."],
        "ruff format": [python, "-m", "ruff", "format", "--check", "."],
        "mypy": [python, "-m", "mypy"],
        "import contracts": [str(script(VENV, "lint-imports"))],
        "generated files": [python, __file__, "generated", "--check"],
    }
    failed = [name for name, argv in steps.items() if run(argv) != 0]
    say(f"failed: {', '.join(failed)}" if failed else f"all {len(steps)} checks passed")
    return 1 if failed else 0


def generate(args: list[str]) -> int:
    """Write the generated files; with --check only tell what would change."""
    return run([ready(), __file__, "generated", *args])


def wanted_files() -> dict[str, tuple[str, int]]:
    """What the generated files should hold, by path, with their permission bits. Runs inside `.venv`."""
    from osgate.surfaces import outputs
    from osgate.text.translator import Translator

    try:
        return outputs(lambda name: (ROOT / name).read_text(encoding="utf-8"), Translator)
    except (OSError, LookupError, ValueError) as error:
        raise SetupError(f"cannot generate: {error}") from error


def generated(args: list[str]) -> int:
    """What `generate` runs inside `.venv`: 0, or 1 when --check found a difference."""
    if args not in ([], ["--check"]):
        raise SetupError("generate takes --check or nothing")
    stale = 0
    for name, (wanted, mode) in wanted_files().items():
        path = ROOT / name
        current = path.read_text(encoding="utf-8") if path.exists() else ""
        if current == wanted and path.exists() and path.stat().st_mode & 0o111 == mode & 0o111:
            continue
        stale += 1
        if args:
            difference = difflib.unified_diff(current.splitlines(True), wanted.splitlines(True), name, "generated")
            say(f"{name} is not what `python3 dev.py generate` writes\n{''.join(difference)}")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted, encoding="utf-8", newline="\n")
            path.chmod(mode)
            say(f"wrote {name}")
    return 1 if args and stale else 0


def pins(args: list[str]) -> int:
    """Write `actions/requirements/` anew: versions and digests for every platform, without the name of an index."""
    uv = working("uv")
    if args or not uv:
        raise SetupError("pins takes no arguments" if args else "pins needs uv")
    how = ["--universal", "--python-version", "3.11", "--only-binary", ":all:", "--generate-hashes"]
    bare = ["--no-header", "--no-annotate", "--no-emit-index-url", "--quiet"]
    for name, more in {"base": ["--extra", "licences"], "github": ["--extra", "licences", "--extra", "github"]}.items():
        argv = [uv, "pip", "compile", "pyproject.toml", *how, *bare, *more]
        done = subprocess.run(argv, cwd=ROOT, env=child_environment(), stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            return done.returncode
        path = ROOT / "actions" / "requirements" / f"{name}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# Written by `python3 dev.py pins`.\n{done.stdout}", encoding="utf-8", newline="\n")
        say(f"wrote {path.relative_to(ROOT)}")
    return 0


def start_lightly(python: Path) -> None:
    """Have osgate's start script written anew by today's pip: older ones write one that loads `re` at every start."""
    text = script(python.parents[1], "osgate").read_text(encoding="utf-8")
    if "import re\n" in text:
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        run([*pip, "--upgrade", "pip"])
        run([*pip, "--no-deps", "--force-reinstall", "--compile", "."])


def bench(args: list[str]) -> int:
    """The benchmarks in `.venv`, against a wheel installed and compiled in `.venv/bench`."""
    python = ready("test")
    sources = sorted(path for path in (ROOT / "src").rglob("*") if path.is_file() and path.suffix != ".pyc")
    with alone():
        measured = environment(VENV / "bench", digest_of(ROOT / "pyproject.toml", *sources), [], editable=False)
        start_lightly(measured)
    return run([python, "benchmarks/run.py", "--python", str(measured), *args])


COMMANDS = {
    "demo": demo,
    "test": test,
    "coverage": coverage,
    "lint": lint,
    "generate": generate,
    "generated": generated,
    "pins": pins,
    "bench": bench,
}


def main(argv: list[str]) -> int:
    """Run the command that `argv` names; return its exit code, 2 for a wrong call or a machine that lacks something."""
    if not argv or argv[0] not in COMMANDS:
        print(__doc__, end="", file=sys.stdout if argv in (["-h"], ["--help"]) else sys.stderr)
        return 0 if argv in (["-h"], ["--help"]) else 2
    try:
        return COMMANDS[argv[0]](argv[1:])
    except SetupError as error:
        say(str(error))
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
