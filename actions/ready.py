"""Prints the path of a Python that has osgate: for the actions, before anything else.

    python3 -I actions/ready.py [--install index|none] [--index URL] [--folder FOLDER] [PINS]

osgate comes from the checkout that this file is in, what it needs from the package index: the versions and digests of
`requirements/PINS.txt` (`base`, or `github`) and nothing else, as wheels, so that nothing of them runs before osgate
does. Both go into an environment that is kept in FOLDER, by default the runner's tool cache or the user's, under a
digest of all it depends on; a second job finds it there. With `none` osgate is installed already, for the Python that
runs this.
"""

# ruff: noqa: TID251, T201 - a program of its own, which starts pip
# No `from __future__ import annotations` and no `:=`: a Python too old for osgate must get as far as the next lines.
import sys

if sys.version_info < (3, 11):  # noqa: UP036 - the point is to say so on such a Python
    sys.exit(f"osgate needs Python 3.11 or newer; {sys.executable} is {sys.version.split()[0]}")

import argparse
import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "osgate"
PINS = ROOT / "actions" / "requirements"
# Not part of what runs: caches, and what is there for tests alone.
LEFT_OUT = ("__pycache__", "testing")
SECONDS = 600
# What makes an index that is named the only one, whatever files and variables tell pip: a list in a file gives way to a
# variable, and one with nothing but a blank in it to an empty list. Certificates and proxies stay.
ALONE = {"PIP_EXTRA_INDEX_URL": " ", "PIP_FIND_LINKS": " ", "PIP_NO_INDEX": "0"}


def sources() -> list[Path]:
    """The files of osgate that run, in a fixed order."""
    found = [path for path in SOURCE.rglob("*") if path.is_file() and not set(path.parts) & set(LEFT_OUT)]
    return sorted(found)


def digest(pins: Path, index: str) -> str:
    """Digest of all that an environment depends on: osgate's bytes, what it needs and from where, this Python."""
    found = hashlib.sha256()
    for text in (sys.version, sys.executable, index):
        found.update(hashlib.sha256(text.encode()).digest())
    for path in (pins, *sources()):
        found.update(hashlib.sha256(path.relative_to(ROOT).as_posix().encode()).digest())
        found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()[:32]


def python_of(folder: Path) -> Path:
    """The interpreter of an environment."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def run(argv: list[str], **environ: str) -> None:
    """Run a program whose output goes to the log. Exits with 4, osgate's word for undecided, where it fails."""
    done = subprocess.run(argv, env={**os.environ, **environ}, stdout=sys.stderr, check=False, timeout=SECONDS)
    if done.returncode:
        print(f"osgate: {' '.join(argv)} ended with {done.returncode}", file=sys.stderr)
        sys.exit(4)


def fetch(python: Path, pins: Path, index: str) -> None:
    """Install what is pinned for that Python. index: the only one that is asked; empty for those that pip is set to."""
    pip = [str(python), "-I", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    exact = ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--requirement", str(pins)]
    run([*pip, *(["--index-url", index] if index else []), *exact], **(ALONE if index else {}))


def make(place: Path, pins: Path, index: str) -> None:
    """Make the environment beside its place and move it there whole; of two jobs at once the first one stays."""
    place.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f"{place.name}.", dir=place.parent))
    try:
        run([sys.executable, "-I", "-m", "venv", str(fresh)])
        python = str(python_of(fresh))
        fetch(python_of(fresh), pins, index)
        ask = [python, "-I", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
        home = subprocess.run(ask, capture_output=True, text=True, check=True, timeout=SECONDS).stdout.strip()
        shutil.copytree(SOURCE, Path(home, "osgate"), ignore=shutil.ignore_patterns(*LEFT_OUT))
        run([python, "-I", "-m", "compileall", "-q", str(Path(home, "osgate"))])
        os.replace(fresh, place)
    except OSError:
        if not python_of(place).exists():
            raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def main(argv: list[str]) -> None:
    """Print the interpreter; make its environment first where it is not there."""
    parser = argparse.ArgumentParser(description="print the path of a Python that has osgate")
    parser.add_argument("--install", choices=("index", "none"), default="index")
    parser.add_argument("--index", default="")
    parser.add_argument("--folder", default="")
    parser.add_argument("pins", nargs="?", default="base", choices=("base", "github"))
    asked = parser.parse_args(argv)
    if asked.install == "none":
        print(sys.executable)
        return
    pins = PINS / f"{asked.pins}.txt"
    base = asked.folder or os.environ.get("RUNNER_TOOL_CACHE") or Path.home() / ".cache"
    place = Path(base, "osgate", digest(pins, asked.index))
    if not python_of(place).exists():
        make(place, pins, asked.index)
    print(python_of(place))


if __name__ == "__main__":
    main(sys.argv[1:])
