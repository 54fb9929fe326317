"""Dockerfiles: what is written is found and nothing else; expansion is the shell's; no bytes break the reader."""

from __future__ import annotations

import shlex
import subprocess

from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.formats import image_reference
from osgate.formats.dockerfile import read
from osgate.formats.dockerfile.words import NoValue, expand, split
from osgate.model.dependency import Dependency, Unreadable
from osgate.purl import parse

SAMPLE = b"""# syntax=docker/dockerfile:1
ARG REGISTRY=registry.example.test
FROM --platform=$BUILDPLATFORM ${REGISTRY}/base:${TAG:-1} AS build
COPY --from=other/image:2 /a /b
RUN --mount=type=bind,from=tools,target=/t \\
    # inside
    make
RUN <<EOF cat
FROM hidden
EOF
FROM scratch
COPY --from=build /a /b
"""


def outcome(data: bytes) -> tuple[Dependency, ...] | str:
    try:
        return read("Dockerfile", data, lambda path: None)
    except Unreadable as error:
        line, reason = error.line, error.reason
    assert 0 <= line <= data.count(b"\n") + 1
    return reason


def test_the_sample_itself_is_read() -> None:
    found = read("Dockerfile", SAMPLE, lambda path: None)
    assert [(d.purl, d.line) for d in found] == [
        ("pkg:docker/docker/dockerfile@1", 1),
        ("pkg:docker/base@1?repository_url=registry.example.test", 3),
        ("pkg:docker/other/image@2", 4),
        ("pkg:docker/tools", 5),
    ]


words = st.from_regex(r"[a-z][a-z0-9]{0,4}", fullmatch=True)
hosts = st.sampled_from(["", "registry.example.test/", "localhost/", "host:5000/", "Up.Example.Test/"])
tags = st.one_of(st.just(""), words.map(":{}".format))
digests = st.one_of(st.just(""), st.binary(min_size=32, max_size=32).map(lambda data: f"@sha256:{data.hex()}"))
images = st.tuples(hosts, words, st.sampled_from(["/x", "/y/z", "/library"]), tags, digests).map("".join)
# What may stand between and names no image, though it looks as if it did.
noise = st.sampled_from(
    [
        "",
        "# FROM no/one",
        "RUN echo FROM no/one",
        "RUN <<EOF\nFROM no/one\n\\\nEOF",
        "ENV a=FROM \\\n# x\n b=no/one",
        "COPY <<-'X' <<Y /\nFROM no/one\n\tX\nCOPY --from=no/one\nY",
        'CMD ["FROM", "no/one"]',
        "ARG LATE=no/one",
        "\t",
        "LABEL x='\\\n FROM no/one'",
        "RUN a \\\n\n\n FROM no/one",
        "COPY --from=0 /a /b",
    ]
)
ways = st.sampled_from(
    [
        "FROM {}",
        "from \\\n  {} as s",
        "FROM\t--platform=a {}",
        "COPY --from={} a b",
        "RUN --mount=from={},target=/t x",
        'FROM "{}"',
        "ONBUILD COPY --from={} /a /b",
        "COPY \\\n# c\n  --chown=1 --from={} a \\\n b",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(noise, ways, images), max_size=6), st.booleans(), noise)
def test_every_image_is_found_with_its_line_and_no_other(
    used: list[tuple[str, str, str]], crlf: bool, last: str
) -> None:
    text, expected = "FROM scratch\nFROM scratch\n", []
    for before, way, image in used:
        text += f"{before}\n"
        expected.append((image, text.count("\n") + 1))
        text += way.format(image) + "\n"
    text += last
    found = read("Dockerfile", text.replace("\n", "\r\n").encode() if crlf else text.encode(), lambda path: None)
    wanted = [image_reference.dependency(image, "Dockerfile", line) for image, line in expected]
    assert [(d.purl, d.line, d.mutable, d.digests) for d in found] == [
        (d.purl, d.line, d.mutable, d.digests) for d in wanted
    ]


@settings(max_examples=150, deadline=None)
@given(images)
def test_a_reference_is_its_parts(text: str) -> None:
    found = image_reference.dependency(text, "Dockerfile", 1)
    purl = parse(found.purl)
    rest, _, digest = text.partition("@")
    first, slash, path = rest.partition("/")
    host = dict(purl.qualifiers).get("repository_url", "")
    assert (host == first.lower()) is ((slash != "" and any(sign in first for sign in ".:")) or first == "localhost")
    path, _, tag = (path if host else rest).partition(":")
    assert "/".join(filter(None, (purl.namespace, purl.name))) == path
    assert (purl.version, found.mutable) == (digest or tag, not digest)


values = {"A": "one", "B": "", "C_2": "x y'\"$A\\"}
names = st.sampled_from(["A", "B", "C_2", "D"])
texts = st.from_regex(r"[a-z/:.@-]{1,3}", fullmatch=True)
plain = st.one_of(texts, names.map("${}".format), names.map("${{{}}}".format))
chosen = st.recursive(
    plain,
    lambda inner: st.builds("${{{}{}{}}}".format, names, st.sampled_from(["-", "+", ":-", ":+"]), inner),
    max_leaves=4,
)
quoted = st.one_of(
    chosen, texts.map("'{}'".format), chosen.map('"{}"'.format), st.just("'$A'"), st.just(r"\$A"), st.just(r'"\$A\""')
)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(quoted, min_size=1, max_size=5).map("".join), min_size=1, max_size=8))
def test_expansion_is_the_shells(written: list[str]) -> None:
    """A word on the right of an assignment is neither split nor matched against files, as in a Dockerfile."""
    script = "".join(f"X={word}; printf '%s\\n' \"$X\"; " for word in written)
    set_up = "".join(f"{name}={shlex.quote(value)}; " for name, value in values.items())
    shell = subprocess.run(["/bin/sh", "-c", f"unset D; {set_up}{script}"], capture_output=True, check=True, text=True)
    assert [expand(word, values, "\\", 1)[0] for word in written] == shell.stdout.splitlines()


@settings(max_examples=300, deadline=None)
@given(st.text("a$ {}'\"\\`:-+?#%/=", max_size=30), st.sampled_from("\\`"))
def test_any_word_is_expanded_or_refused(text: str, escape: str) -> None:
    parts = split(text, escape)
    assert parts is None or "".join(parts) == "".join(text.split()) or any(s in text for s in f"'\"{escape}")
    reason = ""
    try:
        expand(text, values, escape, 1)
    except NoValue:
        reason = "no value"
    except Unreadable as error:
        reason = error.reason
    assert reason in ("", "syntax") or (reason == "no value" and "${" in text)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_random_bytes(data: bytes) -> None:
    outcome(data)


lines = st.sampled_from(
    [
        "FROM a",
        "FROM a AS b",
        "ARG a=b",
        "RUN <<E",
        "E",
        "COPY --from=a b c",
        "RUN --mount=from=$a",
        "ONBUILD",
        "# b",
        "\\",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(lines, st.text("FROMAS a=b:$-{}\\#\"'<\n\t", max_size=20)), max_size=8))
def test_random_lines(text: list[str]) -> None:
    outcome("\n".join(text).encode())


@settings(max_examples=400, deadline=None)
@given(st.integers(0, len(SAMPLE) - 1), st.integers(0, 255))
def test_one_changed_byte(at: int, byte: int) -> None:
    outcome(SAMPLE[:at] + bytes([byte]) + SAMPLE[at + 1 :])


@settings(max_examples=100, deadline=None)
@given(st.integers(0, len(SAMPLE)))
def test_truncation(at: int) -> None:
    outcome(SAMPLE[:at])
