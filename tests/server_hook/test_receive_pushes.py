"""Pushes to a real repository with the hook in it: what git can send, and every way around that somebody thought of."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from server_hook.receiving import Server, Work, lock, run

pytestmark = pytest.mark.real

LOCK = "package-lock.json"
GOOD, BAD = {LOCK: lock("left-pad")}, {LOCK: lock("left-pad", "evil")}
EVIL = "OSG101 unapproved: pkg:npm/evil@1.3.0 in package-lock.json:16: not on the allowlist."
RUN = 'Run: osgate request pkg:npm/evil@1.3.0 --reason "..."'


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(tmp_path / "server")


@pytest.fixture
def work(server: Server, tmp_path: Path) -> Work:
    """With one approved commit on main, here and there."""
    work = Work(tmp_path / "work", server)
    work.commit(GOOD)
    server.take(work, "main")
    return work


def refused(server: Server, work: Work, *refs: str, of: int = 1) -> str:
    """Push, which must be refused whole and leave nothing behind; returns what was said."""
    before = server.git("for-each-ref")
    done = work.push(*refs)
    assert done.returncode != 0
    assert done.stderr.count("[remote rejected]") == of, done.stderr
    assert "pre-receive hook declined" in done.stderr
    assert server.git("for-each-ref") == before
    assert server.left() == []
    return done.stderr


def passed(work: Work, *refs: str) -> str:
    done = work.push(*refs)
    assert done.returncode == 0, done.stderr
    return done.stderr


# What git can send


def test_a_new_component_is_refused_with_where_why_and_what_to_do_and_quarantine_is_clean(
    server: Server, work: Work
) -> None:
    bad = work.commit(BAD)
    said = refused(server, work, "main")
    assert f"{EVIL} {RUN}" in said
    assert "gate@bank.example" in said
    assert "left-pad" not in said
    found = run("git", "cat-file", "-t", bad, at=server.path)
    assert found.returncode != 0, "the refused objects are gone"
    (event,) = server.events()
    assert (event["event"], event["outcome"], event["rules"]) == ("refused", "block", {"OSG101": 1})
    assert (event["ref"], event["new"], event["purls"]) == ("refs/heads/main", bad, ["pkg:npm/evil@1.3.0"])


def test_nothing_is_said_of_what_passes(work: Work) -> None:
    work.commit({"main.py": "1", LOCK: lock("left-pad", "is-odd")})
    assert "remote:" not in passed(work, "main")


def test_new_branches_orphans_and_force_pushes_have_their_own_base(server: Server, work: Work) -> None:
    work.git("checkout", "-q", "-b", "release/1")
    work.commit({"main.py": "1"})
    passed(work, "release/1")
    work.commit(BAD)
    assert EVIL in refused(server, work, "HEAD:refs/heads/release/2")
    # Forced back over an approval check: against what is replaced, so nothing that was there before is new again.
    work.git("reset", "-q", "--hard", "main")
    work.commit({LOCK: lock("left-pad", "is-odd")})
    passed(work, "--force", "HEAD:release/1")
    work.git("checkout", "-q", "--orphan", "apart")
    work.commit(BAD)
    assert EVIL in refused(server, work, "--force", "HEAD:release/1")
    assert EVIL in refused(server, work, "HEAD:refs/heads/release/3")


def test_a_commit_that_went_by_another_branch_is_no_less_new(server: Server, work: Work) -> None:
    """The bypass of forges.md B2.3; and the same before there is a default branch, or from apart of it."""
    work.commit(BAD)
    passed(work, "HEAD:refs/heads/topic")
    assert EVIL in refused(server, work, "main")
    assert EVIL in refused(server, work, "HEAD:refs/heads/release/1")
    work.git("checkout", "-q", "--orphan", "apart")
    work.commit(BAD)
    passed(work, "HEAD:refs/heads/other")
    assert EVIL in refused(server, work, "HEAD:refs/heads/release/1")
    server.git("update-ref", "-d", "refs/heads/main")
    assert EVIL in refused(server, work, "HEAD:refs/heads/main")


def test_tags_of_all_kinds_deletions_and_three_refs_in_one_push(server: Server, work: Work) -> None:
    server.install(refs=("HEAD", "refs/tags/*", "refs/heads/release/*"))
    work.git("tag", "-a", "v1", "-m", "one")
    work.git("tag", "-a", "blob", "-m", "blob", f"HEAD:{LOCK}")
    passed(work, "v1", "blob", "HEAD:refs/heads/release/1")
    work.commit(BAD)
    work.git("tag", "-a", "v2", "-m", "two")
    work.git("tag", "tree", "HEAD^{tree}")
    assert EVIL in refused(server, work, "v2")
    assert EVIL in refused(server, work, "tree")
    passed(work, ":refs/heads/release/1", ":refs/tags/v1")
    said = refused(server, work, "HEAD:refs/heads/topic", "HEAD:refs/heads/release/1", "v2", of=3)
    assert "refs/heads/release/1: blocked" in said
    assert "refs/tags/v2: blocked" in said
    assert "refs/heads/topic: blocked" not in said
    assert [event["ref"] for event in server.events()][-2:] == ["refs/heads/release/1", "refs/tags/v2"]


def test_a_merge_is_judged_by_its_outcome(server: Server, work: Work) -> None:
    work.git("checkout", "-q", "-b", "side")
    work.commit({"side/package-lock.json": lock("evil")})
    work.git("checkout", "-q", "main")
    work.commit({"main.py": "1"})
    work.git("merge", "-q", "--no-edit", "side")
    assert "side/package-lock.json:11" in refused(server, work, "main")
    work.git("rm", "-q", "side/package-lock.json")
    work.commit({})
    passed(work, "main")


def test_links_submodules_and_lfs_pointers_are_no_manifests_that_can_be_read(server: Server, work: Work) -> None:
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a' * 64}\nsize 12\n"
    work.commit({"lfs/package-lock.json": pointer})
    (work.path / "link").mkdir()
    (work.path / "link/package-lock.json").symlink_to("../x")
    work.git("add", "-A")
    work.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},sub/package-lock.json")
    work.git("commit", "-qm", "odd")
    said = refused(server, work, "main")
    for folder, why in (("lfs", "Git LFS pointer"), ("link", "symbolic link"), ("sub", "submodule")):
        (line,) = [line for line in said.splitlines() if f"{folder}/package-lock.json" in line]
        assert why in line


def test_in_a_sha256_repository(tmp_path: Path) -> None:
    server = Server(tmp_path / "server", "--object-format=sha256")
    work = Work(tmp_path / "work", server, "--object-format=sha256")
    work.commit(GOOD)
    passed(work, "main")
    work.commit(BAD)
    assert EVIL in refused(server, work, "main", "HEAD:refs/heads/release/1", of=2)
    assert [len(event["new"]) for event in server.events()] == [64, 64]


def test_a_file_of_any_name_that_a_manifest_includes_is_part_of_it(server: Server, work: Work) -> None:
    work.commit({"py/requirements.txt": "-r ../lists/wanted\n", "lists/wanted": "# none\n"})
    server.take(work, "main")
    work.commit({"lists/wanted": "evil==1\n", "a.txt": "other\n"})
    assert "pkg:pypi/evil@1 in " in refused(server, work, "main")
    work.commit({"lists/wanted": "# none\n", "lists/other": "evil==1\n"})
    passed(work, "main")


# Nothing that is pushed decides


def test_the_repositorys_own_settings_are_those_of_the_default_branch_before_the_push(
    server: Server, work: Work
) -> None:
    """What is excused or configured by the push itself does not count, and broken settings can be mended."""
    work.commit({".osgate/config.toml": "mode = observe"})
    server.take(work, "main")
    mended = {".osgate/config.toml": 'project = "app"\n'}
    work.commit({**mended, **BAD, ".osgate/baseline.json": "{}"})
    said = refused(server, work, "main")
    assert EVIL in said
    assert ".osgate/config.toml on the default branch cannot be read" in said
    work.git("reset", "-q", "--hard", "HEAD~1")
    work.commit(mended)
    assert "OSG401" not in passed(work, "main")
    work.commit(BAD)
    refused(server, work, "main")
    assert server.events()[-1]["project"] == "app"


def test_attributes_and_filters_of_the_repository_run_nothing(server: Server, work: Work, tmp_path: Path) -> None:
    trap = f"touch {tmp_path}/ran"
    for key in ("filter.x.clean", "filter.x.smudge", "diff.x.textconv", "diff.x.command", "diff.external"):
        server.git("config", key, trap)
    (server.path / "info").mkdir(exist_ok=True)
    (server.path / "info/attributes").write_text("* filter=x diff=x\n")
    work.commit({".gitattributes": "* diff=x -text\n", **BAD})
    assert EVIL in refused(server, work, "main")
    work.commit({".gitattributes": "* filter=x\n", LOCK: lock("left-pad", "is-odd")})
    assert "OSG301 unreadable: package-lock.json" in refused(server, work, "main"), "nobody sees what that makes of it"
    assert not (tmp_path / "ran").exists()


def test_a_folder_full_of_modules_is_not_imported_from(server: Server, work: Work) -> None:
    for name in ("json.py", "osgate.py", "_json.py", "select.py"):
        (server.path / name).write_text("raise SystemExit(0)\n")
    work.commit(BAD)
    assert EVIL in refused(server, work, "main")


# Hostile and much


def test_hostile_names_begin_no_line_and_steer_no_terminal(server: Server, work: Work) -> None:
    server.install(platform="gitlab")
    names = ["a\nGL-HOOK-ERR: approved", "\x1b[2J\x1b]0;x\x07", "\u202egnp", "d\r\nremote: ok", "\udcff"]
    work.commit({f"{name}/package-lock.json": lock("evil") for name in names})
    said = refused(server, work, "main")
    lines = [line.removeprefix("remote: ").rstrip() for line in said.split("\n") if line.startswith("remote: ")]
    assert len(lines) > 3
    assert [line for line in lines if not line.startswith("GL-HOOK-ERR: ")] == []
    assert [line for line in lines if "GL-HOOK-ERR: approved" in line.removeprefix("GL-HOOK-ERR: approved")] == []
    assert not [line for line in lines if line.startswith("GL-HOOK-ERR: approved")]
    assert all(line.isprintable() for line in lines)
    assert "and 4 more places" in said


def test_two_thousand_findings_are_counted_and_few_are_shown(server: Server, work: Work) -> None:
    work.commit({LOCK: lock("left-pad", *[f"evil-{n}" for n in range(2_000)])})
    said = refused(server, work, "main")
    shown = [line for line in said.splitlines() if "OSG101" in line]
    assert len(shown) == 20
    assert "and 1980 more packages and files" in said
    assert len(said) < 32_768
    (event,) = server.events()
    assert (event["rules"], len(event["purls"]), event["more"]) == ({"OSG101": 2_000}, 50, 1_950)


def test_three_hundred_manifests_and_caps_that_name_what_was_not_checked(server: Server, work: Work) -> None:
    server.install(language="zh_CN+en")
    work.commit({f"m{n}/package-lock.json": lock("left-pad" if n else "evil") for n in range(300)})
    said = refused(server, work, "main")
    assert "m0/package-lock.json" in said
    assert "本次推送被拒绝" in said
    for caps, code in (((299, 10**9), "hook.manifests"), ((300, 400), "hook.bytes")):
        server.install(caps=type(server.settings.caps)(*caps), stale="warn")
        said = refused(server, work, "main")
        assert "not checked" in said
        event = server.events()[-1]
        assert (event["outcome"], event["detail"].split()[0]) == ("unchecked", code)
    assert "300 files, among them: m0/package-lock.json" in refused(_capped(server, 299), work, "main")


def _capped(server: Server, manifests: int) -> Server:
    server.install(caps=type(server.settings.caps)(manifests, 10**9))
    return server


def test_two_pushes_at_once_are_both_judged(server: Server, work: Work, tmp_path: Path) -> None:
    other = Work(tmp_path / "other", server)
    other.git("pull", "-q", str(server.path), "main")
    work.commit({LOCK: lock("left-pad", "is-odd")})
    other.commit(BAD)
    said: dict[str, subprocess.CompletedProcess[str]] = {}
    pushes = [
        threading.Thread(target=lambda: said.update(good=work.push("main:release/1"))),
        threading.Thread(target=lambda: said.update(bad=other.push("main:release/2"))),
    ]
    for push in pushes:
        push.start()
    for push in pushes:
        push.join()
    assert (said["good"].returncode, said["bad"].returncode) == (0, 1)
    assert EVIL in said["bad"].stderr
    assert (bool(server.tip("release/1")), bool(server.tip("release/2"))) == (True, False)


# Time


SLOW = """import sys, time
def read(path, data, siblings):
    {body}
"""


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("import re; re.match('(a+)+$', 'a' * 60 + 'b')", "never lets go of the interpreter"),
        ("import os; os.kill(os.getpid(), 11)", "breaks down"),
    ],
)
def test_a_reader_that_does_not_come_back_is_refused_in_time(
    server: Server, work: Work, tmp_path: Path, body: str, what: str
) -> None:
    """The hook's own clock tells how long it took: no speed of this machine is asserted beyond the deadline's bound."""
    slow = tmp_path / "slow.py"
    slow.write_text(SLOW.format(body=body))
    server.install(deadline=1.0)
    hook = server.path / "hooks/pre-receive"
    patch = (
        f"sys.path.append({str(tmp_path)!r})\nimport time\nbegan = time.monotonic()\n"
        "from osgate.formats import table\nimport slow\ntable.read = slow.read\n"
        "table.read_change = lambda *_: None\nfrom osgate.server_hook import program"
    )
    end = "code = program.hook(told, began=began)\nprint('took', time.monotonic() - began, file=sys.stderr)\n"
    text = hook.read_text().replace("from osgate.server_hook import program", patch)
    hook.write_text(text.replace("os._exit(program.hook(told))", end + "os._exit(code)"))
    work.commit({LOCK: lock("left-pad", "is-odd")})
    said = refused(server, work, "main")
    took = float(next(line for line in said.splitlines() if "took" in line).split()[2])
    assert took < 1.5
    assert "last read: package-lock.json" in said
    assert ("no answer within 1 s" in said) is (what != "breaks down")
    assert "not checked, 1 file: package-lock.json" in said
    (event,) = server.events()
    assert (event["event"], event["outcome"]) == ("refused", "unchecked")


def test_standard_input_without_an_end_is_refused_in_time(server: Server) -> None:
    server.install(deadline=0.5)
    argv = [sys.executable, "-I", str(server.path / "hooks/pre-receive")]
    read, write = os.pipe()
    child = subprocess.Popen(argv, cwd=server.path, stdin=read, stderr=subprocess.PIPE, text=True)
    os.close(read)
    os.write(write, b"0" * 40)
    _, said = child.communicate(timeout=30)
    os.close(write)
    assert child.returncode == 1
    assert "did not end in time" in said


def test_lines_that_are_not_gits_are_refused(server: Server) -> None:
    for told in ("nonsense\n", f"refs/heads/main {'a' * 40} refs/heads/main {'b' * 40}\n"):
        done = run(str(server.path / "hooks/pre-receive"), at=server.path, input=told)
        assert done.returncode == 1
        assert "no line that git hands to a hook" in done.stderr
    line = f"{'0' * 40} {'a' * 40} refs/heads/topic"
    for told in ("", line, f"{line}\n{line}"):
        done = run(str(server.path / "hooks/pre-receive"), at=server.path, input=told)
        assert done.returncode == 1, "read by somebody else, or cut off"
    assert {event["ref"] for event in server.events()} == {"-"}
