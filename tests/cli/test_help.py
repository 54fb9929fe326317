"""Every flag that a command takes stands in its help, in every language."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from cli.kit import call
from osgate.cli import flags
from osgate.surfaces import COMMANDS
from osgate.text.translator import LOCALES

# Every command, and those of their actions that read flags of their own.
CALLS = [
    *((command.name,) for command in COMMANDS),
    *((command.name, action) for command in COMMANDS for action in command.actions),
]


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("words", CALLS, ids=" ".join)
def test_a_commands_help_names_every_flag_it_takes(
    words: tuple[str, ...], locale: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    known: list[str] = []
    real = flags.read

    def read(command: str, argv: Sequence[str], switches: Sequence[str], options: Sequence[str]) -> dict[str, str]:
        known[:] = [*switches, *options]
        return real(command, argv, switches, options)

    monkeypatch.setattr(flags, "read", read)
    monkeypatch.setenv("OSGATE_LANG", locale)
    done = call(*words, "--help")
    assert (done.code, done.err) == (0, "")
    assert known
    named = set(re.findall(r"--([a-z][a-z-]*[a-z])", done.out))
    assert sorted({*known} - named - {"help"}) == []
