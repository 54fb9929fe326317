"""The links that GitLab shows beside a job: there where somebody has something to do."""

from __future__ import annotations

import json

import jsonschema
import pytest

from osgate.model.record import replace
from osgate.reports import annotations
from osgate.reports.context import Context
from osgate.text.translator import LOCALES, Translator
from reports.scenes import SCENES

URL = "https://git.example.com/oss/policy/-/issues/new?issue%5Btitle%5D=%22"
# GitLab's documents on `artifacts:reports:annotations`: sections by name, each a list of external links.
LINK = {
    "type": "object",
    "properties": {"label": {"type": "string", "minLength": 1}, "url": {"type": "string", "pattern": "^https?://"}},
    "required": ["label", "url"],
    "additionalProperties": False,
}
SHAPE = {
    "type": "object",
    "additionalProperties": {
        "type": "array",
        "items": {"type": "object", "properties": {"external_link": LINK}, "required": ["external_link"]},
    },
}


def links(scene: str, locale: str = "en", **context: str) -> list[dict[str, str]]:
    written = annotations.render(SCENES[scene](), Translator(locale), replace(Context(), **context))
    found = json.loads(written)
    jsonschema.validate(found, SHAPE)
    assert written.isascii()
    assert written.endswith("\n")
    return [item["external_link"] for item in found["osgate"]]


@pytest.mark.parametrize("locale", LOCALES)
def test_a_block_has_the_link_to_ask_by(locale):
    assert [link["url"] for link in links("ledger", locale, request_url=URL)] == [URL]


def test_what_passes_asks_for_nothing():
    assert links("pass", request_url=URL) == []
    assert links("ledger") == []


def test_the_report_is_linked_whatever_it_says():
    assert [link["url"] for link in links("pass", report_url="https://ci.example.com/1")] == [
        "https://ci.example.com/1"
    ]
