"""Prints the path of a Python that has osgate: for the actions, before anything else.

    python3 -I actions/ready.py [--install index|none] [--index URL] [--folder FOLDER] [EXTRA ...]

osgate comes from the checkout that this file is in, what it needs from the package index. Both go into an environment
that is kept in FOLDER, by default the runner's tool cache, under a digest of all it depends on; a second job finds it
there. With `none` osgate is installed already, for the Python that runs this.
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
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "osgate"
# Not part of what runs: caches, and what is there for tests alone.
LEFT_OUT = ("__pycache__", "testing")
SECONDS = 600


def sources() -> list[Path]:
    """The files of osgate that run, in a fixed order."""
    found = [path for path in SOURCE.rglob("*") if path.is_file() and not set(path.parts) & set(LEFT_OUT)]
    return sorted(found)


def requirements(extras: list[str]) -> list[str]:
    """What osgate needs from elsewhere, as pyproject.toml has it. Raises KeyError for an extra that there is not."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [*project["dependencies"], *(need for extra in extras for need in project["optional-dependencies"][extra])]


def digest(needs: list[str], index: str) -> str:
    """Digest of all that an environment depends on: osgate's bytes, what it needs and from where, this Python."""
    found = hashlib.sha256()
    for text in (sys.version, sys.executable, index, *needs):
        found.update(hashlib.sha256(text.encode()).digest())
    for path in sources():
        found.update(hashlib.sha256(path.relative_to(ROOT).as_posix().encode()).digest())
        found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()[:32]


def python_of(folder: Path) -> Path:
    """The interpreter of an environment."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def run(argv: list[str]) -> None:
    """Run a program whose output goes to the log. Exits with 4, osgate's word for undecided, where it fails."""
    done = subprocess.run(argv, stdout=sys.stderr, check=False, timeout=SECONDS)
    if done.returncode:
        print(f"osgate: {' '.join(argv)} ended with {done.returncode}", file=sys.stderr)
        sys.exit(4)


def make(place: Path, needs: list[str], index: str) -> None:
    """Make the environment beside its place and move it there whole; of two jobs at once the first one stays."""
    place.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f"{place.name}.", dir=place.parent))
    try:
        run([sys.executable, "-I", "-m", "venv", str(fresh)])
        python = str(python_of(fresh))
        pip = [python, "-I", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
        run([*pip, *(["--index-url", index] if index else []), *needs])
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
    parser.add_argument("extras", nargs="*")
    asked = parser.parse_args(argv)
    if asked.install == "none":
        print(sys.executable)
        return
    needs = requirements(asked.extras)
    base = asked.folder or os.environ.get("RUNNER_TOOL_CACHE") or tempfile.gettempdir()
    place = Path(base, "osgate", digest(needs, asked.index))
    if not python_of(place).exists():
        make(place, needs, asked.index)
    print(python_of(place))


if __name__ == "__main__":
    main(sys.argv[1:])
