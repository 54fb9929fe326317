"""Generated files are what the tables say, and the doc tables keep what people wrote around them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from osgate import surfaces
from osgate.formats.table import ROWS
from osgate.model.finding import SLUGS
from osgate.text.translator import Translator

ROOT = Path(__file__).resolve().parents[2]
README_TABLES = surfaces.DOCUMENTS[0][2]
README = """# Title
before
<!-- generated: commands -->
old
<!-- /generated -->
between
<!-- generated: formats -->
<!-- /generated -->
<!-- generated: rules -->
<!-- /generated -->
after
"""


@pytest.mark.parametrize("surface", surfaces.SURFACES, ids=lambda surface: surface.id)
def test_the_file_is_what_its_row_generates(surface):
    path = ROOT / surface.path
    assert path.read_text(encoding="utf-8") == surface.render()
    assert os.access(path, os.X_OK) == bool(surface.mode & 0o100)


@pytest.mark.parametrize(("name", "locale", "tables"), surfaces.DOCUMENTS)
def test_the_tables_of_a_document_are_current(name, locale, tables):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert text == surfaces.with_tables(text, Translator(locale), locale, tables)


def test_tables_are_put_between_their_markers_and_nothing_else_changes(no_io):
    text = surfaces.with_tables(README, lambda key: f"<{key}>", "en", README_TABLES)
    kept = [line for line in text.splitlines() if not line.startswith("|")]
    assert kept == [line for line in README.splitlines() if line != "old"]
    for command in surfaces.COMMANDS:
        assert text.count(f"<command.{command.name}>") == 1
    for row in ROWS:
        assert text.count(f"<format.{row.id}>") == 1
    for rule, slug in SLUGS.items():
        assert text.count(f"| [{rule} {slug}](src/osgate/text/rules/{rule}.en.md) | <stops.{rule}> |") == 1
    assert surfaces.with_tables(text, lambda key: f"<{key}>", "en", README_TABLES) == text


@pytest.mark.parametrize(
    "broken",
    [
        README.replace("<!-- generated: formats -->", ""),
        README.replace("<!-- /generated -->", ""),
        README + "<!-- generated: commands -->\n<!-- /generated -->\n",
    ],
)
def test_a_readme_without_exactly_one_place_for_a_table_is_refused(broken):
    with pytest.raises(ValueError, match="needs one line"):
        surfaces.with_tables(broken, str, "en", README_TABLES)


def test_a_bar_in_a_sentence_does_not_end_its_cell(no_io):
    lines = surfaces.commands_table(lambda key: "a|b", "en").splitlines()
    assert all(line.endswith(r" a\|b |") for line in lines[2:])


def test_the_refusal_names_the_file(no_io):
    with pytest.raises(ValueError, match=r"^README\.md needs"):
        surfaces.outputs(lambda path: "nothing", lambda locale: str)
