"""What rules about facts share: the parameters of their findings, ages, advisories, licences."""

from __future__ import annotations

from osgate.model.fact import SEVERITIES, Unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from osgate.licences.reading import Licence, Outcome
    from osgate.licences.use import Use
    from osgate.model.fact import Advisory, Fact
    from osgate.rules.case import Case, Params

# Advisories that a sentence names; those that a finding tells in full, and aliases or fixes of one; characters of a
# summary.
NAMED, MOST, LONGEST = 3, 10, 200
# Instants that are kept as such.
_REMEMBERED = 4096
# The case that was asked last for its licence, with the answer: several rules ask the same in turn.
_asked: list[tuple[Case | None, tuple[Licence, Use, Outcome] | None]] = [(None, None)]


def of_fact(fact: Fact) -> Params:
    """The parameters that every finding about a fact has: its name, its value, who told it, and on which day."""
    value = fact.value if isinstance(fact.value, str) else fact.value.reason
    return {"fact": fact.name, "value": value, "source": fact.source, "date": fact.date[:10]}


def days_between(day: str, now: str) -> int | None:
    """The whole days from `day` to `now` (ISO dates or UTC instants), negative where it lies ahead; None for no date.

    An instant counts by the hour: a version of yesterday evening is not a day old this morning.
    """
    then, here = _moment(day), _moment(now)
    return (here - then).days if then is not None and here is not None else None


_MOMENTS: dict[str, datetime | None] = {}


def _moment(text: str) -> datetime | None:
    """The instant that a text tells, None for none; the same few hundred days are asked for again and again."""
    if text not in _MOMENTS:
        from datetime import UTC, datetime

        if len(_MOMENTS) > _REMEMBERED:
            _MOMENTS.clear()
        try:
            found = datetime.fromisoformat(text.replace("Z", "+00:00"))
            _MOMENTS[text] = found if found.tzinfo else found.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            _MOMENTS[text] = None
    return _MOMENTS[text]


def vulnerabilities(case: Case) -> tuple[Advisory, ...]:
    """Return what advisories tell against the version, the gravest first.

    What is unsound is among it, and what may be malicious and cannot be told by version.
    """
    told = case.facts.advisories if case.facts is not None else ()
    if isinstance(told, Unknown):
        return ()
    found = [one for one in told if one.kind in ("vulnerability", "unsound") or (one.kind == "malicious" and one.doubt)]
    return tuple(sorted(found, key=lambda one: (one.kind == "unsound", -_rank(one))))


def grave(case: Case, found: Iterable[Advisory]) -> bool:
    """True where one of `found` weighs as much as the policy lets nobody take: a severity nobody told does.

    What is merely unsound never does, and nothing where the policy says so of the scope.
    """
    if case.item.dependency.scope in case.policy.facts.minor_scopes:
        return False
    least = SEVERITIES.index(case.policy.facts.vulnerable_from)
    return any(one.kind != "unsound" and _rank(one) >= least for one in found)


def of_advisories(case: Case, found: tuple[Advisory, ...]) -> Params:
    """The parameters that tell of advisories, the first MOST of `found` with the number of all.

    worst: the greatest severity; fixed: the nearest version that mends all which anything mends, empty where none is
    known, or where one that nothing mends is not among those told; the `fixed` of such a one is empty. doubt: of the
    gravest one.
    """
    from osgate.versions.fixes import mending

    first = found[0]
    kind = case.item.dependency.component.partition("/")[0].removeprefix("pkg:")
    mends, left = mending(kind, case.item.dependency.version, [one.fixed for one in found])
    return {
        "fact": "malicious" if first.kind == "malicious" else "advisory",
        "value": first.id,
        "source": "/".join(first.source.split("/")[-2:]),
        "date": first.date[:10],
        "ids": [_known_as(one) for one in found[:NAMED]] + ["..."] * (len(found) > NAMED),
        "count": len(found),
        "worst": max(found, key=_rank).severity,
        "fixed": mends if all(place < MOST for place in left) else "",
        "doubt": first.doubt,
        "advisories": [
            {
                "id": one.id,
                "aliases": list(one.aliases[:MOST]),
                "severity": one.severity,
                "score": one.score,
                "fixed": [] if place in left else list(one.fixed[:MOST]),
                "summary": one.summary[:LONGEST],
            }
            for place, one in enumerate(found[:MOST])
        ],
    }


def _rank(one: Advisory) -> int:
    """The place of its severity; one that nobody told comes above all."""
    return SEVERITIES.index(one.severity) if one.severity in SEVERITIES else len(SEVERITIES)


def _known_as(one: Advisory) -> str:
    """The name that people know it by, with the record's own where that is another one."""
    from osgate.text.advisory_words import names

    known = names(one.id, one.aliases)[0]
    return known if known == one.id else f"{known} ({one.id})"


def backwards(case: Case) -> bool:
    """True where the version is known to be older than the one whose place it takes: nobody slipped it in since."""
    now, before = (told.value("published") if told is not None else "" for told in (case.facts, case.before))
    return "" < now < before


def of_manifest(case: Case, fact: str, value: str) -> Params:
    """The parameters that tell a fact which the manifest itself gives, on the day of the check; no value is `none`."""
    source = f"manifest {case.item.dependency.path}"
    return {"fact": fact, "value": value or "none", "source": source, "date": case.now[:10]}


def licence_of(case: Case) -> tuple[Licence, Use, Outcome] | None:
    """Return what is told of the licence, how the component is used, and what the policy makes of both; None where
    nobody can tell what the licence is."""
    before, found = _asked[0]
    if before is not case:
        found = _licence_of(case)
        _asked[0] = case, found
    return found


def _licence_of(case: Case) -> tuple[Licence, Use, Outcome] | None:
    from osgate.licences import reading
    from osgate.policy.licence_use import use_of

    policy, dependency = case.policy.facts, case.item.dependency
    told = reading.told(case.facts, policy.licence_names) if case.facts is not None else None
    if told is None or told.fact is None or isinstance(told.meant, Unknown):
        return None
    use = use_of(dependency.component, dependency.scope, case.project, policy)
    return told, use, reading.outcome(told.meant, policy, use.reach)


def of_licence(case: Case, wanted: str) -> Params | None:
    """The parameters of a finding about what the policy makes of a licence; None where that is not `wanted`."""
    known = licence_of(case)
    if known is None or known[2].outcome != wanted:
        return None
    from osgate.licences.expression import shown

    told, use, found = known
    fact = told.fact
    assert fact is not None  # noqa: S101 - `_licence_of` looked
    return {
        **of_fact(fact),
        "value": shown(str(fact.value)),
        "licence": str(found.term),
        "category": found.category,
        "reach": use.reach,
        "because": found.because,
    }


def fenced_by(case: Case, licence: object) -> bool:
    """True where people approved this use on just this licence, an expression: it is what the approval's fence says."""
    standing = case.judgement.standing
    if not case.by_people or standing is None:
        return False
    from osgate.licences import reading
    from osgate.licences.expression import canonical

    names = case.policy.facts.licence_names
    seen = [reading.read(post.value, names) for post in standing.fence if post.fact == "licence"]
    return any(not isinstance(one, Unknown) and canonical(one) == licence for one in seen)
