"""The institution's own cases: what its policy is meant to say, checked by what it says. Pure.

A case names what comes in, what the ledger is to be taken to say, and the outcome wanted. It stands in `cases/*.toml`
of the policy repository, so that a change of the policy shows what it changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from osgate.decide import Law, decide
from osgate.errors import Mistake, Mistakes, UsageError
from osgate.model.change import CHANGES, Intake, Introduced
from osgate.model.decision import LedgerView, Standing
from osgate.model.dependency import SCOPES, Dependency, Source
from osgate.model.policy import Policy
from osgate.model.record import record, replace
from osgate.policy import case_facts, toml_document
from osgate.policy.schema import DISTRIBUTIONS
from osgate.policy.shape import Complaint, Field, complaints, iso
from osgate.purl import parse, versioned
from osgate.versions import parse_vers

EFFECTS = ("approve", "reject", "block", "suspend", "retire", "restrict", "revoke", "waive")
_LISTS = ("digests", "sources", "scopes", "environments", "projects", "classes", "rules", "alternatives")
# What a decision of an effect cannot be without.
_NEEDED = {"approve": "range", "retire": "by"}
_TEXT, _WORDS = Field("text", empty=False), Field("list", of=Field("text", empty=False))


def _a_purl(value: str) -> tuple[str, dict[str, object]] | None:
    try:
        parse(value)
    except UsageError as error:
        return "not-a-purl", {"found": value[:200], "detail": error.code}
    return None


def _a_range(value: str) -> tuple[str, dict[str, object]] | None:
    try:
        parse_vers(value)
    except UsageError as error:
        return "not-a-range", {"found": value[:200], "detail": error}
    return None


SHAPE: Mapping[str, Field] = {
    "case": Field(
        "list",
        required=True,
        of=Field(
            "table",
            of={
                "name": Field("text", required=True, empty=False),
                "purl": Field("text", required=True, check=_a_purl),
                "project": _TEXT,
                "change": Field("text", choices=CHANGES),
                "scope": Field("text", choices=tuple(SCOPES)),
                "source": _TEXT,
                "digests": _WORDS,
                "requirement": _TEXT,
                "mutable": Field("boolean"),
                "today": Field("date"),
                "existing": Field("boolean"),
                **case_facts.SHAPE,
                "standing": Field(
                    "list",
                    of=Field(
                        "table",
                        of={
                            "effect": Field("text", choices=EFFECTS),
                            "range": Field("text", empty=False, check=_a_range),
                            "expires": Field("date"),
                            "by": Field("date"),
                            "distribution": Field("text", choices=DISTRIBUTIONS),
                            **dict.fromkeys(_LISTS, _WORDS),
                        },
                    ),
                ),
                "outcome": Field("text", required=True, choices=("pass", "warn", "block")),
                "rules": _WORDS,
            },
        ),
    ),
}


@record
class Answer:
    """What became of one case. path, line: where it stands. outcome, rules: what the policy says; wanted: what the case
    says it should (its rules are None where it names none).
    """

    path: str
    line: int
    name: str
    outcome: str
    rules: tuple[str, ...]
    wanted: tuple[str, tuple[str, ...] | None]

    @property
    def holds(self) -> bool:
        """True if the policy says what the case wants."""
        outcome, rules = self.wanted
        return self.outcome == outcome and rules in (None, self.rules)


def run(files: Mapping[str, bytes], policy: Policy, today: str) -> Iterator[Answer]:
    """Yield what becomes of every case in `files` (path -> content), by path and line.

    today: ISO date for cases that name none. Raises Mistakes with everything that is wrong with the files.
    """
    documents, mistakes = [], []
    for path in sorted(files):
        document = toml_document.read(path, files[path])
        if isinstance(document, Mistake):
            mistakes.append(document)
            continue
        said = [*complaints(document.values, SHAPE)] or [*_unfit(document.values["case"])]
        mistakes += [Mistake(path, document.line(place), code, params) for place, code, params in said]
        documents.append(document)
    if mistakes:
        raise Mistakes(tuple(mistakes))
    for document in documents:
        for index, case in enumerate(document.values["case"]):
            yield _answer(case, policy, today, document.path, document.line(("case", index)))


def _unfit(cases: Iterable[Mapping[str, Any]]) -> Iterator[Complaint]:
    """An approval covers a range, a retirement has its day, and a range is one of the purl's own type, as in the
    ledger; a fact is known or not."""
    for index, case in enumerate(cases):
        type = parse(case["purl"]).type
        yield from case_facts.unfit(case, index)
        for at, standing in enumerate(case.get("standing", ())):
            place, range = ("case", index, "standing", at), standing.get("range", "")
            if range and parse_vers(range).scheme != type:
                yield (*place, "range"), "range-of-other-type", {"range": range, "type": type}
            effect = standing.get("effect", "approve")
            needed = _NEEDED.get(effect, "")
            if needed and not standing.get(needed):
                yield place, "missing-for-verb", {"key": needed, "verb": effect}


def _answer(case: Mapping[str, Any], policy: Policy, today: str, path: str, line: int) -> Answer:
    dependency = _dependency(case)
    standings = tuple(_standing(dependency.component, said) for said in case.get("standing", ()))
    day = iso(case.get("today", today))
    law = Law(
        LedgerView({dependency.component: standings}, {}),
        policy,
        policy.project(case.get("project", "")),
        day,
        "enforce-new",
        {},
        facts=lambda asked, version: case_facts.told(case, asked, version, policy.facts, day),
        held=lambda path: (dependency,),
    )
    item = Introduced(case.get("change", "added"), dependency, tuple(case.get("previous", ())))
    found = Intake((item,), whole=case.get("existing", False))
    verdict = decide(found, law)
    rules = tuple(sorted({finding.rule for finding in verdict.findings if not finding.waived}))
    wanted = case["outcome"], tuple(sorted(case["rules"])) if "rules" in case else None
    return Answer(path, line, case["name"], verdict.outcome, rules, wanted)


def _dependency(case: Mapping[str, Any]) -> Dependency:
    purl = parse(case["purl"])
    url = case.get("source")
    kind = "git" if url and url.startswith(("git+", "ssh://", "git://")) else "registry"
    return Dependency(
        purl.component,
        purl.version,
        versioned(purl.component, purl.version),
        "case",
        scope=case.get("scope", "runtime"),
        direct=True,
        source=Source(kind, url),
        digests=tuple(case.get("digests", ())),
        requirement=case.get("requirement"),
        mutable=case.get("mutable", False),
    )


def _standing(component: str, said: Mapping[str, Any]) -> Standing:
    bare = Standing(said.get("effect", "approve"), component, said.get("range", ""), "", "", 1, "")
    told = {name: iso(said.get(name, "")) for name in ("expires", "by", "distribution")}
    return replace(bare, **told, **{name: tuple(said.get(name, ())) for name in _LISTS})
