"""What a request says beside its packages: from flags to fields of the record, and what of it is missing (Article 1, 2
and 6 of the requirements).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from osgate.cli import console, records
from osgate.errors import UsageError
from osgate.intake_desk.verbs.asking import missing_fields
from osgate.ledger.records import CHANNELS, OPERATING_MODELS
from osgate.model.dependency import Dependency, Source
from osgate.policy.schema import DISTRIBUTIONS, KINDS
from osgate.policy.valid import ValidPolicy
from osgate.purl import parse
from osgate.text.translator import LOCALES, Translator

_TEXTS = ("purpose", "usage", "owner", "backup", "supplier", "contract")
_CHOICES = {"kind": KINDS, "distribution": DISTRIBUTIONS, "operating-model": tuple(OPERATING_MODELS)}
# Where it may be used, by flag, and the field of the record that says so.
LIMITS = {"project": "projects", "environment": "environments", "class": "classes"}
OPTIONS = (*_TEXTS, *_CHOICES, *LIMITS, "channel", "alternatives", "reason")
# Kinds that are asked for as a whole, without a version.
WHOLE = ("software", "cloud-service")
# Fields that name somebody of the institution.
_PERSONS = ("owner", "backup")
# Packages that a manifest takes from these come in from a platform that hosts them for everybody.
_HOSTED = ("registry", "git")
# Where a manifest does not say, its package manager asks its registry.
_UNTOLD = Source("unknown")


def read(asked: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields that the flags `asked` give, all but the channel of what a change tells by itself.

    Raises UsageError("usage") for a choice there is none of, and for a text of spaces alone.
    """
    for flag in (*_TEXTS, "reason"):
        if flag in asked and not asked[flag].strip():
            raise _usage("usage.blank", flag=flag)
    if "reason" not in asked:
        raise _usage("usage.missing", what="--reason")
    for flag, choices in _CHOICES.items():
        if flag in asked and asked[flag] not in choices:
            raise _usage("usage.choice", flag=flag, choices=", ".join(choices), found=asked[flag])
    return {
        "kind": asked.get("kind", "component"),
        "channel": _channel(asked["channel"]) if "channel" in asked else "",
        "reason": asked["reason"],
        "operating_model": asked.get("operating-model", ""),
        "distribution": asked.get("distribution", ""),
        "alternatives": [_alternative(word) for word in records.listed(asked, "alternatives")],
        **{word: asked.get(word, "") for word in _TEXTS},
        **{field: records.listed(asked, flag) for flag, field in LIMITS.items()},
    }


def _channel(said: str) -> str:
    """The channel of CHANNELS that `said` names, by its id or in the words of either language."""
    words = {t(f"channel.{name}").casefold(): name for t in map(Translator, LOCALES) for name in CHANNELS}
    found = said if said in CHANNELS else words.get(said.strip().casefold(), "")
    if not found:
        raise _usage("usage.choice", flag="channel", choices=_channels(), found=said)
    return found


def _channels() -> str:
    """The five channels by id, each with what it is called."""
    t = console.words()
    return t("join.items").join(t("channel.choice", id=name, name=t(f"channel.{name}")) for name in CHANNELS)


def _alternative(word: str) -> str:
    """A purl in its canonical spelling; other words as they were said."""
    return str(parse(word)) if word.lower().startswith("pkg:") else word


def channel(said: str, wanted: Iterable[Dependency]) -> str:
    """Return how it comes in: as was `said`, else as the manifests tell that hold all of `wanted`.

    What a package manager fetches from a registry or a repository comes from a hosting platform; a file that lies
    beside the code may come from anywhere. Raises UsageError("usage") naming the five channels.
    """
    if said:
        return said
    if all(d.path and (d.source.kind in _HOSTED or d.source == _UNTOLD) for d in wanted):
        return CHANNELS[0]
    raise _usage("usage.no-channel", choices=_channels())


def check(fields: Mapping[str, Any], valid: ValidPolicy, now: str) -> None:
    """Raise UsageError("usage") for a field that the policy or the operating model asks for and nobody gave, and for a
    person who is none of the institution's at `now` (UTC instant).
    """
    lacking = list(dict.fromkeys(missing_fields(fields, valid.policy)))
    if lacking:
        flags = ", ".join(f"--{field.replace('_', '-')}" for field in lacking)
        asking = fields.get("operating_model")
        model = f", --operating-model {asking}" if asking else ""
        raise _usage("usage.intake-incomplete", kind=f"--kind {fields['kind']}{model}", flags=flags)
    here = sorted(id for id, person in valid.people.items() if person.here(now))
    for name in (name for name in _PERSONS if fields.get(name) and here):
        if fields[name] not in here:
            close = get_close_matches(fields[name], here, 1)
            key = "usage.person-close" if close else "usage.person"
            raise _usage(key, flag=name, found=fields[name], close=close[0] if close else "")
    if fields.get("owner") and fields["owner"] == fields.get("backup"):
        raise _usage("usage.same-person", person=fields["owner"])


def _usage(key: str, **params: object) -> UsageError:
    return console.usage("request", console.words()(key, **params))
