"""`osgate due --forge`: the command at a fake GitHub, which lets git and the API in for an app alone; and its flags."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from flow.house import FROM, PEOPLE, House, Said, patched, people_toml
from forges.test_github_transport import pem
from github_contract.contract import documents, rest
from osgate import wiring_forges
from osgate.errors import UsageError
from osgate.forge_desk.due_issue import LABEL, MARK
from osgate.testing.clock import Clock
from osgate.testing.forge import MemoryForge
from osgate.testing.github import FakeGitHub
from osgate.testing.github.state import Repo
from osgate.testing.policies import policy_files
from osgate.text.translator import Translator

ENDING = {**PEOPLE, "sun.qi": (("tech", FROM, "2026-12-01"),)}
APP = {"contents": "write", "issues": "write", "metadata": "read"}


class Office:
    """A private policy repository at a GitHub, where an app is installed, and a desk that is that app."""

    def __init__(self, fake: FakeGitHub, house: House) -> None:
        self.fake, self.house = fake, house
        self.org = fake.org("bank")
        self.app = fake.app("osgate-desk", APP)
        self.policy: Repo = fake.repo("bank/policy", {**policy_files(), "people.toml": people_toml(ENDING)})
        fake.install(self.app, self.org)
        self.url = f"{fake.web_url}/bank/policy.git"

    def due(self, *words: str) -> Said:
        where = ("--policy-repo", self.url, "--forge", "github", "--project", "bank/policy")
        return self.house.osgate("due", *where, *words)


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    house = patched(monkeypatch, House(tmp_path / "house"))
    with FakeGitHub(contract=rest, graphql=documents, clock=Clock(house.clock.now)) as fake:
        made = Office(fake, house)
        key = tmp_path / "app.pem"
        key.write_text(pem())
        for name, value in (
            ("OSGATE_APP_ID", str(made.app.id)),
            ("OSGATE_APP_KEY_FILE", str(key)),
            ("GITHUB_SERVER_URL", fake.web_url),
            ("GITHUB_API_URL", fake.api_url),
            ("GITHUB_REPOSITORY", "bank/policy"),
            ("OSGATE_CACHE", str(tmp_path / "cache")),
        ):
            monkeypatch.setenv(name, value)
        yield made
        assert fake.violations == []


def test_an_app_reads_the_private_policy_and_keeps_one_issue_that_tells_it(office: Office, tmp_path: Path) -> None:
    first = office.due("--format", "digest", "--output", str(tmp_path / "due.md"))
    assert first.code == 0, first
    (issue,) = office.policy.issues.values()
    digest = (tmp_path / "due.md").read_text(encoding="utf-8")
    assert "sun.qi" in digest
    assert issue.body == f"{MARK}\n{digest}"
    assert (issue.author, issue.labels) == (office.app.bot, [LABEL])
    assert [word for word in ("ghs_", "PRIVATE KEY") if word in first.out + first.err] == []
    staying = {**PEOPLE, "sun.qi": (("tech", FROM, ""),)}
    office.fake.push(office.policy, "main", {"people.toml": people_toml(staying)})
    assert office.due().code == 0
    assert (issue.state, len(office.policy.issues)) == ("closed", 1)


def test_the_list_is_written_before_a_forge_that_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house = patched(monkeypatch, House(tmp_path / "house", ENDING))
    forge = MemoryForge(house.clock)
    forge.world.add_project("bank/policy")
    forge.forbid("open_issue")
    monkeypatch.setattr(wiring_forges, "forge", lambda *_: forge)
    where = ("--policy-repo", str(house.bare), "--forge", "gitlab", "--project", "bank/policy")
    said = house.osgate("due", *where, "--output", str(tmp_path / "due.txt"))
    assert (said.code, "open_issue" in said.err, forge.world.issues) == (1, True, {}), said
    assert "sun.qi" in (tmp_path / "due.txt").read_text(encoding="utf-8")
    forge.allow("open_issue")
    # A time to look ahead counts for the issue as well.
    assert house.osgate("due", *where, "--days", "1").code == 0
    assert forge.world.issues == {}
    assert house.osgate("due", *where, "--language", "zh_CN").code == 0
    (issue,) = forge.world.issues.values()
    assert (issue.title, issue.labels) == (Translator("zh_CN")("due.issue-title"), (LABEL,))


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--forge", "github"), "--project"),
        (("--project", "bank/policy"), "--forge"),
        (("--address", "https://git.example.com"), "--forge"),
        (("--forge", "github", "--project", "bank/policy", "--role", "legal"), "--role"),
    ],
)
def test_a_flag_without_its_like_is_a_mistake(tmp_path: Path, words: tuple[str, ...], named: str) -> None:
    said = House(tmp_path / "house").osgate("due", *words)
    assert (said.code, named in said.err) == (2, True), said


def test_a_token_goes_to_the_address_that_was_given_and_an_apps_or_a_jobs_to_its_own_server_alone() -> None:
    way, there = wiring_forges.way_in, "https://git.example.com/bank/policy.git"
    job = {"GITHUB_SERVER_URL": "https://git.example.com", "GITHUB_TOKEN": "of-the-job"}
    assert (
        way(there, {}) == way("/srv/policy.git", {"OSGATE_TOKEN": "t"}) == way("git@x:y", {"OSGATE_TOKEN": "t"}) == {}
    )
    assert f"http.{there}.extraHeader" in way(there, {"OSGATE_TOKEN": "t"}).values()
    assert f"http.{there}.extraHeader" in way(there, job).values()
    for other in ("https://git.example.com.evil.test/bank/policy.git", "https://evil.test/bank/policy.git"):
        assert way(other, {**job, "OSGATE_APP_ID": "12"}) == {}
    # At its own server the app is asked for, and nothing else is taken instead of it.
    with pytest.raises(UsageError, match=r"forge\.app-key"):
        way(there, {**job, "OSGATE_APP_ID": "12"})
    with pytest.raises(UsageError, match=r"forge\.two-identities"):
        way(there, {**job, "OSGATE_TOKEN": "t", "OSGATE_APP_ID": "12"})


def test_a_policy_repository_that_a_folder_names_is_given_no_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever wrote `.osgate/config.toml` would get it."""
    house = patched(monkeypatch, House(tmp_path / "house"))
    asked: list[str] = []
    monkeypatch.setattr(wiring_forges, "way_in", lambda url, _: asked.append(url) or {})
    folder = tmp_path / "work"
    (folder / ".osgate").mkdir(parents=True)
    (folder / ".osgate/config.toml").write_text(f'policy_repository = "{house.bare}"\n', encoding="utf-8")
    house.osgate("due", at=folder)
    assert asked == []
    house.osgate("due", "--policy-repo", str(house.bare), at=folder)
    assert asked == [str(house.bare)]
