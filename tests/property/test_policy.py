"""Written policy: arbitrary bytes give mistakes and nothing worse; lines are those of a reader who counts."""

from __future__ import annotations

import json

import tomli
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.errors import Mistake, Mistakes
from osgate.model.finding import SLUGS
from osgate.policy import compiled, local_config, toml_document
from osgate.policy.valid import validate
from osgate.testing.policies import policy_files

FILES = policy_files()
PIECES = [line for data in FILES.values() for line in data.splitlines(keepends=True) if not line.startswith(b"#")]
SOUP = st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=20)), max_size=25).map(b"".join)


def outcome(act):
    """What `act` returns, or the mistakes it tells."""
    try:
        return act(), ()
    except Mistakes as error:
        return None, error.mistakes


@settings(max_examples=100)
@given(st.dictionaries(st.sampled_from([*FILES, "policy/other.toml"]), st.one_of(st.binary(max_size=80), SOUP)))
def test_arbitrary_bytes_never_raise_anything_but_mistakes(changed):
    found, mistakes = outcome(lambda: validate({**FILES, **changed}, SLUGS))
    assert (found is None) == bool(mistakes)
    assert list(mistakes) == sorted(mistakes, key=lambda m: (m.path, m.line, m.code))
    for mistake in mistakes:
        text = changed.get(mistake.path, FILES.get(mistake.path, b""))
        assert 0 <= mistake.line <= text.count(b"\n") + 1
    if found:
        data = json.loads(json.dumps(compiled.to_json(found.policy)))
        assert compiled.from_json(data, found.policy.projects) == found.policy


@settings(max_examples=100)
@given(st.sampled_from(sorted(FILES)), st.data())
def test_one_changed_byte_of_a_valid_policy_is_read_or_told(path, data):
    content = bytearray(FILES[path])
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] = data.draw(st.integers(0, 255))
    found, mistakes = outcome(lambda: validate({**FILES, path: bytes(content)}, SLUGS))
    assert (found is None) == bool(mistakes)
    assert {mistake.path for mistake in mistakes} <= {path, "osgate.toml"}


@settings(max_examples=100)
@given(st.one_of(st.binary(max_size=100), SOUP))
def test_local_settings_too(data):
    config, mistakes = outcome(lambda: local_config.parse(data))
    assert (config is None) == bool(mistakes)
    if config:
        assert local_config.LocalConfig(**local_config.to_json(config)) == config


WORDS = st.sampled_from(["a", "b-1", '"c d"', "'e.f'", '"\\u00e9"', "7"])
VALUES = st.sampled_from(
    [
        "1",
        '"x # y"',
        "'''\n[no]\nno = 1\n'''",
        '"""\nno = "2"\\\n"""',
        "[\n  1, # ]\n]",
        "{x = [\n1]}",
        "1979-05-27",
        '""',
    ]
)


@settings(max_examples=120)
@given(st.lists(st.tuples(st.booleans(), st.lists(WORDS, min_size=1, max_size=3), VALUES), max_size=8))
def test_every_key_is_found_on_the_line_it_was_written_on(entries):
    """Lines are noted while the text is written; what is no TOML (a key twice) proves nothing and is left out."""
    text, written, table = "", {}, ()
    for header, words, value in entries:
        names = tuple(next(iter(tomli.loads(f"{word} = 0"))) for word in words)
        line = text.count("\n") + 1
        if header:
            table = names
            text += f"[{' . '.join(words)}] # [x]\n\n"
        else:
            written[table + names] = line
            text += f"{'.'.join(words)}={value}\n"
    found = toml_document.read("x.toml", text.encode())
    if not isinstance(found, Mistake):
        assert {place: found.lines[place] for place in written} == written
