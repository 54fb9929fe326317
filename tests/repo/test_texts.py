"""Guards over all words: both languages are complete, Chinese is Chinese, and what the source asks for exists."""

from __future__ import annotations

import ast
import json
import re
import string
from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

import pytest

from osgate.formats.guards import MAX_BYTES, MAX_DEPTH
from osgate.text.rules import HEADINGS, RULE_IDS, rule_text, sections, slug
from osgate.text.translator import LOCALES, packaged
from repo.source import MODULES, PACKAGE, nodes, nodes_of

CHINESE_SHARE = 0.6
TRANSLATORS = ("t", "_t")

# What is the same in both languages and says nothing about which one a text is in.
CODE_BLOCK = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
CODE_SPAN = re.compile(r"`[^`\n]*`")
PLACEHOLDER = re.compile(r"\{[^{}]*\}")
# Flags with the values they choose from; commands with their actions; words with a dot, slash, colon, at or underscore
# inside (purls, paths, addresses, file names); upper-case places such as FILE.
TOKEN = re.compile(
    r"--[a-z][a-z-]*(?: [a-z]\w*(?:-\w+)*(?:, [a-z]\w*(?:-\w+)*)+)?|\bosgate(?: [a-z][a-z-]*)+|\bgit [a-z-]+"
    r"|[\w#+-]*[A-Za-z0-9][.:/@_][A-Za-z0-9][!-~]*|\b[A-Z]+\b",
    re.ASCII,
)
NAMES = re.compile(
    r"\b(?:osgate|OSG\d{3}|GitHub|GitLab|Gitee|Gitea|GHES|Action|Git|LFS|MB|npm|pip|Cargo|Python|SQLite|PostgreSQL|"
    r"SARIF|JSON|TOML|YAML|XML|CSV|HTTPS?|URL|SSH|CI|UTC|UTF-8|GB ?18030|GBK|BOM|NUL|SPDX|VERS|purl|SHA-?\d*|"
    r"CycloneDX|JUnit)\b",
    re.ASCII,
)


def without_names(text: str) -> str:
    for pattern in (CODE_BLOCK, CODE_SPAN, PLACEHOLDER, TOKEN, NAMES):
        text = pattern.sub(" ", text)
    return text


def chinese_share(text: str) -> float:
    """Return the share of Chinese among the letters of prose, 1.0 where there is no letter at all."""
    letters = [character for character in without_names(text) if character.isalpha()]
    return sum("\u3400" <= letter <= "\u9fff" for letter in letters) / len(letters) if letters else 1.0


def no_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    keys = [key for key, _ in pairs]
    assert len(set(keys)) == len(keys), f"twice: {sorted({key for key in keys if keys.count(key) > 1})}"
    return dict(pairs)


@cache
def catalogue(locale: str) -> dict[str, str]:
    words = json.loads(packaged(f"{locale}.json"), object_pairs_hook=no_duplicates)
    assert isinstance(words, dict)
    assert all(isinstance(text, str) and text.strip() for text in words.values())
    return words


def places(text: str) -> set[str]:
    """Return the names of the places of a sentence; a place that is not a plain `{name}` is an error."""
    found = set()
    for _, name, form, conversion in string.Formatter().parse(text):
        if name is not None:
            assert name.isidentifier(), f"not a plain name: {name!r}"
            assert not form, f"{name} has a format"
            assert conversion is None, f"{name} has a conversion"
            found.add(name)
    return found


# Catalogues


def test_both_catalogues_have_the_same_keys() -> None:
    english = {key for key in catalogue("en") if not key.endswith(".one")}
    assert english == set(catalogue("zh_CN"))


def test_what_is_counted_in_english_has_both_forms() -> None:
    words = catalogue("en")
    assert [key for key in words if key.endswith(".one") and key[:-3] + "other" not in words] == []
    assert [key for key in words if key.endswith(".other") and key[:-5] + "one" not in words] == []


def test_both_catalogues_have_the_same_places() -> None:
    chinese = catalogue("zh_CN")
    different = {}
    for key, text in catalogue("en").items():
        counted = key.endswith(".one")
        there = places(chinese.get(key.removesuffix(".one") + ".other" if counted else key, ""))
        # "1 row" may do without its number.
        if places(text) != there and not (counted and places(text) | {"n"} == there):
            different[key] = (places(text), there)
    assert different == {}


@pytest.mark.parametrize("broken", ["{0}", "{}", "{a.b}", "{a[0]}", "{a!r}", "{a:>8}"])
def test_only_plain_places_are_taken(broken: str) -> None:
    with pytest.raises(AssertionError):
        places(f"x {broken}")
    assert places("x {a} {{b}} {c_1}") == {"a", "c_1"}


def test_the_chinese_catalogue_is_chinese() -> None:
    shares = {key: chinese_share(text) for key, text in catalogue("zh_CN").items()}
    assert {key: round(share, 2) for key, share in shares.items() if share < CHINESE_SHARE} == {}


def test_english_in_the_chinese_catalogue_would_be_found() -> None:
    sentences = [text for text in catalogue("en").values() if len(without_names(text).split()) > 2]
    assert sentences
    assert [text for text in sentences if chinese_share(text) >= CHINESE_SHARE] == []


def test_the_chinese_catalogue_encodes_in_gbk() -> None:
    assert {key: text for key, text in catalogue("zh_CN").items() if not encodes_in_gbk(text)} == {}


def encodes_in_gbk(text: str) -> bool:
    try:
        text.encode("gbk")
    except UnicodeEncodeError:
        return False
    return True


def test_what_gbk_lacks_would_be_found() -> None:
    assert encodes_in_gbk("√ 已准入 ×")
    assert not encodes_in_gbk("✅ 已准入")


# Rule texts


def test_every_rule_has_a_text_in_every_language_and_no_other_file() -> None:
    files = {path.name for path in (PACKAGE / "text/rules").iterdir()}
    assert files == {f"{rule_id}.{locale}.md" for rule_id in RULE_IDS for locale in LOCALES}


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("rule_id", RULE_IDS)
def test_a_rule_text_has_its_title_and_headings(rule_id: str, locale: str) -> None:
    text = rule_text(rule_id, locale)
    found = sections(text)
    assert re.match(rf"# {rule_id} {slug(rule_id)}: \S.*\n\n## ", text)
    assert re.fullmatch(r"[a-z0-9-]+", slug(rule_id))
    assert tuple(found) == HEADINGS[locale]
    assert all(found.values())
    assert text.count("\n## ") == len(HEADINGS[locale])
    assert text.count("```") % 2 == 0


@pytest.mark.parametrize("rule_id", RULE_IDS)
def test_both_languages_tell_the_same_commands(rule_id: str) -> None:
    english, chinese = (commands(rule_text(rule_id, locale)) for locale in ("en", "zh_CN"))
    assert english == chinese
    assert english


def commands(text: str) -> set[str]:
    """Return the commands in code spans and behind `run:`, without what is free text in them."""
    code = [span[1:-1] for span in CODE_SPAN.findall(CODE_BLOCK.sub("", text))]
    code += re.findall(r"^   = (?:run: |执行：)(.+)$", text, re.MULTILINE)
    return {re.split(r' "| <', line)[0] for line in code if line.startswith(("osgate ", "git ", "npm ", "poetry "))}


@pytest.mark.parametrize("rule_id", RULE_IDS)
def test_a_chinese_rule_text_is_chinese(rule_id: str) -> None:
    text = rule_text(rule_id, "zh_CN")
    title = text.splitlines()[0].partition(": ")[2]
    shares = {heading: chinese_share(body) for heading, body in {"title": title, **sections(text)}.items()}
    assert {heading: share for heading, share in shares.items() if share < CHINESE_SHARE} == {}
    assert encodes_in_gbk(text)


@pytest.mark.parametrize("rule_id", RULE_IDS)
def test_an_english_rule_text_in_its_place_would_be_found(rule_id: str) -> None:
    assert chinese_share(rule_text(rule_id, "en")) == 0
    found = sections(rule_text(rule_id, "en"))
    assert all(chinese_share(found[heading]) < CHINESE_SHARE for heading in ("What it does", "Why", "What to do"))


def test_names_and_commands_count_for_neither_language() -> None:
    assert chinese_share("执行 `osgate explain OSG101` 或 osgate sync --offline，见 pkg:npm/left-pad@1.3.0") == 1
    assert chinese_share("osgate init --hook native, pre-commit, none 写入 FILE") == 1
    assert chinese_share("--force replaces the file, and keeps 写入") < CHINESE_SHARE
    assert chinese_share("Stop. The approval of {purl} has ended") == 0
    assert chinese_share("准入 has ended") < CHINESE_SHARE


def test_the_limits_told_are_the_limits_held() -> None:
    for locale in LOCALES:
        assert f" {MAX_BYTES // 1024**2} MB" in rule_text("OSG301", locale)
        assert f" {MAX_DEPTH} " in rule_text("OSG301", locale)


# What the source asks for


class Use(NamedTuple):
    """One place in the source that needs a sentence: `key`, or any key that begins so when `open_ended`."""

    place: str
    key: str
    params: frozenset[str] | None
    open_ended: bool = False


@cache
def modules() -> dict[str, list[ast.AST]]:
    return {str(path.relative_to(PACKAGE)): nodes_of(path) for path in MODULES}


@cache
def asked_for() -> tuple[Use, ...]:
    return tuple(uses(modules()))


def error_classes(modules: dict[str, list[ast.AST]]) -> set[str]:
    """Return the names of OsgateError and all classes below it that take a code as it does."""
    classes = [node for found in modules.values() for node in found if isinstance(node, ast.ClassDef)]
    family = {"OsgateError"}
    while more := {c.name for c in classes if any(last_name(base) in family for base in c.bases)} - family:
        family |= more
    own = {c.name for c in classes if any(isinstance(n, ast.FunctionDef) and n.name == "__init__" for n in c.body)}
    return family - (own - {"OsgateError"})


def last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def uses(modules: dict[str, list[ast.AST]]) -> Iterator[Use]:
    """Find the keys of all calls t("…"), t.count("…", n), and of all errors and Unreadables made with a literal."""
    errors = error_classes(modules)
    for path, found in modules.items():
        heirs = {id(call) for c in found if isinstance(c, ast.ClassDef) for call in super_calls(c, errors)}
        for node in found:
            if not isinstance(node, ast.Call) or not node.args:
                continue
            if id(node) in heirs or last_name(node.func) in errors:
                before, after = "error.", ""
            elif last_name(node.func) in TRANSLATORS:
                before, after = "", ""
            elif isinstance(node.func, ast.Attribute) and counts(node.func):
                before, after = "", ".other"
            elif last_name(node.func) == "Unreadable":
                before, after = "unreadable.", ""
            else:
                continue
            yield from named(node, f"{path}:{node.lineno}", before, after)


def counts(called: ast.Attribute) -> bool:
    return called.attr == "count" and last_name(called.value) in TRANSLATORS


def super_calls(family: ast.ClassDef, errors: set[str]) -> Iterator[ast.Call]:
    """Find `super().__init__(code, …)` in a class right below one that takes a code."""
    if any(last_name(base) in errors for base in family.bases):
        calls = [node for node in nodes(family) if isinstance(node, ast.Call)]
        made = [call for call in calls if last_name(call.func) == "__init__"]
        yield from (call for call in made if ast.unparse(call.func) == "super().__init__")


def named(call: ast.Call, place: str, before: str, after: str) -> Iterator[Use]:
    """Read the first argument: a text, a choice between texts, or an f-string that begins with one.

    What an Unreadable is told with is up to its reader, so its params are not known here.
    """
    open_list = before == "unreadable." or any(k.arg is None for k in call.keywords)
    given = None if open_list else frozenset(k.arg for k in call.keywords if k.arg)
    params = given | {"n"} if given is not None and after else given
    waiting = [call.args[0]]
    while waiting:
        match waiting.pop():
            case ast.Constant(value=str(key)):
                yield Use(place, before + key + after, params)
            case ast.IfExp(body=one, orelse=other):
                waiting += [one, other]
            case ast.JoinedStr(values=[ast.Constant(value=str(key)), *_]):
                yield Use(place, before + key, None, open_ended=True)


def unanswered(found: Iterable[Use], words: dict[str, str]) -> list[str]:
    """Name the uses without a sentence, and those that leave a place of their sentence empty."""
    wrong = []
    for use in found:
        if use.open_ended:
            if not any(key.startswith(use.key) for key in words):
                wrong.append(f"{use.place}: no key begins with {use.key}")
        elif use.key not in words:
            wrong.append(f"{use.place}: {use.key} is missing")
        elif use.params is not None and (empty := places(words[use.key]) - use.params):
            wrong.append(f"{use.place}: {use.key} wants {', '.join(sorted(empty))}")
    return wrong


@pytest.mark.parametrize("locale", LOCALES)
def test_every_sentence_the_source_asks_for_exists(locale: str) -> None:
    assert unanswered(asked_for(), catalogue(locale)) == []


def test_the_scan_sees_what_is_there() -> None:
    keys = {use.key for use in asked_for()}
    assert {"error.rule.unknown", "error.mistakes.other"} <= keys


EXAMPLE = """
class OsgateError(Exception):
    def __init__(self, code): super().__init__(code)
class Bad(errors.OsgateError): pass
class Worse(Bad):
    def __init__(self, what): super().__init__("worse", what=what)
def f(self, t):
    t("a", x=1); self.t("b" if f else "c"); t.count("rows", 3); t(f"d.{f}"); t("e", **f); [].count("no"); print("no")
    raise Bad("bad")
    raise Worse("no")
    raise Unreadable("nul", 3)
"""


def test_missing_sentences_and_params_would_be_found() -> None:
    found = list(uses({"m.py": nodes(ast.parse(EXAMPLE))}))
    wanted = {"error.worse", "a", "b", "c", "rows.other", "d.", "e", "error.bad", "unreadable.nul"}
    assert {use.key for use in found} == wanted
    assert len(unanswered(found, {})) == len(wanted)
    words = {**dict.fromkeys(wanted, "{x}"), "error.worse": "{what}", "rows.other": "{n}", "d.1": ""}
    places_left = ["b wants x", "c wants x", "error.bad wants x"]
    assert sorted(line.partition(": ")[2] for line in unanswered(found, words)) == places_left


def test_every_rule_id_in_the_source_has_its_texts() -> None:
    constants = (node for found in modules().values() for node in found if isinstance(node, ast.Constant))
    named_ids = {c.value for c in constants if isinstance(c.value, str) and re.fullmatch(r"OSG\d{3}", c.value)}
    assert named_ids - set(RULE_IDS) == set()
