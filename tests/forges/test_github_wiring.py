"""Which identity goes to which GitHub, and that nobody pays for it who does not use it."""

from __future__ import annotations

from pathlib import Path

import pytest

from forges.test_github_transport import pem
from forges.test_gitlab_wiring import run
from osgate.errors import UsageError
from osgate.forges.github import connect
from osgate.forges.github.adapter import GitHub
from osgate.forges.protocol import Expired
from osgate.wiring_forges import forge

HERE = "https://forge.example.test"
JOB = {
    "GITHUB_SERVER_URL": HERE,
    "GITHUB_API_URL": f"{HERE}/told/v3",
    "GITHUB_GRAPHQL_URL": f"{HERE}/told/graphql",
    "GITHUB_TOKEN": "job-0123456789",
}
ASK = """
import sys
from osgate.errors import UsageError
from osgate.wiring_forges import forge
{before}
try:
    forge("github", "https://forge.example.test", {{"OSGATE_TOKEN": "x"}})
except UsageError as error:
    print(error.code, error.params["extra"])
print(" ".join(name for name in ("github", "gitlab", "requests") if sys.modules.get(name)))
"""


def made(address: str, environ: dict[str, str]) -> GitHub:
    found = forge("github", address, environ)
    assert isinstance(found, GitHub)
    return found


def test_in_a_job_the_forge_is_the_one_that_runs_it_and_its_interfaces_are_where_it_says():
    found = made("", JOB)
    assert (found.kind, found.address, found.client.api) == ("github", HERE, f"{HERE}/told/v3")
    assert found.client.clean("job-0123456789") == "***"


def test_elsewhere_neither_the_jobs_token_nor_its_interfaces_count():
    other = "https://other.example.test"
    found = made(other, {**JOB, "OSGATE_TOKEN": " pasted-with-blanks\n"})
    assert (found.address, found.client.api) == (other, f"{other}/api/v3")
    assert found.client.clean("job-0123456789 pasted-with-blanks") == "job-0123456789 ***"
    with pytest.raises(UsageError, match=r"forge\.no-token"):
        forge("github", other, JOB)


def test_an_app_comes_before_tokens_and_its_key_is_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    key = tmp_path / "app.pem"
    key.write_text(pem())
    asked: list[dict[str, str]] = []
    by_app = connect.by_app

    def watched(*given: object, **named: str) -> object:
        asked.append(named)
        return by_app(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(connect, "by_app", watched)
    app = {**JOB, "OSGATE_APP_ID": "12", "OSGATE_APP_KEY_FILE": str(key), "GITHUB_REPOSITORY": "shop/policy"}
    assert made("", app).client.clean("job-0123456789") == "job-0123456789"
    assert asked == [{"installation": "", "repository": "shop/policy"}]
    key.write_text("no key")
    with pytest.raises(Expired):
        forge("github", "", app)


@pytest.mark.parametrize(
    ("address", "environ", "code"),
    [
        ("", {"OSGATE_TOKEN": "x"}, "forge.no-address"),
        ("forge.example.test", {"OSGATE_TOKEN": "x"}, "forge.address"),
        ("https://me:secret@forge.example.test", {"OSGATE_TOKEN": "x"}, "forge.address"),
        ("", {"GITHUB_SERVER_URL": HERE}, "forge.no-token"),
        (HERE, {"OSGATE_TOKEN": "two words"}, "forge.token-malformed"),
        ("", {**JOB, "GITHUB_TOKEN": "two words"}, "forge.token-malformed"),
        ("", {**JOB, "OSGATE_APP_ID": "12"}, "forge.app-key"),
        ("", {**JOB, "OSGATE_APP_ID": "12", "OSGATE_APP_KEY_FILE": "/nowhere/app.pem"}, "forge.app-key"),
        ("", {**JOB, "OSGATE_APP_ID": "12", "OSGATE_APP_KEY_FILE": "/"}, "forge.app-key"),
    ],
)
def test_what_is_missing_or_malformed_is_named(address: str, environ: dict[str, str], code: str):
    with pytest.raises(UsageError) as caught:
        forge("github", address, environ)
    assert caught.value.code == code
    assert not {"secret", "two words"} & set(map(str, caught.value.params.values()))


def test_without_the_extra_it_says_what_to_install_and_needs_nothing_of_gitlabs(tmp_path: Path):
    assert run(ASK.format(before='sys.modules["github"] = None'), tmp_path) == [
        "forge.extra osgate[github]",
        "",
    ]
    assert run(ASK.format(before='sys.modules["gitlab"] = None'), tmp_path) == ["github requests"]


def test_a_wait_is_announced_in_the_language_of_the_environment(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    from osgate import wiring_forges

    class Words:
        def __init__(self, locale: str) -> None:
            self.locale = locale

        def __call__(self, key: str, **said: object) -> str:
            return f"{self.locale} {key} {said}"

    monkeypatch.setattr(wiring_forges, "Translator", Words)
    wiring_forges._waits({"LANG": "zh_CN.UTF-8"})(59.6, f"{HERE}/x")
    assert capsys.readouterr().err == f"osgate: zh_CN forge.waits {{'seconds': 60, 'address': '{HERE}/x'}}\n"
