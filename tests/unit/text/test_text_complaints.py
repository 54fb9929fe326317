"""What is wrong with a file of ours, as one sentence in the reader's language."""

from __future__ import annotations

import datetime

import pytest

from osgate.cli.error_text import complaint
from osgate.errors import Mistake
from osgate.policy import toml_document
from osgate.policy.shape import _KINDS, Field, complaints
from osgate.text.translator import LOCALES, Translator

VALUES = [
    True,
    1,
    "x",
    1.5,
    [],
    {},
    None,
    datetime.time(1),
    datetime.date(2026, 11, 21),
    datetime.datetime(2026, 11, 21),
]


@pytest.mark.parametrize(
    ("locale", "told"),
    [
        ("en", "there is no key langage here (x.langage); did you mean language?"),
        ("zh_CN", "此处没有名为 langage 的键 (x.langage)；是否应为 language？"),
    ],
)
def test_the_near_word_ends_the_sentence_after_the_place(locale: str, told: str) -> None:
    params = {"key": "langage", "close": "language", "at": "x.langage"}
    assert complaint("unknown-key", params, Translator(locale)) == told
    assert "?" not in complaint("unknown-key", {**params, "close": ""}, Translator(locale))


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", _KINDS)
def test_every_kind_has_words_of_the_readers(kind: str, locale: str) -> None:
    t = Translator(locale)
    for value in VALUES:
        for _, code, params in complaints(value, Field(kind, of=Field("text") if kind in ("list", "texts") else {})):
            said = complaint(code, params, t)
            assert t(f"kind.{kind}") in said
            assert str(params["wanted"]) not in said or locale == "en"


def test_a_wrong_kind_in_both_languages() -> None:
    params = {"wanted": "text", "found": "integer"}
    assert complaint("wrong-type", params, Translator("en")) == "this must be a text, not a whole number"
    assert complaint("wrong-type", params, Translator("zh_CN")) == "此处应为文本，而不是整数"


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("a = ", "value"),
        ("a = x", "value"),
        ('a = "x', "string"),
        ('a = "x\nb = 1', "string"),
        ("a = 'x", "string"),
        ("a = '''x", "string"),
        ('a = """x', "string"),
        ('a = "\x01"', "character"),
        ("a = 1 # \x01", "character"),
        ("a = 1\na = 2", "duplicate"),
        ("[a]\n[a]", "duplicate"),
        ("a = {b = 1, b = 2}", "duplicate"),
        ("a", "equals"),
        ("a 1", "equals"),
        ("= 1", "statement"),
        ("a. = 1", "key"),
        ("a = 1 b = 2", "newline"),
        ("a = [1", "unclosed"),
        ("a = {b = 1", "unclosed"),
    ],
)
def test_what_tomli_says_most_is_said_in_our_words(written: str, why: str) -> None:
    found = toml_document.read("people.toml", written.encode())
    assert isinstance(found, Mistake)
    assert found.params["why"] == why
    for locale in LOCALES:
        t = Translator(locale)
        assert complaint(found.code, found.params, t) == t("mistake.toml", detail=t(f"toml.{why}"))


def test_what_we_have_no_words_for_keeps_the_librarys() -> None:
    found = toml_document.read("people.toml", b"a = 1979-02-30")
    assert isinstance(found, Mistake)
    assert found.params["why"] == ""
    assert complaint(found.code, found.params, Translator("en")) == f"not TOML: {found.params['detail']}"
    assert found.params["detail"]
