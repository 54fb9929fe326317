"""Registries of crates, Go modules, gems and Composer packages that answer whatever they like."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.facts import registries, store
from osgate.facts.registries import answers, cargo, composer, gem, golang
from osgate.facts.registries.answers import Answer
from osgate.model.fact import Fact, Unknown
from unit.facts.registries import test_cargo, test_composer, test_gem, test_golang
from unit.facts.registries.served import NOW, SOURCE, Served
from unit.facts.registries.test_hostile import HEAVY, ODD, spoilt

MODULES: dict[str, Any] = {"cargo": cargo, "golang": golang, "gem": gem, "composer": composer}
CASES: dict[str, tuple[str, tuple[str, ...], dict[str, Any]]] = {
    "cargo": (test_cargo.COMPONENT, ("1.0.0", "9.9.9"), test_cargo.FULL),
    "golang": (test_golang.COMPONENT, ("v2.0.1", "v9.9.9"), test_golang.FULL),
    "gem": (test_gem.COMPONENT, ("3.0.0", "9.9.9"), test_gem.FULL | {"info/rack": test_gem.INFO}),
    "composer": (test_composer.COMPONENT, ("1.1.0", "dev-main"), test_composer.FULL),
}


def sound(type: str, facts: tuple[Fact, ...]) -> None:
    """Every name is there for the component and each version, and every value can be kept and printed."""
    component, versions, _ = CASES[type]
    module = MODULES[type]
    names = {(component, name) for name in module.COMPONENT}
    names |= {(f"{component}@{version}", name) for version in versions for name in module.VERSION}
    assert {(fact.purl, fact.name) for fact in facts} == names
    for fact in facts:
        store._bounded(fact)
        texts = [fact.value] if isinstance(fact.value, str) else [text for pair in fact.value.params for text in pair]
        assert all(text.isprintable() and len(text) <= answers.ADDRESS for text in texts)
        if fact.name == "present":
            assert fact.value in ("yes", "no") or isinstance(fact.value, Unknown)


def asked(type: str, get: Any) -> tuple[Fact, ...]:
    component, versions, _ = CASES[type]
    module = registries.of(type)
    assert module is MODULES[type]
    return module.facts(component, versions, get, SOURCE, NOW)


@pytest.mark.parametrize("type", sorted(CASES))
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_field_may_hold_anything(type: str, data: st.DataObject) -> None:
    files = {path: spoilt(content, data.draw) for path, content in CASES[type][2].items()}
    sound(type, asked(type, Served(files)))


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: repr(odd)[:12])
def test_any_field_of_an_index_line_may_hold_anything(odd: Any) -> None:
    for field in ("vers", "name", "cksum", "yanked", "links", "pubtime"):
        index = test_cargo.row("1.0.0", **{field: odd})
        sound("cargo", asked("cargo", Served(test_cargo.FULL | {"se/rd/serde_tools": index})))


@pytest.mark.parametrize("type", sorted(CASES))
@settings(max_examples=40, deadline=None)
@given(data=st.binary(max_size=60), status=st.sampled_from([200, 200, 204, 302, 404, 500]))
def test_any_bytes_may_be_the_answer_to_everything(type: str, data: bytes, status: int) -> None:
    facts = asked(type, lambda path, accept: Answer(data, "", status))
    sound(type, facts)
    good = type in ("golang", "gem") and status in (200, 204)
    # Nothing but a registry that says so makes a package known to be there: a short text may be a list of versions.
    assert good or all(fact.value != "yes" for fact in facts if fact.name == "present")


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from(["retract", "module", "(", ")", "[", "v1.0.0", ",", "]", "//", "Deprecated:", "\n", "\0"]))
)
def test_any_go_mod_is_read(words: list[str]) -> None:
    module = golang.module(" ".join(words).encode())
    assert module.deprecated.isprintable()
    assert isinstance(module.yanked("v1.0.0"), str)


MORE = HEAVY | {
    "index lines": b"\n".join([test_cargo.row("1.0.0").encode()] * 5_000),
    "rows": b"\n".join([b"1.0.0 a:b|checksum:c"] * 20_000),
    "one row": b"1.0.0 " + b"a:b,|" * 300_000,
    "versions of Go": b"\n".join([b"v1.%d.0" % n for n in range(8_000)]),
    "comments": b"// Deprecated: x\n" * 50_000 + b"module x\n",
    "retractions": b"retract [v1.0.0, v9.0.0]\n" * 10_000,
}


@pytest.mark.parametrize("type", sorted(CASES))
@pytest.mark.parametrize("kind", sorted(MORE))
def test_heavy_answers_come_to_an_end(type: str, kind: str) -> None:
    """The bound is far above what they take; whatever grows with the square of its input passes it by far."""
    begun = time.process_time()
    sound(type, asked(type, lambda path, accept: Answer(MORE[kind], "", 200)))
    assert time.process_time() - begun < 20


@pytest.mark.parametrize("type", sorted(CASES))
def test_a_failure_in_the_middle_is_an_unknown_with_its_reason(type: str) -> None:
    for path in CASES[type][2]:
        broken = Served(CASES[type][2] | {path: Unknown("timeout")})
        facts = asked(type, broken)
        sound(type, facts)
        fallback = type == "gem" and path.startswith("api/v1/versions")
        assert fallback or path not in broken.asked or any(fact.value == Unknown("timeout") for fact in facts)
