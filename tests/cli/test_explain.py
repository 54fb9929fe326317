"""What a rule means, and what the ledger says about a package, in the reader's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cli.kit import call
from osgate.text.rules import RULE_IDS, rule_text
from osgate.text.translator import LOCALES

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import App, Institution


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("rule", RULE_IDS)
def test_a_rule_by_id_and_slug(rule: str, locale: str, repository: App) -> None:
    text = rule_text(rule, locale)
    slug = text.partition(":")[0].split()[-1]
    for word in (rule, rule.lower(), slug):
        assert call("explain", word, "--language", locale) == (0, text if text.endswith("\n") else text + "\n", "")


@pytest.mark.parametrize(
    ("stage", "purl", "told"),
    [
        ("empty", "pkg:npm/left-pad@1.3.0", "left-pad 1.3.0: blocked, nobody has decided"),
        ("waiting", "pkg:npm/left-pad@1.3.0", "waits: vers:npm/>=1.3.0|<2.0.0, request "),
        ("approved", "pkg:npm/left-pad@1.3.0", "left-pad 1.3.0: passes"),
        ("approved", "pkg:npm/left-pad@2.0.0", "left-pad 2.0.0: blocked, what is approved does not cover it"),
        ("blocked", "pkg:npm/left-pad@1.3.0", "left-pad 1.3.0: blocked by an emergency block"),
        ("blocked", "pkg:npm/left-pad", "incident INC-1: taken over"),
        ("approved", "pkg:npm/other", "the ledger holds no decision on pkg:npm/other"),
    ],
)
def test_a_package(stage: str, purl: str, told: str, app: App, institution: Institution) -> None:
    app.publish(stage)
    assert call("sync").code == 0
    done = call("explain", purl)
    assert (done.code, done.err) == (0, "")
    assert told in done.out
    asks = f"   = run: osgate request {purl} --reason" in done.out
    assert asks is (stage == "empty" or purl.endswith("@2.0.0"))


PAD = "pkg:npm/left-pad@1.3.0"


def test_a_rule_outside_of_any_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = call("explain", "OSG105")
    assert (done.code, done.out.splitlines()[0][:16]) == (0, "# OSG105 blocked")


def test_a_package_without_a_snapshot_is_undecided(app: App) -> None:
    done = call("explain", "pkg:npm/left-pad@1.3.0")
    assert (done.code, done.out) == (4, "")
    assert "run `osgate sync`" in done.err


def test_a_package_is_told_by_the_newest_snapshot_and_its_age(app: App) -> None:
    app.publish("empty")
    assert "by snapshot 1 (confirmed just now; `osgate sync` fetches the newest)" in call("explain", PAD).out
    app.publish("approved")
    assert "left-pad 1.3.0: passes" in call("explain", PAD).out
    app.live.rename(app.live.with_name("gone"))
    done = call("explain", PAD)
    assert (done.code, "left-pad 1.3.0: passes" in done.out) == (0, True)
    assert "there is nothing at" in done.err


@pytest.mark.parametrize("word", ["left-pad", "lodash", "npm/left-pad"])
def test_a_bare_name_is_told_how_a_package_is_written(word: str, repository: App) -> None:
    done = call("explain", word)
    assert (done.code, done.out) == (2, "")
    assert f"{word} is neither a rule nor a package" in done.err
    assert "pkg:TYPE/NAME" in done.err
    assert "did you mean" not in done.err


def test_sync_tells_what_it_took_and_what_failed(app: App) -> None:
    app.publish("approved")
    assert f"snapshot 3 fetched from {app.live}" in call("sync").out
    assert f"snapshot 3 is still the newest ({app.live})" in call("sync").out
    app.trust(addresses=["/nowhere", str(app.live)])
    done = call("sync")
    assert (done.code, "there is nothing at /nowhere/manifest.json" in done.err) == (0, True)
    app.trust(addresses=["/nowhere", "/neither"])
    done = call("sync")
    assert done.code == 4
    assert all(f"  - there is nothing at {place}/manifest.json" in done.err for place in ("/nowhere", "/neither"))


def test_policy_lint_names_every_mistake(institution: Institution, app: App) -> None:
    policy = institution.folder / "work"
    assert "policy files in" in call("policy", "lint", str(policy)).out
    app.write("people.toml", "[[person]]\nid = 3\n")
    done = call("policy", "lint", str(app.path))
    assert done.code == 2
    assert "people.toml:2: " in done.err


@pytest.mark.parametrize(("locale", "told"), [("en", "tech 0/1, legal 0/1"), ("zh_CN", "tech 0/1，legal 0/1")])
def test_a_list_is_joined_as_the_language_joins(locale: str, told: str, app: App) -> None:
    app.publish("waiting")
    assert call("sync").code == 0
    assert told in call("explain", PAD, "--language", locale).out
