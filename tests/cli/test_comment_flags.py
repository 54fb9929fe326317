"""`osgate comment`: a change by its number or by the run that was about it, and nothing in between."""

from __future__ import annotations

import pytest

from cli.kit import call

GITHUB = ("--forge", "github", "--project", "bank/app")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (GITHUB, "--change, --run"),
        ((*GITHUB, "--change", "4", "--run", "9"), "--change and --run"),
        ((*GITHUB, "--run", "9; id"), "9; id"),
        ((*GITHUB, "--run", "٣"), "--run must be a whole number"),
        ((*GITHUB, "--change", "0"), "--change must be a whole number"),
        (("--forge", "gitlab", "--project", "bank/app", "--run", "9"), "--run does not go with --forge gitlab"),
    ],
)
def test_what_is_not_one_change_is_refused_before_anybody_is_asked(words, said):
    done = call("comment", *words)
    assert done.code == 2
    assert said in done.err
