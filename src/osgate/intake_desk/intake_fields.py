"""What a request says beside its packages, and what of it is missing (requirements, Articles 1, 2 and 6). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from osgate.intake_desk.verbs.asking import missing_fields
from osgate.ledger.records import CHANNELS, OPERATING_MODELS
from osgate.model.dependency import Dependency, Source
from osgate.policy.schema import DISTRIBUTIONS, KINDS
from osgate.policy.valid import ValidPolicy
from osgate.purl import parse
from osgate.text.translator import LOCALES, Translator

# Fields whose value is one of a few.
CHOICES: Mapping[str, tuple[str, ...]] = {
    "kind": KINDS,
    "distribution": DISTRIBUTIONS,
    "operating_model": tuple(OPERATING_MODELS),
}
# Kinds that are asked for as a whole, without a version.
WHOLE = ("software", "cloud-service")
# Fields that name somebody of the institution.
_PERSONS = ("owner", "backup")
# Packages that a manifest takes from these come in from a platform that hosts them for everybody.
_HOSTED = ("registry", "git")
# Where a manifest does not say, its package manager asks its registry.
_UNTOLD = Source("unknown")


def channel(said: str) -> str:
    """Return the channel of CHANNELS that `said` names, by id or in the words of either language; empty for none."""
    words = {t(f"channel.{name}").casefold(): name for t in map(Translator, LOCALES) for name in CHANNELS}
    return said if said in CHANNELS else words.get(said.strip().casefold(), "")


def channel_of(wanted: Iterable[Dependency]) -> str:
    """Return how all of `wanted` comes in, as the manifests tell that hold it; empty where they do not.

    What a package manager fetches from a registry or a repository comes from a hosting platform; a file that lies
    beside the code may come from anywhere.
    """
    told = all(d.path and (d.source.kind in _HOSTED or d.source == _UNTOLD) for d in wanted)
    return CHANNELS[0] if told else ""


def alternative(word: str) -> str:
    """Return a purl in its canonical spelling; other words as they were said. Raises UsageError (`purl.*`)."""
    return str(parse(word)) if word.lower().startswith("pkg:") else word


def unversioned(wanted: Iterable[Dependency], fields: Mapping[str, Any], range: str) -> str:
    """Return the first purl that says neither itself nor by a manifest which versions are wanted; empty for none."""
    asked = wanted if fields["kind"] not in WHOLE and not range else ()
    return next((one.purl for one in asked if not one.version and not one.path), "")


def problems(fields: Mapping[str, Any], valid: ValidPolicy, now: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what is wrong with the fields of a request at `now` (UTC instant), as (code, params).

    `intake-incomplete` (fields that the policy or the operating model asks for and nobody gave), `person`,
    `person-close` (nobody of the institution's), `same-person` (owner and backup).
    """
    lacking = list(dict.fromkeys(missing_fields(fields, valid.policy)))
    if lacking:
        yield "intake-incomplete", {"fields": lacking}
    here = sorted(id for id, person in valid.people.items() if person.here(now))
    for name in (name for name in _PERSONS if fields.get(name) and here):
        if fields[name] not in here:
            close = get_close_matches(fields[name], here, 1)
            code = "person-close" if close else "person"
            yield code, {"flag": name, "found": fields[name], "close": close[0] if close else ""}
    if fields.get("owner") and fields["owner"] == fields.get("backup"):
        yield "same-person", {"person": fields["owner"]}
