"""`osgate comment`: a change by its number or by the run that was about it, and nothing in between."""

from __future__ import annotations

import pytest

from cli.kit import call
from osgate.cli import console, telling
from osgate.errors import UsageError

GITHUB = ("--forge", "github", "--project", "bank/app")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (GITHUB, "--change, --run"),
        ((*GITHUB, "--change", "4", "--run", "9"), "--change and --run"),
        ((*GITHUB, "--run", "9; id"), "9; id"),
        ((*GITHUB, "--run", "٣"), "--run must be a whole number"),
        ((*GITHUB, "--change", "4", "--desk", "osgate[bot]"), "--desk must be a whole number"),
        ((*GITHUB, "--change", "0"), "--change must be a whole number"),
        (("--forge", "gitlab", "--project", "bank/app", "--run", "9"), "--run does not go with --forge gitlab"),
    ],
)
def test_what_is_not_one_change_is_refused_before_anybody_is_asked(words, said):
    done = call("comment", *words)
    assert done.code == 2
    assert said in done.err


def test_two_languages_are_told_one_below_the_other():
    second = telling.also("comment", {"language": "zh_CN+en"})
    assert second is not None
    assert second.locale == "en"
    assert console.speak("zh_CN+en").locale == "zh_CN"
    assert telling.also("comment", {"language": "zh_CN"}) is None
    assert telling.also("comment", {}) is None


@pytest.mark.parametrize("given", ["zh_CN+", "+en", "en+en", "zh_CN+fr", "en+zh_CN+en", "en + zh_CN"])
def test_two_languages_are_two_that_there_are(given):
    with pytest.raises(UsageError):
        telling.also("comment", {"language": given})
