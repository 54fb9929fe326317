"""GitHub workflows: no bytes whatever make the reader fail otherwise than by Unreadable; what is written is found."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.formats import yaml_text
from osgate.formats.github_actions import read
from osgate.model.dependency import Dependency, Unreadable

PATH = ".github/workflows/ci.yml"
SAMPLE = b"""on: push
jobs:
  a: &job
    container: {image: "node:20"}
    services: {db: {image: postgres}}
    steps:
      - uses: actions/checkout@v4 # four
      - uses: docker://alpine:3
      - uses: ./here
  b: *job
  c:
    <<: *job
    uses: "o/r/.github/workflows/w.yml@main"
"""


def outcome(data: bytes) -> tuple[Dependency, ...] | str:
    try:
        return read(PATH, data, lambda path: None)
    except Unreadable as error:
        line, reason = error.line, error.reason
    assert 0 <= line <= data.count(b"\n") + 1
    return reason


names = st.text("abcXYZ019_-", min_size=1, max_size=8)
refs = st.one_of(names, st.binary(min_size=20, max_size=20).map(bytes.hex))
actions = st.builds(lambda owner, name, ref: (f"{owner}/{name}@{ref}", owner, name, ref), names, names, refs)
scalars = st.text(st.characters(codec="utf-8", max_codepoint=0xFFFF), max_size=12)


@settings(max_examples=150, deadline=None)
@given(st.lists(actions, max_size=6), st.lists(scalars, max_size=6))
def test_every_action_is_found_with_its_line(used: list[tuple[str, str, str, str]], noise: list[str]) -> None:
    """JSON is YAML, so its writer quotes whatever the noise holds."""
    lines = ["jobs:", "  a:", "    steps:"]
    places = []
    for at, (text, *_) in enumerate(used):
        if at < len(noise):
            lines.append(f"    - run: {json.dumps(noise[at])}")
        lines.append(f"    - uses: {text}")
        places.append(len(lines))
    found = read(PATH, "\n".join(lines).encode(), lambda path: None)
    assert [(d.line, d.version, d.component) for d in found] == [
        (line, ref, f"pkg:github/{owner}/{name}".lower())
        for line, (_, owner, name, ref) in zip(places, used, strict=True)
    ]
    assert [d.mutable for d in found] == [len(ref) != 40 for *_, ref in used]


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_random_bytes(data: bytes) -> None:
    outcome(data)


@settings(max_examples=300, deadline=None)
@given(st.text("abuses:/-@&*<!?{}[]\"'#|>%$ \n\t1~", max_size=80))
def test_random_yaml(text: str) -> None:
    outcome(b"jobs:\n  a:\n    steps:\n" + text.encode())


@settings(max_examples=400, deadline=None)
@given(st.integers(0, len(SAMPLE) - 1), st.integers(0, 255))
def test_one_changed_byte(at: int, byte: int) -> None:
    outcome(SAMPLE[:at] + bytes([byte]) + SAMPLE[at + 1 :])


@settings(max_examples=100, deadline=None)
@given(st.integers(0, len(SAMPLE)))
def test_truncation(at: int) -> None:
    outcome(SAMPLE[:at])


def test_the_sample_itself_is_read() -> None:
    found = outcome(SAMPLE)
    assert [getattr(d, "purl", d) for d in found] == [
        "pkg:docker/node@20",
        "pkg:docker/postgres",
        "pkg:github/actions/checkout@v4",
        "pkg:docker/alpine@3",
        "pkg:github/o/r@main#.github/workflows/w.yml",
    ]


trees = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(scalars.filter("<<".__ne__), inner, max_size=4)
)


@settings(max_examples=150, deadline=None)
@given(trees)
def test_json_is_read_as_what_it_says(tree: object) -> None:
    """Every JSON text of strings, lists and objects is YAML for the same, whatever the strings hold."""
    assert yaml_text.load_all(json.dumps(tree)) == (tree,)
