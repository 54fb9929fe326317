from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from osgate.errors import Undecided, UsageError
from osgate.facts.osv import told
from osgate.facts.osv.ecosystems import ECOSYSTEMS
from osgate.facts.osv.index import Index, match
from osgate.model.fact import Advisories, Fact, Unknown
from unit.facts.osv_mirror import Mirror, advisory, span

(CRATES,) = [name for name, ecosystem in ECOSYSTEMS.items() if ecosystem.type == "cargo"]
# Facts of two public records, shortened: RUSTSEC-2016-0004 (RustSec advisory database, CC0-1.0) and GHSA-pjwm-rvh2-c87w
# (GitHub advisory database, CC-BY-4.0).
LIBUSB = advisory(
    "RUSTSEC-2016-0004",
    "libusb",
    ecosystem=CRATES,
    ranges=[span({"fixed": "0.3.1-0"}, introduced="0.0.0-0", type="SEMVER")],
    package={"database_specific": {"informational": "unmaintained"}},
    summary="libusb is unmaintained; use rusb instead",
)
UA_PARSER = {
    "id": "GHSA-pjwm-rvh2-c87w",
    "modified": "2021-10-22T21:43:36Z",
    "summary": "Embedded malware in ua-parser-js",
    "affected": [
        {
            "package": {"ecosystem": "npm", "name": "ua-parser-js"},
            "ranges": [span({"fixed": fixed}, introduced=bad)],
            "versions": [bad],
        }
        for bad, fixed in (("0.7.29", "0.7.30"), ("0.8.0", "0.8.1"), ("1.0.0", "1.0.1"))
    ],
    "database_specific": {"cwe_ids": ["CWE-506"], "severity": "CRITICAL"},
}


@pytest.fixture
def mirror(tmp_path: Path) -> Mirror:
    return Mirror(tmp_path)


def found(index: Index, purl: str) -> list[tuple[str, str]]:
    """Ids and doubts of what is said of a version, and nothing unknown beside it."""
    answer = match(index, purl)
    assert isinstance(answer, Advisories)
    assert answer.unknown is None
    return [(one.id, one.doubt) for one in answer]


def test_a_version_is_meant_by_its_ranges_or_by_a_list(mirror: Mirror) -> None:
    mirror.put(
        "PyPI",
        advisory("A-1", "Some.Thing", ecosystem="PyPI", events=[{"introduced": "1.0"}, {"fixed": "1.2"}]),
        advisory("A-2", "some-thing", ecosystem="PyPI", events=[{"introduced": "0"}, {"last_affected": "1.1"}]),
        advisory("A-3", "some_thing", ecosystem="PyPI", versions=["3.0", "1.1.0"], ranges=[span(introduced="4")]),
    )
    index = mirror.opened()
    said = {v: [id for id, _ in found(index, f"pkg:pypi/some-thing@{v}")] for v in ("0.9", "1.0rc1", "1.0", "1.1")}
    assert said == {"0.9": ["A-2"], "1.0rc1": ["A-2"], "1.0": ["A-1", "A-2"], "1.1": ["A-1", "A-2", "A-3"]}
    said = {v: [id for id, _ in found(index, f"pkg:pypi/some-thing@{v}")] for v in ("1.1.5", "1.2", "3", "3.0.1", "4")}
    assert said == {"1.1.5": ["A-1"], "1.2": [], "3": ["A-3"], "3.0.1": [], "4": ["A-3"]}


def test_a_local_version_of_python_is_meant_where_its_public_one_is(mirror: Mirror) -> None:
    """PEP 440: `==1.0` and `<=1.0` admit `1.0+local.1`, and a fix in 1.0 is in it too."""
    listed = {"versions": ["1.0"], "ranges": []}
    mirror.put(
        "PyPI",
        advisory("A-1", "x", ecosystem="PyPI", **listed),
        advisory("A-2", "x", ecosystem="PyPI", events=[{"introduced": "0"}, {"last_affected": "1.0"}]),
        advisory("A-3", "x", ecosystem="PyPI", events=[{"introduced": "0"}, {"fixed": "1.0"}]),
        advisory("A-4", "x", ecosystem="PyPI", versions=["1.0+other"], ranges=[]),
    )
    index = mirror.opened()
    said = {v: [id for id, _ in found(index, f"pkg:pypi/x@{v}")] for v in ("1.0", "1.0%2Blocal.1", "1.0.1%2Blocal.1")}
    assert said == {"1.0": ["A-1", "A-2"], "1.0%2Blocal.1": ["A-1", "A-2"], "1.0.1%2Blocal.1": []}


@pytest.mark.parametrize(
    ("ecosystem", "name", "purl"),
    [
        ("npm", "@acme/Thing", "pkg:npm/%40acme/Thing@1.5.0"),
        ("Maven", "org.acme:core", "pkg:maven/org.acme/core@1.5.0"),
        ("Go", "example.com/Acme/x", "pkg:golang/example.com/Acme/x@v1.5.0"),
        ("Go", "stdlib", "pkg:golang/stdlib@1.5.0"),
        ("NuGet", "Acme.Core", "pkg:nuget/acme.CORE@1.5.0"),
        ("Packagist", "Acme/Core", "pkg:composer/acme/core@1.5.0"),
        ("RubyGems", "acme", "pkg:gem/acme@1.5.0"),
        (CRATES, "acme", "pkg:cargo/acme@1.5.0"),
        ("ConanCenter", "acme", "pkg:conan/acme@1.5.0"),
        ("GitHub Actions", "Acme/Setup", "pkg:github/acme/setup@v1.5.0"),
        ("SwiftURL", "example.com/acme/x", "pkg:swift/example.com/acme/x@1.5.0"),
        ("Hex", "acme", "pkg:hex/acme@1.5.0"),
        ("Pub", "acme", "pkg:pub/acme@1.5.0"),
        ("CRAN", "acme", "pkg:cran/acme@1.5.0"),
        ("Hackage", "acme", "pkg:hackage/acme@1.5.0"),
        ("Alpine:v3.18", "acme", "pkg:apk/alpine/acme@1.5.0-r0?arch=x86_64&distro=alpine-3.18.2"),
        ("Rocky Linux:9", "acme", "pkg:rpm/rocky/acme@1.5.0-1.el9?distro=rocky-9.4"),
    ],
)
def test_names_are_those_of_purls(mirror: Mirror, ecosystem: str, name: str, purl: str) -> None:
    events = [{"introduced": "1.0.0"}, {"fixed": "2.0.0"}]
    mirror.put(ecosystem, advisory("A-1", name, ecosystem=ecosystem, events=events))
    index = mirror.opened()
    assert found(index, purl) == [("A-1", "")]
    assert found(index, purl.replace("1.5.0", "2.5.0")) == []
    assert found(index, purl.replace("cme", "cmo").replace("CME", "CMO").replace("stdlib", "other")) == []


def test_a_distribution_has_releases(mirror: Mirror) -> None:
    mirror.put(
        "Debian",
        advisory("A-11", "curl", ecosystem="Debian:11", events=[{"introduced": "0"}, {"fixed": "7.74.0-1.3+deb11u1"}]),
        advisory("A-12", "curl", ecosystem="Debian:12", events=[{"introduced": "0"}, {"fixed": "7.88.1-10"}]),
    )
    index = mirror.opened()
    purl = "pkg:deb/debian/curl@7.80.0-1"
    assert found(index, f"{purl}?distro=bookworm") == [("A-12", "")]
    assert found(index, f"{purl}?distro=debian-11") == []
    assert found(index, purl) == [("A-12", "release")], "of no release: what any of them says, in doubt"


def test_withdrawn_records_say_nothing(mirror: Mirror) -> None:
    mirror.put("npm", advisory("A-1", "x", withdrawn="2026-01-01T00:00:00Z"), advisory("A-2", "y"))
    assert found(mirror.opened(), "pkg:npm/x@1.0.0") == []


def test_malicious_is_a_version_unless_all_are(mirror: Mirror) -> None:
    mirror.put(
        "npm", UA_PARSER, advisory("MAL-2026-1", "left-padd"), advisory("MAL-2026-2", "ours", versions=["99.9.9"])
    )
    index = mirror.opened()
    answer = match(index, "pkg:npm/ua-parser-js@0.8.0")
    assert isinstance(answer, Advisories)
    assert [(one.kind, one.severity, one.fixed, one.whole) for one in answer] == [
        ("malicious", "critical", ("0.8.1",), False)
    ]
    assert found(index, "pkg:npm/ua-parser-js@0.8.1") == []
    assert found(index, "pkg:npm/ours@1.0.0") == []
    assert found(index, "pkg:npm/ours@99.9.9") == [("MAL-2026-2", "")]
    (whole,) = match(index, "pkg:npm/left-padd@7.7.7")  # type: ignore[misc]
    assert (whole.kind, whole.whole) == ("malicious", True)


def test_unmaintained_is_no_vulnerability(mirror: Mirror) -> None:
    mirror.put(CRATES, LIBUSB)
    index = mirror.opened()
    (one,) = match(index, "pkg:cargo/libusb@0.3.0")  # type: ignore[misc]
    assert (one.kind, one.fixed, one.source) == ("unmaintained", ("0.3.1-0",), str(mirror.root / CRATES / "all.zip"))
    facts = told.facts("pkg:cargo/libusb@0.3.0", Advisories([one]), "mirror", "2026-01-02")
    assert {fact.name: fact.value for fact in facts} == {
        "severity": "none",
        "lifecycle": "unmaintained RUSTSEC-2016-0004",
        "advisory": "",
        "malicious": "",
    }


def test_aliases_join_records_and_may_run_in_circles(mirror: Mirror) -> None:
    def record(id: str, *aliases: str, fixed: str, **more: Any) -> dict[str, Any]:
        return advisory(id, "x", aliases=list(aliases), events=[{"introduced": "0"}, {"fixed": fixed}], **more)

    word = {"database_specific": {"severity": "MODERATE"}}
    vector = {"severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]}
    mirror.put(
        "npm",
        record("x_OTHER-1", "CVE-2026-1", fixed="1.3.0", **word),
        record("GHSA-a", "CVE-2026-1", "GHSA-b", "GHSA-c", fixed="1.2.0", **vector),
        record("GHSA-b", "GHSA-c", fixed="1.2.0"),
        record("GHSA-c", "GHSA-a", fixed="1.2.0"),
        record("GHSA-apart", "CVE-2026-2", fixed="1.9.0"),
    )
    answer = match(mirror.opened(), "pkg:npm/x@1.0.0")
    assert isinstance(answer, Advisories)
    apart, joined = answer
    assert (apart.id, apart.severity) == ("GHSA-apart", "unknown"), "what nobody weighed may be the worst"
    assert (joined.id, joined.severity, joined.score, joined.fixed) == ("GHSA-a", "critical", "9.8", ("1.2.0", "1.3.0"))
    assert joined.aliases == ("CVE-2026-1", "GHSA-b", "GHSA-c", "x_OTHER-1")


def test_what_cannot_be_compared_is_in_doubt_and_never_passed_by(mirror: Mirror) -> None:
    mirror.put(
        "npm",
        advisory("A-1", "x", events=[{"introduced": "1.0.0"}, {"fixed": "1.2.0"}]),
        advisory("A-2", "x", versions=["weird"]),
        advisory("A-3", "commits", ranges=[span(introduced="0", type="GIT")]),
        advisory("A-4", "strange", events=[{"introduced": "0"}, {"fixed": "soon"}]),
        advisory("A-5", "strange", ranges=[{"type": "NEW", "events": []}]),
        advisory("A-6", "silent", ranges=[]),
    )
    index = mirror.opened()
    assert found(index, "pkg:npm/x@weird") == [("A-1", "version"), ("A-2", "")]
    assert found(index, "pkg:npm/x@odd") == [("A-1", "version")]
    assert found(index, "pkg:npm/commits@1.0.0") == [("A-3", "commits")]
    assert found(index, "pkg:npm/strange@1.0.0") == [("A-4", "range"), ("A-5", "range")]
    assert found(index, "pkg:npm/silent@1.0.0") == [("A-6", "range")]


def test_commits_beside_versions_cast_no_doubt(mirror: Mirror) -> None:
    both = [span(introduced="0", type="GIT"), span({"fixed": "2.0.0"}, introduced="0")]
    mirror.put("npm", advisory("A-1", "x", ranges=both))
    assert found(mirror.opened(), "pkg:npm/x@1.0.0") == [("A-1", "")]
    assert found(mirror.opened(), "pkg:npm/x@2.0.0") == []


def test_silence_is_an_answer_only_where_there_is_an_archive(mirror: Mirror) -> None:
    mirror.put("npm", advisory("A-1", "x", events=[{"introduced": "1.0.0"}]), advisory("MAL-1", "bad"))
    index = mirror.opened()
    assert match(index, "pkg:npm/never-heard-of@1.0.0") == Advisories()
    assert match(index, "pkg:pypi/x@1.0") == Unknown("no-archive", (("ecosystem", "PyPI"),))
    assert match(index, "pkg:docker/nginx@1") == Unknown("no-advisories", (("component", "pkg:docker/nginx"),))
    assert match(index, "pkg:npm/x") == Unknown("no-version", (("component", "pkg:npm/x"),))
    assert found(index, "pkg:npm/bad") == [("MAL-1", "")], "whatever will be locked"
    with pytest.raises(UsageError):
        index.match("npm/x#y")
    index.close()
    with pytest.raises(Undecided):
        index.match("pkg:npm/x@1.0.0")


def test_facts_say_what_is_known_and_what_is_not() -> None:
    lack = Unknown("archive.gone")
    facts = told.facts("pkg:npm/x@1", lack, "mirror", "2026-01-02")
    assert {fact.value for fact in facts} == {lack}
    assert [fact.name for fact in facts] == ["severity", "advisory", "lifecycle", "malicious"]
    assert told.facts("pkg:npm/x@1", Advisories(), "mirror", "2026-01-02")[0] == Fact(
        "pkg:npm/x@1", "severity", "none", "mirror", "2026-01-02"
    )
