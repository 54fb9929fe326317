"""The example in each rule's text is what osgate prints.

Where the words of the report changed, `pytest tests/reports --update-expected` writes the examples anew.
"""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import audit
import osgate
from osgate.licences import matrix, reading
from osgate.model.policy import ApprovedSource, RuleSetting
from osgate.purl import versioned
from osgate.reports import terminal
from osgate.reports.context import Context
from osgate.text.rules import RULE_IDS, sections
from osgate.text.translator import LOCALES, Translator
from rules import making

if TYPE_CHECKING:
    from osgate.model.verdict import Verdict

TEXTS = Path(osgate.__file__).parent / "text/rules"
HEADING = {"en": "Example", "zh_CN": "示例"}
REASON = {"en": "the licence does not allow our use", "zh_CN": "许可证不允许我方的使用方式"}
INCIDENT = {"en": "the publisher's account was taken over", "zh_CN": "发布者账号被盗用"}
WATCHED = {"en": "the publisher changed since it was approved", "zh_CN": "准入之后发布者发生变更"}
ENDED = {"en": "nobody maintains it any more", "zh_CN": "已无人维护"}
LOCKED = {"line": 412, "digests": ["sha512:" + "ab" * 64], "install_code": False}
RECORD = {"record": "sha256:4958" + "c1f2a6b0" * 7 + "7d3e", "sealed_at": "2026-04-09T10:00:00Z"}
GIT = {"kind": "git", "url": "https://git.example.com/tools/string-tools.git", "ref": "main"}
ARCHIVE = {"kind": "url", "url": "https://files.example.com/string-tools-2.1.4.tgz"}
STRANGE = {"kind": "registry", "url": "https://files.example.com/left-pad-1.3.0.tgz"}
ANOTHER = {"kind": "registry", "url": "https://packages.example.com/npm/left-pab/-/left-pab-1.3.0.tgz"}
PUBLIC = {
    "kind": "registry",
    "url": "https://registry.example.test/@bank/ledger-client/-/ledger-client-2.4.0.tgz",
}
OWN = {
    "purl": "pkg:npm/%40bank/*",
    "address": "https://packages.example.com/npm-internal/",
    "origin": "policy/internal.toml:3",
}
MIT = {"name": "licence", "value": "MIT"}
LINE = '{"product": "Left Pad", "cycle": "1.3", "eol": "%s", "support": null, "lts": false}'
OF_LINE = {"name": "cycle", "source": "endoflife.json", "component": True}
HOME = {"name": "repository", "value": "https://git.example.com/pad/left-pad"}
NEWER = [{"name": "replaced-by", "value": "pkg:npm/string-tools", "component": True}]
STALE = (("age", "12"), ("date", "2026-11-09"), ("most", "7"))
LIKE = {
    "name": "looks-like",
    "value": "pkg:npm/left-pad",
    "source": "popular names",
    "date": "",
    "component": True,
}
FLAW = {"id": "GHSA-6jrf-4c2h-v5gp", "aliases": ["CVE-2026-31337"], "score": "8.1", "fixed": ["1.3.5"]}
SLIGHT = {"id": "GHSA-2f9c-7p3x-w8mq", "severity": "low"}
SOURCES = (ApprovedSource("npm", "https://packages.example.com/npm/", "zhang.san", "policy/sources.toml:3"),)
STEP = (("declared", "^1.3.0"), ("lock", "package-lock.json"), ("locked", ""), ("requirement", "left-pad"))
INDEX = (("address", "https://packages.example.com/more/simple"),)
SERIALS = (("after", "40"), ("before", "42"))
UNUSED = (("manifest", "package-lock.json"), ("owner", "li.si"), ("subject", "pkg:npm/left-pad@1.3.0"))
LATE = (("count", "3"), ("due", "2026-11-01"), ("owner", "li.si"))
WORKFLOW = {"path": ".github/workflows/ci.yml", "line": 18, "scope": "action", "mutable": True}
PINNED_BY_NOBODY = {"path": "requirements.txt", "line": 3, "mutable": True, "install_code": True, "source": GIT}
APPROVED = {"range": "vers:npm/>=1.3.0|<2.0.0", **RECORD}
LEFT_PAD = making.introduced("pkg:npm/left-pad@1.3.0", **LOCKED)
INDIRECT = {**LOCKED, "direct": False, "via": ["pkg:npm/string-tools@2.1.4"]}
BRINGS = {
    "OSG101": making.introduced("pkg:npm/left-pad@1.3.0", **INDIRECT),
    "OSG102": making.introduced("pkg:npm/left-pad@2.0.0", change="upgraded", previous=["1.3.0"], **LOCKED),
    "OSG107": making.introduced("pkg:npm/left-pad@2.0.0-rc.1", change="upgraded", previous=["1.3.0"], **LOCKED),
    "OSG112": making.introduced(
        "pkg:npm/left-pad@1.4.0", change="upgraded", previous=["1.3.0"], licence="BUSL-1.1", **LOCKED
    ),
    "OSG201": making.introduced("pkg:github/example-org/setup-tool@v4", **WORKFLOW),
    "OSG202": making.introduced("pkg:pypi/string-tools@main", **PINNED_BY_NOBODY),
    "OSG203": making.introduced("pkg:npm/string-tools@2.1.4", source=ARCHIVE, **LOCKED),
    "OSG204": making.introduced("pkg:npm/left-pad@1.3.0", source=STRANGE, **LOCKED),
    "OSG205": making.introduced("pkg:npm/left-pad@1.3.0", change="changed-digest", **LOCKED),
    "OSG206": making.introduced("pkg:npm/left-pad@1.3.0", change="widened-scope", **LOCKED),
    "OSG207": making.introduced("pkg:npm/left-pad@1.3.0", **{**LOCKED, "digests": []}),
    "OSG208": making.introduced("pkg:npm/left-pad@1.3.0", source=ANOTHER, **LOCKED),
    "OSG209": making.introduced("pkg:npm/%40bank/ledger-client@2.4.0", source=PUBLIC, **LOCKED),
    "OSG504": making.introduced("pkg:npm/left-padd@1.3.0", **LOCKED),
    "OSG505": making.introduced("pkg:npm/left-pad-utils@1.3.0", **LOCKED),
    "OSG509": making.introduced("pkg:npm/left-pad@9999.0.0", change="upgraded", previous=["1.3.0"], **LOCKED),
    **dict.fromkeys(
        ("OSG503", "OSG507", "OSG508"),
        making.introduced("pkg:npm/left-pad@1.3.1", change="upgraded", previous=["1.3.0"], **LOCKED),
    ),
    "OSG506": making.introduced(
        "pkg:npm/left-pad@1.3.1", change="upgraded", previous=["1.3.0"], **{**LOCKED, "install_code": True}
    ),
    "OSG604": making.introduced("pkg:npm/left-pad@1.3.0", **{**INDIRECT, "via": ["pkg:npm/pad-kit@4.0.0"]}),
    "OSG605": making.introduced("pkg:npm/left-pad@2.0.0", change="upgraded", previous=["1.3.0"], **LOCKED),
    "OSG709": making.introduced("pkg:npm/left-pad@1.4.0", change="upgraded", previous=["1.3.0"], **LOCKED),
}
# What a store of facts tells of the dependency, and of the version before; fields as in `rules/cases/*.toml`.
TOLD: dict[str, dict[str, Any]] = {
    "OSG211": {"facts": [MIT, {"name": "digest", "value": "sha512:" + "cd" * 64}]},
    "OSG501": {"facts": [MIT], "advisories": [FLAW, {**SLIGHT, "fixed": ["1.4.1"]}]},
    "OSG502": {"facts": [MIT], "advisories": [SLIGHT]},
    "OSG503": {"facts": [MIT], "advisories": [{"id": "MAL-2026-1042", "kind": "malicious", "severity": "unknown"}]},
    "OSG505": {"facts": [MIT, {"name": "present", "value": "no", "component": True}]},
    "OSG506": {
        "facts": [MIT, {"name": "install-code", "value": "yes"}],
        "before": [MIT, {"name": "install-code", "value": "no"}],
    },
    "OSG507": {
        "facts": [MIT, {"name": "publisher", "value": "wang.wu"}],
        "before": [MIT, {"name": "publisher", "value": "li.si"}],
    },
    "OSG508": {
        "facts": [MIT, {"name": "trust", "value": "none"}],
        "before": [MIT, {"name": "trust", "value": "attested"}],
    },
    "OSG509": {"facts": [MIT, {"name": "releases", "value": "14", "component": True}], "before": [MIT]},
    "OSG504": {"facts": [MIT, LIKE]},
    "OSG601": {"facts": [{"name": "licence", "value": "GPL-3.0-only"}]},
    "OSG602": {"facts": [{"name": "licence", "value": "LGPL-2.1-only"}]},
    "OSG603": {"facts": [{"name": "licence-declared", "value": "SEE LICENSE IN LICENSE.txt"}]},
    "OSG604": {
        "facts": [{"name": "licence", "value": "Apache-2.0"}],
        "held": {"pkg:npm/string-tools@2.1.4": [{"name": "licence", "value": "GPL-2.0-only"}]},
    },
    "OSG605": {
        "facts": [{"name": "licence", "value": "LGPL-2.1-only"}],
        "before": [{"name": "licence", "value": "MIT"}],
    },
    "OSG606": {
        "facts": [
            {"name": "licence", "value": "ISC"},
            {"name": "licence-text", "value": "MIT", "source": "artefacts left-pad-1.3.0.tgz"},
        ]
    },
    "OSG607": {"facts": [{"name": "licence", "value": "LGPL-2.1-only"}]},
    "OSG701": {"facts": [MIT, {"name": "yanked", "value": "it deletes the padding of others"}]},
    "OSG702": {"facts": [MIT, {"name": "deprecated", "value": "use string-tools instead"}, *NEWER]},
    "OSG703": {"facts": [MIT, {"name": "status", "value": "archived", "component": True}]},
    "OSG704": {"facts": [MIT, {**OF_LINE, "value": LINE % "2026-06-30"}]},
    "OSG705": {"facts": [MIT, {**OF_LINE, "value": LINE % "2027-01-20"}]},
    "OSG706": {"facts": [MIT, {"name": "published", "value": "2026-11-19T08:00:00Z"}], "first_seen": ""},
    "OSG707": {"facts": [MIT, {"name": "released", "value": "2021-03-02T10:00:00Z", "component": True}]},
    "OSG709": {"facts": [MIT, {**HOME, "value": ""}], "before": [MIT, HOME]},
}
# What the policy says of facts.
FACT_POLICY: dict[str, dict[str, Any]] = {
    "OSG207": {"integrity": True},
    "OSG209": {"internal": [OWN]},
}
PROBLEMS = {
    "OSG210": making.problem("requirements.txt", "extra-index", 2, about="index", params=INDEX),
    "OSG301": making.problem("package-lock.json", "truncated", 1207),
    "OSG302": making.problem("package-lock.json", "duplicate-key", 418, ambiguous=True),
    "OSG303": making.problem("package.json", "out-of-step", 17, about="step", params=STEP),
    "OSG304": making.problem(
        "package-lock.json", "lock-deleted", 0, about="lock", params=(("manifest", "package.json"),)
    ),
    "OSG401": making.problem(".osgate/osgate.lock", "serial-lowered", 4, about="own", params=SERIALS),
    "OSG402": making.problem(".osgate/baseline.json", "unused", 12, about="baseline", params=UNUSED),
    "OSG403": making.problem(".osgate/baseline.json", "expired", 12, about="baseline", params=LATE),
    "OSG708": making.problem("npm/all.zip", "stale", 0, about="facts", params=STALE, mark="advisories"),
}


def standings(rule_id: str, locale: str) -> list[making.Standing]:
    """What the ledger says about left-pad."""
    one = {**RECORD, "range": "vers:npm/1.3.0"}
    incident = {"incident": "INC-2026-0042", "persons": ["zhang.san"], "reason": INCIDENT[locale], **one}
    said = {
        "OSG102": lambda pad: making.standing(pad, expires="2027-04-09", **APPROVED),
        "OSG103": lambda pad: making.standing(pad, expires="2026-11-01", **APPROVED),
        "OSG104": lambda pad: making.standing(pad, "reject", persons=["li.si"], reason=REASON[locale], **one),
        "OSG105": lambda pad: making.standing(pad, "block", **incident),
        "OSG106": lambda pad: making.standing(pad, scopes=["dev", "test"], expires="2027-04-09", **APPROVED),
        "OSG107": lambda pad: making.standing(
            pad, expires="2027-04-09", **{**APPROVED, "range": "vers:npm/>=1.3.0|<3.0.0"}
        ),
        "OSG108": lambda pad: making.standing(pad, digests=["sha512:" + "cd" * 64], expires="2027-04-09", **APPROVED),
        "OSG109": lambda pad: making.standing(pad, "suspend", persons=["wang.wu"], reason=WATCHED[locale], **one),
        "OSG110": lambda pad: making.standing(pad, "restrict", scopes=["dev", "test"], reason=REASON[locale], **one),
        "OSG111": lambda pad: making.standing(pad, "revoke", expires="2027-04-09", reason=WATCHED[locale], **APPROVED),
        "OSG112": lambda pad: making.standing(
            pad,
            expires="2027-04-09",
            fence=[("licence", "MIT", "package-lock.json"), ("install-code", "no", "package-lock.json")],
            **APPROVED,
        ),
        "OSG113": lambda pad: making.standing(
            pad,
            "retire",
            persons=["zhang.san"],
            reason=ENDED[locale],
            by="2026-12-31",
            alternatives=["pkg:npm/string-tools"],
            **one,
        ),
        **dict.fromkeys(
            ("OSG204", "OSG205", "OSG206", "OSG207", "OSG208", "OSG211"), lambda pad: making.standing(pad, **APPROVED)
        ),
    }
    if rule_id in ("OSG501", "OSG502", "OSG503", "OSG506", "OSG507", "OSG508", "OSG604", "OSG607"):
        return [making.standing("pkg:npm/left-pad", **APPROVED)]
    return [said[rule_id]("pkg:npm/left-pad")] if rule_id in said else []


def verdict(rule_id: str, locale: str) -> Verdict:
    """A change that breaks the rule."""
    problems = [PROBLEMS[rule_id]] if rule_id in PROBLEMS else []
    items = [] if problems else [BRINGS.get(rule_id, LEFT_PAD)]
    policy = making.policy(
        contact="oss-desk@bank.example",
        sources=SOURCES if rule_id == "OSG204" else (),
        facts=making.fact_policy(**FACT_POLICY.get(rule_id, {})),
    )
    named = RuleSetting("OSG101", "new-names-need-review", "block", "policy/base.toml:8")
    policy = making.replace(policy, rules={**policy.rules, "OSG101": named})
    said = making.view(standings(rule_id, locale))
    return making.decided(making.intake(items, problems=tuple(problems)), said, policy=policy, **stored(rule_id))


def stored(rule_id: str) -> dict[str, Any]:
    """The store of facts, where the rule asks one."""
    if rule_id not in TOLD:
        return {}
    item, told = BRINGS.get(rule_id, LEFT_PAD), {**TOLD[rule_id]}
    before, others = told.pop("before", []), told.pop("held", {})
    own = item.dependency
    known = {own.version: making.facts(own.purl, told.pop("facts", []), **told)}
    known |= {version: making.facts(versioned(own.component, version), before) for version in item.previous}
    beside = {purl: making.facts(purl, facts) for purl, facts in others.items()}
    held = [own, *(making.introduced(purl).dependency for purl in beside)]
    return {
        "facts": lambda dependency, version: beside.get(dependency.purl, known.get(version)),
        "held": lambda path: held,
    }


def printed(rule_id: str, locale: str) -> str:
    with audit.no_io():
        text = terminal.render(verdict(rule_id, locale), WORDS[locale], Context(verbose=True))
    return next(block for block in text.split("\n\n") if f"[{rule_id} " in block.partition("\n")[0])


WORDS = {locale: Translator(locale) for locale in LOCALES}
reading.able()  # likewise: the index of licences, the matrix, and what words it
matrix.shipped()
import_module("osgate.text.licence_words")
for _translator in WORDS.values():
    _translator("label.run")  # reads its catalogue now: nothing may be read while a verdict is rendered


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("rule_id", RULE_IDS)
def test_the_example_is_what_is_printed(rule_id: str, locale: str, request: pytest.FixtureRequest) -> None:
    path, wanted = TEXTS / f"{rule_id}.{locale}.md", printed(rule_id, locale)
    if request.config.getoption("--update-expected"):
        opening = f"## {HEADING[locale]}\n\n```\n"
        before, rest = path.read_text("utf-8").split(opening)
        path.write_text(before + opening + wanted + "\n" + rest[rest.index("```\n") :], encoding="utf-8")
    example = sections(path.read_text("utf-8"))[HEADING[locale]]
    shown = re.match(r"```\n(.*?)\n```", example, re.DOTALL)
    assert shown is not None
    assert shown[1] == wanted
