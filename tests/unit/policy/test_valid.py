"""From written to valid: each mistake with file and line, all of them at once; and what a valid policy says."""

from __future__ import annotations

import re

import pytest

from osgate.errors import Mistakes
from osgate.model.fact_policy import DEFAULT
from osgate.model.finding import SLUGS, WARNING
from osgate.model.policy import Key, Project, RuleSetting, Tier
from osgate.policy import compiled, defaults, schema, valid
from osgate.policy.default import default_policy
from osgate.policy.defaults import NewPerson
from osgate.policy.valid import validate
from osgate.testing.keys import SigningKey
from osgate.testing.policies import FROM, PEOPLE, policy_files, valid_policy

DESK, A, B = (SigningKey(seed).public for seed in ("desk", "a", "b"))
OSGATE = f"""\
schema = "osgate.policy/1"
institution = "Example Bank"
default_tier = "normal"
[tier.normal]
roles = ["tech", "legal"]
[tier.strict]
roles = ["tech"]
assessments = ["security"]
[incident]
roles = ["incident"]
[snapshot]
addresses = ["published"]
[[snapshot.key]]
key = "{DESK} desk@example"
from = 2026-01-01
"""
PEOPLE_TOML = f"""\
[[person]]
id = "zhang.san"
name = "Zhang San"
accounts = [{{forge = "git", id = "Zhang.San@example.com"}}]
keys = [{{key = "{A} a@b", from = 2026-01-01, to = "2027-01-01"}}]
roles = [{{role = "tech", from = 2026-01-01}}, {{role = "incident"}}]
[[person]]
id = "li.si"
name = "Li Si"
[[person.roles]]
role = "legal"
[[person.roles]]
role = "security"
[[person]]
id = "zhao.liu"
name = "Zhao Liu"
roles = [{{role = "incident"}}]
"""
RULES_TOML = """\
mode = "observe"
[approval]
days = 30
[rule.OSG101]
name = "new-names"
outcome = "warn"
"""
PROJECTS_TOML = """\
[[project]]
id = "payments/app"
[[project]]
id = "tools"
owner = "li.si"
class = "tool"
environments = ["test"]
distribution = "internal"
mode = "observe"
"""
FILES = {
    "osgate.toml": OSGATE,
    "people.toml": PEOPLE_TOML,
    "policy/a.toml": RULES_TOML,
    "projects.toml": PROJECTS_TOML,
}


def said(**changed: str) -> list[tuple[str, int, str]]:
    """The mistakes of FILES with some files (named by their stem) replaced; an empty text removes one."""
    return [(m.path, m.line, m.code) for m in mistakes(**changed)]


def mistakes(**changed: str):
    paths = {"osgate": "osgate.toml", "people": "people.toml", "projects": "projects.toml"}
    files = {**FILES, **{paths.get(stem, f"policy/{stem}.toml"): text for stem, text in changed.items()}}
    with pytest.raises(Mistakes) as error:
        validate({path: text.encode() for path, text in files.items() if text}, SLUGS)
    assert error.value.params["n"] == len(error.value.mistakes)
    return error.value.mistakes


def test_a_valid_policy():
    found = validate({path: text.encode() for path, text in FILES.items()}, SLUGS)
    policy = found.policy
    assert (policy.institution, policy.default_tier, policy.mode, policy.approval_days) == (
        "Example Bank",
        "normal",
        "observe",
        30,
    )
    assert policy.tiers == {
        "normal": Tier("normal", ("tech", "legal")),
        "strict": Tier("strict", ("tech",), ("security",)),
    }
    assert policy.incident_roles == ("incident",)
    assert policy.rules["OSG101"] == RuleSetting("OSG101", "new-names", "warn", "policy/a.toml:4")
    assert policy.rules["OSG102"] == RuleSetting("OSG102", SLUGS["OSG102"], "block")
    assert set(policy.rules) == set(SLUGS)
    assert policy.projects["payments/app"] == Project("payments/app", "", "normal")
    assert policy.projects["tools"] == Project("tools", "li.si", "tool", ("test",), "internal", "observe")
    assert found.keys == (Key(DESK, "2026-01-01"),)
    assert found.addresses == ("published",)
    person = found.people["zhang.san"]
    assert person.keys == (Key(A, "2026-01-01", "2027-01-01"),)
    assert person.accounts == (("git", "Zhang.San@example.com"),)
    assert person.holds("2025-12-31") == ("incident",)
    assert person.holds("2026-01-01T00:00:00Z") == ("tech", "incident")


def test_what_may_be_left_out():
    short = OSGATE.replace('[incident]\nroles = ["incident"]\n', "").replace('addresses = ["published"]\n', "")
    files = {"osgate.toml": short.encode(), "people.toml": PEOPLE_TOML.encode(), "README.md": b"\xff", "policy/x": b"{"}
    found = validate(files, SLUGS)
    assert (found.policy.incident_roles, found.policy.projects, found.addresses) == ((), {}, ())
    assert (found.policy.mode, found.policy.approval_days, found.policy.languages) == ("enforce-new", 365, ("en",))


MISTAKES = [
    ("osgate", OSGATE.replace("osgate.policy/1", "osgate.policy/2"), 1, "not-one-of"),
    ("osgate", OSGATE.replace("Example Bank", ""), 2, "empty"),
    ("osgate", OSGATE.replace('"Example Bank"', "7"), 2, "wrong-type"),
    ("osgate", OSGATE.replace('default_tier = "normal"', 'default_tier = "norml"'), 3, "no-such-tier"),
    ("osgate", OSGATE.replace("default_tier", "default_teir"), 3, "unknown-key"),
    ("osgate", OSGATE.replace('default_tier = "normal"\n', ""), 1, "missing-key"),
    ("osgate", OSGATE.replace('roles = ["tech", "legal"]', "roles = []"), 5, "empty"),
    ("osgate", OSGATE.replace('roles = ["tech", "legal"]', 'roles = ["Tech"]'), 5, "not-a-name"),
    ("osgate", OSGATE.replace('roles = ["tech", "legal"]', ""), 4, "missing-key"),
    ("osgate", OSGATE.replace('["tech", "legal"]', '["tech", "buying"]'), 5, "role-held-by-nobody"),
    ("osgate", OSGATE.replace('["tech"]\nass', '["tehc"]\nass'), 7, "role-held-by-nobody"),
    ("osgate", OSGATE.replace('["security"]', '["secruity"]'), 8, "role-held-by-nobody"),
    ("osgate", OSGATE.replace('["incident"]', '["incidents"]'), 10, "role-held-by-nobody"),
    ("osgate", OSGATE.replace("assessments = [", "days = 0\nassessments = ["), 8, "too-small"),
    ("osgate", OSGATE.replace(DESK, "ssh-ed25519"), 14, "not-a-key"),
    ("osgate", OSGATE.replace("2026-01-01", "01.01.2026"), 15, "toml"),
    ("osgate", OSGATE.replace("2026-01-01", "'01.01.2026'"), 15, "wrong-type"),
    ("osgate", "", 0, "file-missing"),
    ("people", "", 0, "file-missing"),
    ("people", PEOPLE_TOML.replace('"li.si"', '"Li Si"', 1), 8, "not-a-name"),
    ("people", PEOPLE_TOML.replace('name = "Li Si"\n', ""), 7, "missing-key"),
    ("people", PEOPLE_TOML.replace('"li.si"', '"zhang.san"'), 8, "shared-id"),
    ("people", PEOPLE_TOML.replace('name = "Li Si"', f'name = "Li Si"\nkeys = [{{key = "{A}"}}]'), 10, "shared-key"),
    (
        "people",
        PEOPLE_TOML.replace('"Li Si"', '"Li Si"\naccounts = [{forge = "git", id = "zhang.san@EXAMPLE.com"}]'),
        10,
        "shared-account",
    ),
    ("people", PEOPLE_TOML.replace('"2027-01-01"', "2026-01-01"), 5, "period-backwards"),
    (
        "people",
        PEOPLE_TOML.replace('"security"\n', '"security"\nfrom = 2026-02-01\nto = 2026-01-01\n'),
        12,
        "period-backwards",
    ),
    ("projects", PROJECTS_TOML.replace('"tools"', '"payments/app"'), 3, "project-twice"),
    ("projects", PROJECTS_TOML.replace('"tool"', '"tols"'), 6, "not-one-of"),
    ("a", RULES_TOML.replace("OSG101", "OSG199"), 4, "no-such-rule"),
    ("a", RULES_TOML.replace("observe", "obsrve"), 1, "not-one-of"),
    ("b", 'mode = "observe"', 1, "set-twice"),
    ("b", "[approval]\ndays = 3", 2, "set-twice"),
    ("b", '\n[rule.OSG101]\nname = "x"\noutcome = "block"', 2, "set-twice"),
]


@pytest.mark.parametrize(("stem", "text", "line", "code"), MISTAKES)
def test_each_mistake_with_file_and_line(stem, text, line, code):
    path = {"a": "policy/a.toml", "b": "policy/b.toml"}.get(stem, f"{stem}.toml")
    assert (path, line, code) in said(**{stem: text})


@pytest.mark.parametrize(
    ("stem", "text", "close"),
    [
        ("osgate", OSGATE.replace('default_tier = "normal"', 'default_tier = "norml"'), "normal"),
        ("osgate", OSGATE.replace("institution", "institutoin"), "institution"),
        ("osgate", OSGATE.replace('["tech", "legal"]', '["tech", "leagl"]'), "legal"),
        ("a", RULES_TOML.replace("OSG101", "OSG3O1"), "OSG301"),
        ("a", RULES_TOML.replace('"observe"', '"obsrve"'), "observe"),
    ],
)
def test_did_you_mean(stem, text, close):
    assert close in [mistake.params.get("close") for mistake in mistakes(**{stem: text})]


def test_a_set_twice_names_the_other_place():
    (mistake,) = mistakes(b='mode = "observe"')
    assert mistake.params == {"key": "mode", "there": "policy/a.toml:1"}


def test_all_mistakes_of_form_at_once_in_order_of_file_and_line():
    found = said(
        osgate=OSGATE.replace("Example Bank", "").replace(DESK, "x"), people="[[person]]\n", a="mode = 1", projects="["
    )
    assert found == [
        ("osgate.toml", 2, "empty"),
        ("osgate.toml", 5, "role-held-by-nobody"),
        ("osgate.toml", 5, "role-held-by-nobody"),
        ("osgate.toml", 7, "role-held-by-nobody"),
        ("osgate.toml", 14, "not-a-key"),
        ("people.toml", 1, "missing-key"),
        ("people.toml", 1, "missing-key"),
        ("policy/a.toml", 1, "wrong-type"),
        ("projects.toml", 1, "toml"),
    ]


def test_all_mistakes_of_sense_at_once():
    found = said(
        osgate=OSGATE.replace('default_tier = "normal"', 'default_tier = "x"').replace('"security"', '"secruity"'),
        people=PEOPLE_TOML.replace('"li.si"', '"zhang.san"'),
        projects=PROJECTS_TOML.replace('"tools"', '"payments/app"'),
        a=RULES_TOML.replace("OSG101", "OSG999"),
        b='mode = "observe"',
    )
    assert [code for _, _, code in found] == [
        "no-such-tier",
        "role-held-by-nobody",
        "shared-id",
        "no-such-rule",
        "set-twice",
        "project-twice",
    ]


def test_mistakes_of_form_and_of_sense_in_one_run():
    osgate = f"""\
schema = "osgate.policy/2"
institution = ""
default_tier = "normel"
langauges = ["en"]
contact = 7
[tier.normal]
roles = ["tech", "Legal"]
days = 0
[tier.strict]
roles = ["tehc"]
[tier.other]
[incident]
roles = ["incident"]
[[snapshot.key]]
key = "{DESK} desk@example"
from = 2026-01-01
"""
    people = f"""\
[[person]]
id = "zhang.san"
name = "Zhang San"
accounts = [{{forge = "git", id = "Zhang.San@example.com"}}, "x"]
keys = [{{key = "{A}", from = 2027-01-01, to = 2026-01-01}}, {{key = "ssh"}}]
roles = [{{role = "tech"}}, {{rol = "incident"}}]
[[person]]
id = "zhang.san"
naem = "Li Si"
accounts = [{{forge = "git", id = "zhang.san@EXAMPLE.com"}}]
keys = [{{key = "{A}"}}]
"""
    found = said(
        osgate=osgate,
        people=people,
        a='mode = "observe"\n[rule.OSG1O1]\nname = "x"\n',
        b='mode = "observe"\n[rule.OSG101]\nname = 7\noutcome = "blok"\n',
        projects='[[project]]\nid = "a"\n[[project]]\nid = "a"\nclass = "x"\n',
        c="[",
    )
    assert found == [
        ("osgate.toml", 1, "not-one-of"),
        ("osgate.toml", 2, "empty"),
        ("osgate.toml", 3, "no-such-tier"),
        ("osgate.toml", 4, "unknown-key"),
        ("osgate.toml", 5, "wrong-type"),
        ("osgate.toml", 7, "not-a-name"),
        ("osgate.toml", 8, "too-small"),
        ("osgate.toml", 10, "role-held-by-nobody"),
        ("osgate.toml", 11, "missing-key"),
        ("people.toml", 4, "wrong-type"),
        ("people.toml", 5, "not-a-key"),
        ("people.toml", 5, "period-backwards"),
        ("people.toml", 6, "unknown-key"),
        ("people.toml", 8, "shared-id"),
        ("people.toml", 9, "unknown-key"),
        ("people.toml", 10, "shared-account"),
        ("people.toml", 11, "shared-key"),
        ("policy/a.toml", 2, "missing-key"),
        ("policy/a.toml", 2, "no-such-rule"),
        ("policy/b.toml", 1, "set-twice"),
        ("policy/b.toml", 3, "wrong-type"),
        ("policy/b.toml", 4, "not-one-of"),
        ("policy/c.toml", 1, "toml"),
        ("projects.toml", 3, "project-twice"),
        ("projects.toml", 5, "not-one-of"),
    ]


def test_two_persons_must_be_able_to_unblock():
    (mistake,) = mistakes(people=PEOPLE_TOML.replace(', {role = "incident"}]', "]"))
    assert (mistake.path, mistake.line, mistake.code) == ("osgate.toml", 10, "incident-needs-two")
    assert mistake.params == {"roles": "incident", "needed": 2, "held": 1}


def test_a_role_whose_key_is_misspelt_is_not_also_held_by_nobody():
    found = said(people=PEOPLE_TOML.replace('role = "legal"', 'rolle = "legal"'))
    assert found == [("people.toml", 11, "unknown-key")]


def test_a_role_of_a_tier_in_use_later_may_still_be_held_by_nobody():
    files = {**FILES, "osgate.toml": OSGATE.replace('["security"]', '["procurement"]')}
    assert validate({path: text.encode() for path, text in files.items()}, SLUGS).policy.tiers["strict"].assessments


def test_a_file_of_nothing_but_mistakes_is_told_within_bounds():
    many = "".join(f"k{n} = 1\n" for n in range(20_000))
    assert len(said(projects=many)) == valid.MOST


def test_files_that_are_no_policy_files():
    assert schema.shape_of("records/x.toml") is schema.shape_of("policy/x.txt") is schema.shape_of("x/policy/a") is None
    assert schema.shape_of("policy/sub/x.toml") is schema.RULES


def test_the_compiled_policy_reads_back_equal():
    import json

    policy = validate({path: text.encode() for path, text in FILES.items()}, SLUGS).policy
    projects = {
        id: compiled.project_from_json(id, json.loads(json.dumps(compiled.project_to_json(project))))
        for id, project in policy.projects.items()
    }
    assert compiled.from_json(json.loads(json.dumps(compiled.to_json(policy))), projects) == policy
    assert "zhang.san" not in json.dumps(compiled.to_json(policy))


def test_the_default_repository_is_valid_once_people_hold_the_roles():
    found = valid_policy()
    assert set(found.people) == set(PEOPLE)
    assert found.policy.default_tier == "normal"
    assert found.people["zhao.liu"].keys == (Key(SigningKey("zhao.liu").public, "2026-01-01"),)
    written = {id: (rule.name, rule.outcome) for id, rule in found.policy.rules.items() if rule.origin}
    assert set(written) <= set(SLUGS)
    for id, rule in found.policy.rules.items():
        path, _, line = rule.origin.partition(":")
        if path:
            assert f"[rule.{id}]" == policy_files()[path].decode().splitlines()[int(line) - 1]


def test_the_default_repository_says_who_is_missing():
    with pytest.raises(Mistakes) as error:
        validate(policy_files({"wang.wu": ("developer",)}), SLUGS)
    assert {(m.path, m.code, m.params.get("role")) for m in error.value.mistakes} == {
        ("osgate.toml", "role-held-by-nobody", "tech"),
        ("osgate.toml", "role-held-by-nobody", "legal"),
        ("osgate.toml", "incident-needs-two", None),
    }


def test_values_in_the_default_repository_are_never_read_as_marks_or_toml():
    names = ['{key} "quoted" {{x}}', "反斜杠\\ \x7f\ttab", "{people}"]
    for name in names:
        files = defaults.render(
            institution=name,
            addresses=[name],
            key=DESK,
            day="2026-01-01",
            people=[NewPerson("a", A, ("tech", "incident"), FROM), NewPerson("b", B, ("legal", "incident"), FROM)],
        )
        found = validate(files, SLUGS)
        assert (found.policy.institution, found.addresses) == (name, (name,))


def test_the_proposals_of_the_default_rules_are_right_where_they_are_uncommented():
    people = [NewPerson("a", A, ("tech", "incident", "security"), FROM), NewPerson("b", B, ("legal", "incident"), FROM)]
    files = defaults.render(institution="x", addresses=["/x"], key=DESK, day="2026-01-01", people=people)
    text = files["policy/base.toml"].decode()
    head, proposals = text[: text.index("# [facts]")], text[text.index("# [facts]") :]
    opened = re.sub(r"(?m)^# ?", "", proposals)
    found = validate({**files, "policy/base.toml": (head + opened).encode()}, SLUGS).policy.facts
    assert (found.must, found.require) == (("OSG501", "OSG503"), ("advisories", "licence"))
    assert found.sources == (("advisories", "/srv/mirror/osv"),)
    assert [one.tier for one in found.tiers] == ["strict", "light"]
    assert (found.integrity, found.patent_review, len(found.internal)) == (True, True, 1)
    # What the comments call the default is it.
    changed = {field for field in DEFAULT._fields if getattr(found, field) != getattr(DEFAULT, field)}
    assert changed == {
        *("must", "require", "sources", "cooldown_free", "minor_scopes", "integrity", "patent_review"),
        *("licence_ids", "tiers", "internal"),
    }
    assert validate(files, SLUGS).policy.facts == DEFAULT


def test_the_policy_where_there_is_none_blocks_but_for_the_rules_that_warn():
    policy = default_policy(SLUGS)
    assert {id for id, rule in policy.rules.items() if rule.outcome != "block"} == WARNING
    assert {id: rule.name for id, rule in policy.rules.items()} == SLUGS
    assert policy.project("any").class_ == "strict"
    assert policy.tiers[policy.default_tier].roles == ("tech", "legal")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda key: key.replace("AAAA", "AAAZ", 1),
        lambda key: key[:-8],
        lambda key: key.replace("ssh-ed25519", "ssh-rsa"),
        lambda key: "ssh-ed25519 AAAA",
        lambda key: key + "=",
    ],
)
def test_a_garbled_public_key_is_told(spoil):
    good = SigningKey("zhang.san").public
    assert schema._public_key(good) is None
    assert schema._public_key(f"{good} zhang.san@bank.example") is None
    assert (schema._public_key(spoil(good)) or ("",))[0] == "not-a-key"
