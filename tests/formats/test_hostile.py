"""What an attacker makes of a file, over every format: dependencies or Unreadable, never nothing for something.

Odd inputs are read in this process, the extreme ones in a child with bounded memory and time (tests/hostile.py).
"""

from __future__ import annotations

import random
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hostile
from hostile import SAMPLES, TWICE
from osgate.formats import table
from osgate.formats.guards import check_name
from osgate.model.dependency import Dependency, Reading, Unreadable
from osgate.purl import unquote

if TYPE_CHECKING:
    from conftest import Read

FORMATS = sorted(SAMPLES)
POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{hostile.HEX}\nsize 12\n".encode()
# What no name may show: control characters, marks of writing direction, characters of no width, half characters.
MARKS = "\0\x07\x1b\x7f\u009b\u202e\u2066\u200b\u2060\u3164\ufe0f\ue000"
# Halves of a surrogate pair, as bytes and in every escape.
HALVES = (b"\xed\xa0\x80", b"\\ud800", b"\\udc00\\ud800", b"&#xd800;", b"\\U0000d800")
PLACES = ((b"left-pad", b"left", b"pad"), (b"1.3.0", b"1.3", b".0"), (b"packages.example", b"packages", b".example"))
# One comment or description a format, with a word in Chinese and one in French.
NOTES = {
    "npm-lock": ('"kleur": "4"', '"kleur": "4"}, "description": {"x": "准入 é"'),
    "pnpm-lock": ("settings:\n", "# 准入 é\nsettings:\n"),
    "uv-lock": ("revision = 2\n", "# 准入 é\nrevision = 2\n"),
    "maven-pom": ("<dependencies>", "<!-- 准入 é --><dependencies>"),
    "dockerfile": ("ARG TAG", "# 准入 é\nARG TAG"),
    "requirements": ("kleur>=4", "# 准入 é\nkleur>=4"),
    "github-actions": ("name: ci", "name: 准入 é"),
}


def sample(format: str) -> tuple[str, bytes]:
    path, text = SAMPLES[format]
    return path, text.encode()


def outcome(path: str, data: bytes) -> Reading | str:
    """Read `data` alone in its tree; return the dependencies or the reason. What a reader stumbles over fails."""
    try:
        found = table.read(path, data, lambda other: None)
    except Unreadable as error:
        cause, line, reason = error.params.get("cause"), error.line, error.reason
    else:
        check_all_shown(found)
        return found
    assert cause is None, f"stumbled over {cause}"
    assert 0 <= line <= data.count(b"\n") + 1
    return reason


def check_all_shown(found: Reading) -> None:
    """Refuse a reading with a dependency or a gap that shows something else than it is."""
    for dependency in found:
        check_shown(dependency)
    for gap in found.gaps:
        for _, word in gap.params:
            check_name(word)


def check_shown(dependency: Dependency) -> None:
    """Refuse a dependency that shows in a report something else than it is."""
    d = dependency
    for word in (d.version, d.requirement, d.alias, d.source.url, d.source.ref, *d.digests):
        check_name(word or "")
    for purl in (d.component, d.purl, *d.parents):
        check_name(unquote(purl))


def components(found: Reading | str) -> set[str]:
    return set() if isinstance(found, str) else {dependency.component for dependency in found}


def known(format: str) -> set[str]:
    return components(outcome(*sample(format)))


def test_every_format_has_its_sample_and_it_is_read(read: Read) -> None:
    assert set(SAMPLES) == set(TWICE) == set(NOTES) == {row.id for row in table.ROWS}
    for format in FORMATS:
        row, (path, data) = table.match(SAMPLES[format][0]), sample(format)
        assert row is not None
        assert row.id == format
        found = [dependency for dependency in read(path, data) if "left-pad" in dependency.purl]
        assert [dependency.version for dependency in found] == ["1.3.0"]
        assert len(known(format)) >= 2


@pytest.mark.parametrize("step", [3, pytest.param(1, marks=pytest.mark.real)])
@pytest.mark.parametrize("format", FORMATS)
def test_extreme_inputs_end_in_bounded_time_and_memory(format: str, step: int) -> None:
    """Every bomb and every depth; of the characters, each third where time is short."""
    command = [sys.executable, hostile.__file__, format, str(step)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    lines = done.stdout.splitlines()
    names = [name for name, _ in hostile.extreme(format, step)]
    names += [f"manifest: {name}" for name in hostile.manifests(step)]
    assert done.returncode == 0, f"{lines[-1:]} {done.stderr[-300:]}"
    said = dict(line.split("\t") for line in lines)
    assert list(said) == names
    wrong = {name: word for name, word in said.items() if word.split()[0] not in ("read", "refused:")}
    assert wrong == {}
    assert {name for name, word in said.items() if name.startswith("changed") and word == "read 0"} == set()
    assert {word for name, word in said.items() if name == "changed, 34 MB"} == {"refused: too-large"}


@pytest.mark.parametrize("format", FORMATS)
def test_a_file_cut_anywhere_is_refused_or_tells_what_it_still_holds(format: str) -> None:
    path, data = sample(format)
    whole = outcome(path, data)
    assert not isinstance(whole, str)
    first = min(dependency.line for dependency in whole)
    holds = sum(map(len, data.splitlines(keepends=True)[:first]))
    places = random.Random(format).choices(range(len(data)), k=200)
    silent = [at for at in places if at >= holds and outcome(path, data[:at]) == ()]
    assert silent == []


@pytest.mark.parametrize("format", FORMATS)
def test_what_is_said_twice_is_refused(format: str) -> None:
    path, text = SAMPLES[format]
    once, twice = TWICE[format]
    assert text.count(once) == 1
    assert isinstance(outcome(path, text.replace(once, twice).encode()), str)


@pytest.mark.parametrize("format", FORMATS)
def test_a_file_twice_in_one_is_refused_or_read_as_one(format: str) -> None:
    path, data = sample(format)
    found = outcome(path, data + data)
    assert isinstance(found, str) or components(found) == known(format)


def disguises(mark: str) -> list[bytes]:
    """The spellings of `mark`: as it is, and escaped in JSON, YAML and TOML, and in XML."""
    code = ord(mark)
    escaped = [f"\\u{code:04x}", f"\\x{code:02x}", f"\\U{code:08x}", f"&#x{code:x};", f"%{code:02x}"]
    return [spelling.encode() for spelling in (mark, *escaped)]


@pytest.mark.parametrize("format", FORMATS)
def test_no_name_no_version_and_no_address_hides_what_it_is(format: str) -> None:
    path, data = sample(format)
    for hidden in [*(spelling for mark in MARKS for spelling in disguises(mark)), *HALVES]:
        for written, before, after in PLACES:
            assert outcome(path, data.replace(written, before + hidden + after)) != ()


@pytest.mark.parametrize("option", ["--index-url", "--extra-index-url", "--find-links"])
def test_no_index_of_a_requirements_file_hides_what_it_is(option: str) -> None:
    outcome("requirements.txt", f"{option} https://packages\u202e.example.com/simple\nleft-pad==1.3.0\n".encode())


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7", "gb18030", "latin-1"])
def test_another_encoding_is_refused_or_read_right(format: str, encoding: str) -> None:
    path, text = SAMPLES[format]
    plain, noted = NOTES[format]
    assert text.count(plain) == 1
    noted = noted.replace("准入 ", "") if encoding == "latin-1" else noted
    found = outcome(path, text.replace(plain, noted).encode(encoding))
    assert isinstance(found, str) or components(found) == known(format)


@pytest.mark.parametrize("format", FORMATS)
def test_a_byte_order_mark_and_crlf_change_nothing(format: str) -> None:
    path, data = sample(format)
    plain = outcome(path, data)
    assert outcome(path, b"\xef\xbb\xbf" + data) == plain
    assert outcome(path, data.replace(b"\n", b"\r\n")) == plain


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("data", [POINTER, b"\xff\xfe" + POINTER, POINTER.replace(b"\n", b"\r\n")])
def test_a_pointer_is_no_content(format: str, data: bytes) -> None:
    assert isinstance(outcome(SAMPLES[format][0], data), str)


@pytest.mark.parametrize("format", FORMATS)
def test_conflict_markers_are_refused_or_hide_nothing(format: str) -> None:
    path, data = sample(format)
    lines = data.splitlines(keepends=True)
    assert isinstance(outcome(path, b"<<<<<<< HEAD\n" + data + b"=======\n" + data + b">>>>>>> other\n"), str)
    for at in range(len(lines) + 1):
        for end in (at, len(lines)):
            parts = [*lines[:at], b"<<<<<<< HEAD\n", *lines[at:end], b"=======\n", b">>>>>>> other\n", *lines[end:]]
            found = outcome(path, b"".join(parts))
            assert isinstance(found, str) or components(found) == known(format)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("data", [b"", b"\n", b" \t\r\n" * 9, b"\xef\xbb\xbf", b"\xef\xbb\xbf\n"])
def test_nothing_is_nothing(format: str, data: bytes) -> None:
    assert outcome(SAMPLES[format][0], data) in ((), "empty", "syntax", "malformed", "truncated", "unknown-version")


@pytest.mark.parametrize("format", FORMATS)
def test_random_bytes_are_survived(format: str) -> None:
    path, data = sample(format)
    dice = random.Random(format)
    for _ in range(100):
        noise = dice.randbytes(dice.randrange(1, 2_000))
        assert outcome(path, noise) in ((), outcome(path, noise))
        assert outcome(path, data + noise) != ()


blocks = st.tuples(st.integers(0, 2_000), st.integers(0, 120))
marks = '\n \t " \' { } [ ] : , = # &a *a < > / \\ @ null - ]]> <!-- """ \r \x85 $ ${ left-pad kleur 1.3.0'
tokens = st.sampled_from([mark.encode() for mark in marks.split(" ")])
block_or_token = st.one_of(st.just(b""), tokens, st.binary(max_size=3))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(FORMATS), st.binary(max_size=300))
def test_any_bytes(format: str, data: bytes) -> None:
    outcome(SAMPLES[format][0], data)


@pytest.mark.parametrize("format", FORMATS)
@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(blocks, blocks, st.one_of(st.just(b""), tokens, st.binary(max_size=3))), min_size=1, max_size=3)
)
def test_any_mutation_of_a_sample(format: str, steps: list[tuple[tuple[int, int], tuple[int, int], bytes]]) -> None:
    """Blocks are taken out or doubled elsewhere, and tokens put in; both ways of reading a change hold out too."""
    path, data = sample(format)
    changed = data
    for (cut, length), (start, size), token in steps:
        at = cut % (len(changed) + 1)
        changed = changed[:at] + token + data[start : start + size] + changed[at + length :]
    outcome(path, changed)
    for before, after in ((data, changed), (changed, data)):
        try:
            sides = table.read_change(path, before, after, lambda other: None, lambda other: None)
        except Unreadable:
            continue
        for dependency in [d for side in sides or () for d in side]:
            check_shown(dependency)
