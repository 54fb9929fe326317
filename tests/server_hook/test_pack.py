"""A packed hook is one file: whole, the same every time, and deaf to everything around it."""

from __future__ import annotations

import ast
import hashlib
import io
import json
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from osgate import cli
from osgate.cli import console
from osgate.errors import Mistakes, UsageError
from osgate.ledger import lock as locks
from osgate.server_hook import archive, pack, settings
from osgate.server_hook.modules import Needed, at_once
from server_hook import packing
from server_hook.packing import BARE, PYTHON, lock_json, run, told, with_settings

pytestmark = pytest.mark.real

DESK = packing.DESK
LARGEST = 2_000_000
AGAIN = """
import json, sys, hashlib
from osgate.server_hook import archive, pack
archive.START, archive.HOT = {start!r}, ({start!r},)
for file in pack.packed(json.loads(sys.argv[1]), sys.argv[2]):
    print(file.path, hashlib.sha256(file.data).hexdigest())
"""
# As much of the room as shows everything that could tell one packing from another, and is packed in no time.
SMALL = "osgate.server_hook.settings"
# Every module in the file is imported with nothing else on the path than the standard library.
EVERYTHING = """
import sys, zipfile
at = sys.argv[1]
sys.path.insert(0, at)
names = [n for n in zipfile.ZipFile(at).namelist() if n.endswith(".py") and n != "__main__.py"]
for name in sorted(names):
    __import__(name[:-3].removesuffix("/__init__").replace("/", "."))
tops = ("osgate", "yaml", "packaging", "tomli")
for name, module in sorted(sys.modules.items()):
    if name.partition(".")[0] in tops:
        print(name, module.__file__)
print("cryptography" in sys.modules, [p for p in sys.path if "site-packages" in p or "dist-packages" in p])
"""
MARKER = 'import os\nopen(os.environ.get("MARK", "MARK"), "a").write(__name__)\nraise SystemExit(0)\n'


@pytest.fixture(scope="module")
def files():
    return packing.files()


@pytest.fixture
def hook(packed_hook) -> Path:
    return packed_hook


@pytest.fixture
def empty(monkeypatch):
    """Packing without what is packed: for what stands around it."""
    monkeypatch.setattr(archive, "contents", lambda standard: {"osgate/__init__.py": b""})


# What is in the file


def test_it_is_small_and_holds_the_hook_its_words_and_every_licence(files):
    for hook in settings.HOOKS:
        data = files[f"hooks/{hook}"].data
        assert len(data) < LARGEST
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            names = packed.namelist()
            assert settings.parse(packed.read(settings.FILE)).hook == hook
            assert packed.testzip() is None
        assert names == sorted(names)
        have = set(names)
        assert {"osgate/text/en.json", "osgate/text/zh_CN.json"} <= have
        assert {
            "osgate/server_hook/upkeep.pyc",
            "osgate-hot",
            "osgate/formats/uv_lock/tree.py",
            "yaml/scanner.py",
        } <= have
        assert {name.split("/")[1].split("-")[0] for name in have if name.startswith("licences/")} == {
            "osgate",
            "PyYAML",
            "packaging",
            "tomli",
        }
        strange = ("osgate/cli/", "osgate/testing/", "osgate/intake_desk/", "osgate/policy/defaults/", "__pycache__")
        assert [name for name in names if name.startswith(strange) or name.endswith(".so")] == []
        assert "osgate/ledger/crypto/installed.py" not in have


def test_the_same_bytes_come_out_wherever_it_is_packed(monkeypatch, tmp_path):
    monkeypatch.setattr(archive, "START", SMALL)
    monkeypatch.setattr(archive, "HOT", (SMALL,))
    files = {file.path: file for file in pack.packed(told(DESK), PYTHON)}
    env = {**BARE, "PYTHONHASHSEED": "77", "TZ": "Asia/Shanghai", "PYTHONPATH": ":".join(sys.path), "LC_ALL": "C"}
    done = run(PYTHON, "-c", AGAIN.format(start=SMALL), json.dumps(told(DESK)), PYTHON, at=tmp_path, env=env)
    assert done.returncode == 0, done.stderr
    mine = {path: hashlib.sha256(file.data).hexdigest() for path, file in files.items()}
    assert dict(line.split() for line in done.stdout.decode().splitlines()) == mine


def test_every_module_in_it_is_found_in_it_and_nowhere_else(hook, tmp_path):
    done = run(PYTHON, "-ISB", "-c", EVERYTHING, hook, at=tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    *modules, last = done.stdout.decode().splitlines()
    assert len(modules) > 150
    assert [line for line in modules if not line.split()[1].startswith(f"{hook}/")] == []
    with zipfile.ZipFile(hook) as packed:
        first = at_once(
            archive.HOT, {archive._module(n): packed.read(n).decode() for n in packed.namelist() if n[-3:] == ".py"}
        )
    sources = {line.split()[0] for line in modules if not line.endswith(".pyc")}
    assert sources == set(first) - {"__main__"}, "this Python takes the byte code, in the zip or in the one piece"
    assert f"yaml {hook}/yaml/__init__.pyc" in modules
    assert last == "False []"


def test_no_module_is_packed_that_is_not_known(monkeypatch):
    monkeypatch.setattr(archive, "needed", lambda start, sources: Needed((), ("json", "zlib", "gitlab", "httpx")))
    with pytest.raises(UsageError) as error:
        archive.contents(("json", "zlib"))
    assert (error.value.code, error.value.params["modules"]) == ("hook.not-packable", "gitlab, httpx")
    monkeypatch.setattr(archive, "PACKABLE", {"yaml": "no-such-distribution"})
    with pytest.raises(UsageError, match="not-packable"):
        archive.contents(sys.stdlib_module_names)


def test_what_has_no_licence_text_is_not_packed(monkeypatch):
    class Bare:
        version, files = "1", ()

    monkeypatch.setattr(archive, "distribution", lambda name: Bare)
    with pytest.raises(UsageError, match="no-licence"):
        archive._licences("packaging")


# How it is run


def test_it_runs_as_gitaly_runs_it_and_says_how_things_stand(hook, tmp_path):
    done = run(hook, "--version", at=tmp_path)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"osgate ")
    done = run(hook, "status", at=tmp_path)
    assert done.returncode == 4
    assert f"{hook.parent}/snapshot" in done.stdout.decode(), "a path that is not absolute begins beside the hook"
    assert run(hook, "--help", at=tmp_path).returncode == 0
    assert run(hook, "stauts", at=tmp_path).returncode == 2


@pytest.mark.parametrize("start", [(), (PYTHON,), (PYTHON, "-E")], ids=["as a hook", "by python", "half isolated"])
def test_nothing_is_taken_from_where_it_runs(hook, tmp_path, start):
    for name in ("json", "osgate", "re", "yaml", "sitecustomize", "usercustomize", "site", "os", "zipimport"):
        (tmp_path / f"{name}.py").write_text(MARKER)
    env = {**BARE, "MARK": str(tmp_path / "MARK"), "PYTHONSTARTUP": str(tmp_path / "re.py"), "HOME": str(tmp_path)}
    # By a Python that is not isolated, PYTHONPATH counts until it has started again: its own `os` must be left alone.
    if not start:
        env["PYTHONPATH"] = str(tmp_path)
    done = run(*start, hook, "status", at=tmp_path, env=env)
    assert done.returncode == 4, done.stderr
    assert not (tmp_path / "MARK").exists()
    assert not list(tmp_path.rglob("*.pyc"))


def test_a_python_that_is_too_old_says_so_in_both_languages_and_refuses():
    for platform, mark in (("gitlab", b"GL-HOOK-ERR: osgate: "), ("git", b"osgate: ")):
        source = pack.main_module(platform).decode("ascii")
        ast.parse(source, feature_version=(3, 4))
        old = f"import sys\nsys.version_info = (3, 9, 2, 'final', 0)\n{source}"
        done = subprocess.run([PYTHON, "-IS", "-c", old], capture_output=True, check=False)
        assert (done.returncode, done.stdout) == (1, b"")
        lines = done.stderr.splitlines()
        assert [line.startswith(mark) for line in lines] == [True, True]
        assert "推送被拒绝" in lines[0].decode()
        assert b"3.11" in lines[1]


@pytest.mark.parametrize(
    "spoilt",
    [
        {"osgate-hook_dot_json": b"{"},
        {"osgate-hook_dot_json": b'{"schema": "osgate.hook/1"}'},
        {"osgate-hook_dot_json": None},
        {"osgate__server_hook__program_dot_py": None},
        {"osgate__server_hook__program_dot_py": b"def hook(settings):\n    raise MemoryError\n"},
        {"osgate__server_hook__program_dot_py": b"raise SystemExit(0)\n"},
    ],
)
def test_a_hook_that_cannot_look_is_shut(hook, tmp_path, spoilt):
    shut = packing.changed(hook, tmp_path / "hooks" / "pre-receive", **spoilt)
    done = run(shut, at=tmp_path)
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 2, "a line in each language"
    assert all(line.startswith(b"osgate: ") for line in done.stderr.splitlines())


def test_another_python_takes_the_sources(hook, tmp_path):
    """Byte code of another version is passed over: here all of it is spoilt."""
    kept = packing.contents(hook)
    for name in kept:
        if name.endswith((".pyc", archive.hot.FILE)):
            kept[name] = b"\0\0\r\n" + kept[name][4:]
    other = packing.built(tmp_path / "hook", kept, told(DESK))
    done = run(other, "status", at=tmp_path)
    assert done.returncode == 4, done.stderr
    assert len(done.stdout.splitlines()) == len(run(hook, "status", at=tmp_path).stdout.splitlines()) + 1


# The layouts


@pytest.mark.parametrize("platform", settings.PLATFORMS)
def test_the_layout_of_each_platform(empty, platform):
    found = {file.path: file for file in pack.packed({**told(DESK), "platform": platform})}
    hooks = {
        "gitlab": ["custom_hooks/pre-receive.d/50-osgate", "custom_hooks/post-receive.d/50-osgate"],
        "ghes": ["osgate-pre-receive"],
        "gitea": ["hooks/pre-receive.d/osgate", "hooks/post-receive.d/osgate"],
        "git": ["hooks/pre-receive", "hooks/post-receive"],
    }[platform]
    more = ["custom_hooks.tar"] if platform == "gitlab" else []
    assert sorted(found) == sorted([*hooks, *more, "INSTALL.md", "INSTALL.zh-CN.md"])
    for name, path in zip(settings.HOOKS, hooks, strict=False):
        data = found[path].data
        assert found[path].mode == 0o755
        assert data.startswith(b"#!/bin/sh\n")
        assert b"\npython='python3'\n" in data
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            read = settings.parse(packed.read(settings.FILE))
        assert (read.hook, read.platform) == (name, platform)
        assert read.deadline == (4.0 if platform == "ghes" else 20.0)
    for name in ("INSTALL.md", "INSTALL.zh-CN.md"):
        text = found[name].data.decode()
        assert "snapshot" in text
        assert "@" not in text


def test_the_tar_is_what_gitaly_hooks_set_takes(empty):
    found = {file.path: file for file in pack.packed({**told(DESK), "platform": "gitlab"})}
    with tarfile.open(fileobj=io.BytesIO(found["custom_hooks.tar"].data)) as archived:
        members = {member.name: member for member in archived.getmembers()}
        assert list(members) == sorted(members)
        assert [name for name, member in members.items() if member.isdir()] == [
            "custom_hooks",
            "custom_hooks/post-receive.d",
            "custom_hooks/pre-receive.d",
        ]
        for name, member in members.items():
            assert (member.mode, member.uid, member.mtime) == (0o755, 0, 315_532_800)
            if member.isfile():
                assert archived.extractfile(member).read() == found[name].data


@pytest.mark.parametrize("python", ["python3", "/a b/python", "/x\n/y", "/" + "x" * 130])
def test_a_python_that_cannot_be_called(python):
    with pytest.raises(UsageError, match=r"hook\.python"):
        pack.interpreter(python)


def test_settings_that_do_not_hold_are_not_packed(empty):
    with pytest.raises(Mistakes) as error:
        pack.packed(told(DESK, deadline=0, refs=["main"], mode="never"))
    assert sorted(m.code for m in error.value.mistakes) == ["hook-not-a-ref", "not-one-of", "too-small"]


# The command


def osgate(*words: str, capsys) -> tuple[int, str]:
    console._language = ""
    code = cli.main(list(words))
    said = capsys.readouterr()
    return code, said.out + said.err


@pytest.fixture
def root(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".osgate").mkdir()
    (tmp_path / locks.PATH).write_text(json.dumps(lock_json(DESK, "https://packages.example.com/osgate")))
    return tmp_path


def test_the_command_writes_what_its_flags_tell(empty, root, capsys):
    flags = ("--refs", "HEAD, refs/tags/v*", "--deadline", "7.5", "--mode", "enforce-all", "--language", "en+zh_CN")
    more = (
        "--spool",
        "/s",
        "--stale",
        "warn",
        "--break-glass",
        "zhang.san,li.si",
        "--contact",
        "c",
        "--snapshot",
        "/k",
    )
    words = ("server-hook", "pack", "--platform", "gitea", "--output", "out", *flags, *more, "--python", "/p/python3")
    code, said = osgate(*words, capsys=capsys)
    assert code == 0, said
    written = sorted(path.relative_to(root / "out").as_posix() for path in (root / "out").rglob("*") if path.is_file())
    assert written == ["INSTALL.md", "INSTALL.zh-CN.md", "hooks/post-receive.d/osgate", "hooks/pre-receive.d/osgate"]
    hook = root / "out/hooks/pre-receive.d/osgate"
    assert hook.stat().st_mode & 0o777 == 0o755
    assert b"\npython='/p/python3'\n" in hook.read_bytes()
    with zipfile.ZipFile(hook) as packed:
        read = settings.parse(packed.read(settings.FILE))
    assert read.refs == ("HEAD", "refs/tags/v*")
    assert (read.deadline, read.mode, read.languages) == (7.5, "enforce-all", ("en", "zh_CN"))
    assert (read.spool, read.stale, read.break_glass) == ("/s", "warn", ("zhang.san", "li.si"))
    assert (read.contact, read.snapshot, read.platform) == ("c", "/k", "gitea")
    assert read.lock.addresses == ("https://packages.example.com/osgate",)


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (("pack", "--output", "out"), "--platform"),
        (("pack", "--platform", "git"), "--output"),
        (("pack", "--platform", "svn", "--output", "out"), "svn"),
        (("pack", "--platform", "git", "--output", "out", "--deadline", "soon"), "soon"),
        (("pack", "--platform", "git", "--output", "out", "--deadline", "nan"), "nan"),
        (("pack", "--platform", "git", "--output", "out", "--lock", "none"), "none"),
        (("pack", "--platform", "git", "--output", "out", "--lock", "."), "."),
        (("pack", "--platform", "git", "--output", ".osgate/osgate.lock/x"), "osgate.lock/x"),
        (("unpack",), "unpack"),
        (("pack", "more"), "more"),
    ],
)
def test_a_wrong_call_writes_nothing(empty, root, capsys, words, wrong):
    code, said = osgate("server-hook", *words, capsys=capsys)
    assert code == 2
    assert wrong in said
    assert not (root / "out").exists()


def test_help_names_every_flag(capsys):
    code, said = osgate("server-hook", "--help", capsys=capsys)
    assert code == 0
    assert all(f"--{name}" in said for name in ("platform", "lock", "snapshot", "refs", "deadline", "stale", "python"))


def test_with_settings_changes_the_settings_alone(hook, tmp_path):
    other = with_settings(hook, tmp_path / "hook", told(DESK, contact="oss@bank.example"))
    with zipfile.ZipFile(hook) as one, zipfile.ZipFile(other) as two:
        assert [n for n in one.namelist() if one.read(n) != two.read(n)] == [settings.FILE]
