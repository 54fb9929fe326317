"""What `osgate explain` says of facts: each with its source and day, and what the licence gives and asks for."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cli.kit import call
from osgate.facts.store import Store, create
from osgate.model.fact import Fact, Unknown

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
    assert f"licence: MIT, says {SOURCE}, 2026-11-20, first seen 2026-03-01" in lines
    assert any(line.startswith("yanked: none, says ") for line in lines)
    assert any(line.startswith("publisher: unknown, no licence is stated, says ") for line in lines)


def test_R10_4_what_nobody_told_is_named_copyright_among_it(tmp_path: Path, app: App) -> None:
    out = said(tmp_path, ("licence", "MIT"))
    (untold,) = [line for line in out.splitlines() if "told by nobody" in line]
    for name in ("copyright", "licence-text", "publisher"):
        assert name in untold
    assert "licence," not in untold.replace("licence-text,", "")
    told = said(tmp_path / "more", ("licence", "MIT"), ("copyright", "2016 A. Person"), ("licence-text", "MIT"))
    (untold,) = [line for line in told.splitlines() if "told by nobody" in line]
    assert "copyright" not in untold
    assert "licence-text" not in untold


def test_R02_8_rights_obligations_and_limits_in_both_languages(tmp_path: Path, app: App) -> None:
    english = said(tmp_path / "en", ("licence", "BUSL-1.1 AND MPL-2.0"))
    for words in (
        "licence BUSL-1.1 AND MPL-2.0: is denied for work that is passed on to others",
        "rights under MPL-2.0: use for any purpose",
        "obligations under MPL-2.0: keep the copyright notices [attribution]",
        "limits under BUSL-1.1: no use in production beyond what the licence grants [no-production]",
        "of MPL-2.0: from the licence's text",
    ):
        assert words in english
    chinese = said(tmp_path / "zh", ("licence", "BUSL-1.1 AND MPL-2.0"), language="zh_CN")
    for words in ("不允许引入", "MPL-2.0 的权利：", "MPL-2.0 的义务：", "BUSL-1.1 的限制："):
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
    assert "licence: unknown, of-tomorrow, says " in said(tmp_path, ("licence", Unknown("of-tomorrow")))


def test_a_flood_of_facts_is_cut(tmp_path: Path, app: App) -> None:
    out = said(tmp_path, *[("digest", f"sha256:{n:064x}") for n in range(1000)])
    assert len(out.splitlines()) < 250
    assert "800" in out


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
    assert "latest: 1.3.0" in out
    assert "rights under" not in out
