"""What a request says beside its packages: from flags to fields of the record, and what of it is missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from osgate.cli import console, records
from osgate.errors import UsageError
from osgate.intake_desk import intake_fields
from osgate.ledger.records import CHANNELS
from osgate.model.dependency import Dependency
from osgate.policy.valid import ValidPolicy

_TEXTS = ("purpose", "usage", "owner", "backup", "supplier", "contract")
_CHOICES = {field.replace("_", "-"): choices for field, choices in intake_fields.CHOICES.items()}
# Where it may be used, by flag, and the field of the record that says so.
LIMITS = {"project": "projects", "environment": "environments", "class": "classes"}
OPTIONS = (*_TEXTS, *_CHOICES, *LIMITS, "channel", "alternatives", "reason")


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
        "alternatives": [intake_fields.alternative(word) for word in records.listed(asked, "alternatives")],
        **{word: asked.get(word, "") for word in _TEXTS},
        **{field: records.listed(asked, flag) for flag, field in LIMITS.items()},
    }


def _channel(said: str) -> str:
    found = intake_fields.channel(said)
    if not found:
        raise _usage("usage.choice", flag="channel", choices=_channels(), found=said)
    return found


def _channels() -> str:
    """The five channels by id, each with what it is called."""
    t = console.words()
    return t("join.items").join(t("channel.choice", id=name, name=t(f"channel.{name}")) for name in CHANNELS)


def channel(said: str, wanted: Iterable[Dependency]) -> str:
    """Return how it comes in: as was `said`, else as the manifests tell. Raises UsageError("usage") naming the five."""
    found = said or intake_fields.channel_of(wanted)
    if not found:
        raise _usage("usage.no-channel", choices=_channels())
    return found


def check(fields: Mapping[str, Any], valid: ValidPolicy, now: str) -> None:
    """Raise UsageError("usage") for the first that `intake_fields.problems` has against them at `now` (UTC instant)."""
    for code, params in intake_fields.problems(fields, valid, now):
        if code != "intake-incomplete":
            raise _usage(f"usage.{code}", **params)
        flags = ", ".join(f"--{field.replace('_', '-')}" for field in params["fields"])
        asking = fields.get("operating_model")
        model = f", --operating-model {asking}" if asking else ""
        raise _usage("usage.intake-incomplete", kind=f"--kind {fields['kind']}{model}", flags=flags)


def _usage(key: str, **params: object) -> UsageError:
    return console.usage("request", console.words()(key, **params))
