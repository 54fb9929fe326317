"""Obligations of licences are accepted in a note, in both languages."""

from __future__ import annotations

import pytest

from osgate.forge_desk.deciding import value
from osgate.forges.commands import Command, parse


@pytest.mark.parametrize(
    "note",
    [
        "/osgate approve role=legal obligations=all reason: fine",
        "/osgate 批准 角色=legal 义务=all 理由：fine",
        "/osgate 批准 角色=legal 理由：fine\n确认义务：all",
    ],
)
def test_a_note_ticks_all(note: str) -> None:
    (found,) = parse(note)
    assert isinstance(found, Command)
    assert (found.verb, found.reason) == ("approve", "fine")
    assert found.fields == {"role": "legal", "obligations": "all"}


def test_several_are_listed() -> None:
    assert value("obligations", "attribution，licence-text") == ["attribution", "licence-text"]
