from __future__ import annotations

import json
import subprocess
import sys
import zipapp
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import osgate
from osgate.text.translator import LOCALES, VARIABLES, Translator, choose, day, moment, packaged

PACKAGE = Path(osgate.__file__).parent
WORDS = {"hello": "{name}: {what}", "row.one": "{n} row", "row.other": "{n} rows", "brace": "{{{name}}}"}


def test_places_are_filled_with_named_params_only() -> None:
    t = Translator("en", WORDS)
    assert t("hello", name="left-pad", what=3) == "left-pad: 3"
    assert t("brace", name="x", unused=1) == "{x}"


def test_a_value_is_never_read_as_a_template() -> None:
    assert Translator("en", WORDS)("hello", name="{what}", what="{name.__class__}") == "{what}: {name.__class__}"


@pytest.mark.parametrize(("key", "params"), [("absent", {}), ("hello", {"name": "x"})])
def test_a_missing_key_or_param_is_loud(key: str, params: dict[str, object]) -> None:
    with pytest.raises(KeyError):
        Translator("en", WORDS)(key, **params)


def test_params_may_have_any_name() -> None:
    assert Translator("en", {"a": "{key} {self} {n}"})("a", key=1, self=2, n=3) == "1 2 3"


@pytest.mark.parametrize(("n", "english"), [(0, "0 rows"), (1, "1 row"), (2, "2 rows"), (-1, "-1 rows")])
def test_english_counts_and_chinese_does_not(n: int, english: str) -> None:
    assert Translator("en", WORDS).count("row", n) == english
    assert Translator("zh_CN", {"row.other": "{n} 行"}).count("row", n) == f"{n} 行"


def test_an_unknown_locale_is_refused() -> None:
    with pytest.raises(ValueError, match="tlh"):
        Translator("tlh")


def test_a_file_that_is_not_packaged_is_an_error() -> None:
    with pytest.raises(OSError, match=r"absent\.json"):
        packaged("absent.json")


@pytest.mark.parametrize(
    ("preferred", "environment", "locale"),
    [
        (None, {}, "en"),
        ("", {"LANG": ""}, "en"),
        (None, {"LANG": "zh_CN.UTF-8"}, "zh_CN"),
        (None, {"LANG": "zh_CN.GBK"}, "zh_CN"),
        (None, {"LANG": "zh-Hans"}, "zh_CN"),
        (None, {"LANG": "zh"}, "zh_CN"),
        (None, {"LANG": "ZH_cn@stroke"}, "zh_CN"),
        (None, {"LANG": "zha_CN"}, "en"),
        (None, {"LANG": "de_DE.UTF-8"}, "en"),
        (None, {"LC_ALL": "C", "LANG": "zh_CN"}, "en"),
        (None, {"LC_ALL": "", "LC_MESSAGES": "zh_CN", "LANG": "en_US"}, "zh_CN"),
        (None, {"OSGATE_LANG": "en", "LC_ALL": "zh_CN"}, "en"),
        ("zh_CN", {"OSGATE_LANG": "en"}, "zh_CN"),
        ("en", dict.fromkeys(VARIABLES, "zh_CN"), "en"),
    ],
)
def test_the_locale_is_what_is_set_first(preferred: str | None, environment: dict[str, str], locale: str) -> None:
    assert choose(preferred, environment) == locale


@settings(deadline=None, max_examples=100)
@given(st.none() | st.text(), st.dictionaries(st.sampled_from(VARIABLES), st.text()))
def test_any_environment_gives_a_locale(preferred: str | None, environment: dict[str, str]) -> None:
    assert choose(preferred, environment) in LOCALES


@pytest.mark.parametrize(
    ("offset", "shown"),
    [
        (480, "2026-11-22 03:03 (UTC+8)"),
        (0, "2026-11-21 19:03 (UTC)"),
        (-210, "2026-11-21 15:33 (UTC-3:30)"),
        (345, "2026-11-22 00:48 (UTC+5:45)"),
    ],
)
def test_a_moment_is_shown_in_the_readers_zone(offset: int, shown: str) -> None:
    assert moment("2026-11-21T19:03:59Z", offset) == shown


def test_a_day_is_that_of_utc() -> None:
    assert day("2026-11-21") == day("2026-11-21T23:59:59Z") == "2026-11-21"


NO_TIMES = ["", "tomorrow", "2026-02-30", "2026-11-21T06:03:00", "2026-11-21T06:03:00+08:00", "Z", "2026-11-21junk"]


@pytest.mark.parametrize("text", NO_TIMES)
def test_what_is_no_day_or_utc_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a UTC time"):
        day(text)
    with pytest.raises(ValueError, match="not a UTC time"):
        moment(text, 480)


@pytest.mark.parametrize(
    ("text", "offset"),
    [("2026-11-21T06:03:00Z", 1440), ("2026-11-21T06:03:00Z", 10**15), ("0001-01-01T00:00:00Z", -60)],
)
def test_offsets_beyond_the_calendar_are_refused(text: str, offset: int) -> None:
    with pytest.raises(ValueError, match="offset"):
        moment(text, offset)


def run(*arguments: str) -> str:
    """Run a bare interpreter: no environment, no site packages."""
    done = subprocess.run([sys.executable, "-S", "-E", *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_import_is_light() -> None:
    script = "import sys; sys.path.insert(0, sys.argv[1]); import osgate.text.{}, osgate.text.{}; print(*sys.modules)"
    loaded = set(run("-c", script.format("translator", "width"), str(PACKAGE.parent)).split())
    assert "osgate.text.width" in loaded
    assert not loaded & {"unicodedata", "datetime", "typing", "dataclasses", "importlib.resources", "pathlib", "string"}


def test_words_and_rule_texts_are_found_inside_a_zipapp(tmp_path: Path) -> None:
    source = tmp_path / "app"
    needed = ["__init__.py", "errors.py", "light_json.py", "model/__init__.py", "model/record.py"]
    for file in [*(PACKAGE / name for name in needed), *(PACKAGE / "text").rglob("*")]:
        if file.suffix in (".py", ".md"):
            target = source / "osgate" / file.relative_to(PACKAGE)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())
    (source / "osgate/text/zh_CN.json").write_text(json.dumps({"a": "准入 {x}"}), encoding="utf-8")
    (source / "__main__.py").write_text(
        "from osgate.text.translator import Translator\n"
        "from osgate.text.rules import RULE_IDS, rule_text\n"
        "print(ascii(Translator('zh_CN')('a', x=1)), len(RULE_IDS), ascii(rule_text('osg105', 'zh_CN')[:16]))\n"
    )
    zipapp.create_archive(source, tmp_path / "app.pyz")
    texts = len(list((PACKAGE / "text/rules").glob("*.en.md")))
    assert run(str(tmp_path / "app.pyz")) == f"{'准入 1'!a} {texts} '# OSG105 blocked'"


def test_codes_that_come_with_data_have_words_in_any_case() -> None:
    t = Translator("en", {"why.a": "since {day}", "why.other": "for some reason"})
    assert t.known("why.a", "why.other", day="2026-11-20") == "since 2026-11-20"
    assert t.known("why.a", "why.other") == t.known("why.b", "why.other") == "for some reason"
