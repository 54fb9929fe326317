from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile
from zipimport import zipimporter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.errors import UsageError
from osgate.text import rules
from osgate.text.rules import RULE_IDS, rule_text, sections, slug


@pytest.mark.parametrize("name", ["OSG101", "osg101", " OSG101 ", "unapproved", "Unapproved"])
def test_a_rule_is_found_by_id_and_by_slug(name: str) -> None:
    assert rule_text(name, "en").startswith("# OSG101 unapproved: ")
    assert rule_text(name, "zh_CN").startswith("# OSG101 unapproved: ")


def test_the_languages_differ() -> None:
    assert all(rule_text(rule_id, "en") != rule_text(rule_id, "zh_CN") for rule_id in RULE_IDS)


def test_slugs_are_unique() -> None:
    assert len({slug(rule_id) for rule_id in RULE_IDS}) == len(RULE_IDS)


@pytest.mark.parametrize(
    ("wanted", "close"),
    [
        ("unaproved", "OSG101 unapproved"), ("pinned-git", "OSG202 unpinned-git"), ("OSG1O5", "OSG105 blocked"),
        ("ambigous", "OSG302 ambiguous"),
    ],
)  # fmt: skip
def test_an_unknown_rule_names_the_nearest(wanted: str, close: str) -> None:
    with pytest.raises(UsageError) as caught:
        rule_text(wanted, "en")
    assert (caught.value.code, caught.value.params) == ("rule.unknown", {"rule": wanted, "close": close})


def opening(name: str) -> str:
    """Return the first letters of a rule's text, or the code of the error."""
    try:
        return rule_text(name, "en")[:5]
    except UsageError as error:
        return error.code


@settings(deadline=None, max_examples=60)
@given(st.text() | st.sampled_from(("../zh_CN", "OSG101.en.md", "/etc/passwd", "a" * 1_000_000, "\0")))
def test_any_name_gives_a_text_or_a_clear_error(name: str) -> None:
    assert opening(name) in ("# OSG", "rule.unknown", "rule.neither")


def test_an_unknown_locale_is_refused() -> None:
    with pytest.raises(ValueError, match="xx"):
        rule_text("OSG101", "xx")


def test_sections_keep_order_and_leave_code_alone() -> None:
    text = "# X1 a: b\nlead\n## One\n1\n```\n## not one\n```\n## Two\n\n2\n"
    assert list(sections(text).items()) == [("One", "1\n```\n## not one\n```"), ("Two", "2")]


def test_inside_an_archive_the_same_rules_are_found(tmp_path, monkeypatch) -> None:
    folder = Path(rules.__file__).parent / "rules"
    archive = str(tmp_path / "osgate.pyz")
    with ZipFile(archive, "w") as packed:
        for text in sorted(folder.iterdir()):
            packed.write(text, f"osgate/text/rules/{text.name}")
        packed.writestr("osgate/text/other.en.md", "no rule")
    monkeypatch.setattr(rules, "__file__", f"{archive}/osgate/text/rules.py")
    monkeypatch.setattr(rules, "__loader__", zipimporter(archive))
    assert rules._ids() == RULE_IDS
