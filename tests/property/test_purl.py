from __future__ import annotations

import string

from hypothesis import given, settings
from hypothesis import strategies as st
from packageurl import PackageURL

from osgate.errors import UsageError
from osgate.purl import Purl, component, normalise_pypi, parse, versioned, write

TYPES = ("npm", "pypi", "github", "maven", "golang", "generic", "docker")
# Types whose names packageurl-python lower-cases, their escapes (%2B) included.
LOWERED = ("npm", "pypi", "github")
SIGNS = string.ascii_letters + string.digits + "._-~+@%#?&=: !é中ß"
# packageurl-python trims blanks and splits names at slashes; a reader never hands over either.
WORD = st.text(SIGNS, min_size=1, max_size=8).filter(lambda text: text == text.strip())
STEP = WORD.filter(lambda text: text not in (".", ".."))
VALUE = st.text(SIGNS + "/", min_size=1, max_size=8).filter(lambda text: text == text.strip())
KEY = st.from_regex(r"[a-z][a-z0-9._-]{0,5}", fullmatch=True)


@st.composite
def purls(draw: st.DrawFn, value: st.SearchStrategy[str] = VALUE) -> Purl:
    """Normalised purls of all types; `value` makes versions and qualifiers."""
    type = draw(st.sampled_from(TYPES))
    namespace = "/".join(draw(st.lists(WORD, max_size=3)))
    name = draw(WORD)
    if type == "pypi":
        name = normalise_pypi(name)
    elif type == "github":
        namespace, name = namespace.lower(), name.lower()
    qualifiers = tuple(sorted(draw(st.dictionaries(KEY, value, max_size=2)).items()))
    version = draw(st.just("") | value)
    return Purl(type, namespace, name, version, qualifiers, "/".join(draw(st.lists(STEP, max_size=2))))


@given(purls())
@settings(max_examples=200)
def test_what_is_written_is_read_back(purl: Purl) -> None:
    assert parse(write(purl)) == purl


@given(purls(WORD))
@settings(max_examples=200)
def test_the_text_is_that_of_packageurl_python(purl: Purl) -> None:
    theirs = PackageURL(
        purl.type, purl.namespace, purl.name, purl.version, dict(purl.qualifiers), purl.subpath
    ).to_string()
    ours = write(purl)
    if purl.type in LOWERED:
        # npm: it lower-cases names, which would make one package of JSONStream and jsonstream; osgate does not.
        # pypi, github: it lower-cases a name after escaping it.
        head, theirs_head = ours.partition("@")[0].partition("?")[0], theirs.partition("@")[0].partition("?")[0]
        assert head.lower() == theirs_head.lower()
        assert ours.lower() == theirs.lower()
    else:
        assert ours == theirs


@given(purls())
@settings(max_examples=200)
def test_packageurl_python_reads_the_same_parts(purl: Purl) -> None:
    read = PackageURL.from_string(write(purl))
    ours = (purl.type, purl.namespace.lower(), purl.name.lower(), purl.version, dict(purl.qualifiers), purl.subpath)
    theirs = ((read.namespace or "").lower(), read.name.lower(), read.version or "", read.qualifiers)
    assert ours == (read.type, *theirs, read.subpath or "")


NAMES = st.tuples(
    st.sampled_from(TYPES), st.text(SIGNS + "/", min_size=1, max_size=6), st.sampled_from(("", "a", "@s"))
)


def package(type: str, name: str, namespace: str) -> tuple[str, str, str]:
    """Say which package is meant, by the rules of its type alone."""
    if type == "npm" and name.startswith("@") and "/" in name:
        namespace, name = name.split("/", 1)
    if type == "pypi":
        name = normalise_pypi(name)
    if type == "github":
        namespace, name = namespace.lower(), name.lower()
    return type, "/".join(part for part in namespace.split("/") if part), name


@given(NAMES, NAMES)
@settings(max_examples=300)
def test_two_packages_never_share_a_key(one: tuple[str, str, str], other: tuple[str, str, str]) -> None:
    assert (component(*one) == component(*other)) == (package(*one) == package(*other))


@given(NAMES, VALUE, VALUE)
@settings(max_examples=100)
def test_two_versions_never_share_a_purl(name: tuple[str, str, str], one: str, other: str) -> None:
    key = component(*name)
    assert (versioned(key, one) == versioned(key, other)) == (one == other)
    assert versioned(key, one).startswith(f"{key}@")


@given(st.text(max_size=40) | st.text(SIGNS + "/", max_size=40).map(lambda text: f"pkg:{text}"))
@settings(max_examples=200)
def test_any_text_is_a_purl_or_a_usage_error(text: str) -> None:
    try:
        purl = parse(text)
    except UsageError:
        return
    assert parse(write(purl)).type == purl.type
