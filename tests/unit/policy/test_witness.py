"""The machine that witnesses what is said at the forge, as the policy names it."""

from __future__ import annotations

import pytest

from osgate.errors import Mistakes
from osgate.model.finding import SLUGS
from osgate.policy.differences import differences
from osgate.policy.valid import ValidPolicy, validate
from osgate.testing.keys import SigningKey
from osgate.testing.policies import policy_files, valid_policy

TABLE = '[witness]\nforge = "gitlab"\ntiers = ["light", "normal"]\n[[witness.key]]\nkey = "{key}"\nfrom = 2026-01-01\n'


def valid(table: str) -> ValidPolicy:
    files = policy_files()
    return validate({**files, "osgate.toml": files["osgate.toml"] + b"\n" + table.encode()}, SLUGS)


def mistakes(table: str) -> list[tuple[str, str]]:
    with pytest.raises(Mistakes) as caught:
        valid(table)
    return [(mistake.path, mistake.code) for mistake in caught.value.mistakes]


def test_it_is_read() -> None:
    found = valid(TABLE.format(key=SigningKey("machine").public)).policy.witness
    assert found is not None
    assert (found.forge, found.tiers, found.keys[0].start) == ("gitlab", ("light", "normal"), "2026-01-01")
    assert valid_policy().policy.witness is None


def test_its_mistakes_are_told() -> None:
    table = TABLE.format(key=SigningKey("machine").public)
    assert mistakes(table.replace("normal", "norml")) == [("osgate.toml", "no-such-tier")]
    assert mistakes('[witness]\nforge = "gitlab"\n') == [("osgate.toml", "missing-key")]
    assert mistakes(TABLE.format(key=SigningKey("zhang.san").public)) == [("osgate.toml", "shared-key")]


def test_who_endorses_sees_what_becomes_of_it() -> None:
    new = valid(TABLE.format(key=SigningKey("machine").public))
    told = [(one.code, one.params.get("new", "")) for one in differences(valid_policy(), new)]
    assert told == [("setting", "gitlab light, normal"), ("witness-key-gained", "")]
    back = [one.code for one in differences(new, valid_policy())]
    assert back == ["setting", "witness-key-lost"]
