"""Verdicts as people meet them, for the snapshots of every report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from osgate.model.fact import FactSource
from osgate.model.finding import SLUGS
from osgate.model.gap import Gap
from osgate.model.policy import ApprovedSource, RuleSetting, Tier
from osgate.model.verdict import Stamp
from osgate.policy.baseline import Entry
from osgate.purl import versioned
from rules import making

if TYPE_CHECKING:
    from osgate.model.verdict import Verdict

STAMP = Stamp(41, "sha256:" + "1" * 64, "sha256:" + "2" * 64, "2026-11-20T00:00:00Z", "2026-12-20T00:00:00Z", 240)
SHA = "08c6903cd8c0fde910a37f88322edcfb5dd907a8"
SHA512 = ["sha512:" + "ab" * 64]
ODD = making.introduced("pkg:npm/is-odd@3.0.1", line=39, digests=SHA512, install_code=False)
NUMBER = making.introduced(
    "pkg:npm/is-number@6.0.0", line=31, direct=False, via=["pkg:npm/is-odd@3.0.1"], digests=SHA512, install_code=False
)


def many(count: int) -> list[making.Introduced]:
    return [making.introduced(f"pkg:npm/package-{n:03}@1.{n}.0", line=10 + 7 * n, digests=SHA512) for n in range(count)]


def seen(*items: making.Introduced, said: making.LedgerView | None = None, **fields: object) -> Verdict:
    return making.decided(making.intake(items), said, **{"stamp": STAMP, **fields})


def each_rule() -> Verdict:
    """Every rule of dependencies once, and both of files."""
    source = {"kind": "git", "url": "https://git.example.com/tool.git", "ref": "main"}
    items = [
        making.introduced("pkg:npm/taken-over@4.0.1", line=8, change="upgraded", previous=["4.0.0"], install_code=True),
        making.introduced("pkg:npm/rejected@1.0.0", line=20, scope="dev"),
        making.introduced("pkg:npm/moment@3.0.0", line=32, change="upgraded", previous=["2.29.4", "2.30.1"]),
        making.introduced("pkg:npm/old@1.0.0", line=44, change="widened-scope"),
        making.introduced(
            "pkg:github/actions/checkout@v4", line=17, path=".github/workflows/ci.yml", scope="action", mutable=True
        ),
        making.introduced("pkg:npm/tool@1.0.0", line=56, source=source, mutable=True, change="moved-source"),
        making.introduced(
            "pkg:npm/archive@2.1.0",
            line=60,
            source={"kind": "url", "url": "https://files.example.com/a.tgz"},
            alias="zip",
        ),
        making.introduced("pkg:pypi/requests", line=3, path="requirements.in", requirement=">=2,<3"),
    ]
    said = making.view(
        [
            making.standing(
                "pkg:npm/taken-over",
                "block",
                range="vers:npm/4.0.1",
                incident="INC-2026-0042",
                reason="publisher's account was taken over",
                persons=["zhang.san"],
            ),
            making.standing(
                "pkg:npm/rejected", "reject", reason="the licence does not allow our use", persons=["li.si"]
            ),
            making.standing("pkg:npm/moment", range="vers:npm/>=2.29.4|<3.0.0", expires="2027-04-09"),
            making.standing("pkg:npm/old", range="vers:npm/1.0.0", expires="2026-11-01"),
            making.standing("pkg:npm/tool", range="vers:npm/1.0.0"),
            making.standing("pkg:npm/archive", range="vers:npm/2.1.0"),
        ]
    )
    problems = (
        making.problem("web/package-lock.json", "truncated", 812),
        making.problem("api/package-lock.json", "duplicate-key", 4, ambiguous=True),
    )
    return making.decided(
        making.intake(items, problems=problems), said, stamp=STAMP, policy=making.policy(contact="security@example.com")
    )


def long_names() -> Verdict:
    group, name = "%40an-organisation-with-a-long-name", "a-component-whose-name-explains-everything-it-does-in-full"
    scoped = f"pkg:npm/{group}/{name}@12.34.56-build.20261121"
    via = [f"pkg:npm/%40an-organisation-with-a-long-name/layer-{n}@1.0.{n}" for n in range(9)]
    source = {"kind": "registry", "url": "https://packages.example.com/" + "nested/" * 20 + "it.tgz"}
    path = "packages/frontend/applications/customer-onboarding/package-lock.json"
    return seen(
        making.introduced(scoped, path=path, via=via, direct=False, source=source),
        making.introduced("pkg:npm/" + "x" * 300 + "@1.0.0", line=40, alias="y" * 300, requirement="*"),
    )


def undecided() -> Verdict:
    missing = (
        Gap(
            "snapshot",
            "snapshot.expired",
            (
                ("address", "https://policy.example.com/snapshots"),
                ("expires", "2026-11-01T00:00:00Z"),
                ("serial", "12"),
            ),
        ),
    )
    gaps = (
        Gap(
            "snapshot",
            "not-refreshed:fetch.slow",
            (("address", "https://policy.example.com/snapshots"), ("seconds", "2")),
        ),
    )
    return making.decided(making.intake([ODD, NUMBER]), view=None, missing=missing, gaps=gaps)


def waits() -> Verdict:
    wait = making.waiting("pkg:npm/is-odd", range="vers:npm/>=3.0.1|<4.0.0", missing=["security"])
    tiers = {"normal": Tier("normal", ("tech", "legal"), ("security",), 5, "@bank/oss-review")}
    return seen(ODD, NUMBER, said=making.view((), (wait,)), policy=making.policy(tiers=tiers))


def observed() -> Verdict:
    return making.decided(
        making.intake([ODD]),
        mode="observe",
        gaps=(Gap("osgate.lock", "no-trust-root"),),
        policy=making.default_policy(SLUGS),
    )


def with_gaps() -> Verdict:
    gaps = (
        Gap("web/package-lock.json", "before-unreadable", (("reason", "duplicate-key"),)),
        Gap("", "moves-not-compared"),
        Gap(".osgate", "not-committed"),
        Gap("takeaway", "old", (("hours", "30"),)),
    )
    return making.decided(making.intake(gaps=gaps, deleted=("前端/package-lock.json",)), stamp=STAMP)


def warned() -> Verdict:
    rules = {id: RuleSetting(id, slug, "warn", "policy/base.toml:8") for id, slug in SLUGS.items()}
    return seen(ODD, policy=making.policy(rules=rules))


def shas() -> Verdict:
    workflow = {"path": ".github/workflows/发布.yml", "scope": "action"}
    image = "pkg:docker/library/alpine@sha256:" + "ab" * 32
    return seen(
        making.introduced(
            f"pkg:github/actions/checkout@{SHA}", line=17, change="upgraded", previous=["f" * 40], **workflow
        ),
        making.introduced(image, line=21, path="action.yml", scope="image", direct=None),
    )


def unpinned() -> Verdict:
    """An action by its tag, an archive by its address and two packages: the tag and the address come first."""
    action = {"path": ".github/workflows/ci.yml", "scope": "action", "mutable": True}
    archive = {"kind": "url", "url": "https://files.example.com/a.tgz"}
    return seen(
        ODD,
        NUMBER,
        making.introduced("pkg:github/actions/checkout@v4", line=17, **action),
        making.introduced("pkg:npm/archive@2.1.0", line=60, source=archive),
    )


def ledger() -> Verdict:
    """What else the ledger and the policy's sources can say of a dependency."""
    names = {
        "elsewhere": {
            "range": "vers:npm/1.0.0",
            "scopes": ["test"],
            "projects": ["risk-engine"],
            "expires": "2027-04-09",
        },
        "early": {"range": "vers:npm/>=1.0.0|<3.0.0", "expires": "2027-04-09"},
        "repacked": {"range": "vers:npm/1.0.0", "digests": ["sha512:" + "cd" * 64]},
        "halted": {"effect": "suspend", "reason": "the maintainer's key was published", "persons": ["wang.wu"]},
        "narrowed": {"effect": "restrict", "scopes": ["test"], "reason": "copyleft"},
        "gone": {"effect": "revoke", "range": "vers:npm/1.0.0"},
        "leaving": {
            "effect": "retire",
            "by": "2026-12-31",
            "reason": "nobody maintains it",
            "persons": ["zhang.san"],
            "alternatives": ["pkg:npm/successor"],
        },
    }
    said = [making.standing(f"pkg:npm/{name}", **{"effect": "approve", **fields}) for name, fields in names.items()]
    items = [
        making.introduced(
            f"pkg:npm/{name}@{'2.0.0-rc.1' if name == 'early' else '1.0.0'}", line=10 + 4 * at, digests=SHA512
        )
        for at, name in enumerate(names)
    ]
    mirror = {"kind": "registry", "url": "https://elsewhere.example.com/other-1.0.0.tgz"}
    approve = {"range": "vers:npm/*"}
    items += [
        making.introduced("pkg:npm/other@1.0.0", line=50, source=mirror),
        making.introduced("pkg:npm/swapped@1.0.0", line=54, change="changed-digest", digests=SHA512),
        making.introduced("pkg:npm/wider@1.0.0", line=58, change="widened-scope"),
    ]
    said += [making.standing(f"pkg:npm/{name}", **approve) for name in ("other", "swapped", "wider")]
    sources = (ApprovedSource("npm", "https://packages.example.com/npm/", "zhang.san", "policy/sources.toml:3"),)
    return seen(*items, said=making.view(said), policy=making.policy(sources=sources, contact="security@example.com"))


def files() -> Verdict:
    """Files out of step, and changes of osgate's own."""
    own, lock = ".osgate/baseline.json", "web/package-lock.json"
    step = {"declared": "^1.3.0", "lock": lock, "locked": "", "requirement": "left-pad"}
    problems = (
        making.problem("web/package.json", "out-of-step", 9, about="step", params=tuple(step.items())),
        making.problem("api/uv.lock", "lock-deleted", 0, about="lock", params=(("manifest", "api/pyproject.toml"),)),
        making.problem(
            ".osgate/config.toml", "project-renamed", 1, about="own", params=(("after", "b"), ("before", "a"))
        ),
        making.problem(
            own,
            "unused",
            4,
            about="baseline",
            params=(("manifest", lock), ("owner", "li.si"), ("subject", "pkg:npm/a@1.0.0")),
        ),
        making.problem(
            own, "expired", 7, about="baseline", params=(("count", "3"), ("due", "2026-11-01"), ("owner", "li.si"))
        ),
    )
    return making.decided(making.intake(problems=problems, deleted=("api/uv.lock",)), stamp=STAMP)


def excused() -> Verdict:
    """A waiver, what the baseline covers, and one finding that neither excuses."""
    waiver = making.standing(
        "pkg:npm/is-odd", "waive", rules=["OSG101"], expires="2026-12-31", reason="until the rewrite"
    )
    entry = Entry("pkg:npm/is-number@6.0.0", "package-lock.json", ("OSG101",), "li.si", "2027-06-30", 3)
    pad = making.introduced("pkg:npm/left-pad@1.3.0", line=50, digests=SHA512)
    return seen(ODD, NUMBER, pad, said=making.view([waiver]), baseline={entry.key: entry})


def without_own_approval() -> Verdict:
    """What passes by a broken glass and by what the policy approves in advance."""
    types = [making.introduced(f"pkg:npm/%40types/t{n:02}@1.0.{n}", line=20 + n) for n in range(22)]
    broken = making.standing(
        "pkg:npm/is-odd",
        range="vers:npm/3.0.1",
        persons=["zhang.san"],
        incident="INC-2026-0042",
        reason="production is down",
        expires="2026-11-24T06:00:00Z",
    )
    in_advance = making.pre_approval("pkg:npm/%40types/*", reason="types only, | `no` code")
    return seen(ODD, *types, said=making.view([broken]), policy=making.policy(pre_approvals=(in_advance,)))


def existing_use() -> Verdict:
    """A whole tree in which one component is on its way out, one is gone, and one approval has just ended."""
    names = {
        "leaving": {"effect": "retire", "by": "2026-12-31"},
        "left": {"effect": "retire", "by": "2026-11-01", "persons": ["zhang.san"]},
        "ended": {"range": "vers:npm/1.0.0", "expires": "2026-11-10"},
    }
    said = [making.standing(f"pkg:npm/{name}", **{"effect": "approve", **fields}) for name, fields in names.items()]
    said.append(making.standing("pkg:npm/leaving", range="vers:npm/*"))
    items = [making.introduced(f"pkg:npm/{name}@1.0.0", line=10 + 4 * at) for at, name in enumerate(names)]
    return making.decided(making.intake(items, whole=True), making.view(said), stamp=STAMP)


def whole_tree() -> Verdict:
    """All that is there: old, so it warns."""
    return making.decided(making.intake([ODD, NUMBER], whole=True), stamp=STAMP)


def told() -> Verdict:
    """What a store of facts tells: several things against one dependency, a young one, old data, something unknown."""
    items = [
        making.introduced("pkg:npm/lodash@4.17.20", line=12, digests=SHA512, change="upgraded", previous=["4.17.19"]),
        making.introduced("pkg:npm/pad-core@2.0.0", line=20, digests=SHA512, change="upgraded", previous=["1.9.0"]),
        making.introduced("pkg:npm/left-pad@1.3.0", line=30, digests=SHA512),
        making.introduced("pkg:npm/mute@1.0.0", line=40, digests=SHA512),
    ]
    mit = {"name": "licence", "value": "MIT"}
    flaw = {"id": "GHSA-6jrf-4c2h-v5gp", "aliases": ["CVE-2026-31337"], "fixed": ["4.17.21"]}
    code = {"name": "install-code", "value": "yes"}
    runs_none = {**code, "value": "no"}
    known = {
        "pkg:npm/lodash@4.17.20": making.facts("pkg:npm/lodash@4.17.20", [mit, code], [flaw]),
        "pkg:npm/lodash@4.17.19": making.facts("pkg:npm/lodash@4.17.19", [mit, runs_none]),
        "pkg:npm/pad-core@2.0.0": making.facts(
            "pkg:npm/pad-core@2.0.0", [{"name": "licence", "value": "BUSL-1.1", "source": "policy policy/facts.toml:7"}]
        ),
        "pkg:npm/pad-core@1.9.0": making.facts("pkg:npm/pad-core@1.9.0", [{"name": "licence", "value": "Apache-2.0"}]),
        "pkg:npm/left-pad@1.3.0": making.facts(
            "pkg:npm/left-pad@1.3.0", [mit, {"name": "published", "value": "2026-11-20T08:00:00Z"}]
        ),
        "pkg:npm/mute@1.0.0": making.facts("pkg:npm/mute@1.0.0", []),
    }
    sources = (
        FactSource("packages.example.com (npm)", "registry", "2026-11-20T00:00:00Z", age=1),
        FactSource("npm/all.zip", "advisories", "2026-08-21T00:00:00Z", age=92),
    )
    return seen(
        *items,
        facts=lambda dependency, version: known[versioned(dependency.component, version)],
        sources=sources,
    )


SCENES = {
    "facts": told,
    "ledger": ledger,
    "files": files,
    "excused": excused,
    "whole-tree": whole_tree,
    "existing-use": existing_use,
    "without-own-approval": without_own_approval,
    "unpinned": unpinned,
    "one": lambda: seen(ODD),
    "transitive": lambda: seen(ODD, NUMBER),
    "twelve": lambda: seen(*many(12)),
    "hundred-and-fifty": lambda: seen(*many(150)),
    "each-rule": each_rule,
    "long-names": long_names,
    "cjk": lambda: seen(making.introduced("pkg:npm/左侧填充@1.3.0", path="前端/支付网关/package-lock.json"), ODD),
    "shas": shas,
    "waiting": waits,
    "undecided": undecided,
    "observe": observed,
    "gaps": with_gaps,
    "warn": warned,
    "pass": lambda: seen(ODD, said=making.view([making.standing("pkg:npm/is-odd", range="vers:npm/*")])),
    "nothing": lambda: seen(),
}
