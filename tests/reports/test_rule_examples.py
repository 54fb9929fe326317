"""The example in each rule's text is what osgate prints.

Where the words of the report changed, `pytest tests/reports --update-expected` writes the examples anew.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import audit
import osgate
from osgate.model.policy import ApprovedSource, RuleSetting
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
SOURCES = (ApprovedSource("npm", "https://packages.example.com/npm/", "zhang.san", "policy/sources.toml:3"),)
STEP = (("declared", "^1.3.0"), ("lock", "package-lock.json"), ("locked", ""), ("requirement", "left-pad"))
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
}
PROBLEMS = {
    "OSG301": making.problem("package-lock.json", "truncated", 1207),
    "OSG302": making.problem("package-lock.json", "duplicate-key", 418, ambiguous=True),
    "OSG303": making.problem("package.json", "out-of-step", 17, about="step", params=STEP),
    "OSG304": making.problem(
        "package-lock.json", "lock-deleted", 0, about="lock", params=(("manifest", "package.json"),)
    ),
    "OSG401": making.problem(".osgate/osgate.lock", "serial-lowered", 4, about="own", params=SERIALS),
    "OSG402": making.problem(".osgate/baseline.json", "unused", 12, about="baseline", params=UNUSED),
    "OSG403": making.problem(".osgate/baseline.json", "expired", 12, about="baseline", params=LATE),
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
        **dict.fromkeys(("OSG204", "OSG205", "OSG206"), lambda pad: making.standing(pad, **APPROVED)),
    }
    return [said[rule_id]("pkg:npm/left-pad")] if rule_id in said else []


def verdict(rule_id: str, locale: str) -> Verdict:
    """A change that breaks the rule."""
    problems = [PROBLEMS[rule_id]] if rule_id in PROBLEMS else []
    items = [] if problems else [BRINGS.get(rule_id, LEFT_PAD)]
    policy = making.policy(contact="oss-desk@bank.example", sources=SOURCES if rule_id == "OSG204" else ())
    named = RuleSetting("OSG101", "new-names-need-review", "block", "policy/base.toml:8")
    policy = making.replace(policy, rules={**policy.rules, "OSG101": named})
    said = making.view(standings(rule_id, locale))
    return making.decided(making.intake(items, problems=tuple(problems)), said, policy=policy)


def printed(rule_id: str, locale: str) -> str:
    with audit.no_io():
        text = terminal.render(verdict(rule_id, locale), WORDS[locale], Context(verbose=True))
    return next(block for block in text.split("\n\n") if f"[{rule_id} " in block.partition("\n")[0])


WORDS = {locale: Translator(locale) for locale in LOCALES}
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
