"""What the policy approves in advance: which components a pattern means, and what a pre-approval never answers."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.ledger.standing import judge
from osgate.model.decision import Post
from osgate.model.policy import Project
from osgate.model.record import replace
from osgate.policy.compiled import from_json, to_json
from osgate.policy.pre_approvals import approvals, means
from rules import making

TYPES = "pkg:npm/%40types/*"
HERE = Project("payments", class_="tool", environments=("dev",))
PAD = "pkg:npm/left-pad"


@pytest.mark.parametrize(
    ("pattern", "component", "meant"),
    [
        (TYPES, "pkg:npm/%40types/node", True),
        (TYPES, "pkg:npm/%40types/", False),
        (TYPES, "pkg:npm/%40types-evil/node", False),
        (TYPES, "pkg:pypi/%40types/node", False),
        ("pkg:npm/lodash*", "pkg:npm/lodash.merge", True),
        ("pkg:npm/lodash*", "pkg:npm/lodash", False),
        ("pkg:npm/*", PAD, True),
        ("pkg:npm/*", "pkg:npm/%40types/node", False),
        ("pkg:npm/%40*", "pkg:npm/%40types/node", False),
        ("pkg:maven/org.example.*", "pkg:maven/org.example.core/parser", False),
        ("pkg:maven/org.example.core/*", "pkg:maven/org.example.core/parser", True),
        ("pkg:maven/org.example.core/pars*", "pkg:maven/org.example.core/parser", True),
        ("pkg:golang/example.com/group/*", "pkg:golang/example.com/group/tool/v2", True),
        ("pkg:golang/example.com/group*", "pkg:golang/example.com/group/tool", False),
        ("pkg:oci/alpine*", "pkg:oci/alpine-slim?repository_url=registry.example.test/any", False),
        ("pkg:oci/alpine?repository_url=registry.example.test/a", "pkg:oci/alpine", False),
        ("pkg:oci/alpine", "pkg:oci/alpine", True),
        (PAD, "pkg:npm/left-pad2", False),
        ("pkg:npm/a*b", "pkg:npm/axb", False),
        ("pkg:npm/a*b", "pkg:npm/a*b", False),
    ],
)
def test_a_star_stands_for_the_end_of_a_name_and_for_more_only_below_a_namespace(pattern, component, meant) -> None:
    assert means(pattern, component) is meant


@settings(max_examples=200, deadline=None)
@given(st.text("ab/*@%?.-", max_size=8), st.text("ab/@%?.-", max_size=12))
def test_a_pattern_means_nothing_outside_of_its_beginning(tail, rest) -> None:
    pattern, component = f"pkg:npm/{tail}*", f"pkg:npm/{rest}"
    if means(pattern, component):
        assert component.startswith(pattern[:-1])
        assert len(component) >= len(pattern)
        assert "?" not in component[len(pattern) - 1 :]


def said(purl="pkg:npm/left-pad@1.3.0", *, standings=(), project=HERE, now="2026-11-21", pre=(), **fields):
    dependency = making.introduced(purl, **fields).dependency
    return judge(dependency, standings, now, project, tuple(pre))


def test_it_answers_where_nobody_decided_and_names_its_line() -> None:
    found = said(pre=[making.pre_approval(PAD)])
    assert found.kind == "approved"
    assert found.standing is not None
    assert (found.standing.serial, found.standing.record, found.standing.reason) == (
        0,
        "policy/base.toml:88",
        "types only",
    )


@pytest.mark.parametrize(
    ("pre", "asked"),
    [
        ({"purl": "pkg:npm/other"}, {}),
        ({"range": "vers:npm/>=2.0.0"}, {}),
        ({"expires": "2026-11-21"}, {}),
        ({"scopes": ["dev"]}, {}),
        ({"environments": ["lab"]}, {}),
        ({"projects": ["other"]}, {}),
        ({"classes": ["critical"]}, {}),
        ({}, {"purl": "pkg:npm/left-pad@1.4.0-rc.1"}),
        ({"range": "vers:npm/>=1.3.0"}, {"purl": "pkg:npm/left-pad@1.4.0-rc.1"}),
        ({}, {"source": {"kind": "git", "url": "https://git.example.com/left-pad.git"}}),
        ({}, {"source": {"kind": "url", "url": "https://files.example.com/left-pad.tgz"}}),
        ({"range": "vers:npm/1.3.0"}, {"purl": "pkg:npm/left-pad", "requirement": "^1.3.0"}),
    ],
    ids=str,
)
def test_it_admits_what_it_says_and_nothing_else(pre, asked) -> None:
    assert said(**asked, pre=[making.pre_approval(**{"purl": PAD, **pre})]).kind == "unapproved"
    assert said(pre=[making.pre_approval(PAD)]).kind == "approved"


@pytest.mark.parametrize(
    "fields",
    [
        {"range": "vers:npm/>=1.0.0|<2.0.0"},
        {"scopes": ["runtime"], "environments": ["dev", "prod"], "projects": ["payments"], "classes": ["tool"]},
        {"expires": "2026-11-22"},
    ],
)
def test_what_it_names_is_admitted(fields) -> None:
    assert said(pre=[making.pre_approval(PAD, **fields)]).kind == "approved"


def test_a_pre_release_that_is_named_is_admitted_and_so_is_a_range_nobody_locked_where_every_version_is() -> None:
    named = making.pre_approval(PAD, range="vers:npm/1.4.0-rc.1")
    assert said("pkg:npm/left-pad@1.4.0-rc.1", pre=[named]).kind == "approved"
    assert said("pkg:npm/left-pad", requirement="^1.3.0", pre=[making.pre_approval(PAD)]).kind == "approved"


@pytest.mark.parametrize("type", ["npm", "pypi", "maven", "github", "docker", "golang", "generic", "oci"])
def test_without_a_range_every_version_of_every_type_is_meant(type) -> None:
    (approval,) = approvals([making.pre_approval(f"pkg:{type}/a/*")], f"pkg:{type}/a/b")
    dependency = replace(making.introduced("pkg:npm/x@1.0.0").dependency, component=approval.component)
    assert judge(dependency, (approval,), "2026-11-21", HERE).kind == "approved"


@pytest.mark.parametrize(
    "fields",
    [
        {"range": "vers:npm/2.0.0"},
        {"range": "vers:npm/1.3.0", "expires": "2026-01-01"},
        {"range": "vers:npm/1.3.0", "projects": ["other"]},
        {"range": "vers:npm/1.3.0", "distribution": "internal"},
        {"range": "vers:npm/1.3.0", "digests": ["sha512:aa"]},
        {"range": "vers:npm/>=1.3.0-a|<1.3.0"},
    ],
    ids=str,
)
def test_an_approval_that_misses_it_does_not_stand_in_the_way(fields) -> None:
    assert said(standings=[making.standing(PAD, **fields)], pre=[making.pre_approval(PAD)]).kind == "approved"


@pytest.mark.parametrize(
    ("effect", "kind"),
    [
        ("block", "blocked"),
        ("suspend", "suspended"),
        ("reject", "rejected"),
        ("retire", "retired"),
        ("revoke", "revoked"),
        ("quarantine", "blocked"),
    ],
)
def test_what_takes_away_always_wins(effect, kind) -> None:
    pre = [making.pre_approval(PAD), making.pre_approval("pkg:npm/*")]
    assert said(standings=[making.standing(PAD, effect, by="2026-12-31")], pre=pre).kind == kind
    restricted = making.standing(PAD, "restrict", projects=["other"])
    assert said(standings=[restricted], pre=pre).kind == "restricted"
    assert said(standings=[replace(restricted, projects=("payments",))], pre=pre).kind == "approved"


def test_a_broken_fence_is_not_answered() -> None:
    fenced = replace(making.standing(PAD, range="vers:npm/*"), fence=(Post("install-code", "no", "x"),))
    pre = [making.pre_approval(PAD)]
    assert said(standings=[fenced], pre=pre, install_code=True).kind == "fence-broken"
    assert said(standings=[fenced], pre=pre, install_code=False).standing == fenced


def test_it_outlives_the_snapshot() -> None:
    policy = making.policy(pre_approvals=(making.pre_approval(TYPES, classes=["tool"]),))
    assert from_json(to_json(policy), {}).pre_approvals == policy.pre_approvals


@pytest.mark.parametrize("source", [{"kind": "registry"}, {"kind": "unknown"}, {"kind": "path"}, {"kind": "workspace"}])
def test_where_something_comes_from_counts_as_for_an_approval_without_sources(source) -> None:
    by_hand = said(source=source, standings=[making.standing(PAD, range="vers:npm/*")])
    in_advance = said(source=source, pre=[making.pre_approval(PAD)])
    assert (by_hand.kind == "approved") is (in_advance.kind == "approved")
