"""What policy files say of facts: read, told wrong with file and line, compiled, compared."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osgate.cli import policy_endorse
from osgate.errors import Mistakes
from osgate.licences import categories, compatibility
from osgate.model.fact_policy import (
    AGES,
    DEFAULT,
    LICENCE_CATEGORIES,
    LICENCE_VERDICTS,
    LICENCES,
    FactPolicy,
    InternalName,
    LicencePair,
    LicenceUse,
    Override,
    TierWhen,
)
from osgate.model.finding import SLUGS
from osgate.model.record import replace
from osgate.policy import compiled_facts, fact_differences
from osgate.policy.differences import Difference, differences
from osgate.policy.valid import ValidPolicy, validate
from osgate.testing.policies import policy_files
from osgate.text.translator import Translator

FILES = policy_files()
WRITTEN = """\
[cooldown]
days = 3
free = ["pkg:npm/%40bank/*"]

[vulnerability]
from = "critical"
minor_scopes = ["dev"]

[lifecycle]
horizon = 30
unmaintained = 0

[integrity]
required = true

[facts]
must = ["OSG501"]
require = ["advisories"]
max_age = {advisories = 2}
source = [{kind = "advisories", address = "/srv/osv"}]

[[internal]]
purl = "pkg:npm/%40bank/*"
address = "https://packages.example.com/npm/"

[[fact]]
purl = "pkg:npm/left-pad@1.3.0"
name = "licence"
value = "MIT"
reason = "asked the author"
expires = 2027-01-01

[licence]
patent_review = true
external = {weak-copyleft = "deny"}
ids = {"GPL-3.0-only" = "review"}
names = {"Bank Licence" = "LicenseRef-bank"}
categories = {"LicenseRef-bank" = "permissive"}

[[licence_pair]]
one = "Apache-2.0"
other = "GPL-2.0-only"
verdict = "ok"
reason = "counsel says so"

[[licence_use]]
purl = "pkg:deb/debian/*"
linked = false
reason = "processes of their own"
"""


def valid(rules: str) -> ValidPolicy:
    """The plain policy with another rule file."""
    return validate({**FILES, "policy/facts.toml": rules.encode()}, SLUGS)


def test_everything_a_file_says_is_read() -> None:
    read = valid(WRITTEN).policy.facts
    assert read == FactPolicy(
        cooldown=3,
        cooldown_free=("pkg:npm/%40bank/*",),
        vulnerable_from="critical",
        minor_scopes=("dev",),
        horizon=30,
        unmaintained=0,
        ages={**AGES, "advisories": 2},
        must=("OSG501",),
        require=("advisories",),
        internal=(InternalName("pkg:npm/%40bank/*", "https://packages.example.com/npm/", "policy/facts.toml:22"),),
        overrides=(
            Override(
                "pkg:npm/left-pad@1.3.0", "licence", "MIT", "asked the author", "2027-01-01", "policy/facts.toml:26"
            ),
        ),
        licences={**LICENCES, "external": {**LICENCES["external"], "weak-copyleft": "deny"}},
        licence_ids={"GPL-3.0-only": "review"},
        licence_names={"Bank Licence": "LicenseRef-bank"},
        licence_categories={"LicenseRef-bank": "permissive"},
        licence_pairs=(LicencePair("Apache-2.0", "GPL-2.0-only", "ok", "counsel says so", "policy/facts.toml:40"),),
        licence_uses=(
            LicenceUse("pkg:deb/debian/*", False, False, (), "processes of their own", "policy/facts.toml:46"),
        ),
        patent_review=True,
        sources=(("advisories", "/srv/osv"),),
        integrity=True,
    )
    assert compiled_facts.from_json(json.loads(json.dumps(compiled_facts.to_json(read)))) == read


def test_a_policy_without_a_word_has_the_defaults() -> None:
    assert valid("").policy.facts == DEFAULT
    assert compiled_facts.to_json(DEFAULT) == {}


OVERRIDE = '[[fact]]\npurl = "{}"\nname = "{}"\nvalue = ""\nreason = "x"\nexpires = 2027-01-01'


@pytest.mark.parametrize(
    ("rules", "code", "line"),
    [
        ('[facts]\nmust = ["OSG999"]', "no-such-rule", 2),
        ('[vulnerability]\nfrom = "grave"', "not-one-of", 2),
        ("[cooldown]\ndays = -1", "too-small", 2),
        ('[licence.external]\npermissive = "yes"', "not-one-of", 2),
        (
            '[[fact]]\npurl = "left-pad"\nname = "licence"\nvalue = ""\nreason = "x"\nexpires = 2027-01-01',
            "not-a-purl",
            2,
        ),
        (
            '[[fact]]\npurl = "pkg:npm/a"\nname = "severity"\nvalue = ""\nreason = "x"\nexpires = 2027-01-01',
            "not-one-of",
            3,
        ),
        ('[[internal]]\npurl = "pkg:npm/a"\naddress = "packages"', "not-an-address", 3),
        ("[lifecycle]\nhorizn = 3", "unknown-key", 2),
    ],
)
def test_a_mistake_is_told_with_its_line(rules: str, code: str, line: int) -> None:
    with pytest.raises(Mistakes) as wrong:
        valid(rules)
    assert [(m.path, m.line, m.code) for m in wrong.value.mistakes] == [("policy/facts.toml", line, code)]


def test_a_change_is_told_to_who_endorses_it_and_a_moved_line_is_none() -> None:
    before, moved = valid(WRITTEN), valid("\n\n" + WRITTEN)
    assert list(differences(before, moved)) == []
    after = valid(WRITTEN.replace("days = 3", "days = 0").replace('"review"}', '"allow"}'))
    told = [dict(one.params) for one in differences(before, after)]
    assert told == [
        {"what": "[cooldown] days", "old": "3", "new": "0"},
        {"what": "[licence.ids] GPL-3.0-only", "old": "review", "new": "allow"},
    ]


def test_each_entry_and_each_name_that_comes_or_goes_is_told_by_itself() -> None:
    plain = replace(DEFAULT, must=("OSG501",), sources=(("advisories", "/a"), ("lifecycle", "/b")))
    more = replace(
        plain,
        must=("OSG501", "OSG503"),
        overrides=(Override("pkg:npm/left-pad", "deprecated", "", "old notice", "2027-06-30", "policy/a.toml:1"),),
        tiers=(TierWhen("strict", (("install-code", ("yes",)), ("category:X", ("permissive",)))),),
        licence_uses=(LicenceUse("pkg:npm/a", False, False, ("shop",), "a tool"),),
        sources=(("lifecycle", "/b"), ("advisories", "/a")),
        integrity=True,
    )
    said = {code: dict(params) for code, params in fact_differences.differences(plain, more)}
    assert said == {
        "setting": {"what": "[integrity] required", "old": "false", "new": "true"},
        "list-gained": {"what": "[facts] must", "entry": "OSG503"},
        "fact-new": {
            "purl": "pkg:npm/left-pad",
            "name": "deprecated",
            "value": "",
            "last": "2027-06-30",
            "reason": "old notice",
        },
        "licence-use-new": {
            "purl": "pkg:npm/a",
            "use": "linked = false; modified = false; projects = shop",
            "reason": "a tool",
        },
        "tier-when-new": {"tier": "strict", "when": "install_code = yes"},
        "order": {"what": "facts.source"},
    }
    back = [code for code, _ in fact_differences.differences(more, plain)]
    assert back == ["setting", "list-lost", "fact-gone", "licence-use-gone", "tier-when-gone", "order"]
    moved = replace(more, overrides=(replace(more.overrides[0], origin="policy/b.toml:9"),))
    assert list(fact_differences.differences(more, moved)) == []


def test_who_endorses_reads_the_words_of_the_files_and_none_where_nothing_is_said() -> None:
    own = Override("pkg:npm/left-pad", "deprecated", "", "the notice is about the old repository", "2027-06-30")
    ((code, params),) = fact_differences.differences(DEFAULT, replace(DEFAULT, overrides=(own,)))
    t = Translator("en")
    said = policy_endorse._said(Difference(code, params), str, t)
    assert t(f"differs.{code}", **said) == (
        "new `[[fact]]` pkg:npm/left-pad deprecated = none, until 2027-06-30: the notice is about the old repository"
    )


OTHERWISE: dict[str, object] = {
    "vulnerable_from": "low",
    "integrity": True,
    "patent_review": True,
    "internal": (InternalName("pkg:npm/a", "https://packages.example.com/"),),
    "overrides": (Override("pkg:npm/a", "status", "", "r", "2027-01-01"),),
    "licences": {**DEFAULT.licences, "service": {"permissive": "deny"}},
    "licence_pairs": (LicencePair("MIT", "X", "ok", "r"),),
    "licence_uses": (LicenceUse("pkg:npm/a"),),
    "tiers": (TierWhen("light", ()),),
    "sources": (("advisories", "/a"),),
}


@pytest.mark.parametrize("locale", ["en", "zh_CN"])
@pytest.mark.parametrize("field", FactPolicy._fields)
def test_no_setting_of_facts_changes_unseen_and_each_change_has_words(field: str, locale: str) -> None:
    usual = getattr(DEFAULT, field)
    kinds: dict[type, object] = {int: 5, tuple: ("x",), dict: {"x": 1}}
    other = replace(DEFAULT, **{field: OTHERWISE.get(field, kinds.get(type(usual)))})
    for old, new in ((DEFAULT, other), (other, DEFAULT)):
        said = list(fact_differences.differences(old, new))
        assert said
        for code, params in said:
            assert all(str(value) in Translator(locale)(f"differs.{code}", **params) for value in params.values())


PLAIN = st.text("abc", max_size=4)


@given(
    st.builds(
        lambda days, names, pairs: replace(DEFAULT, cooldown=days, licence_names=names, licence_pairs=tuple(pairs)),
        st.integers(0, 99),
        st.dictionaries(PLAIN, PLAIN, max_size=3),
        st.lists(st.builds(LicencePair, PLAIN, PLAIN, PLAIN, PLAIN, PLAIN), max_size=3),
    )
)
def test_what_is_compiled_comes_back(policy: Any) -> None:
    assert compiled_facts.from_json(json.loads(json.dumps(compiled_facts.to_json(policy)))) == policy


def test_the_policy_speaks_of_licences_in_their_own_words() -> None:
    assert (*LICENCE_CATEGORIES, categories.UNKNOWN) == categories.CATEGORIES
    assert LICENCE_VERDICTS == compatibility.VERDICTS
