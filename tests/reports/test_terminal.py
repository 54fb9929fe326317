"""The report at the terminal, as it is seen: `snapshots/<scene>.<locale>.txt`.

Where a change is meant, `pytest tests/reports --update-expected` writes the snapshots anew; read what it wrote.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import audit
from osgate.model.policy import RuleSetting
from osgate.model.record import replace
from osgate.reports import detail, terminal
from osgate.reports import words as said
from osgate.reports.context import Context
from osgate.text.translator import LOCALES, Translator
from osgate.text.width import display_width, printable
from reports.scenes import NUMBER, ODD, SCENES, SHA, each_rule, many, seen
from rules import making, strategies

if TYPE_CHECKING:
    from osgate.model.verdict import Verdict

SNAPSHOTS = Path(__file__).parent / "snapshots"


def shown(verdict: Verdict, locale: str, **style: bool) -> str:
    with audit.no_io():
        return terminal.render(verdict, Translator(locale, words(locale)), Context(**style))


def words(locale: str) -> dict[str, str]:
    import json

    from osgate.text.translator import packaged

    found: dict[str, str] = json.loads(packaged(f"{locale}.json"))
    return found


WORDS = {locale: words(locale) for locale in LOCALES}


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("scene", SCENES)
def test_scene(scene: str, locale: str, request: pytest.FixtureRequest) -> None:
    verdict = SCENES[scene]()
    text = shown(verdict, locale, verbose=scene in ("each-rule", "long-names"))
    expected = SNAPSHOTS / f"{scene}.{locale}.txt"
    if request.config.getoption("--update-expected"):
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text("utf-8")


def test_no_snapshot_is_left_over() -> None:
    assert {path.name for path in SNAPSHOTS.iterdir() if path.is_file()} == {
        f"{scene}.{locale}.txt" for scene in SCENES for locale in LOCALES
    }


def commands(text: str) -> list[str]:
    return re.findall(r"^   = (?:run: |执行：)(.+)$", text, re.MULTILINE)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("scene", SCENES)
def test_free_text_stays_on_the_screen(scene: str, locale: str) -> None:
    for line in shown(SCENES[scene](), locale, verbose=True).splitlines():
        if not re.match(r"   = (?:run: |执行：)|  --> ", line):
            assert display_width(line) <= terminal.COLUMNS, line


@pytest.mark.parametrize("locale", LOCALES)
def test_what_is_new_stands_in_one_column(locale: str) -> None:
    new = words(locale)["change.added"]
    lines = [line for line in shown(SCENES["cjk"](), locale).splitlines() if line.endswith(new)]
    assert len(lines) == 2
    assert {display_width(line.removesuffix(new)) for line in lines} == {terminal.NEW_AT + 1}


ORDER = ("also", "path", "fact", "rule", "need", "instead", "decided", "reason", "run", "clears", "more")


@pytest.mark.parametrize("locale", LOCALES)
def test_every_block_keeps_the_order(locale: str) -> None:
    labels = [words(locale)[f"label.{name}"] for name in ORDER]
    blocks = shown(each_rule(), locale, verbose=True).split("\n\n")[:-1]
    assert len(blocks) == len(each_rule().findings)
    for block in blocks:
        lines = block.splitlines()
        assert re.match(r"(?:error|warning|错误|警告)\[OSG\d{3} [a-z-]+\][:：]", lines[0])
        assert any(line.startswith("  --> ") for line in lines[1:3])
        found = [match[1] for line in lines if (match := re.match(r"   = ([^:：]+)[:：]", line))]
        assert found == sorted(found, key=labels.index)
        assert {words(locale)[f"label.{name}"] for name in ("rule", "run", "clears", "more")} <= set(found)


def test_twelve_findings_are_five_blocks_and_seven_lines_and_all_where_asked() -> None:
    short, full = shown(SCENES["twelve"](), "en"), shown(SCENES["twelve"](), "en", verbose=True)
    assert (short.count("  --> "), full.count("  --> ")) == (5, 12)
    assert all(f"package-{n:03} " in short for n in range(12))
    assert shown(SCENES["hundred-and-fifty"](), "en", verbose=True).count("  --> ") == 150


def test_colours_only_where_asked_and_nothing_else_changes() -> None:
    for scene in SCENES.values():
        plain, coloured = shown(scene(), "en", verbose=True), shown(scene(), "en", verbose=True, colour=True)
        assert "\x1b" not in plain
        assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain
    assert "\x1b[31;1merror[OSG101 unapproved]\x1b[0m" in shown(seen(ODD), "en", colour=True)


def test_what_must_be_pinned_first_is_in_no_common_command() -> None:
    action = {"path": ".github/workflows/ci.yml", "scope": "action", "mutable": True}
    tags = [making.introduced(f"pkg:github/actions/{name}@v4", line=17, **action) for name in ("checkout", "cache")]
    text = shown(seen(*tags), "en", verbose=True)
    assert set(commands(text)) == {"osgate explain OSG201"}
    assert text.count("clears: when it is pinned, and the pinned version approved") == 2
    assert "the same commit then passes unchanged" not in text
    warn = {**making.policy().rules, "OSG201": RuleSetting("OSG201", "unpinned-action", "warn", "policy/base.toml:8")}
    text = shown(seen(*tags, policy=making.policy(rules=warn)), "en")
    assert commands(text)[-1] == 'osgate request --staged --reason "..."', "a warning keeps nothing from passing"


def test_a_request_that_waits_clears_no_tag_either() -> None:
    tag = making.introduced("pkg:github/actions/checkout@v4", scope="action", mutable=True)
    wait = making.waiting("pkg:github/actions/checkout", range="vers:github/v4")
    text = shown(seen(tag, said=making.view((), (wait,))), "en")
    assert "clears: when it is pinned, and the pinned version approved" in text
    assert "nothing else to change" not in text


@pytest.mark.parametrize(("range", "offered"), [("v3", False), (SHA, True)])
@pytest.mark.parametrize("mutable", [True, False])
def test_a_tag_is_never_offered_instead_of_an_action(range: str, offered: bool, mutable: bool) -> None:
    purl = "pkg:github/actions/checkout"
    item = making.introduced(f"{purl}@{'v4' if mutable else 'f' * 40}", scope="action", mutable=mutable)
    text = shown(seen(item, said=making.view([making.standing(purl, range=f"vers:github/{range}")])), "en")
    assert "OSG102" in text
    assert ("   = instead: " in text) is offered


def test_a_range_names_its_commits_in_the_common_command() -> None:
    verdict = seen(ODD, NUMBER, base="1" * 40, head="2" * 40)
    assert (
        commands(shown(verdict, "en", staged=False))[-1]
        == f'osgate request --base {"1" * 12} --head {"2" * 12} --reason "..."'
    )
    assert commands(shown(verdict, "en"))[-1] == 'osgate request --staged --reason "..."'


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, "just now"),
        (59, "just now"),
        (60, "1 minute ago"),
        (7199, "1 hour ago"),
        (7200, "2 hours ago"),
        (200000, "2 days ago"),
    ],
)
def test_ages_are_told_in_the_largest_unit(seconds: int, told: str) -> None:
    assert said.age(seconds, Translator("en")) == f"confirmed {told}"


@pytest.mark.parametrize(("reason", "told"), [("no licence", True), ("", False)])
def test_a_reason_is_told_where_there_is_one(reason: str, told: bool) -> None:
    verdict = seen(ODD, said=making.view([making.standing("pkg:npm/is-odd", "reject", reason=reason)]))
    assert (f"   = reason: {reason}" in shown(verdict, "en")) is told
    assert ("   = reason" in shown(verdict, "en")) is told


def test_a_waived_finding_is_not_counted() -> None:
    verdict = seen(ODD, NUMBER)
    waived = replace(verdict, findings=(replace(verdict.findings[0], waived=True), verdict.findings[1]))
    assert "1 finding to settle" in shown(waived, "en")


def test_a_finding_without_a_purl_we_can_read_is_still_told() -> None:
    verdict = seen(ODD)
    odd = replace(verdict, findings=(replace(verdict.findings[0], purl="not a purl; rm -rf ~"),))
    text = shown(odd, "en")
    assert "not a purl; rm -rf ~" in text
    assert commands(text) == ["osgate request 'not a purl; rm -rf ~' --reason \"...\""]


@pytest.mark.parametrize("word", ["pkg:npm/a@1", "a b", "a'b", "$(x)", "a;b", "a&b?c", "`x`", "a\\b", "*", "~"])
def test_what_is_quoted_is_one_word_for_a_shell(word: str) -> None:
    import subprocess

    script = f"printf %s {detail.quoted(word)}"
    assert subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout == word


@given(st.text(alphabet=st.sampled_from("ab  中文，。）é\u0301-/ "), max_size=120), st.integers(2, 40))
def test_folding_keeps_every_character_but_spaces_and_no_line_is_too_long(text: str, columns: int) -> None:
    lines = terminal.folded(text, columns)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(display_width(line) <= columns for line in lines)
    assert all(line for line in lines)


@settings(max_examples=40)
@given(strategies.intakes(), strategies.views(), strategies.policies(), st.sampled_from(LOCALES), st.booleans())
def test_whatever_a_file_holds_nothing_steers_the_terminal(found, view, policy, locale, verbose) -> None:
    verdict = making.decided(found, view, policy=policy)
    with audit.no_io():
        text = terminal.render(verdict, Translator(locale, WORDS[locale]), Context(verbose=verbose))
    assert text.endswith("\n")
    assert all(printable(line) == line for line in text.splitlines())
    found = said.open_findings(verdict)
    groups = {(f.purl, f.path, f.line) if f.purl else at for at, f in enumerate(found)}
    wanted = len(found) if verbose else min(len(groups), terminal.FULL)
    assert len([line for line in text.split("\n") if line.startswith("  --> ")]) == wanted


def test_many_waivers_are_counted() -> None:
    said = [making.standing(item.dependency.component, "waive", rules=["OSG101"]) for item in many(terminal.LISTED + 2)]
    lines = shown(seen(*many(terminal.LISTED + 2), said=making.view(said)), "en").splitlines()
    assert sum(line.startswith("waived: package-") for line in lines) == terminal.LISTED
    assert "waived: and 2 more" in lines


@pytest.mark.parametrize(
    ("path", "command"),
    [
        ("package-lock.json", "npm install --package-lock-only"),
        ("a b/pnpm-lock.yaml", "(cd 'a b' && pnpm install --lockfile-only)"),
        ("-x/uv.lock", "(cd ./-x && uv lock)"),
        ("tools/run it.py.lock", "(cd tools && uv lock --script 'run it.py')"),
        ("requirements.txt", ""),
        ("web/pom.xml", ""),
    ],
)
def test_how_a_lock_is_written_again(path: str, command: str) -> None:
    assert detail.relock(path) == command
