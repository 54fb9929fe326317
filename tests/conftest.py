"""What every test stands on: a clean environment, a home of its own, git with a plain identity, pure code kept pure."""

from __future__ import annotations

import contextlib
import gc
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING

import hypothesis
import pytest

import audit

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

SCRUBBED = ("CI_", "GITHUB_", "GITLAB_", "GIT_", "OSGATE_", "LC_", "PRE_COMMIT", "RUNNER_", "XDG_")
SCRUBBED_NAMES = ("CI", "NO_COLOR", "FORCE_COLOR", "CLICOLOR", "LANG", "LANGUAGE", "SKIP", "SSH_AUTH_SOCK", "TZ")
GITCONFIG = """[user]
	name = Test
	email = test@example.com
[init]
	defaultBranch = main
	templateDir = {template}
[safe]
	directory = *
[commit]
	gpgSign = false
[gc]
	auto = 0
[maintenance]
	auto = false
[fastimport]
	unpackLimit = 1
[receive]
	autogc = false
[core]
	fsync = none
"""
# Memory, where the system offers it as a folder: what is written there need not be waited for.
MEMORY, ROOM = Path("/dev/shm"), 1 << 30
PREFIX = "osgate-home-"
# When Python looks for garbage by itself; what a test left open is to be told while its name is known.
GARBAGE = gc.get_threshold()

hypothesis.settings.register_profile("here", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True)
# Chosen by `--hypothesis-profile=exhaustive`: every property tries this many times its examples.
hypothesis.settings.register_profile("exhaustive", deadline=None, print_blob=True)
EXHAUSTIVE = 20
# What an ordinary run tries of them: a sample, FEWEST at least, so that the whole suite stays under three minutes.
SAMPLE, FEWEST = 0.15, 6
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "here")


def keep_package_index_settings(home: Path) -> None:
    """Let pip find the settings of whoever runs the tests, although the home folder changes: they may name a mirror."""
    for settings in (home / ".config/pip/pip.conf", home / ".pip/pip.conf"):
        if settings.is_file():
            os.environ.setdefault("PIP_CONFIG_FILE", str(settings))


def clean_environment(home: Path) -> None:
    """Take out of this process's environment what would change a test from outside, and give it an empty home."""
    keep_package_index_settings(Path.home())
    for name in list(os.environ):
        if name in SCRUBBED_NAMES or name.startswith(SCRUBBED):
            del os.environ[name]
    os.environ.update(
        HOME=str(home),
        USERPROFILE=str(home),
        XDG_CONFIG_HOME=str(home / ".config"),
        XDG_CACHE_HOME=str(home / ".cache"),
        XDG_DATA_HOME=str(home / ".local/share"),
        XDG_STATE_HOME=str(home / ".local/state"),
        LC_ALL="C.UTF-8",
        TZ="UTC",
        GIT_CONFIG_NOSYSTEM="1",
    )
    # Else this process compiles each test anew, and every child all of osgate.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    # Without the samples of hooks, which every new repository would be given and every copy would copy.
    for folder in ("hooks", "info"):
        (home / "template" / folder).mkdir(parents=True)
    (home / ".gitconfig").write_text(GITCONFIG.format(template=home / "template"), encoding="utf-8")


def roomy_memory() -> str | None:
    """The folder that is memory, if programs may start there and it has room enough; else the system's usual one."""
    try:
        about = os.statvfs(MEMORY)
        free = shutil.disk_usage(MEMORY).free
    except (AttributeError, OSError):
        return None
    usable = os.access(MEMORY, os.W_OK) and not about.f_flag & os.ST_NOEXEC
    return str(MEMORY) if usable and free >= ROOM else None


def claimed(home: Path) -> IO[bytes]:
    """Mark a home as used by a living process, for as long as what is returned stays open."""
    import fcntl

    file = (home / "claim.new").open("wb")
    fcntl.flock(file, fcntl.LOCK_EX)
    os.rename(home / "claim.new", home / "claim")
    return file


def sweep(folder: str) -> None:
    """Remove the homes of runs that were killed: memory is not given back by itself."""
    import fcntl

    for claim in Path(folder).glob(f"{PREFIX}*/claim"):
        with contextlib.suppress(OSError), claim.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(claim.parent, ignore_errors=True)


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--update-expected` writes expected data anew from what was seen; the change is then read like any other."""
    parser.addoption("--update-expected", action="store_true", help="write expected data files anew")


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Clean the environment once a process, before anything is collected: fixtures would come too late for imports."""
    gc.set_threshold(100_000, 50, 50)  # of what is made while tests are collected, next to nothing is garbage
    memory = roomy_memory()
    home = tempfile.TemporaryDirectory(prefix=PREFIX, dir=memory, ignore_cleanup_errors=True)
    config.add_cleanup(home.cleanup)
    if memory:
        sweep(memory)
        config.add_cleanup(claimed(Path(home.name)).close)
    clean_environment(Path(home.name))
    temporary = Path(home.name) / "tmp"
    temporary.mkdir()
    os.environ["TMPDIR"] = tempfile.tempdir = str(temporary)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A property's own number of examples counts for a part of it, or many times over under `exhaustive`."""
    factor = EXHAUSTIVE if config.getoption("--hypothesis-profile") == "exhaustive" else SAMPLE
    for test in {
        getattr(item, "obj", None) for item in items if hypothesis.is_hypothesis_test(getattr(item, "obj", None))
    }:
        own = getattr(test, "_hypothesis_internal_use_settings", None) or hypothesis.settings()
        examples = max(min(FEWEST, own.max_examples), round(factor * own.max_examples))
        test._hypothesis_internal_use_settings = hypothesis.settings(own, max_examples=examples)


def pytest_collection_finish() -> None:
    """What was collected stays until the end: the garbage collector need not look through it again and again."""
    gc.freeze()
    gc.set_threshold(*GARBAGE)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that fails under the audit hook is told like any other."""
    with audit.paused():
        return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """The language that one test's command spoke is not the next one's."""
    console = sys.modules.get("osgate.cli.console")
    if console is not None:
        console._language = ""  # type: ignore[attr-defined]


@pytest.fixture
def no_io() -> Iterator[None]:
    """Fail the test when the code under test opens a file, a socket or a database, or starts a child."""
    with audit.no_io():
        yield
