"""The script before a packed hook: it lets pass what Python would, and leaves to Python what it cannot tell."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from osgate.changes import pushed
from osgate.changes.updates import Update
from osgate.formats import table
from osgate.io.git import Git
from osgate.model.record import replace
from osgate.server_hook import interest, receive, remembered
from osgate.server_hook.prelude import prelude
from osgate.server_hook.refs import Refs
from server_hook import packing
from server_hook.receiving import DESK, Server, Work, lock, run

pytestmark = pytest.mark.real

LOCK = "package-lock.json"
SHELLS = [name for name in ("dash", "bash", "busybox") if shutil.which(name)]
# Stands in for Python: keeps what it was given, so that nothing has to be judged to see what the script does.
STAND_IN = """#!/bin/sh
printf '%s' "$5" >{log}.changed
cat >{log}
exit 7
"""


class Script:
    """A bare repository and the script before a stand-in for Python. base: a commit that is known to be plain."""

    def __init__(self, root: Path, *init: str, **changed: Any) -> None:
        self.root, self.log, self.path = root, root / "log", root / "app.git"
        self.notes = root / "snapshot" / remembered.FOLDER
        self.notes.mkdir(parents=True, mode=0o700)
        run("git", "init", "--quiet", "--bare", "-b", "main", *init, str(self.path), at=root)
        values = packing.told(DESK.public, snapshot=str(root / "snapshot"), **changed)
        stand_in = root / "python"
        stand_in.write_text(STAND_IN.format(log=self.log))
        stand_in.chmod(0o755)
        read = packing.settings.of_json({"schema": packing.settings.SCHEMA, "hook": "pre-receive", **values})
        self.file = root / "hook"
        self.file.write_bytes(prelude(read, str(stand_in))({}))
        self.file.chmod(0o755)
        self.base = self.commit({LOCK: "{}", "main.py": "1", "requirements.txt": "-r more.txt\n"})
        self.refs, self.locked = read.refs, self.commit({LOCK: "[]"}, self.base)
        self.git("update-ref", "refs/heads/main", self.base)
        self.note(self.base)

    def git(self, *words: str, input: str = "") -> str:
        done = run("git", *words, at=self.path, input=input)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def commit(self, contents: Mapping[str, str], onto: str = "") -> str:
        """Write a commit with these files and no others, or with these changed in the commit `onto`."""
        text = "reset refs/tmp\ncommit refs/tmp\ncommitter x <x@example.com> 1795240800 +0000\ndata 0\n"
        text += f"from {onto}\n" if onto else ""
        for path, data in contents.items():
            quoted = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
            text += f'M 100644 inline "{quoted}"\ndata {len(data.encode())}\n{data}\n'
        self.git("fast-import", "--quiet", "--force", input=text)
        return self.git("rev-parse", "refs/tmp")

    def note(self, commit: str, start: str = "-") -> None:
        (self.notes / commit).write_text(f"{remembered.WORD} {commit} {start}\n")

    def noted(self, commit: str) -> str:
        """Where a commit is noted to come from."""
        path = self.notes / commit
        return path.read_text().split()[-1] if path.exists() else ""

    def leaves(self, told: str, shell: str = "sh", **env: str) -> bool:
        """Run it; whether it leaves the push to Python, which must then be told all that it was told."""
        self.log.unlink(missing_ok=True)
        words = ("busybox", "sh") if shell == "busybox" else (shell,)
        done = run(*words, str(self.file), at=self.path, input=told, env={"GIT_DIR": ".", **env})
        assert (done.stdout, done.stderr) == ("", "")
        if not self.log.exists():
            assert done.returncode == 0
            return False
        assert (done.returncode, self.log.read_text()) == (7, told)
        return True

    def changed(self) -> str:
        """What Python was told to differ."""
        return Path(f"{self.log}.changed").read_text()


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Script:
    return Script(tmp_path_factory.mktemp("script"))


@pytest.mark.parametrize("shell", SHELLS)
def test_a_push_of_other_files_passes_and_is_remembered_in_any_shell(script: Script, shell: str) -> None:
    new = script.commit({"main.py": f"2 {shell}", "docs/notes.md": "n"}, script.base)
    assert not script.leaves(f"{script.base} {new} refs/heads/main\n", shell)
    assert script.noted(new) == script.base
    locked = script.commit({"a b/package-lock.json": "{}"}, new)
    line = f"{new} {locked} refs/heads/main\n"
    assert script.leaves(line, shell)
    assert script.changed().endswith("A\ta b/package-lock.json")
    assert script.noted(locked) == ""
    assert script.leaves(f"{script.base} {new} refs/heads/main\n{line}", shell)
    assert script.changed() == "", "of several refs nothing is told"


@pytest.mark.parametrize(
    "path",
    [
        "x/requirements-dev.in",
        "notes.txt",
        "deep/parent.xml",
        ".osgate/config.toml",
        ".osgate",
        "web/package.json",
        "sub/.gitattributes",
        ".github/workflows/ci.yml",
        "tool.py.lock",
        "web.Dockerfile",
        "ü/uv.lock",
        'quo"te/package.json',
    ],
)
def test_a_file_that_may_matter_is_left_to_python(script: Script, path: str) -> None:
    new = script.commit({path: "x\n", "main.py": "3"}, script.base)
    for env in ({}, {"GIT_LITERAL_PATHSPECS": "1"}, {"GIT_ICASE_PATHSPECS": "1", "GIT_NOGLOB_PATHSPECS": "1"}):
        assert script.leaves(f"{script.base} {new} refs/heads/main\n", **env)


def test_what_cannot_be_told_for_certain_is_left_to_python(script: Script) -> None:
    base, none = script.base, "0" * 40
    new = script.commit({"main.py": "4"}, base)
    other = script.commit({"main.py": "5"}, base)
    cases = {
        "": "nothing at all",
        "\n": "no line",
        f"{base} {new} refs/heads/main": "a line without its end",
        f"{none} {new} refs/heads/release/1\n": "a new ref",
        f"{other} {new} refs/heads/main\n": "a commit of which nothing is known",
        f"{base} {'e' * 40} refs/heads/main\n": "an object that is not here",
        f"{base} {new[:20]} refs/heads/main\n": "half an id",
        f"{base} {new} refs/heads/main x\n": "a ref with a blank",
        f"{base} {new.upper()} refs/heads/main\n": "capitals",
        f"{base} {new} HEAD\n": "no ref's full name",
        f"{base} {new} refs/replace/{base}\n": "what would show other objects",
        f"{base} {new} refs/heads/main\n" * 40: "many refs",
        f"{base} {new} refs/heads/main\nnonsense\n": "another line",
    }
    assert [why for told, why in cases.items() if not script.leaves(told)] == []
    assert not script.leaves(f"{base} {none} refs/heads/main\n"), "a deletion changes nothing"
    assert not script.leaves(f"{base} {new} refs/heads/main\n")


def test_a_replaced_commit_is_not_what_is_looked_at(script: Script) -> None:
    new = script.commit({LOCK: '{"lockfileVersion": 3}'}, script.base)
    script.git("update-ref", f"refs/replace/{new}", script.base)
    assert script.leaves(f"{script.base} {new} refs/heads/main\n")


def test_a_note_counts_only_for_its_commit_and_version_and_in_a_folder_of_ours(script: Script, tmp_path: Path) -> None:
    base = script.commit({"main.py": "6"}, script.base)
    new = script.commit({"main.py": "7"}, base)
    line = f"{base} {new} refs/heads/main\n"
    for text in ("", "plain", f"plain 0 {base} -", f"{remembered.WORD} {new} -", f"{remembered.WORD} {base}"):
        (script.notes / base).write_text(f"{text}\n")
        assert script.leaves(line), text
    (tmp_path / "note").write_text(f"{remembered.WORD} {base} -\n")
    (script.notes / base).unlink()
    (script.notes / base).symlink_to(tmp_path / "note")
    assert script.leaves(line)
    (script.notes / base).unlink()
    script.note(base)
    moved = script.notes.with_name("moved")
    script.notes.rename(moved)
    script.notes.symlink_to(moved)
    assert script.leaves(line)
    script.notes.unlink()
    moved.rename(script.notes)
    assert not script.leaves(line)


# Which refs


def guards(script: Script, ref: str) -> bool:
    """Whether a move of `ref` that brings a lock along is left to Python."""
    return script.leaves(f"{script.base} {script.locked} {ref}\n")


@pytest.fixture
def own(tmp_path: Path) -> Script:
    """A repository whose default branch is `trunk`."""
    made = Script(tmp_path, refs=["HEAD", "refs/heads/main", "refs/heads/it's/*/x?"])
    made.git("update-ref", "refs/heads/trunk", made.base)
    made.git("symbolic-ref", "HEAD", "refs/heads/trunk")
    return made


def test_the_refs_of_the_settings_are_guarded_and_others_pass(own: Script) -> None:
    named = ("refs/heads/main", "refs/heads/trunk", "refs/heads/it's/a/b/x?")
    assert [ref for ref in named if not guards(own, ref)] == []
    others = ("refs/heads/topic", "refs/heads/main2", "refs/heads/it's/a/xy", "refs/tags/main", "refs/heads/x/main")
    assert [ref for ref in others if guards(own, ref)] == []


@pytest.mark.parametrize(
    ("harm", "why"),
    [
        (("symbolic-ref", "HEAD", "refs/heads/unborn"), "the first branch may become the default one"),
        (("update-ref", "--no-deref", "HEAD", "main"), "no branch is the default one"),
        (("symbolic-ref", "refs/heads/topic", "refs/heads/main"), "the ref leads to a guarded one"),
        (("symbolic-ref", "refs/heads/trunk", "refs/heads/topic"), "HEAD leads to it in two steps"),
        (("pack-refs", "--all"), "whether the default branch is there cannot be seen"),
    ],
)
def test_a_ref_that_may_be_guarded_all_the_same_is_left_to_python(own: Script, harm: tuple[str, ...], why: str) -> None:
    own.git(*harm)
    assert guards(own, "refs/heads/topic"), why


@pytest.mark.parametrize("head", ["", "ref: refs/heads/trunk ", "ref: refs/heads/trunk\r", "ref:  refs/heads/trunk"])
def test_a_head_in_an_odd_form_is_left_to_python(own: Script, head: str) -> None:
    (own.path / "HEAD").write_text(f"{head}\n")
    assert own.leaves(f"{own.base} {own.locked} refs/heads/topic\n")


def test_refs_that_are_kept_elsewhere_are_left_to_python(own: Script) -> None:
    assert not guards(own, "refs/heads/topic")
    for name in ("commondir", "reftable"):
        (own.path / name).write_text("")
        assert guards(own, "refs/heads/topic")
        (own.path / name).unlink()


def test_in_a_sha256_repository(tmp_path: Path) -> None:
    script = Script(tmp_path, "--object-format=sha256")
    new = script.commit({"main.py": "2"}, script.base)
    assert len(new) == 64
    assert not script.leaves(f"{script.base} {new} refs/heads/main\n")
    assert script.leaves(f"{script.base} {script.commit({LOCK: '[]'}, new)} refs/heads/main\n")


def test_wikis_pass_as_the_server_tells_and_short_deadlines_are_watched_by_python(tmp_path: Path) -> None:
    gitlab = Script(tmp_path / "gitlab", platform="gitlab") if (tmp_path / "gitlab").mkdir() is None else None
    assert gitlab is not None
    assert not gitlab.leaves("x\n", GL_REPOSITORY="wiki-7")
    assert gitlab.leaves("x\n", GL_REPOSITORY="project-7")
    assert gitlab.leaves("x\n", GL_PROJECT_PATH="a.wiki")
    (tmp_path / "gitea").mkdir()
    gitea = Script(tmp_path / "gitea", platform="gitea", deadline=1.5)
    assert not gitea.leaves("x\n", GITEA_REPO_IS_WIKI="true")
    new = gitea.commit({"main.py": "2"}, gitea.base)
    assert gitea.leaves(f"{gitea.base} {new} refs/heads/main\n", GITEA_REPO_IS_WIKI="false")


def test_where_a_command_is_missing_or_slow_python_is_asked(script: Script, tmp_path: Path) -> None:
    new = script.commit({"main.py": "8"}, script.base)
    line = f"{script.base} {new} refs/heads/main\n"
    for name in ("git", "timeout"):
        assert script.leaves(line, PATH=str(_only(tmp_path / name, {"sh", "cat", "git", "timeout"} - {name})))
    slow = _only(tmp_path / "slow", {"sh", "cat", "timeout", "sleep"})
    (slow / "git").write_text("#!/bin/sh\nexec sleep 60\n")
    (slow / "git").chmod(0o755)
    quick = Script(tmp_path, deadline=4.0)
    assert quick.leaves(f"{quick.base} {quick.base} refs/heads/main\n", PATH=str(slow))
    assert not script.leaves(line)


def _only(folder: Path, names: set[str]) -> Path:
    """A PATH with so much and no more."""
    folder.mkdir()
    for name in names:
        (folder / name).symlink_to(str(shutil.which(name)))
    return folder


def test_without_python_a_push_is_refused_in_both_languages(tmp_path: Path) -> None:
    read = packing.settings.of_json(
        {"schema": packing.settings.SCHEMA, "hook": "pre-receive", **packing.told(DESK.public, platform="gitlab")}
    )
    hook = tmp_path / "hook"
    hook.write_bytes(prelude(read, "/nowhere/python3")({}))
    hook.chmod(0o755)
    done = run(str(hook), at=tmp_path, input="x\n")
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert [line.startswith("GL-HOOK-ERR: osgate: ") for line in lines] == [True, True]
    assert "推送被拒绝" in lines[0]


# Equal to Python


PATHS = (
    *(
        LOCK,
        f"a/{LOCK}",
        "package.json",
        "requirements.txt",
        "a/requirements.in",
        "requirements/x.txt",
        "deps",
        "a/deps.cfg",
    ),
    *("more.txt", "a/more.pip", "notes.md", "pom.xml", "a/parent.xml", "Dockerfile", "x.dockerfile", "main.py"),
    *(
        ".osgate/config.toml",
        ".osgate/x",
        ".gitattributes",
        "a/.gitattributes",
        ".github/workflows/a.yml",
        "action.yaml",
    ),
    *(
        "x.py.lock",
        "x.py",
        "ü/uv.lock",
        'q"/pnpm-lock.x.yaml',
        "constraints.txt",
        "Dockerfile.in",
        "a b/shrinkwrap.yaml",
    ),
)
CONTENTS = (
    *("", "a==1\n", "-r deps\n", "-r a/deps.cfg\n", "-r more.txt\n-c constraints.txt\n", "-r a/more.pip\n", "{}"),
    *(
        "<project/>",
        "* working-tree-encoding=UTF-16\n",
        "--requirement=../deps\n",
        "-r package.json\n",
        "-r x\\\ny.txt\n",
    ),
)
TREES = st.dictionaries(st.sampled_from(PATHS), st.sampled_from(CONTENTS), min_size=1, max_size=9)


ODD = st.dictionaries(st.sampled_from(["main.py", "x.py", "notes.md", "deps", "a/deps.cfg"]), st.just("-r deps\n"))
# Some tree, and another one or a change on top of it: of any file, or of such as only an odd include makes matter.
MOVES = st.one_of(
    st.tuples(TREES, TREES),
    *(
        TREES.flatmap(lambda before, more=more: st.tuples(st.just(before), more.map(lambda some: {**before, **some})))  # type: ignore[misc]
        for more in (TREES, ODD, ODD)
    ),
)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(MOVES)
def test_what_the_script_lets_pass_is_nothing_to_python(
    script: Script, move: tuple[dict[str, str], dict[str, str]]
) -> None:
    old, new = map(script.commit, move)
    here = os.getcwd()
    os.chdir(script.path)
    try:
        known = remembered.found_plain(old, receive.match, table.includes)
        (script.notes / old).unlink(missing_ok=True)
        (script.notes / new).unlink(missing_ok=True)
        if known:
            script.note(old)
        left = script.leaves(f"{old} {new} refs/heads/main\n")
        update = Update("refs/heads/main", old, new, True)
        kept = remembered.Remembered(str(script.notes.parent), {(old, new): script.changed()} if left else {})
        with Git() as git:
            full, narrow = (
                pushed.pushed(git, update, old, receive.match, table.includes, receive._LOCKS, differing)
                for differing in (None, kept.differing)
            )
        assert full is not None
        assert narrow is not None
        seen = [(c.files, c.own, c.locks, c.manifests, c.indexes) for c in (full, narrow)]
        assert seen[0] == seen[1], "git sorts out nothing that matters"
        if not left:
            assert seen[0] == ((), (), (), (), ())
            assert known
            assert remembered.found_plain(new, receive.match, table.includes), "what was plain is still"
    finally:
        os.chdir(here)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from([*PATHS, *table.INDEXES, *(n for row in table.ROWS for n in row.names)]), min_size=1),
    st.sampled_from(["", "x", "X-", "sub/"]),
)
def test_every_path_that_is_read_fits_a_pathspec(names: list[str], before: str) -> None:
    """By git's own rules for a pathspec without magic: wildmatch in which `*` takes `/` too (gitglossary(7))."""
    from fnmatch import fnmatchcase

    for name in names:
        path = before + name
        mine = (
            table.match(path) or table.manifests_of(path) or path.rpartition("/")[2] in table.MANIFESTS | table.INDEXES
        )
        if mine or path.startswith(".osgate/") or path.endswith(pushed.TAKERS):
            assert any(fnmatchcase(path, spec) or path.startswith(f"{spec}/") for spec in interest.pathspecs()), path


# With Python behind it


def test_packed_it_passes_judges_remembers_and_records(tmp_path: Path) -> None:
    """The whole way once: what was found plain by Python passes without it, and a judged ref leaves one line."""
    server = Server(tmp_path / "server")
    work = Work(tmp_path / "work", server)
    work.commit({LOCK: lock("left-pad")})
    server.take(work, "main")
    shutil.copytree(server.settings.snapshot, tmp_path / "snapshot")
    shutil.rmtree(tmp_path / "snapshot" / remembered.FOLDER, ignore_errors=True)
    (tmp_path / "snapshot").chmod(0o700)
    (server.spool / "judged").mkdir(parents=True)
    counted = tmp_path / "python"
    counted.write_text(f'#!/bin/sh\necho >>"{tmp_path}/started"\nexec {packing.PYTHON} "$@"\n')
    counted.chmod(0o755)
    source = tmp_path / "packed"
    source.write_bytes(packing.files()["hooks/pre-receive"].data)
    for hook, python in (("pre-receive", packing.PYTHON), ("post-receive", str(counted))):
        mine = replace(server.settings, hook=hook, snapshot=str(tmp_path / "snapshot"))
        whole = json.loads(packing.settings.printed(mine))
        packing.built(server.path / "hooks" / hook, packing.contents(source), whole, python)
    notes = tmp_path / "snapshot" / remembered.FOLDER
    first = work.commit({"main.py": "1"})
    assert work.push("main").returncode == 0
    assert [path.name for path in notes.iterdir()] == [first], "Python found out of it what the script builds on"
    second = work.commit({"main.py": "2"})
    assert work.push("main").returncode == 0
    assert (notes / second).read_text().split()[-1] == first
    for name in ("is-odd", "left-pad"):
        work.commit({LOCK: lock(name)})
        assert work.push("main").returncode == 0
    assert [(event["event"], event["outcome"]) for event in server.events()] == [("accepted", "pass")] * 2
    assert server.events()[-1]["purls"] == ["pkg:npm/left-pad@1.3.0"]
    assert list((server.spool / "judged").iterdir()) == []
    assert (tmp_path / "started").read_text() == "\n", (
        "the first line of a day is written by Python, others are appended"
    )


STATES: dict[str, tuple[tuple[str, ...], ...]] = {
    "as ever": (),
    "packed": (("pack-refs", "--all"),),
    "an unborn default branch": (("symbolic-ref", "HEAD", "refs/heads/unborn"),),
    "a detached HEAD": (("update-ref", "--no-deref", "HEAD", "main"),),
    "HEAD on an unguarded tag": (("symbolic-ref", "HEAD", "refs/tags/v1"),),
    "a ref that leads to a guarded one": (("symbolic-ref", "refs/heads/topic", "refs/heads/main"),),
    "HEAD in two steps": (("symbolic-ref", "refs/heads/trunk", "refs/heads/topic"),),
    "no guarded branch": (("update-ref", "-d", "refs/heads/main"), ("update-ref", "-d", "refs/heads/trunk")),
}
REFS = (
    *("refs/heads/main", "refs/heads/trunk", "refs/heads/topic", "refs/heads/unborn", "refs/heads/it's/x/x?"),
    *("refs/tags/v1", "refs/replace/x", "refs/osgate/x", "refs/notes/x"),
)


@pytest.mark.parametrize("state", STATES)
def test_it_lets_pass_no_ref_that_python_would_judge_and_compares_as_python_does(own: Script, state: str) -> None:
    own.git("update-ref", "refs/heads/topic", own.base)
    for words in STATES[state]:
        own.git(*words)
    quiet = own.commit({"main.py": "9"}, own.base)
    locked = own.locked
    told = {ref: [own.leaves(f"{own.base} {new} {ref}\n") for new in (locked, quiet)] for ref in REFS}
    here = os.getcwd()
    os.chdir(own.path)
    try:
        for ref, (left_lock, left_quiet) in told.items():
            with Git() as git:
                refs, update = Refs(git, own.refs), Update(ref, own.base, quiet, True)
                wanted = refs.wanted((update,))
                if not left_lock:
                    assert wanted == (), ref
                elif not left_quiet:
                    assert (wanted, refs.base(update)) == ((update,), own.base), ref
    finally:
        os.chdir(here)
    assert state != "as ever" or [told[ref] for ref in REFS[:3]] == [[True, False], [True, False], [False, False]]
