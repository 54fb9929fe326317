"""The institution's own cases about facts: what they take as told, and how the policy answers."""

from __future__ import annotations

import pytest

from osgate import policy_cases
from osgate.errors import Mistakes
from osgate.model.fact_policy import Override
from osgate.model.record import replace
from osgate.policy_cases import Answer
from rules import making

HEAD = """[[case]]
name = "a"
purl = "pkg:npm/left-pad@1.4.0"
change = "upgraded"
previous = ["1.3.0"]
standing = [{range = "vers:npm/*"}]
outcome = "pass"
"""
MIT = '{name = "licence", value = "MIT"}'


def asked(text: str, **policy: object) -> Answer:
    rules = making.policy(facts=making.fact_policy(**policy))
    (answer,) = policy_cases.run({"cases/facts.toml": (HEAD + text).encode()}, rules, making.TODAY)
    return answer


@pytest.mark.parametrize(
    ("text", "outcome", "rules"),
    [
        ("", "pass", ()),
        (f"facts = [{MIT}]", "pass", ()),
        (f'facts = [{MIT}, {{name = "yanked", value = "broken"}}]', "block", ("OSG701",)),
        (f'facts = [{MIT}, {{name = "yanked", unknown = "not-served"}}]', "pass", ()),
        (f'facts = [{MIT}, {{name = "released", value = "2019-01-01"}}]', "warn", ("OSG707",)),
        (f"facts = [{MIT}]\npublished = 2026-11-20", "block", ("OSG706",)),
        (f"facts = [{MIT}]\npublished = 2026-11-20\ntoday = 2026-11-27", "pass", ()),
        (f"facts = [{MIT}]\nfirst_seen = 2026-11-19", "block", ("OSG706",)),
        (f'facts = [{MIT}]\nadvisories = [{{id = "GHSA-1", severity = "critical"}}]', "block", ("OSG501",)),
        (f'facts = [{MIT}]\nadvisories = [{{id = "MAL-1", kind = "malicious"}}]', "block", ("OSG503",)),
        (f'facts = [{MIT}]\nadvisories = [{{id = "GHSA-1", severity = "high", before = true}}]', "pass", ()),
        (
            f'facts = [{MIT}, {{name = "trust", value = "none"}}]\nbefore = [{{name = "trust", value = "attested"}}]',
            "block",
            ("OSG508",),
        ),
    ],
)
def test_what_a_case_takes_as_told(text: str, outcome: str, rules: tuple[str, ...]) -> None:
    answer = asked(text)
    assert (answer.outcome, answer.rules) == (outcome, rules)


def test_the_policys_own_word_comes_first_until_it_ends() -> None:
    own = Override("pkg:npm/left-pad", "deprecated", "", "about the old name", "2026-12-01", "policy/facts.toml:3")
    text = f'facts = [{MIT}, {{name = "deprecated", value = "use another", component = true}}]'
    rules = making.policy(facts=replace(making.fact_policy(), overrides=(own,)))

    def answered(day: str) -> tuple[str, ...]:
        (answer,) = policy_cases.run({"cases/a.toml": f"{HEAD}{text}\ntoday = {day}".encode()}, rules, making.TODAY)
        return answer.rules

    assert answered("2026-11-30") == ()
    assert answered("2026-12-01") == ("OSG702",)


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ('facts = [{name = "yanked"}]', "value-or-unknown", 8),
        ('facts = [{name = "yanked", value = "", unknown = "not-served"}]', "value-or-unknown", 8),
        ('facts = [{name = "yankt", value = ""}]', "not-one-of", 8),
        ('advisories = [{severity = "high"}]', "missing-key", 8),
        ('advisories = [{id = "GHSA-1", kind = "harmless"}]', "not-one-of", 8),
        ('published = "soon"', "wrong-type", 8),
    ],
)
def test_what_no_fact_can_be_is_a_mistake_with_its_line(text: str, code: str, line: int) -> None:
    with pytest.raises(Mistakes) as found:
        asked(text)
    assert [(mistake.code, mistake.line) for mistake in found.value.mistakes] == [(code, line)]
