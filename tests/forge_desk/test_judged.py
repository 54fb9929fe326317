"""The desk's own verdict on a change: from git alone, on the head the forge named, by what the target branch says."""

from __future__ import annotations

import http.server
import json
import shutil
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from flow.house import DEMO, House, patched
from forge_desk.shop import Shop, git
from osgate.errors import OsgateError, Undecided, UsageError
from osgate.forge_desk import judged
from osgate.io import process
from osgate.model.record import replace
from osgate.policy import guarded
from osgate.reports.json_report import to_json
from osgate.testing.git_http import serving

TOKEN = "glpat-0123456789abcdefghij"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    root = tmp_path_factory.mktemp("judged")
    with pytest.MonkeyPatch.context() as patch:
        house = patched(patch, House(root / "house"))
        assert house.desk().code == 0
        yield Shop(root, house)


def test_the_desk_finds_what_the_check_in_the_repository_finds(shop: Shop, tmp_path: Path) -> None:
    found = shop.verdict(tmp_path)
    said = shop.house.osgate("check", "--base", "main", "--head", "topic", "--format", "json", at=shop.work)
    told, ours = json.loads(said.out), to_json(found)
    assert (ours["base"], ours["head"], ours["outcome"]) == (shop.base, shop.head, "block")
    assert [ours[key] for key in ("introduced", "findings", "removed")] == [
        told[key] for key in ("introduced", "findings", "removed")
    ]
    assert {item.dependency.component for item in found.introduced} == {"pkg:npm/is-odd", "pkg:npm/is-number"}
    # What was fetched once is there: the second look takes nothing but the references.
    assert to_json(shop.verdict(tmp_path))["findings"] == ours["findings"]


@pytest.mark.parametrize("kind", ["gitea", "gitee", "github"])
def test_each_forge_keeps_the_head_at_its_own_place(shop: Shop, tmp_path: Path, kind: str) -> None:
    assert shop.verdict(tmp_path, kind=kind).outcome == "block"


def test_what_the_change_says_of_itself_is_not_believed(shop: Shop, tmp_path: Path) -> None:
    git(shop.work, "checkout", "--quiet", "-b", "sly", "topic")
    shutil.rmtree(shop.work / ".osgate")
    (shop.work / ".osgate").mkdir()
    (shop.work / ".osgate/config.toml").write_text('project = "somebody-else"\nmode = "observe"\n')
    git(shop.work, "add", "--all")
    git(shop.work, "commit", "--quiet", "-m", "sly")
    shop.push("sly:refs/merge-requests/1/head")
    change, project = shop.change(git(shop.work, "rev-parse", "sly"))
    try:
        found = judged.verdict_on(change, project, shop.means(tmp_path))
    finally:
        git(shop.work, "checkout", "--quiet", "topic")
        shop.push("topic:refs/merge-requests/1/head")
    assert (found.outcome, found.project, found.mode) == ("block", "till", "enforce-new")
    assert "OSG401" in {finding.rule for finding in found.findings}


def test_a_force_push_meanwhile_leaves_the_head_that_was_named_or_waits(shop: Shop, tmp_path: Path) -> None:
    change, project = shop.change()
    seen = shop.means(tmp_path)
    judged.verdict_on(change, project, seen)
    git(shop.work, "checkout", "--quiet", "-B", "forced", "main")
    shutil.copy(DEMO / "after/package.json", shop.work / "package.json")
    git(shop.work, "commit", "--quiet", "--all", "-m", "forced")
    forced = git(shop.work, "rev-parse", "HEAD")
    git(shop.work, "checkout", "--quiet", "topic")
    shop.push("forced:refs/merge-requests/1/head")
    try:
        # The old head is in our copy: the verdict is on what was named, and can mislead nobody about another one.
        assert judged.verdict_on(change, project, seen).head == shop.head
        elsewhere = shop.means(tmp_path / "empty")
        git(shop.bare, "update-ref", "-d", "refs/pull/1/head")
        git(shop.bare, "gc", "--quiet", "--prune=now")
        with pytest.raises(Undecided) as moved:
            judged.verdict_on(change, project, elsewhere)
        assert moved.value.code == "judged.moved"
        assert judged.verdict_on(replace(change, head=forced), project, elsewhere).head == forced
    finally:
        shop.push("topic:refs/merge-requests/1/head", "topic:refs/pull/1/head")


@pytest.mark.parametrize("head", ["", "HEAD", "refs/heads/main", "--all", "0" * 40])
def test_what_is_no_commit_is_not_judged(shop: Shop, tmp_path: Path, head: str) -> None:
    change, project = shop.change()
    with pytest.raises(Undecided) as error:
        judged.verdict_on(replace(change, head=head), project, shop.means(tmp_path))
    assert error.value.code == "judged.moved"


@pytest.mark.parametrize("target", ["", "a:b", "*", "a..b", "-x", "a b", "a\0b", "refs@{1}", "x.lock", "/a", "a\\b"])
def test_a_target_that_git_would_read_otherwise_is_refused(shop: Shop, tmp_path: Path, target: str) -> None:
    change, project = shop.change()
    with pytest.raises(UsageError) as error:
        judged.verdict_on(change, replace(project, branch=target), shop.means(tmp_path))
    assert error.value.code == "git.revision"
    assert not (tmp_path / "changes").exists()


def test_a_branch_that_nobody_guards_decides_nothing(shop: Shop, tmp_path: Path) -> None:
    # A branch that has the package already, and says that it is another project.
    git(shop.work, "checkout", "--quiet", "-b", "evil", "topic")
    (shop.work / ".osgate/config.toml").write_text('project = "evil"\n')
    git(shop.work, "commit", "--quiet", "--all", "-m", "evil")
    git(shop.work, "commit", "--quiet", "--allow-empty", "-m", "more")
    head = git(shop.work, "rev-parse", "evil")
    git(shop.work, "checkout", "--quiet", "topic")
    shop.push("evil~1:refs/heads/evil", "evil:refs/merge-requests/1/head")
    change, project = shop.change(head, target="evil")
    try:
        for branches in ((), ("main",), ("release/*", "ev")):
            found = judged.verdict_on(change, project, shop.means(tmp_path, branches=branches))
            assert (found.outcome, found.mode, found.base) == ("block", "enforce-new", shop.base)
        found = judged.verdict_on(change, project, shop.means(tmp_path, branches=("ev*",)))
        assert (found.outcome, found.project) == ("pass", "evil")
    finally:
        shop.push("topic:refs/merge-requests/1/head")


def test_what_goes_onto_another_topic_is_judged_with_it_against_the_default_branch(shop: Shop, tmp_path: Path) -> None:
    git(shop.work, "checkout", "--quiet", "-b", "stacked", "topic")
    (shop.work / "README").write_text("more\n")
    git(shop.work, "add", "--all")
    git(shop.work, "commit", "--quiet", "-m", "stacked")
    head = git(shop.work, "rev-parse", "stacked")
    git(shop.work, "checkout", "--quiet", "topic")
    shop.push("topic:refs/heads/topic", "stacked:refs/merge-requests/1/head")
    change, project = shop.change(head, target="topic")
    try:
        found = judged.verdict_on(change, project, shop.means(tmp_path))
    finally:
        shop.push("topic:refs/merge-requests/1/head")
    assert (found.outcome, found.base, found.head) == ("block", shop.base, head)
    assert "pkg:npm/is-odd" in {item.dependency.component for item in found.introduced}


@pytest.mark.parametrize(
    ("names", "branch", "means"),
    [
        ("main,release/*", "main", True),
        ("main, release/*", "release/1.x", True),
        ("main,release/*", "release/1/evil", False),
        ("main,release/*", "xrelease/1", False),
        ("main,release/*", "Main", False),
        ("main", "main\n", False),
        (".*,[a-z]+", "evil", False),
        ("*", "evil", True),
        ("", "", False),
        (",,", "", False),
    ],
)
def test_a_guarded_branch_is_named_as_the_check_in_a_pipeline_names_it(names: str, branch: str, means: bool) -> None:
    assert guarded.named(guarded.parse(names), branch) is means


def test_a_target_may_take_the_place_of_a_folder_of_targets(shop: Shop, tmp_path: Path) -> None:
    change, project = shop.change()
    for target in ("release", "release/1"):
        shop.push(f"main:refs/heads/{target}")
        judged.verdict_on(replace(change, target=target), project, shop.means(tmp_path, branches=(target,)))
        git(shop.bare, "update-ref", "-d", f"refs/heads/{target}")


def test_one_look_at_a_project_at_a_time(shop: Shop, tmp_path: Path) -> None:
    change, project = shop.change()
    with judged.fetched(change, project, shop.means(tmp_path)), pytest.raises(Undecided) as error:
        judged.verdict_on(change, project, shop.means(tmp_path))
    assert error.value.code == "judged.busy"


def test_the_token_reaches_git_and_nobody_else(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bytes] = []
    start = process.start

    def watched(argv: list[str | bytes], env: dict[str, str] | None = None) -> process.Child:
        seen.append(b" ".join(word if isinstance(word, bytes) else word.encode() for word in argv))
        return start(argv, env)

    monkeypatch.setattr(process, "start", watched)
    with serving(shop.bare.parents[1], {"oauth2": TOKEN}) as address:
        change, project = shop.change(git_url=f"{address}/shop/till.git")
        means = shop.means(tmp_path, address=address, login="oauth2", token=TOKEN)
        assert judged.verdict_on(change, project, means).outcome == "block"
        for wrong in (replace(means, token="nonsense-1234"), replace(means, address="https://elsewhere.example.test")):
            with pytest.raises(Undecided) as error:
                judged.verdict_on(change, project, replace(wrong, cache=str(tmp_path / "b")))
            assert error.value.code == "judged.fetch"
            assert "nonsense" not in str(error.value)
            assert TOKEN not in str(error.value)
    assert any(b"fetch" in line for line in seen)
    assert not any(TOKEN.encode() in line for line in seen)
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert kept
    assert not any(TOKEN.encode() in path.read_bytes() for path in kept)


def test_a_server_that_says_nothing_is_left_in_time(shop: Shop, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        change, project = shop.change(git_url=f"http://127.0.0.1:{silent.getsockname()[1]}/shop/till.git")
        with pytest.raises(Undecided) as error:
            judged.verdict_on(change, project, shop.means(tmp_path, seconds=0.3))
    assert error.value.code == "program.slow"


def test_a_token_does_not_follow_to_another_server(shop: Shop, tmp_path: Path) -> None:
    asked: list[str] = []

    class Sends(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(302)
            self.send_header("Location", f"{target}/shop/till.git/info/refs?service=git-upload-pack")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with serving(shop.bare.parents[1]) as target, http.server.HTTPServer(("127.0.0.1", 0), Sends) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        change, project = shop.change(git_url=f"{address}/shop/till.git")
        with pytest.raises(OsgateError) as error:
            judged.verdict_on(change, project, shop.means(tmp_path, address=address, login="oauth2", token=TOKEN))
        server.shutdown()
    assert error.value.code == "judged.fetch"
    assert asked


def test_nothing_of_the_change_is_run(shop: Shop, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    git(shop.work, "checkout", "--quiet", "-b", "runs", "topic")
    (shop.work / ".gitattributes").write_text("* filter=evil diff=evil merge=evil\n")
    (shop.work / ".gitmodules").write_text(f'[submodule "x"]\n path = x\n url = ext::touch {ran}\n')
    (shop.work / "setup.py").write_text(f"open({str(ran)!r}, 'w')\n")
    git(shop.work, "add", "--all")
    git(shop.work, "commit", "--quiet", "-m", "runs")
    head = git(shop.work, "rev-parse", "HEAD")
    git(shop.work, "checkout", "--quiet", "topic")
    shop.push("runs:refs/merge-requests/1/head")
    change, project = shop.change(head)
    try:
        assert judged.verdict_on(change, project, shop.means(tmp_path / "cache")).outcome == "block"
        with pytest.raises(Undecided):
            judged.verdict_on(change, replace(project, git_url=f"ext::touch {ran}"), shop.means(tmp_path / "cache"))
    finally:
        shop.push("topic:refs/merge-requests/1/head")
    assert not ran.exists()
