"""The baseline file: printed, read back, and refused with the line where it is not what osgate wrote."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.errors import UsageError
from osgate.policy import baseline
from osgate.policy.baseline import Entry

WORDS = st.text(alphabet=st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=12)
DAYS = st.dates().map(lambda day: day.isoformat())
ENTRIES = st.lists(
    st.builds(Entry, st.text(max_size=12), WORDS, st.just(("OSG101", "OSG204")), WORDS, DAYS),
    max_size=6,
    unique_by=lambda entry: entry.key,
)
GOOD = {
    "purl": "pkg:npm/a@1.0.0",
    "path": "package-lock.json",
    "rules": ["OSG101"],
    "owner": "li.si",
    "due": "2027-01-01",
}


@settings(max_examples=100)
@given(ENTRIES)
def test_what_is_printed_reads_back_with_the_lines_it_stands_on(entries: list[Entry]) -> None:
    data = baseline.printed(entries)
    read = baseline.parse(data)
    assert {key: entry._values()[:5] for key, entry in read.items()} == {e.key: e._values()[:5] for e in entries}
    lines = data.decode().splitlines()
    for entry in read.values():
        assert json.loads(lines[entry.line - 1].rstrip(","))["path"] == entry.path
    assert baseline.printed(read.values()) == data


def written(*items: object, **more: object) -> bytes:
    body = ",\n".join("    " + json.dumps(item) for item in items)
    extra = "".join(f', "{key}": {json.dumps(value)}' for key, value in more.items())
    return f'{{\n  "schema": "osgate.baseline/1",\n  "entries": [\n{body}\n  ]{extra}\n}}\n'.encode()


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"", 1),
        (b"[]", 1),
        (b"{", 1),
        (b"\xff", 1),
        (b'{"schema": "osgate.baseline/2", "entries": []}', 1),
        (b'{"schema": "osgate.baseline/1"}', 1),
        (b'{"schema": "osgate.baseline/1", "entries": 7}', 1),
        (written(GOOD, more=1), 1),
        (written(GOOD, []), 5),
        (written({**GOOD, "path": "\ud800"}), 4),
        (written({**GOOD, "due": "\u0662\u0660\u0662\u0660-01-01"}), 4),
        (written(GOOD, {**GOOD, "purl": 7}), 5),
        (written({**GOOD, "rules": []}), 4),
        (written({**GOOD, "rules": "OSG101"}), 4),
        (written({**GOOD, "rules": [1]}), 4),
        (written({**GOOD, "owner": ""}), 4),
        (written({**GOOD, "path": ""}), 4),
        (written({**GOOD, "due": "soon"}), 4),
        (written({**GOOD, "due": "2027-1-1"}), 4),
        (written({**GOOD, "more": 1}), 4),
        (written(GOOD, GOOD), 5),
        (b"[" * 100_000, 1),
    ],
)
def test_anything_else_is_refused_with_its_line(data: bytes, line: int) -> None:
    with pytest.raises(UsageError) as caught:
        baseline.parse(data)
    assert caught.value.code == "baseline.malformed"
    assert (caught.value.params["path"], caught.value.params["line"]) == (baseline.PATH, line)
    assert caught.value.params["detail"]
