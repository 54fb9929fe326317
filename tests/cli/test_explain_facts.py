"""What `osgate explain` says of facts: each with its source and day, and what the licence gives and asks for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cli.kit import call
from osgate.cli import explain, explain_facts
from osgate.facts.store import Store, create
from osgate.model.decision import Post
from osgate.model.dependency import Dependency
from osgate.model.fact import Advisories, Advisory, Fact, Facts, Unknown
from osgate.model.finding import SLUGS
from osgate.model.policy import Project
from osgate.policy.default import default_policy
from osgate.text.translator import Translator
from rules import making

if TYPE_CHECKING:
    from conftest import App

PAD, COMPONENT = "pkg:npm/left-pad@1.3.0", "pkg:npm/left-pad"
SOURCE, DAY, SEEN = "packages.example.com (npm)", "2026-11-20T00:00:00Z", "2026-03-01T00:00:00Z"


def kept(folder: Path, told: Iterable[tuple[str, str | Unknown]], purl: str = PAD) -> str:
    """Fill a store of facts in `folder`; return the folder."""
    path = folder / "facts.sqlite"
    create(str(path))
    store = Store(str(path), write=True)
    store.put([Fact(purl, name, value, SOURCE, DAY, first_seen=SEEN) for name, value in told], DAY)
    store.close()
    return str(folder)


def said(tmp_path: Path, *told: tuple[str, str | Unknown], language: str = "en", purl: str = PAD) -> str:
    """What is printed of `purl` with these facts, in a repository without a snapshot."""
    folder = kept(tmp_path / "facts", told)
    done = call("explain", purl, "--facts", folder, "--language", language)
    assert done.code == 0, done
    return done.out


def test_every_fact_has_its_value_source_day_and_when_it_was_first_seen(tmp_path: Path, app: App) -> None:
    out = said(tmp_path, ("licence", "MIT"), ("yanked", ""), ("publisher", Unknown("licence.empty")))
    lines = [line.strip() for line in out.splitlines()]
    head = lines.index(f"{SOURCE}, 2026-11-20, first seen 2026-03-01:")
    assert sorted(lines[head + 1 : head + 4]) == [
        "licence: MIT",
        "publisher: unknown, no licence is stated",
        "yanked: no",
    ]


def test_R10_4_what_nobody_told_is_named_copyright_among_it(tmp_path: Path, app: App) -> None:
    out = said(tmp_path, ("licence", "MIT"))
    (untold,) = [line for line in out.splitlines() if "told by nobody" in line]
    for name in ("copyright", "licence text", "publisher"):
        assert name in untold
    assert "licence," not in untold
    told = said(tmp_path / "more", ("licence", "MIT"), ("copyright", "2016 A. Person"), ("licence-text", "MIT"))
    (untold,) = [line for line in told.splitlines() if "told by nobody" in line]
    assert "copyright" not in untold
    assert "licence text" not in untold


def test_R02_8_rights_obligations_and_limits_in_both_languages(tmp_path: Path, app: App) -> None:
    english = said(tmp_path / "en", ("licence", "BUSL-1.1 AND MPL-2.0"))
    for words in (
        "licence BUSL-1.1 AND MPL-2.0: is denied for work that is passed on to others",
        "rights under MPL-2.0: use for any purpose",
        "obligations under MPL-2.0: keep the copyright notices [attribution]",
        "limits under BUSL-1.1: no use in production beyond what the licence grants [no-production]",
        "(what MPL-2.0 asks for: read from the licence's text)",
    ):
        assert words in english
    chinese = said(tmp_path / "zh", ("licence", "BUSL-1.1 AND MPL-2.0"), language="zh_CN")
    for words in (
        *("不允许引入", "MPL-2.0 的权利：", "MPL-2.0 的义务：", "BUSL-1.1 的限制："),
        *("许可证（licence）：BUSL-1.1 AND MPL-2.0", "（以上依据 MPL-2.0 许可证文本）"),
    ):
        assert words in chinese


def test_R10_5_no_express_patent_grant_is_said(tmp_path: Path, app: App) -> None:
    assert "MIT 的专利：无明示专利授权" in said(tmp_path / "a", ("licence", "MIT"), language="zh_CN")
    assert "patents under MIT: no express patent grant" in said(tmp_path / "b", ("licence", "MIT"))
    assert "patents under Apache-2.0: patents are granted" in said(tmp_path / "c", ("licence", "Apache-2.0"))


def test_R10_1_a_licence_nobody_can_tell_is_said_to_be_unknown(tmp_path: Path, app: App) -> None:
    out = said(tmp_path, ("licence-declared", "BSD"))
    assert "licence: unknown, so people look first: “BSD” may mean several licences" in out
    assert "rights under" not in out


def test_hostile_values_stay_short_and_on_their_line(tmp_path: Path, app: App) -> None:
    out = said(tmp_path, ("deprecated", "\x1b[31m" + "x" * 15_000 + "\nlicence: MIT"), ("licence", "Y" * 19_000))
    assert "\x1b" not in out
    assert max(map(len, out.splitlines())) < 400
    assert not any(line.strip() == "licence: MIT" for line in out.splitlines())


def test_a_reason_that_has_no_words_here_is_told_as_it_stands(tmp_path: Path, app: App) -> None:
    assert "licence: unknown, of-tomorrow\n" in said(tmp_path, ("licence", Unknown("of-tomorrow")))


def test_a_flood_of_facts_is_cut(tmp_path: Path, app: App) -> None:
    out = said(tmp_path, *[("digest", f"sha256:{n:064x}") for n in range(1000)])
    assert len(out.splitlines()) < 250
    assert re.search(r"and 80\d more", out)


def test_without_any_fact_it_says_so(tmp_path: Path, app: App) -> None:
    folder = kept(tmp_path / "facts", [("licence", "MIT")], "pkg:npm/other@1.0.0")
    done = call("explain", PAD, "--facts", folder)
    assert done.code == 0
    assert "no fact is told of pkg:npm/left-pad@1.3.0 here" in done.out
    assert "run `osgate sync`" in done.err, "the ledger could not be asked"


def test_with_a_snapshot_the_decisions_come_first(tmp_path: Path, app: App) -> None:
    app.publish("approved")
    folder = kept(tmp_path / "facts", [("licence", "MIT")])
    out = call("explain", PAD, "--facts", folder).out
    assert (
        out.index("left-pad 1.3.0: passes") < out.index("what is told of pkg:npm/left-pad@1.3.0") < out.index("rights")
    )


@pytest.mark.parametrize("purl", [COMPONENT])
def test_of_a_component_no_licence_is_weighed(purl: str, tmp_path: Path, app: App) -> None:
    folder = kept(tmp_path / "facts", [("latest", "1.3.0")], purl)
    out = call("explain", purl, "--facts", folder).out
    assert "latest release (latest): 1.3.0" in out
    assert "of the component" in out
    (untold,) = [line for line in out.splitlines() if "told by nobody" in line]
    assert "publisher" not in untold, "versions tell that"
    assert "rights under" not in out


NO_INDEX = Unknown("no-advisory-index")


class Told:
    """A store that tells these facts and advisories of whatever it is asked."""

    def __init__(self, *facts: Fact, advisories: Advisories | Unknown = NO_INDEX) -> None:
        self._facts, self._advisories = facts, advisories

    def overridden(self, *_: object) -> Told:
        return self

    def of(self, dependency: Dependency, version: str) -> Facts:
        return Facts(dependency.purl, dependency.component, self._facts, self._advisories)


def listed(store: Told, purl: str = PAD, language: str = "en", *, whole: bool = False, id: str = "a/b") -> list[str]:
    """The lines about left-pad from such a store, by the default policy."""
    component, _, version = purl.partition("@")
    here, project = Dependency(component, version, purl, ""), Project(id)
    t = Translator(language)
    found = explain_facts.lines(store, here, default_policy(SLUGS), project, "2026-11-21", t, whole=whole)  # type: ignore[arg-type]
    return [line.strip() for line in found]


def cycles(*ends: tuple[str, str | bool | None]) -> tuple[Fact, ...]:
    said = [json.dumps({"product": "left-pad", "cycle": cycle, "eol": eol}) for cycle, eol in ends]
    return tuple(Fact(COMPONENT, "cycle", value, "endoflife.json", DAY) for value in said)


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        ((), "end of service: unknown, no source names this component"),
        ((Fact(COMPONENT, "cycle", Unknown("timeout"), "x", DAY),), "end of service: unknown, the source did not"),
        (cycles(("9", "2030-01-01")), "end of service: unknown, the 1 release line that is known has not this version"),
        (
            cycles(("1.2", "2020-01-01"), ("1.3", "2024-04-01"), ("1.4", "2030-01-01")),
            "end of service: left-pad, release line 1.3: security fixes ended 2024-04-01 (endoflife.json); 2 other",
        ),
        (cycles(("1.3", "2030-01-01")), "left-pad, release line 1.3: security fixes until 2030-01-01 (endoflife.json)"),
        (cycles(("1.3", True)), "release line 1.3: security fixes have ended"),
        (cycles(("1.3", False)), "release line 1.3: still gets security fixes"),
        (cycles(("1.3", None)), "release line 1.3: nobody told when security fixes end"),
    ],
)
def test_R02_3_the_end_of_service_is_told_of_the_release_line_or_said_to_be_unknown(
    told: tuple[Fact, ...], wanted: str
) -> None:
    store = Told(Fact(PAD, "licence", "MIT", SOURCE, DAY), *told)
    lines = listed(store)
    (line,) = [line for line in lines if "end of service" in line]
    assert wanted in line
    assert not any("{" in line for line in lines), "no raw value is printed"
    assert any(line.startswith("停服：") for line in listed(store, PAD, "zh_CN"))


def test_release_lines_are_counted_where_no_version_is_asked_for() -> None:
    lines = listed(Told(*cycles(("1.2", "2020-01-01"), ("1.3", "2030-01-01"))), COMPONENT)
    assert "end of service: 2 release lines are known (endoflife.json); ask with a version" in lines


def test_version_and_component_are_told_apart_and_a_silent_source_takes_one_line() -> None:
    silent = [Fact(COMPONENT, name, Unknown("timeout"), "scorecard z.json", DAY) for name in ("archived", "maintained")]
    known = [Fact(PAD, "licence", "MIT", SOURCE, DAY), Fact(COMPONENT, "latest", "2.0", SOURCE, DAY)]
    lines = listed(Told(*known, *silent))
    version = lines.index("of version 1.3.0:")
    component = lines.index(f"of the component, in all its versions ({COMPONENT}):")
    assert version < lines.index("licence: MIT") < component < lines.index("latest release (latest): 2.0")
    assert "scorecard z.json, 2026-11-20: 2 facts are unknown, the source did not answer in time" in lines
    assert not any("maintenance score" in line for line in lines)
    assert any("maintenance score" in line for line in listed(Told(*silent), whole=True))


def test_when_it_was_first_seen_is_repeated_only_where_it_differs() -> None:
    seen = [Fact(PAD, name, "x", SOURCE, DAY, first_seen=day) for name, day in (("digest", SEEN), ("sdist", SEEN))]
    lines = listed(Told(*seen, Fact(PAD, "publisher", "li.si", SOURCE, DAY, first_seen="2026-09-01T00:00:00Z")))
    assert f"{SOURCE}, 2026-11-20, first seen 2026-03-01:" in lines
    assert "digest: x" in lines
    assert "publisher: li.si (first seen 2026-09-01)" in lines


def test_the_institution_and_the_manifest_are_called_by_words() -> None:
    said = [
        Fact(PAD, "licence", "MIT", "policy policy/facts.toml:15", ""),
        Fact(PAD, "install-code", "no", "manifest package-lock.json", ""),
    ]
    english, chinese = listed(Told(*said)), listed(Told(*said), PAD, "zh_CN")
    assert "the institution says (policy/facts.toml:15):" in english
    assert "the manifest here says (package-lock.json):" in english
    assert "本机构认定（policy/facts.toml:15）：" in chinese
    assert "安装时执行代码（install-code）：否" in chinese


def test_a_digest_and_the_whole_value_are_told_when_asked_for() -> None:
    store = Told(Fact(PAD, "deprecated", "y" * 150, SOURCE, DAY, "sha256:" + "ab" * 32))
    (short,) = [line for line in listed(store) if line.startswith("deprecated")]
    (long,) = [line for line in listed(store, whole=True) if line.startswith("deprecated")]
    assert short.endswith("…")
    assert "sha256" not in short
    assert "y" * 150 in long
    assert "answer sha256:" + "ab" * 32 in long


def test_an_advisory_has_its_best_known_name_first_its_summary_and_what_mends_it() -> None:
    one = Advisory(
        *("PYSEC-1", "vulnerability", "high", "mirror/npm/all.zip", DAY),
        aliases=("CVE-2026-1", "GHSA-1"),
        score="7.2",
        fixed=("1.3.5",),
        summary="prototype pollution",
    )
    other = Advisory("GHSA-2", "vulnerability", "unknown", "mirror/npm/all.zip", DAY, doubt="range")
    gone = Unknown("archive.gone", (("path", "x"), ("ecosystem", "npm")))
    lines = listed(Told(advisories=Advisories((one, other), gone)))
    at = lines.index("advisories: 2")
    first, second = (line.removesuffix(" (npm/all.zip, 2026-11-20)") for line in lines[at + 1 : at + 3])
    names = "CVE-2026-1, GHSA-1, PYSEC-1 prototype pollution"
    assert first == f"{names}: vulnerability, severity high 7.2; fixed in 1.3.5"
    doubt = "in doubt: the range of the advisory cannot be read"
    assert second == f"GHSA-2: vulnerability, severity not told; no fix told; {doubt}"
    assert lines[at + 3].startswith("there may be more advisories than these")
    assert "公告未注明修复版本" in "\n".join(listed(Told(advisories=Advisories((other,))), PAD, "zh_CN"))


def test_no_advisory_is_said_where_an_index_knows_none() -> None:
    fact = Fact(PAD, "licence", "MIT", SOURCE, DAY)
    assert "advisories: none on this version" in listed(Told(fact, advisories=Advisories()))
    assert any(line.startswith("advisories: unknown, there is no index") for line in listed(Told(fact)))


def test_why_the_widest_use_counts_is_said() -> None:
    store = Told(Fact(PAD, "licence", "MPL-2.0", SOURCE, DAY))
    assert "(judged as “passed on to others”: a/b is not in projects.toml)" in listed(store)
    assert any("no project of the institution is named here" in line for line in listed(store, id=""))


def test_facts_that_stop_it_come_first_whatever_the_ledger_says(tmp_path: Path, app: App) -> None:
    app.publish("approved")
    folder = kept(tmp_path / "facts", [("licence", "BUSL-1.1"), ("yanked", "broken")])
    lines = call("explain", PAD, "--facts", folder).out.splitlines()
    assert lines[0] == f"{PAD}: facts stop this version, whatever the ledger says:"
    assert sorted(line.split()[0] for line in lines[1:3]) == ["OSG601", "OSG701"]
    assert any("left-pad 1.3.0: passes" in line for line in lines[3:])
    allowed = kept(tmp_path / "other", [("licence", "MIT"), ("yanked", "")])
    assert "facts stop" not in call("explain", PAD, "--facts", allowed).out


def test_facts_are_told_outside_of_any_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = kept(tmp_path / "facts", [("licence", "MIT")])
    (tmp_path / "bare").mkdir()
    monkeypatch.chdir(tmp_path / "bare")
    done = call("explain", PAD, "--facts", folder)
    assert done.code == 0
    assert "licence: MIT" in done.out


def test_the_help_names_facts_licence_and_obligations(repository: App) -> None:
    for language, words in (("en", ("fact", "licence", "obligations")), ("zh_CN", ("事实", "许可证", "义务"))):
        out = call("explain", "--help", "--language", language).out.partition("OSG101")[0]
        assert all(word in out for word in words)


@pytest.mark.parametrize(
    ("known", "wanted"),
    [
        ((Post("severity", "high", "advisories"),), "worst known vulnerability: high, approved was none"),
        ((), "worst known vulnerability: cannot be told here, approved was none"),
        (None, "worst known vulnerability: not evaluated, this file does not tell it; approved was none"),
    ],
)
def test_what_became_of_a_fence_is_told_by_the_store_where_there_is_one(
    known: tuple[Post, ...] | None, wanted: str
) -> None:
    here = Dependency(COMPONENT, "1.3.0", PAD, "package-lock.json")
    standing = making.standing(COMPONENT, fence=[["severity", "none", "advisories"]])
    (line,) = explain._posts(standing, here, lambda _: known, Translator("en"))
    assert line.startswith(wanted)
