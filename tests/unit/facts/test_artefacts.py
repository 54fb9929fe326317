"""Artefacts on disk: what each kind says of itself, and what hostile ones do not get through."""

from __future__ import annotations

import gzip
import io
import json
import os
import random
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.facts import artefacts
from osgate.facts.artefacts.archives import Contents, Damaged, Limits, read_tar, read_zip
from osgate.facts.artefacts.rights import copyrights, is_licence, is_notice
from osgate.licences.text import Region
from osgate.model.fact import Unknown

NOW = "2026-11-22T08:00:00Z"
RIGHTS = "Copyright (c) 2019 Li Si\n"


def engine(text: str) -> list[Region]:
    """A recogniser that knows texts which consist of their id, as `text of MIT`; copyright lines stand outside."""
    found = []
    for id in ("MIT", "Apache-2.0", "BSD-3-Clause"):
        at = text.find(f"text of {id}")
        if at >= 0:
            found.append(Region(id, at, at + len(f"text of {id}")))
    return found


def text_of(id: str, rights: str = RIGHTS) -> str:
    return f"{rights}text of {id}\n"


def tar_of(members: dict[str, str | bytes], mode: str = "w:gz") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as tar:
        for name, content in members.items():
            data = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def zip_of(members: dict[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in members.items():
            zipped.writestr(name, content)
    return out.getvalue()


def wheel(extra: dict[str, str] | None = None, name: str = "Left_Pad", **metadata: str) -> bytes:
    fields = {"Name": name, "Version": "1.3.0", "License-Expression": "MIT"} | metadata
    head = "".join(f"{key.replace('_', '-')}: {value}\n" for key, value in fields.items())
    inside = "left_pad-1.3.0.dist-info"
    given = {f"{inside}/METADATA": f"Metadata-Version: 2.4\n{head}\nLicense: not a field\n"}
    return zip_of(given | {"left_pad/__init__.py": ""} | (extra or {}))


NPM = {"name": "@bank/left-pad", "version": "1.3.0", "license": "MIT"}


def npm(extra: dict[str, str] | None = None, **fields: object) -> bytes:
    return tar_of({"package/package.json": json.dumps(NPM | fields)} | (extra or {}))


def facts(folder: Path, **files: bytes) -> dict[str, list[str | Unknown]]:
    """Write artefacts of one version and return its facts by name."""
    for name, data in files.items():
        (folder / name).write_bytes(data)
    found = artefacts.scan(str(folder), NOW, engine)
    assert found.gaps == ()
    assert len({fact.purl for fact in found.facts}) == 1
    told: dict[str, list[str | Unknown]] = {"purl": [found.facts[0].purl]}
    for fact in found.facts:
        told.setdefault(fact.name, []).append(fact.value)
    return told


def gap(folder: Path, name: str, data: bytes) -> Unknown:
    """Write one artefact and return why nothing is told of it."""
    (folder / name).write_bytes(data)
    found = artefacts.scan(str(folder), NOW, engine)
    assert found.facts == ()
    ((path, why),) = found.gaps
    assert path == name
    return why


WHEEL = "left_pad-1.3.0-py3-none-any.whl"


def test_a_wheel_tells_its_licences_rights_and_digest(tmp_path):
    inside = "left_pad-1.3.0.dist-info/licenses"
    data = wheel({f"{inside}/LICENSE": text_of("MIT"), f"{inside}/vendored/COPYING": text_of("Apache-2.0", "")})
    (tmp_path / WHEEL).write_bytes(data)
    found = artefacts.scan(str(tmp_path), NOW, engine)
    told = {fact.name: fact.value for fact in found.facts}
    assert told["licence"] == told["licence-declared"] == "MIT"
    assert told["licence-text"] == "MIT AND Apache-2.0"
    assert told["copyright"] == "Copyright (c) 2019 Li Si"
    assert (told["install-code"], told["pth"], told["notice"]) == ("no", "no", "no")
    assert str(told["digest"]).startswith("sha256:")
    assert {fact.purl for fact in found.facts} == {"pkg:pypi/left-pad@1.3.0"}
    assert {(fact.source, fact.date, fact.digest) for fact in found.facts} == {(WHEEL, NOW, told["digest"])}
    assert artefacts.without_copyright(found.facts) == ()


@pytest.mark.parametrize(
    "path",
    [
        "evil.pth",
        "EVIL.PTH",
        "left_pad-1.3.0.data/purelib/x.pth",
        "left_pad-1.3.0.data/data/lib/python3.11/site-packages/x.pth",
        "sitecustomize.py",
    ],
)
def test_code_that_every_start_of_python_runs_is_seen_in_a_wheel(tmp_path, path):
    assert facts(tmp_path, **{WHEEL: wheel({path: "import os"})})["pth"] == ["yes"]


def test_a_pth_file_inside_of_a_package_runs_nothing(tmp_path):
    assert facts(tmp_path, **{WHEEL: wheel({"left_pad/data/model.pth": "weights"})})["pth"] == ["no"]


def test_a_wheel_whose_name_and_metadata_differ_tells_nothing(tmp_path):
    why = gap(tmp_path, "requests-2.0-py3-none-any.whl", wheel())
    assert why == Unknown("artefact.mismatch", (("detail", "pkg:pypi/left-pad@1.3.0"),))


def test_a_source_distribution_runs_code_when_it_is_installed(tmp_path):
    data = tar_of(
        {
            "left_pad-1.3.0/PKG-INFO": "Name: left-pad\nVersion: 1.3.0\nLicense: MIT\n",
            "left_pad-1.3.0/LICENSE.txt": text_of("MIT", "Copyright 2001-2004 by Wang Wu, all rights reserved\n"),
            "left_pad-1.3.0/NOTICE": "This product includes things.\n© Zhang San\n",
            "left_pad-1.3.0/vendor/x/LICENSE": text_of("Apache-2.0"),
        }
    )
    told = facts(tmp_path, **{"left_pad-1.3.0.tar.gz": data})
    assert told["install-code"] == ["yes"]
    assert told["notice"] == ["yes"]
    assert told["licence-text"] == ["MIT"]
    assert told["copyright"] == ["Copyright 2001-2004 by Wang Wu, all rights reserved", "© Zhang San"]
    assert "pth" not in told


@pytest.mark.parametrize(
    ("fields", "extra", "runs"),
    [
        ({}, {}, "no"),
        ({"scripts": {"postinstall": "node x.js"}}, {}, "yes"),
        ({"scripts": {"preinstall": "node x.js"}}, {}, "yes"),
        ({"scripts": {"test": "node x.js", "prepare": "tsc"}}, {}, "no"),
        ({}, {"package/binding.gyp": "{}"}, "yes"),
        ({"gypfile": False}, {"package/binding.gyp": "{}"}, "no"),
        ({}, {"other/binding.gyp": "{}"}, "yes"),
        ({}, {"package/deps/binding.gyp": "{}"}, "no"),
    ],
)
def test_an_npm_tarball_tells_whether_installing_it_runs_code(tmp_path, fields, extra, runs):
    told = facts(tmp_path, **{"any-name.tgz": npm(extra, **fields)})
    assert told["purl"] == ["pkg:npm/%40bank/left-pad@1.3.0"]
    assert told["install-code"] == [runs]
    assert [str(value).partition(":")[0] for value in told["digest"]] == ["sha256", "sha512"]


@pytest.mark.parametrize(
    ("fields", "licence"),
    [
        ({"license": {"type": "Apache-2.0", "url": "x"}}, "Apache-2.0"),
        ({"license": None, "licenses": [{"type": "MIT"}, {"type": "Apache-2.0"}]}, "MIT OR Apache-2.0"),
        ({"license": None}, ""),
        ({"license": "SEE LICENSE IN LICENSE.md"}, Unknown("licence.in-file", (("file", "LICENSE.md"),))),
        ({"license": ["MIT"]}, Unknown("malformed", (("detail", "license"),))),
    ],
)
def test_every_form_of_npms_licence_is_read(tmp_path, fields, licence):
    assert facts(tmp_path, **{"x.tgz": npm(**fields)})["licence"] == [licence]


def test_a_crate_with_a_build_script_runs_code_and_its_folder_must_be_its_own(tmp_path):
    manifest = '[package]\nname = "serde"\nversion = "1.0.1"\nlicense = "MIT OR Apache-2.0"\n'
    plain = {"serde-1.0.1/Cargo.toml": manifest, "serde-1.0.1/LICENSE-MIT": text_of("MIT")}
    (tmp_path / "a").mkdir()
    told = facts(tmp_path / "a", **{"serde-1.0.1.crate": tar_of(plain)})
    assert (told["licence"], told["install-code"]) == (["MIT OR Apache-2.0"], ["no"])
    built = plain | {"serde-1.0.1/build.rs": "fn main() {}"}
    assert facts(tmp_path / "a", **{"serde-1.0.1.crate": tar_of(built)})["install-code"] == ["yes"]
    macro = plain | {"serde-1.0.1/Cargo.toml": f"{manifest}[lib]\nproc-macro = true\n"}
    assert facts(tmp_path / "a", **{"serde-1.0.1.crate": tar_of(macro)})["install-code"] == ["yes"]
    (tmp_path / "b").mkdir()
    why = gap(tmp_path / "b", "x.crate", tar_of({"other-1.0.1/Cargo.toml": manifest}))
    assert why.reason == "artefact.mismatch"


def test_a_toml_file_of_endless_keys_is_refused_before_it_is_parsed(tmp_path):
    manifest = '[package]\nname = "x"\nversion = "1"\n' + ".".join(['"a"'] * 40_000) + " = 1\n"
    assert gap(tmp_path, "x.crate", tar_of({"x-1/Cargo.toml": manifest})).reason == "artefact.malformed"


GEMSPEC = """--- !ruby/object:Gem::Specification
name: rack
version: !ruby/object:Gem::Version
  version: 3.0.1
platform: ruby
authors: &names
- Wang Wu
email: *names
licenses:
- MIT
extensions: []
metadata:
  source_code_uri: https://git.example.com/rack
"""


def gem(specification: str = GEMSPEC) -> bytes:
    inner = tar_of({"MIT-LICENSE": text_of("MIT"), "lib/rack.rb": ""})
    return tar_of({"metadata.gz": gzip.compress(specification.encode()), "data.tar.gz": inner}, "w")


def test_a_gem_is_read_through_both_of_its_archives(tmp_path):
    told = facts(tmp_path, **{"rack-3.0.1.gem": gem()})
    assert told["purl"] == ["pkg:gem/rack@3.0.1"]
    assert told["licence"] == told["licence-text"] == ["MIT"]
    assert (told["install-code"], told["repository"]) == (["no"], ["https://git.example.com/rack"])
    extended = GEMSPEC.replace("extensions: []", "extensions:\n- ext/rack/extconf.rb")
    assert facts(tmp_path, **{"rack-3.0.1.gem": gem(extended)})["install-code"] == ["yes"]


@pytest.mark.parametrize("specification", ["[" * 5_000, "a: &a [*a, *a]\n" + "- " * 3_000, "name: [rack]\n", "\0"])
def test_a_gems_specification_cannot_blow_up(tmp_path, specification):
    assert gap(tmp_path, "x.gem", gem(specification)).reason == "artefact.malformed"


POM = """<?xml version="1.0"?>
<project xmlns="http://maven.example.com/POM/4.0.0"><groupId>com.bank</groupId><artifactId>core</artifactId>
<version>2.1</version><licenses><license><name>Apache-2.0</name></license></licenses>{more}</project>"""


def test_a_jar_tells_by_its_own_coordinates_or_by_the_pom_beside_it(tmp_path):
    def inside(artifact: str) -> dict[str, str | bytes]:
        folder = f"META-INF/maven/com.bank/{artifact}"
        told = f"#made\ngroupId=com.bank\nartifactId={artifact}\nversion=2.1\n"
        return {f"{folder}/pom.properties": told, f"{folder}/pom.xml": POM.format(more="")}

    (tmp_path / "shaded").mkdir()
    told = facts(tmp_path / "shaded", **{"core-2.1.jar": zip_of(inside("core") | inside("other"))})
    assert told["purl"] == ["pkg:maven/com.bank/core@2.1"]
    assert told["licence"] == ["Apache-2.0"]
    (tmp_path / "beside").mkdir()
    (tmp_path / "beside/core-2.1.pom").write_text(POM.format(more=""))
    (tmp_path / "beside/core-2.1-sources.jar").write_bytes(b"never read")
    told = facts(tmp_path / "beside", **{"core-2.1.jar": zip_of({"META-INF/LICENSE": text_of("Apache-2.0")})})
    assert (told["purl"], told["licence-text"]) == (["pkg:maven/com.bank/core@2.1"], ["Apache-2.0"])
    (tmp_path / "unnamed").mkdir()
    assert gap(tmp_path / "unnamed", "x.jar", zip_of(inside("core") | inside("other"))).reason == "artefact.malformed"


CHILD = """<project><parent><groupId>com.bank</groupId><artifactId>base</artifactId><version>1</version></parent>
<artifactId>core</artifactId></project>"""


def test_a_pom_has_its_licence_from_the_parent_in_the_same_repository_and_from_nowhere_else(tmp_path):
    place = tmp_path / "repository/com/bank/core/1"
    place.mkdir(parents=True)
    (place / "core-1.pom").write_text(CHILD)
    (place / "core-1.jar").write_bytes(zip_of({"x.class": ""}))

    def licence() -> object:
        found = artefacts.scan(str(tmp_path / "repository"), NOW, engine)
        (value,) = [fact.value for fact in found.facts if fact.name == "licence"]
        return value

    assert licence() == Unknown("malformed", (("detail", "a parent is missing"),))
    base = tmp_path / "repository/com/bank/base/1"
    base.mkdir(parents=True)
    (tmp_path / "outside.pom").write_text(POM.format(more=""))
    (base / "base-1.pom").symlink_to(tmp_path / "outside.pom")
    assert licence() == Unknown("malformed", (("detail", "a parent is missing"),))
    (base / "base-1.pom").unlink()
    (base / "base-1.pom").write_text(POM.format(more=""))
    assert licence() == "Apache-2.0"


NUSPEC = """<package><metadata><id>Bank.Core</id><version>1.0.0</version>{licence}
<copyright>© Bank 2024</copyright><repository type="git" url="https://git.example.com/core.git"/></metadata></package>"""


def test_a_nuget_package_tells_its_licence_rights_and_what_runs(tmp_path):
    licence = '<license type="expression">MIT</license><licenseUrl>https://licences.example.com/MIT</licenseUrl>'
    data = zip_of({"Bank.Core.nuspec": NUSPEC.format(licence=licence), "build/Bank.Core.targets": "<Project/>"})
    told = facts(tmp_path, **{"bank.core.1.0.0.nupkg": data})
    assert (told["licence"], told["install-code"], told["copyright"]) == (["MIT"], ["yes"], ["© Bank 2024"])
    assert told["repository"] == ["https://git.example.com/core"]
    file = zip_of({"x.nuspec": NUSPEC.format(licence='<license type="file">EULA.txt</license>'), "EULA.txt": "pay"})
    told = facts(tmp_path, **{"bank.core.1.0.0.nupkg": file})
    assert told["licence"] == [Unknown("licence.in-file", (("file", "EULA.txt"),))]
    assert told["licence-text"] == [Unknown("artefact.licence-file", (("file", "EULA.txt"),))]


@pytest.mark.parametrize("head", ['<!DOCTYPE a [<!ENTITY b "c">]>', "<a>" * 200, "<a>&b;</a>"])
def test_xml_with_a_document_type_or_without_end_is_refused(tmp_path, head):
    assert gap(tmp_path, "x.nupkg", zip_of({"x.nuspec": f"{head}<package/>"})).reason == "artefact.malformed"


def test_an_unread_licence_file_leaves_the_text_unknown(tmp_path):
    inside = "left_pad-1.3.0.dist-info"
    told = facts(
        tmp_path, **{WHEEL: wheel({f"{inside}/LICENSE": text_of("MIT"), f"{inside}/COPYING": "x" * (2 << 20)})}
    )
    (why,) = told["licence-text"]
    assert why == Unknown("artefact.too-large", (("detail", f"{inside}/COPYING"),))


def test_a_licence_file_that_nobody_recognises_is_not_outvoted_by_another(tmp_path):
    told = facts(
        tmp_path, **{"x.tgz": npm({"package/LICENSE": text_of("MIT"), "package/LICENSE-EXTRA": "you must pay"})}
    )
    assert told["licence-text"] == [Unknown("licence-text.nothing")]


def test_R10_4_versions_with_a_licence_text_and_no_copyright_are_counted(tmp_path):
    (tmp_path / "a.tgz").write_bytes(npm({"package/LICENSE": text_of("MIT")}, name="with"))
    (tmp_path / "b.tgz").write_bytes(npm({"package/LICENSE": text_of("MIT", "")}, name="without"))
    (tmp_path / "c.tgz").write_bytes(npm({"package/LICENSE": "pay"}, name="strange"))
    (tmp_path / "d.tgz").write_bytes(npm(name="no-text"))
    found = artefacts.scan(str(tmp_path), NOW, engine)
    assert found.artefacts == 4
    assert artefacts.without_copyright(found.facts) == ("pkg:npm/strange@1.3.0", "pkg:npm/without@1.3.0")
    bare = {fact.name: fact.value for fact in found.facts if "no-text" in fact.purl}
    assert bare["licence-text"] == Unknown("artefact.no-licence-file")
    assert bare["copyright"] == ""


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Copyright (c) 2019 Li Si", True),
        (" * Copyright © The Authors", True),
        ("# (C) 1999 Wang Wu <w@example.com>", True),
        ("Portions Copyright 2003 Zhang San", True),
        ("版权所有 某某银行", True),
        ("Copyright The Rack Contributors", True),
        ("Copyright Zhang San <zhang.san@example.com>", True),
        ("Copyright Zhang San", True),
        ("(c) allow anyone who receives a copy", False),
        ("Copyright Acts of various nations", False),
        ("Copyright [yyyy] [name of copyright owner]", False),
        ("Copyright (c) <year> <owner>", False),
        ("Copyright notice must be kept, (c) 2019", False),
        ("copyright holders be liable for any claim", False),
        ("The above Copyright (c) 2019", False),
        ("Copyright (c) 2019 " + "x" * 500, False),
    ],
)
def test_only_lines_that_claim_a_right_are_copyright_lines(text, kept):
    found = copyrights({"LICENSE": f"first\n{text}\nlast".encode()})
    assert bool(found) is kept
    if kept:
        assert found[0] == text.lstrip(" *#")


def test_the_owner_of_a_licences_own_text_is_not_the_packages(tmp_path):
    gnu = "Copyright (C) 2007 Free Software, Inc.\nEveryone is permitted to copy and distribute verbatim copies"
    assert copyrights({"COPYING": gnu.encode()}) == ()
    assert copyrights({"COPYING": gnu.partition("\n")[0].encode()}) != ()


def test_at_most_twenty_copyright_lines_are_kept_and_each_once():
    many = "".join(f"Copyright {1990 + year} Li Si\n" for year in range(30))
    assert len(copyrights({"LICENSE": many.encode(), "NOTICE": many.encode()})) == 20


@pytest.mark.parametrize(
    "name", ["LICENSE", "Licence.txt", "LICENSE-MIT", "COPYING.LESSER", "MIT-LICENSE", "UNLICENSE"]
)
def test_names_of_licence_files(name):
    assert is_licence(f"x/{name}")


@pytest.mark.parametrize(
    "name", ["license.py", "licensing.go", "LICENSE.json", "copyingfile", "src", "x" * 500 + "-license"]
)
def test_names_that_only_look_like_licence_files(name):
    assert not is_licence(name)
    assert [is_notice(name) for name in ("NOTICE.txt", "notice.js")] == [True, False]


def test_installed_python_packages_are_read_and_links_are_not_followed(tmp_path):
    site = tmp_path / "site-packages"
    info = site / "left_pad-1.3.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Name: left-pad\nVersion: 1.3.0\nLicense-Expression: MIT\n")
    (info / "RECORD").write_text("left_pad.pth,sha256=x,9\nleft_pad/__init__.py,,\n")
    secret = tmp_path / "secret"
    secret.write_text(text_of("Apache-2.0"))
    (info / "LICENSE").symlink_to(secret)
    (site / "linked-1.dist-info").symlink_to(info)
    found = artefacts.scan(str(site), NOW, engine)
    told = {fact.name: fact.value for fact in found.facts}
    assert found.artefacts == 1
    assert told["install-code"] == told["digest"] == Unknown("artefact.installed")
    assert told["pth"] == "yes"
    assert told["licence-text"] == Unknown("artefact.unreadable", (("detail", "LICENSE"),))
    assert {fact.source for fact in found.facts} == {"left_pad-1.3.0.dist-info"}


def test_installed_javascript_packages_are_read_wherever_they_nest(tmp_path):
    modules = tmp_path / "node_modules"
    for place, name in (
        ("a", "a"),
        ("a/node_modules/b", "b"),
        ("@bank/c", "@bank/c"),
        (".pnpm/d@1/node_modules/d", "d"),
    ):
        folder = modules / place
        folder.mkdir(parents=True)
        (folder / "package.json").write_text(json.dumps(NPM | {"name": name}))
    (modules / "a/test/package").mkdir(parents=True)
    (modules / "a/test/package/package.json").write_text(json.dumps(NPM | {"name": "fixture"}))
    (modules / "e").symlink_to(modules / "a")
    (modules / "f").mkdir()
    (modules / "f/package.json").write_text("{}")
    found = artefacts.scan(str(tmp_path), NOW, engine)
    assert {fact.purl for fact in found.facts} == {
        "pkg:npm/a@1.3.0",
        "pkg:npm/b@1.3.0",
        "pkg:npm/%40bank/c@1.3.0",
        "pkg:npm/d@1.3.0",
    }
    assert [path for path, _ in found.gaps] == ["node_modules/f"]


def test_a_folder_that_is_not_there_is_a_gap(tmp_path):
    found = artefacts.scan(str(tmp_path / "none"), NOW, engine)
    assert [(path, why.reason) for path, why in found.gaps] == [("none", "artefact.unreadable")]


def test_pipes_and_links_in_place_of_artefacts_are_not_opened(tmp_path):
    os.mkfifo(tmp_path / "a.whl")
    (tmp_path / "real").write_bytes(npm())
    (tmp_path / "b.tgz").symlink_to(tmp_path / "real")
    found = artefacts.scan(str(tmp_path), NOW, engine)
    assert (found.facts, [(path, why.reason) for path, why in found.gaps]) == ((), [("a.whl", "artefact.unreadable")])


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "a/../../evil", "..\\evil", "C:\\evil"])
def test_an_archive_with_a_path_that_climbs_tells_nothing(tmp_path, name):
    assert gap(tmp_path, "x.tgz", npm({name: "x"})).reason == "artefact.unsafe-name"
    os.unlink(tmp_path / "x.tgz")
    assert gap(tmp_path, WHEEL, wheel({name: "x"})).reason == "artefact.unsafe-name"


def test_metadata_that_stands_there_twice_tells_nothing(tmp_path):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for licence in ("MIT", "Apache-2.0"):
            data = json.dumps(NPM | {"license": licence}).encode()
            info = tarfile.TarInfo("package/package.json")
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    assert gap(tmp_path, "x.tgz", out.getvalue()).reason == "artefact.twice"


def test_metadata_that_is_a_link_is_no_metadata(tmp_path):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        info = tarfile.TarInfo("package/package.json")
        info.type, info.linkname = tarfile.SYMTYPE, "../../secret"
        tar.addfile(info)
    assert gap(tmp_path, "x.tgz", out.getvalue()).reason == "artefact.malformed"


def all_of(path: str) -> bool:
    return True


SMALL = Limits(members=20, member=1_000, total=3_000, unpacked=100_000, directory=5_000, header=2_000)


def reason(read, data: bytes) -> str:  # type: ignore[no-untyped-def]
    with pytest.raises(Damaged) as caught:
        read(io.BytesIO(data), all_of, SMALL)
    return caught.value.reason


def test_bombs_end_at_the_limits():
    assert reason(read_tar, tar_of({"zeros": bytes(1 << 20)})) == "too-large"
    assert reason(read_tar, tar_of({f"f{n}": b"x" for n in range(30)})) == "too-many"
    assert reason(read_tar, tar_of({f"f{n}": bytes(900) for n in range(5)})) == "too-large"
    assert reason(read_zip, zip_of({f"f{n}": b"x" for n in range(30)})) == "too-many"
    assert reason(read_zip, zip_of({f"{n:0300}": b"x" for n in range(20)})) == "too-many"
    assert reason(read_zip, zip_of({f"f{n}": bytes(900) for n in range(5)})) == "too-large"
    assert reason(read_tar, tar_of({"n" * 3_000: b"x"}, "w")) == "too-large"


def test_a_zip_that_lies_about_a_members_size_gives_no_more_than_the_limit():
    data = bytearray(zip_of({"zeros": bytes(1 << 20)}))
    at = data.index(b"PK\x01\x02") + 24
    data[at : at + 4] = (10).to_bytes(4, "little")
    contents = _zip_or_damage(bytes(data))
    assert contents is None or len(contents.files.get("zeros", b"")) <= SMALL.member


def _zip_or_damage(data: bytes) -> Contents | None:
    try:
        return read_zip(io.BytesIO(data), all_of, SMALL)
    except Damaged:
        return None


def test_what_stands_behind_one_empty_block_is_read_and_behind_two_it_is_not():
    first, second = (tar_of({name: b"x"}, "w")[:1024] for name in ("a", "b"))
    assert read_tar(io.BytesIO(first + bytes(512) + second + bytes(1024)), all_of, SMALL).names == ("a", "b")
    assert read_tar(io.BytesIO(first + bytes(1024) + second + bytes(1024)), all_of, SMALL).names == ("a",)


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.text(
            st.characters(min_codepoint=33, max_codepoint=0x4FFF, exclude_characters="/\\:."), min_size=1, max_size=150
        ),
        st.binary(max_size=900),
        max_size=3,
    ),
    st.sampled_from([tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]),
)
def test_our_reader_of_tars_agrees_with_the_standard_librarys(members, form):
    out = io.BytesIO()
    kept = {}
    with tarfile.open(fileobj=out, mode="w:gz", format=form) as tar:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            try:
                tar.addfile(info, io.BytesIO(data))
            except ValueError:  # too long for USTAR
                continue
            kept[name] = data
    out.seek(0)
    assert read_tar(out, all_of, SMALL).files == kept


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["tgz", "tar", "zip"]), st.integers(0, 1 << 30), st.binary(max_size=30))
def test_damaged_archives_are_told_and_never_crash(kind, seed, junk):
    files: dict[str, str | bytes] = {"a/package.json": b"{}" * 40, "b" * 120: b"x" * 700}
    data = bytearray({"tgz": tar_of(files), "tar": tar_of(files, "w"), "zip": zip_of(files)}[kind])
    places = random.Random(seed)
    for byte in junk:
        data[places.randrange(len(data))] = byte
    data = data[: places.randrange(1, len(data) + 1)] if seed % 2 else data
    read = read_zip if kind == "zip" else read_tar
    try:
        found = read(io.BytesIO(bytes(data)), all_of, SMALL)
    except (Damaged, OSError):
        return
    assert sum(map(len, found.files.values())) <= SMALL.total


def test_without_its_list_of_files_nobody_knows_what_an_installed_package_starts(tmp_path):
    info = tmp_path / "left_pad-1.3.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: left-pad\nVersion: 1.3.0\n")
    found = artefacts.scan(str(tmp_path), NOW, engine)
    assert [fact.value for fact in found.facts if fact.name == "pth"] == [
        Unknown("artefact.unreadable", (("detail", "RECORD"),))
    ]


def packed(kind: str, metadata: bytes) -> tuple[str, bytes]:
    """File name and bytes of an artefact with this metadata."""
    if kind == "gem":
        return "x.gem", tar_of({"metadata.gz": gzip.compress(metadata), "data.tar.gz": tar_of({})}, "w")
    name, inside, pack = {
        "wheel": ("x-1-py3-none-any.whl", "x-1.dist-info/METADATA", zip_of),
        "sdist": ("x-1.tar.gz", "x-1/PKG-INFO", tar_of),
        "npm": ("x.tgz", "package/package.json", tar_of),
        "crate": ("x-1.crate", "x-1/Cargo.toml", tar_of),
        "nuget": ("x.nupkg", "x.nuspec", zip_of),
        "jar": ("x.jar", "META-INF/maven/g/x/pom.properties", zip_of),
        "pom": ("x.jar", "META-INF/maven/g/x/pom.xml", zip_of),
    }[kind]
    beside = {"META-INF/maven/g/x/pom.properties": "groupId=g\nartifactId=x\nversion=1"} if kind == "pom" else {}
    return name, pack({inside: metadata} | beside)


GOOD = {
    "wheel": b"Name: x\nVersion: 1\nLicense: MIT\nClassifier: License :: OSI Approved :: MIT License\n",
    "sdist": b"Name: x\nVersion: 1\nLicense-Expression: MIT\nProject-URL: Source, https://git.example.com\n",
    "npm": b'{"name":"x","version":"1","license":{"type":"MIT"},"scripts":{"install":"x"},"repository":"x"}',
    "crate": b'[package]\nname="x"\nversion="1"\nlicense="MIT"\nlicense-file="L"\n[lib]\nproc-macro=true\n',
    "nuget": NUSPEC.format(licence="<license type='file'>a</license>").encode(),
    "jar": b"groupId=g\nartifactId=x\nversion=1\n",
    "pom": POM.format(more="<scm><url>x</url></scm>").encode(),
    "gem": GEMSPEC.encode(),
}


@pytest.fixture(scope="module")
def room(tmp_path_factory) -> Path:  # type: ignore[no-untyped-def]
    return tmp_path_factory.mktemp("room")


@pytest.mark.parametrize("kind", sorted(GOOD))
@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 1_000), st.sampled_from([b"", b"\0", b"[", b"{}", b"null", b"\xff", b"<", b"\n"]))
    )
)
def test_metadata_may_hold_anything(room, kind, spoilt):
    metadata = GOOD[kind]
    for place, junk in spoilt:
        at = place % (len(metadata) + 1)
        metadata = metadata[:at] + junk + metadata[at + 1 :]
    name, data = packed(kind, metadata)
    for old in room.iterdir():
        old.unlink()
    (room / name).write_bytes(data)
    found = artefacts.scan(str(room), NOW, engine)
    assert bool(found.facts) != bool(found.gaps)
    for fact in found.facts:
        texts = [fact.value] if isinstance(fact.value, str) else [text for pair in fact.value.params for text in pair]
        assert all(text.isprintable() for text in texts)
    if not spoilt:
        assert found.artefacts == 1


def test_the_true_recogniser_reads_a_whole_licence(tmp_path):
    (tmp_path / "x.tgz").write_bytes(npm({"package/LICENSE": MIT}))
    found = artefacts.scan(str(tmp_path), NOW)
    assert [fact.value for fact in found.facts if fact.name == "licence-text"] == ["MIT"]


# Source: SPDX License List, "MIT".
MIT = """MIT License

Copyright (c) 2019 Li Si

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""
