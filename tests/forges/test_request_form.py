"""One form for every way to a request: what it asks for, in whose words, and that it is refused as it is."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from osgate.forges import commands, request_form
from osgate.text.translator import LOCALES, Translator

POLICY = "https://forge.example.test/oss/policy"
REASON = {"en": "reason: ", "zh_CN": "理由："}


def form(locale: str, change: str, purls: tuple[str, ...] = ()) -> tuple[str, str]:
    """Title and text of the form at GitHub."""
    page = request_form.address("github", POLICY, Translator(locale), change, purls)
    assert page.startswith(f"{POLICY}/issues/new?")
    filled = parse_qs(urlsplit(page).query)
    return filled["title"][0], filled["body"][0]


def command(text: str) -> commands.Command:
    (found,) = commands.parse(text)
    assert isinstance(found, commands.Command)
    return found


@pytest.mark.parametrize("locale", LOCALES)
def test_the_form_asks_for_the_change_and_has_no_reason_yet(locale: str) -> None:
    title, text = form(locale, "bank/till#7")
    assert "bank/till#7" in title
    assert Translator(locale)("request.form-hint") in text.splitlines()[0]
    found = command(text)
    assert (found.verb, found.change, found.reason, dict(found.fields)) == ("request", "bank/till!7", "", {})
    assert command(text.replace(REASON[locale], f"{REASON[locale]}needed")).reason == "needed"


@pytest.mark.parametrize("locale", LOCALES)
def test_where_there_is_no_change_the_form_names_packages_up_to_a_bound(locale: str) -> None:
    purls = tuple(f"pkg:npm/p{n}@1.0.0" for n in range(request_form.NAMED + 9))
    title, text = form(locale, "", purls)
    assert str(len(purls)) in title
    assert [line for line in text.splitlines() if line.startswith("pkg:")] == list(purls[: request_form.NAMED])
    assert (command(text).verb, command(text).reason) == ("request", "")


def test_without_a_page_there_is_no_form() -> None:
    assert request_form.address("github", "", Translator("en"), "bank/till#7") == ""
