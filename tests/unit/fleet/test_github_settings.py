"""Rules of a shape that no GitHub should answer are an error of its, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from osgate.forges.asking import converted
from osgate.forges.github.settings import Settings
from osgate.forges.protocol import Unreachable


class Strange:
    """A client whose server has one ruleset, with one rule."""

    def __init__(self, rule: Any) -> None:
        self._row = {"id": 1, "name": "osgate", "enforcement": "active", "rules": [rule]}

    def each(self, *path: str | int, **query: Any) -> Iterator[Any]:
        yield from [self._row] if path[-1] == "rulesets" else []

    def get(self, *path: str | int, **query: Any) -> Any:
        return self._row

    def read(self, convert: Callable[[Any], Any], answer: Any, *path: str | int) -> Any:
        return converted(convert, answer, "https://github.example.com", [])


SOUND = {"reviewer": {"id": 7, "type": "Team"}, "minimum_approvals": 1, "file_patterns": ["*.lock"]}


def rule(**said: Any) -> dict[str, Any]:
    return {"type": "pull_request", "parameters": said}


@pytest.mark.parametrize(
    "strange",
    [
        "rule",
        rule(required_reviewers=["team"]),
        rule(required_reviewers=[{**SOUND, "reviewer": 7}]),
        rule(required_reviewers=[{**SOUND, "minimum_approvals": "two"}]),
        rule(required_reviewers=[{**SOUND, "file_patterns": [1]}]),
        rule(required_status_checks=[None]),
        rule(workflows=7),
    ],
)
def test_a_rule_of_another_shape_is_the_servers_error(strange: Any) -> None:
    sound = Settings(Strange(rule(required_reviewers=[SOUND])))  # type: ignore[arg-type]
    assert sound.organisation("bank", "osgate").ruleset is not None
    with pytest.raises(Unreachable, match=r"forge\.strange"):
        Settings(Strange(strange)).organisation("bank", "osgate")  # type: ignore[arg-type]
