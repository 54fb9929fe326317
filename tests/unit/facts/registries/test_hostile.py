"""Registries that answer whatever they like: every module, every name of its list, an answer within bounds."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.facts import registries, store
from osgate.facts.registries import answers, maven, npm, nuget, pypi
from osgate.facts.registries.answers import Answer
from osgate.model.fact import Fact, Unknown
from unit.facts.registries import test_maven, test_npm, test_nuget, test_pypi
from unit.facts.registries.served import NOW, SOURCE, Served

VERSION = "1.0.0"
GOOD: dict[str, tuple[str, dict[str, Any]]] = {
    "pypi": ("pkg:pypi/string-tools", test_pypi.FULL | {"../pypi/string-tools/1.0.0/json": {}}),
    "npm": ("pkg:npm/left-pad", {"left-pad": test_npm.FULL}),
    "nuget": (
        "pkg:nuget/String.Tools",
        {"": test_nuget.services("Catalog/3.0.0"), test_nuget.INDEX: test_nuget.FULL},
    ),
}
MODULES = {"pypi": pypi, "npm": npm, "maven": maven, "nuget": nuget}
ODD = [
    None,
    True,
    -1,
    1e300,
    "",
    "x" * 100_000,
    "\0\ud800\u202e",
    "../../x",
    [],
    {},
    [[[]]],
    {"": {"": None}},
    "<html>",
]


def sound(type: str, component: str, facts: tuple[Fact, ...]) -> None:
    """Every name is there for the component and its version; every value can be kept, and none is made up."""
    names = {(fact.purl, fact.name) for fact in facts}
    module: Any = MODULES[type]
    assert names == {(component, name) for name in module.COMPONENT} | {
        (f"{component}@{VERSION}", name) for name in module.VERSION
    }
    for fact in facts:
        store._bounded(fact)
        texts = [fact.value] if isinstance(fact.value, str) else [text for pair in fact.value.params for text in pair]
        assert all(text.isprintable() and len(text) <= answers.ADDRESS for text in texts)
        if fact.name == "present":
            assert fact.value in ("yes", "no") or isinstance(fact.value, Unknown)


def spoilt(value: Any, draw: Callable[[st.SearchStrategy[Any]], Any]) -> Any:
    """The same with some of what it holds put otherwise."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.sampled_from(ODD))
    if isinstance(value, dict):
        return {key: spoilt(inner, draw) for key, inner in value.items()}
    return [spoilt(inner, draw) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize("type", sorted(GOOD))
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_field_may_hold_anything(type: str, data: st.DataObject) -> None:
    component, files = GOOD[type]
    answered = {path: spoilt(content, data.draw) for path, content in files.items()}
    module = registries.of(type)
    assert module is not None
    sound(type, component, module.facts(component, (VERSION,), Served(answered), SOURCE, NOW))


@pytest.mark.parametrize("type", sorted(MODULES))
@settings(max_examples=25, deadline=None)
@given(data=st.binary(max_size=60), status=st.sampled_from([200, 200, 204, 302, 404, 500]))
def test_any_bytes_may_be_the_answer_to_everything(type: str, data: bytes, status: int) -> None:
    component = "pkg:maven/com.example/x" if type == "maven" else f"pkg:{type}/x"
    module = registries.of(type)
    assert module is not None
    facts = module.facts(component, (VERSION,), lambda path, accept: Answer(data, "", status), SOURCE, NOW)
    sound(type, component, facts)
    # Nothing but a registry that says so makes a package known to be there.
    assert all(fact.value != "yes" for fact in facts if fact.name == "present")


def tower(opening: str, closing: str) -> bytes:
    return (opening * 100_000 + closing * 100_000).encode()


HEAVY = {
    "tags that never end": b"<a " * 700_000,
    "quotes that never end": b"<a href='" + b"<a \"' " * 300_000,
    "attributes without end": b"<a " + b"x=1 " * 500_000 + b">",
    "one huge text": json.dumps({"name": "x" * 3_000_000}).encode(),
    "deep": tower("[", "]"),
    "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "many versions": json.dumps(
        {
            "versions": {f"{n}.0.0": {"license": "MIT OR " * 50} for n in range(8_000)},
            "time": {f"{n}.0.0": "2020-01-01T00:00:00Z" for n in range(8_000)},
        }
    ).encode(),
    "many files": json.dumps(
        {"meta": {"api-version": "1.1"}, "files": [{"filename": "x-" * 400 + ".zip"}] * 3_000, "items": [{}] * 3_000}
    ).encode(),
    "xml without end": b"<metadata>" + b"<versioning>x" * 50_000,
    "wide xml": b"<metadata>" + b"<a>x</a>" * 50_000 + b"</metadata>",
}


@pytest.mark.parametrize("type", sorted(MODULES))
@pytest.mark.parametrize("kind", sorted(HEAVY))
def test_heavy_answers_come_to_an_end(type: str, kind: str) -> None:
    """What grew with the square of its input would take hours."""
    component = "pkg:maven/com.example/x" if type == "maven" else f"pkg:{type}/x"
    module = registries.of(type)
    assert module is not None
    answer = Answer(HEAVY[kind], "", 200)
    sound(type, component, module.facts(component, (VERSION,), lambda path, accept: answer, SOURCE, NOW))


@pytest.mark.parametrize("type", sorted(GOOD))
def test_a_failure_in_the_middle_is_an_unknown_with_its_reason(type: str) -> None:
    component, files = GOOD[type]
    module = registries.of(type)
    assert module is not None
    for path in files:
        broken = Served(files | {path: Unknown("timeout")})
        facts = module.facts(component, (VERSION,), broken, SOURCE, NOW)
        sound(type, component, facts)
        assert path not in broken.asked or any(fact.value == Unknown("timeout") for fact in facts)


def test_maven_takes_any_xml() -> None:
    for inner in ("<licenses/>", "<parent/>", "<licenses><license/></licenses>", "<scm><url>x</url></scm>", "text"):
        served = Served({test_maven.at(VERSION): test_maven.pom(inner)})
        sound("maven", test_maven.COMPONENT, maven.facts(test_maven.COMPONENT, (VERSION,), served, SOURCE, NOW))
