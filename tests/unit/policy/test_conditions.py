"""Conditions on facts: met, missed, not to be told; what they approve in advance, and who decides by them."""

from __future__ import annotations

from typing import Any

import pytest

from osgate.errors import Mistakes
from osgate.intake_desk.verbs.asking import chosen
from osgate.ledger.standing import judge
from osgate.model.decision import Post
from osgate.model.finding import SLUGS
from osgate.model.policy import Policy, Project
from osgate.model.record import replace
from osgate.policy import compiled
from osgate.policy.conditions import built, holds
from osgate.policy.valid import validate
from osgate.testing.policies import policy_files
from rules import making

LEFT_PAD = "pkg:npm/left-pad"
GOOD = {"licence": "MIT", "severity": "none", "install-code": "no", "trust": "attested"}


def posts(**facts: str) -> tuple[Post, ...]:
    """What a store tells; `_` in a name stands for `-`."""
    return tuple(Post(name.replace("_", "-"), value, "store") for name, value in facts.items() if value)


@pytest.mark.parametrize(
    ("written", "told", "wanted"),
    [
        ({"licence": ["permissive"]}, {"licence": "MIT"}, True),
        ({"licence": ["permissive"]}, {"licence": "MIT OR GPL-3.0-only"}, True),
        ({"licence": ["permissive"]}, {"licence": "MIT AND GPL-3.0-only"}, False),
        ({"licence": ["permissive"]}, {"licence": "LicenseRef-bank"}, True),
        ({"licence": ["permissive"]}, {"licence": "LicenseRef-other"}, None),
        ({"licence": ["permissive"]}, {"licence": "who knows"}, None),
        ({"licence": ["permissive"]}, {}, None),
        ({"severity": "low"}, {"severity": "none"}, True),
        ({"severity": "low"}, {"severity": "medium"}, False),
        ({"severity": "low"}, {"severity": "unknown"}, None),
        ({"install_code": False}, {"install_code": "no"}, True),
        ({"install_code": False}, {"install_code": "yes"}, False),
        ({"install_code": False}, {}, None),
        ({"trust": "signed"}, {"trust": "attested"}, True),
        ({"trust": "signed"}, {"trust": "none"}, False),
        ({"trust": "signed", "severity": "none"}, {"trust": "none"}, False),
    ],
)
def test_conditions(written: dict[str, Any], told: dict[str, str], wanted: bool | None) -> None:
    when = built(written, {"LicenseRef-bank": "permissive"})
    assert holds(when, posts(**told)) is wanted


def test_of_several_values_each_must_meet_its_condition() -> None:
    when = built({"licence": ["permissive"]}, {})
    assert holds(when, (*posts(licence="MIT"), *posts(licence="GPL-3.0-only"))) is False


RULES = """
[[pre_approval]]
purl = "pkg:npm/*"
expires = 2027-11-01
reason = "small and harmless"
classes = ["tool"]
licence = ["permissive"]
severity = "none"
install_code = false

[[tier_when]]
tier = "strict"
install_code = true

[[tier_when]]
tier = "light"
licence = ["permissive"]
severity = "none"
"""


def policy(rules: str = RULES) -> Policy:
    """The default policy, which has three tiers, with these rules, as a check reads it back from the snapshot."""
    files = policy_files()
    read = validate({**files, "policy/facts.toml": rules.encode()}, SLUGS).policy
    return compiled.from_json(compiled.to_json(read), {})


@pytest.mark.parametrize(
    ("class_", "changed", "wanted"),
    [
        ("tool", {}, "approved"),
        ("critical", {}, "unapproved"),
        ("tool", {"licence": "GPL-3.0-only"}, "unapproved"),
        ("tool", {"install-code": "yes"}, "unapproved"),
        ("tool", {"severity": ""}, "unapproved"),
    ],
)
def test_R06_2_the_same_package_by_class_and_facts(class_: str, changed: dict[str, str], wanted: str) -> None:
    """In a tool what meets every condition passes by the pre-approval; in a core system it waits for people."""
    item = making.introduced(f"{LEFT_PAD}@1.3.0").dependency
    told = tuple(Post(name, value, "store") for name, value in {**GOOD, **changed}.items() if value)
    project = Project("payments/app", class_=class_)
    said = judge(item, (), making.TODAY, project, policy().pre_approvals, lambda dependency: told)
    assert said.kind == wanted


def test_what_the_change_says_of_itself_may_speak_against_it_and_never_for_it() -> None:
    """A lock that calls a package MIT and harmless has been written by whoever wants it in."""
    project, rules = Project("tools/app", class_="tool"), policy().pre_approvals
    told = tuple(Post(name, value, "store") for name, value in GOOD.items())
    for known, code, wanted in ((told, False, "approved"), (told, True, "unapproved"), (told[1:], False, "unapproved")):
        item = making.introduced(f"{LEFT_PAD}@1.3.0", licence="MIT", install_code=code).dependency
        assert judge(item, (), making.TODAY, project, rules, lambda dependency, known=known: known).kind == wanted


def test_without_a_store_of_facts_conditions_are_not_met() -> None:
    item = making.introduced(f"{LEFT_PAD}@1.3.0").dependency
    said = judge(item, (), making.TODAY, Project("tools/app", class_="tool"), policy().pre_approvals)
    assert said.kind == "unapproved"


@pytest.mark.parametrize(
    ("facts", "wanted"),
    [
        ([{"licence": "MIT", "severity": "none"}], "light"),
        ([{"licence": "MIT", "severity": "none"}, {"licence": "MIT"}], "normal"),
        ([{"licence": "MIT", "severity": "none"}, {"install-code": "yes"}], "strict"),
        ([{}], "normal"),
    ],
)
def test_facts_choose_the_tier_and_ignorance_never_a_lighter_one(facts: list[dict[str, str]], wanted: str) -> None:
    subjects = [{"purl": f"{LEFT_PAD}-{at}"} for at in range(len(facts))]
    told = {
        one["purl"]: [Post(name, value, "store") for name, value in known.items()]
        for one, known in zip(subjects, facts, strict=True)
    }
    tier, stands_for = chosen({"subjects": subjects}, told, policy())
    assert tier.name == wanted
    assert stands_for.name == ("normal" if wanted == "light" else wanted)


def test_a_class_with_a_tier_of_its_own_is_never_made_lighter() -> None:
    rules = policy()
    strict = {**rules.class_tiers, "critical": "strict"}
    body = {"subjects": [{"purl": LEFT_PAD}], "classes": ["critical"]}
    told = {LEFT_PAD: posts(licence="MIT", severity="none")}
    assert chosen(body, told, replace(rules, class_tiers=strict))[0].name == "strict"


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ('[[tier_when]]\ntier = "none"\nseverity = "low"', "no-such-tier"),
        ('[[tier_when]]\ntier = "normal"', "no-condition"),
    ],
)
def test_a_line_that_chooses_nothing_is_a_mistake(rules: str, code: str) -> None:
    with pytest.raises(Mistakes) as wrong:
        policy(rules)
    assert [one.code for one in wrong.value.mistakes] == [code]
