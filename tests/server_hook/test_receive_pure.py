"""The parts of the hook that need no server: who pushes, which refs are guarded, what lines and events are made of."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import osgate
from osgate.changes import assemble, pushed
from osgate.changes.updates import Update
from osgate.errors import Mistakes, UsageError
from osgate.formats import table
from osgate.io.append import append
from osgate.model.policy import MODES
from osgate.policy import local_config
from osgate.server_hook import found, json_lines, plain_config, pusher, receive, spool
from osgate.server_hook import settings as told

SCHEMA = json.loads((Path(osgate.__file__).parent / "reports/schemas/event-1.schema.json").read_text("utf-8"))
A, B, NONE = "a" * 40, "b" * 40, "0" * 40


# Who pushes


@pytest.mark.parametrize(
    ("platform", "environ", "who", "where"),
    [
        (
            "gitlab",
            {"GL_ID": "user-7", "GL_USERNAME": "li.si", "GL_PROTOCOL": "web", "GL_REPOSITORY": "project-12"}
            | {"GL_PROJECT_PATH": "payments/app"},
            pusher.Pusher("user-7", "li.si", "web"),
            pusher.Place("project-12", "payments/app", True),
        ),
        (
            "ghes",
            {
                "GITHUB_USER_LOGIN": "li.si",
                "GITHUB_REPO_NAME": "payments/app",
                "GITHUB_VIA": "pull request merge button",
            },
            pusher.Pusher("", "li.si", "pull request merge button"),
            pusher.Place("", "payments/app", True),
        ),
        (
            "gitea",
            {"GITEA_PUSHER_ID": "7", "GITEA_PUSHER_NAME": "li.si", "GITEA_REPO_NAME": "app", "GITEA_REPO_ID": "3"}
            | {"GITEA_REPO_USER_NAME": "payments", "GITEA_PUSH_TRIGGER": "pr-merge-to-base"},
            pusher.Pusher("7", "li.si", "pr-merge-to-base"),
            pusher.Place("3", "payments/app", True),
        ),
        ("git", {"REMOTE_USER": "li.si"}, pusher.Pusher("", "li.si", ""), pusher.Place("", "app.git", True)),
        ("git", {"GL_USERNAME": "li.si", "USER": "git"}, pusher.Pusher("", "", ""), pusher.Place("", "app.git", True)),
    ],
)
def test_who_pushes_is_what_this_platforms_server_says_and_nothing_else(
    platform: str, environ: dict[str, str], who: pusher.Pusher, where: pusher.Place
) -> None:
    assert pusher.pusher(platform, environ) == who
    assert pusher.place(platform, environ, "/srv/git/app.git/") == where


@pytest.mark.parametrize(
    ("platform", "environ", "judged"),
    [
        ("gitlab", {"GL_REPOSITORY": "wiki-12"}, False),
        ("gitlab", {"GL_REPOSITORY": "design-12"}, False),
        ("gitlab", {"GL_REPOSITORY": "group-3-wiki"}, False),
        ("gitlab", {"GL_PROJECT_PATH": "payments/app.wiki"}, False),
        ("gitlab", {"GL_PROJECT_PATH": "payments/app.design"}, False),
        ("gitlab", {"GL_PROJECT_PATH": "payments/app.wiki", "GL_REPOSITORY": "project-12"}, True),
        ("gitlab", {}, True),
        ("gitea", {"GITEA_REPO_IS_WIKI": "true"}, False),
        ("gitea", {"GITEA_REPO_IS_WIKI": "false"}, True),
        ("git", {"GITEA_REPO_IS_WIKI": "true", "GL_REPOSITORY": "wiki-1"}, True),
    ],
)
def test_wikis_and_designs_are_passed_over_and_a_project_named_like_one_is_not(
    platform: str, environ: dict[str, str], judged: bool
) -> None:
    assert pusher.place(platform, environ, "/x/app.git").judged is judged


def test_push_options_are_bounded_and_the_first_counts() -> None:
    given_ = ["ci.skip", "osgate.break-glass= INC-7: down ", "osgate.break-glass=other", "osgate.reason=" + "r" * 9999]
    environ = {f"GIT_PUSH_OPTION_{n}": option for n, option in enumerate(given_)} | {"GIT_PUSH_OPTION_COUNT": "4"}
    assert pusher.options(environ) == pusher.Options("INC-7: down", "r" * pusher.LONGEST_REASON)
    assert pusher.options({}) == pusher.Options(None, None)
    for count in ("9" * 30, "-1", "x", "²"):
        assert pusher.options({**environ, "GIT_PUSH_OPTION_COUNT": count}) == pusher.Options(None, None)
    assert pusher.options({**environ, "GIT_PUSH_OPTION_COUNT": "99999999"}).glass == "INC-7: down"


def test_what_a_receiving_hook_is_not_told_is_refused() -> None:
    with pytest.raises(UsageError):
        found.read(f"refs/heads/x {A} refs/heads/x {B}\n".encode())


# Shortcuts say what the long way says


NAMES = ["package-lock.json", "requirements.txt", "x.in", "uv.lock", "a.py.lock", "pom.xml", "Dockerfile.x", "main.py"]
NAMES += ["ci.yml", "pnpm-lock.yaml", "action.yaml", "Containerfile", "dockerfile/x", "b.pom", "x.cfg", "go.mod", ""]


@settings(max_examples=150)
@given(st.lists(st.sampled_from([*NAMES, ".github", "workflows", "a"]), min_size=1, max_size=4))
def test_the_quick_look_at_a_path_says_what_the_table_says(steps: list[str]) -> None:
    path = "/".join(steps)
    assert receive.match(path) is table.match(path)
    assert receive._manifests_of(path) == table.manifests_of(path)


def test_git_lists_every_file_that_may_take_something_from_another() -> None:
    assert set(pushed.TAKERS) == {ending for family in assemble._FAMILIES for ending in family}


LINES = """project = "app"
mode = "enforce-all"
mode = "x"
language = "zh_CN"
language = "zh"
# said

[table]
project = "a\\n"
project = 'a'
project="a"
project = "a" # b
project = "
x = "y"
a = 1
policy_repository = "../policy"
project = ""
project = "总"
\tx"""
LINE = st.sampled_from([*LINES.split("\n"), "  "])


@settings(max_examples=150)
@given(st.lists(LINE, max_size=5), st.sampled_from(["\n", "\r\n", "\r"]))
def test_plain_settings_of_a_repository_are_read_as_the_toml_reader_reads_them(lines: list[str], end: str) -> None:
    data = end.join(lines).encode()
    try:
        wanted: Any = local_config.parse(data)
    except Mistakes:
        with pytest.raises(Mistakes):
            plain_config.parse(data)
        return
    assert plain_config.parse(data) == wanted


def test_what_init_writes_is_read_without_a_toml_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_config, "parse", lambda data: pytest.fail("the TOML reader was asked"))
    written = b'# written by osgate init\nproject = "payments/app"\nlanguage = "zh_CN"\n'
    assert plain_config.parse(written) == local_config.LocalConfig("payments/app", "zh_CN")
    assert [plain_config.parse(f'project = "a"\nmode = "{mode}"\n'.encode()).mode for mode in MODES] == [*MODES]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=100)
@given(VALUES)
def test_a_value_is_one_line_that_any_reader_takes(value: Any) -> None:
    line = json_lines.line(value)
    assert line.isascii()
    assert line.count(b"\n") == 1
    assert json.loads(line) == value


def test_what_json_cannot_say_is_no_line() -> None:
    with pytest.raises(TypeError):
        json_lines.line({"x": {1, 2}})


# Events


def about(**names: str) -> spool.About:
    options = pusher.Options(names.get("glass"), names.get("reason"))
    who, where = pusher.Pusher("", names.get("name", ""), ""), pusher.Place("", names.get("path", "app.git"), True)
    return spool.About("pre-receive", "gitlab", where, who, options, found.Now("2026-11-22T06:00:00Z", 1795327200))


def _settings() -> told.Settings:
    from osgate.ledger.lock import Lock

    return told.Settings(Lock((), ()), "/srv/osgate")


@settings(max_examples=40)
@given(st.text(st.characters(), max_size=20), st.text(st.characters(), max_size=20))
def test_an_event_keeps_to_its_schema_whatever_names_hold(name: str, ref: str) -> None:
    event = about(name=name, glass=name, reason=ref).event(
        "accepted", Update(ref or "x", NONE, A, True), spool.came_of(None, 0.1234)
    )
    jsonschema.validate(json.loads(json_lines.line(event)), SCHEMA)


def test_the_schema_knows_the_words_of_the_code_and_is_strict() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    properties = SCHEMA["properties"]
    assert properties["event"]["enum"] == list(spool.EVENTS)
    assert properties["platform"]["enum"] == list(told.PLATFORMS)
    assert properties["hook"]["enum"] == list(told.HOOKS)
    assert properties["mode"]["enum"] == [*MODES, None]
    assert properties["purls"]["maxItems"] == spool.PURLS
    event = about().event("refused", Update("x", A, B, True), spool.came_of(None, 0))
    assert set(event) == set(properties)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**event, "more-of-it": 1}, SCHEMA)


def test_a_note_is_for_the_very_push_and_taken_once(tmp_path: Path) -> None:
    folder, update = str(tmp_path), Update("refs/heads/main", A, B, True)
    spool.leave(folder, "/srv/app.git", update, {"outcome": "pass"})
    assert spool.taken(folder, "/srv/app.git", update) is None, "no post-receive hook ever showed itself"
    spool.clear(folder, 0)
    spool.leave(folder, "/srv/app.git", update, {"outcome": "block"})
    spool.leave(folder, "/srv/app.git", update, {"outcome": "pass"})
    assert spool.taken(folder, "/srv/other.git", update) is None
    assert spool.taken(folder, "/srv/app.git", Update("refs/heads/x", A, B, True)) is None
    assert spool.taken(folder, "/srv/app.git", update) == {"outcome": "pass"}
    assert spool.taken(folder, "/srv/app.git", update) is None


def test_old_notes_are_cleared_away(tmp_path: Path) -> None:
    folder, update = str(tmp_path), Update("refs/heads/main", A, B, True)
    spool.clear(folder, 0)
    spool.leave(folder, "/srv/app.git", update, {"outcome": "pass"})
    (note,) = (tmp_path / "judged").iterdir()
    spool.clear(folder, note.stat().st_mtime + 3600)
    assert note.exists()
    spool.clear(folder, note.stat().st_mtime + 90_000)
    assert not note.exists()


def test_appending_refuses_what_is_no_file_of_its_own(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"kept\n")
    (tmp_path / "link").symlink_to(target)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name in ("link", "pipe", "folder"):
        with pytest.raises(OSError, match=name):
            append(str(tmp_path / name), b"line\n", durable=False)
    assert target.read_bytes() == b"kept\n"
    for _ in range(2):
        append(str(tmp_path / "new/file"), b"line\n", durable=True)
    assert (tmp_path / "new/file").read_bytes() == b"line\nline\n"


def test_a_disk_that_is_full_is_told_and_the_next_line_begins_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, path = os.write, str(tmp_path / "file")
    with monkeypatch.context() as patched, contextlib.suppress(OSError):
        patched.setattr(os, "write", lambda fd, data: write(fd, data[:3]))
        append(path, b"first line\n", durable=False)
        pytest.fail("half a line counted as written")
    append(path, b"second\n", durable=False)
    assert Path(path).read_bytes() == b"fir\nsecond\n"


# What was cut off


def test_what_was_not_done_is_named() -> None:
    names = ("refs/heads/main", "refs/heads/free", "refs/heads/two", "refs/heads/three")
    updates = tuple(Update(name, A, B, True) for name in names)
    wanted = [names[0], names[2], names[3]]
    progress: list[list[Any]] = [["refs", wanted], ["ref", names[0]], ["files", ["a", "b"]], ["file", "a"]]
    progress += [["done", names[0]], ["ref", names[2]], ["files", ["c", "d"]], ["file", "c"]]
    left = found.unfinished(updates, progress, 4.0)
    assert [(one.update.ref, one.left) for one in left] == [(names[2], ("c", "d")), (names[3], ())]
    assert left[0].error is not None
    assert (left[0].error.code, left[0].error.params) == ("hook.late", {"seconds": "4", "at": "c"})
    assert [one.update.ref for one in found.unfinished(updates, [], 0.0)] == list(names)


@settings(max_examples=60)
@given(st.integers(0, 9))
def test_at_whatever_point_it_is_cut_off_something_is_refused(cut: int) -> None:
    updates = (Update("refs/heads/main", A, B, True),)
    progress: list[list[Any]] = [["refs", ["refs/heads/main"]], ["ref", "refs/heads/main"], ["files", ["a"]]]
    progress += [["file", "a"], ["done", "refs/heads/main"]]
    left = found.unfinished(updates, progress[:cut], 1.0)
    assert [found.stands(one, "warn") for one in left] == ["refused"]
