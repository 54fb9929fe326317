"""What the policy says of who guards it, of persons, names, classes, freeze days and notices; and its mistakes."""

from __future__ import annotations

import pytest

from osgate.errors import Mistakes
from osgate.model.finding import SLUGS
from osgate.model.policy import NotifyChannel
from osgate.policy.valid import ValidPolicy, validate
from osgate.testing.policies import PEOPLE, policy_files

FILES = policy_files(governance=("tech", "legal"))


def read(**more: str) -> ValidPolicy:
    """The policy with `more` behind the files named by their stem."""
    files = dict(FILES)
    for stem, text in more.items():
        path = {"osgate": "osgate.toml", "people": "people.toml", "projects": "projects.toml"}.get(stem)
        files[path or f"policy/{stem}.toml"] = files.get(path or "", b"") + f"\n{text}\n".encode()
    return validate(files, SLUGS)


def wrong(**more: str) -> list[str]:
    with pytest.raises(Mistakes) as caught:
        read(**more)
    return [mistake.code for mistake in caught.value.mistakes]


def test_what_is_said_once_for_the_institution() -> None:
    found = read(
        osgate='[names]\nterminal = "full"\n[retention]\nyears = 7\n[class.tool]\ntier = "light"\n'
        "[calendar]\nfreeze = [{from = 2027-02-05, to = 2027-02-12}]\n"
        '[[notify]]\nchannel = "wecom"\naddress = "https://hooks.example.com/x"\nroles = ["tech"]\nlanguage = "en"'
    )
    assert found.names == {"terminal": "full"}
    assert (found.policy.governance, found.policy.retention_years) == (("tech", "legal"), 7)
    assert found.policy.class_tiers == {"tool": "light"}
    assert found.policy.terms.freeze == (("2027-02-05", "2027-02-12"),)
    wanted = NotifyChannel("wecom", "https://hooks.example.com/x", roles=("tech",), language="en")
    assert found.notify == (wanted,)


def test_the_default_repository_guards_its_policy_and_one_for_tests_does_not() -> None:
    assert read().policy.governance == ("tech", "legal")
    assert validate(policy_files(), SLUGS).policy.governance == ()


@pytest.mark.parametrize(
    ("stem", "text", "code"),
    [
        ("osgate", '[names]\nterminal = "nickname"', "not-one-of"),
        ("osgate", '[names]\nscreen = "id"', "unknown-key"),
        ("osgate", '[class.huge]\ntier = "strict"', "not-one-of"),
        ("osgate", '[class.tool]\ntier = "lite"', "no-such-tier"),
        ("osgate", "[calendar]\nfreeze = [{from = 2027-02-12, to = 2027-02-05}]", "period-backwards"),
        ("osgate", "[retention]\nyears = 0", "too-small"),
        ("more", '[[pre_approval]]\npurl = "left-pad"\nexpires = 2027-01-01\nreason = "x"', "not-a-purl"),
        (
            "more",
            '[[pre_approval]]\npurl = "pkg:npm/@types/*"\nexpires = 2027-01-01\nreason = "x"',
            "not-canonical",
        ),
        (
            "more",
            '[[pre_approval]]\npurl = "pkg:npm/x"\nrange = "^1"\nexpires = 2027-01-01\nreason = "x"',
            "not-a-range",
        ),
        (
            "more",
            '[[pre_approval]]\npurl = "pkg:npm/x"\nrange = "vers:pypi/*"\nexpires = 2027-01-01\nreason = "x"',
            "range-of-other-type",
        ),
        ("people", '[[person]]\nid = "x"\nname = "X"\nfrom = 2027-01-01\nto = 2026-01-01', "period-backwards"),
        (
            "people",
            '[[person]]\nid = "x"\nname = "X"\naccounts = [{forge = "gitlab", id = "x"}]',
            "account-not-a-number",
        ),
        (
            "people",
            '[[person]]\nid = "x"\nname = "X"\nemployee = "E1"\n[[person]]\nid = "y"\nname = "Y"\nemployee = "E1"',
            "shared-employee",
        ),
        ("projects", '[[project]]\nid = "a"\n[[project]]\nid = "a"', "project-twice"),
    ],
)
def test_a_mistake_is_told(stem: str, text: str, code: str) -> None:
    assert wrong(**{stem: text}) == [code]


def test_a_policy_that_too_few_can_endorse_is_a_mistake() -> None:
    alone = {"zhang.san": ("tech", "legal", "incident"), "li.si": ("incident",)}
    with pytest.raises(Mistakes) as caught:
        validate(policy_files(alone, governance=("tech", "legal")), SLUGS)
    (mistake,) = caught.value.mistakes
    assert (mistake.code, mistake.params["needed"], mistake.params["held"]) == ("governance-needs-more", 2, 1)
    assert validate(policy_files(alone), SLUGS).policy.governance == ()
    with pytest.raises(Mistakes) as caught:
        validate(policy_files(PEOPLE, governance=("tech", "audit")), SLUGS)
    assert "role-held-by-nobody" in {mistake.code for mistake in caught.value.mistakes}


def test_one_role_is_no_guard() -> None:
    """Whoever holds it would change everything alone."""
    with pytest.raises(Mistakes) as caught:
        validate(policy_files(PEOPLE, governance=("tech",)), SLUGS)
    (mistake,) = caught.value.mistakes
    assert (mistake.code, mistake.params) == ("governance-needs-two", {"roles": "tech", "needed": 2})
