"""What a policy calls licences can be read as such, or a mistake names the line."""

from __future__ import annotations

import pytest

from osgate.errors import Mistakes
from osgate.licences import reading
from osgate.model.finding import SLUGS
from osgate.policy.valid import validate
from osgate.testing.policies import policy_files

PAIR = '[[licence_pair]]\none = "{one}"\nother = "MIT"\nverdict = "ok"\nreason = "counsel"\n'


def mistakes(rules: str, projects: str = "") -> list[tuple[str, int, str, object]]:
    """(path, line, code, what was found) of each mistake in a policy with these rules."""
    files = {**policy_files(), "policy/licences.toml": rules.encode()}
    if projects:
        files["projects.toml"] = projects.encode()
    try:
        validate(files, SLUGS)
    except Mistakes as wrong:
        return [(m.path, m.line, m.code, m.params["found"]) for m in wrong.mistakes]
    return []


@pytest.mark.parametrize(
    ("rules", "line", "found"),
    [
        ('[licence.names]\n"Bank" = "MIT AND"\n', 2, "MIT AND"),
        ('[licence.ids]\nMIT = "allow"\n"GLP-3.0" = "deny"\n', 3, "GLP-3.0"),
        ('[licence.categories]\n"My Licence" = "permissive"\n', 2, "My Licence"),
        (PAIR.format(one="Apache2000"), 2, "Apache2000"),
    ],
)
def test_a_licence_that_cannot_be_read_is_a_mistake_with_its_line(rules: str, line: int, found: str) -> None:
    assert mistakes(rules) == [("policy/licences.toml", line, "licence-unreadable", found)]


def test_the_licence_of_a_project() -> None:
    projects = '[[project]]\nid = "a/b"\nowner = "li.si"\nlicence = "GPL2 or so"\n'
    ((path, line, code, _),) = mistakes("", projects)
    assert (path, line, code) == ("projects.toml", 4, "licence-unreadable")


def test_what_can_be_read_is_none() -> None:
    excepted = '"GPL-2.0-only WITH GCC-exception-2.0" = "allow"'
    rules = f'[licence.names]\n"Bank" = "MIT"\n[licence.ids]\n"Bank" = "allow"\n{excepted}\n'
    more = '[licence.categories]\n"LicenseRef-Bank" = "proprietary"\n' + PAIR.format(one="Apache-2.0")
    assert mistakes(rules + more) == []


def test_where_the_libraries_are_missing_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "able", lambda: False)
    assert mistakes('[licence.ids]\n"GLP-3.0" = "deny"\n') == []
