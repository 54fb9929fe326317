"""What a comment tells its readers to do next, and the facts they look for first."""

from __future__ import annotations

import re

import pytest

from osgate.forges.commands import parse
from osgate.reports.context import Asked
from osgate.text.translator import LOCALES
from reports.scenes import NUMBER, ODD, SCENES, many, seen
from reports.test_markdown import READER, SPOKEN, WORDS, comment, fences, walk
from rules import making


@pytest.mark.parametrize("locale", LOCALES)
def test_what_was_rejected_has_a_next_step_and_the_line_that_asks_again(locale: str) -> None:
    fields = {"reason": "no licence", "persons": ["li.si"], "alternatives": ["pkg:npm/lodash"]}
    verdict = seen(ODD, NUMBER, said=making.view([making.standing("pkg:npm/is-odd", "reject", **fields)]))
    text = comment(verdict, locale, **SPOKEN)
    (asks, again) = fences(text)
    assert asks == "/osgate request reason: …\n", "the other package has to be asked for as ever"
    (command,) = parse(again)
    record = next(str(one.params["record"]) for one in verdict.findings if one.rule == "OSG104")
    assert (command.verb, command.purls) == ("request", ("pkg:npm/is-odd@3.0.1",))
    assert record.startswith(f"sha256:{dict(command.fields)['supersedes']}")
    alone = comment(
        seen(ODD, said=making.view([making.standing("pkg:npm/is-odd", "reject", **fields)])), locale, **SPOKEN
    )
    step = WORDS[locale]("next.rejected", names="`is-odd 3.0.1`", persons="`li.si`", reason="`no licence`")
    assert step in alone
    assert step not in comment(verdict, locale), "nobody hears it where no desk listens"


def test_a_rejection_of_many_packages_is_one_step() -> None:
    said = [making.standing(item.dependency.component, "reject", reason="no") for item in many(40)]
    text = comment(seen(*many(40), said=making.view(said)), spoken=True)
    assert text.count("**Next step**: take out") == 1
    assert "and 30 more" in text
    assert fences(text) == []


@pytest.mark.parametrize("locale", LOCALES)
def test_what_waits_is_cleared_without_a_commit_where_the_desk_runs_the_checks_again(locale: str) -> None:
    wait = making.waiting("pkg:npm/is-odd", range="vers:npm/>=3.0.1|<4.0.0")
    verdict = seen(ODD, said=making.view((), (wait,)))
    terminal = WORDS[locale]("clears.waiting", request="efefefefefef")
    forge = WORDS[locale]("clears.waiting-forge", request="efefefefefef")
    assert terminal != forge
    assert f"`{forge}`" in comment(verdict, locale, spoken=True)
    assert terminal not in comment(verdict, locale, spoken=True)
    assert f"`{terminal}`" in comment(verdict, locale)


def test_a_command_that_is_shown_can_be_pasted_as_it_stands() -> None:
    spans = [token.content for token in walk(READER.parse(comment(seen(ODD)))) if token.type == "code_inline"]
    commands = [span for span in spans if span.startswith("osgate explain")]
    assert commands
    assert all(re.fullmatch(r"osgate explain \S+", command) for command in commands)


@pytest.mark.parametrize("locale", LOCALES)
def test_legal_reads_the_licence_and_what_runs_or_that_nobody_tells(locale: str) -> None:
    t = WORDS[locale]
    known = making.introduced("pkg:npm/known@1.0.0", licence="MIT", install_code=True)
    text = comment(seen(known, making.introduced("pkg:npm/dark@1.0.0", line=30)), locale)
    facts = [("licence", "`MIT`", t("facts.unknown")), ("install-code", t("fence.yes"), t("facts.unknown"))]
    known_part, dark_part = text.partition("<code>known")[2].split("<code>dark")
    for fact, there, missing in facts:
        assert f"- {t('terminal.line', label=t(f'fence.{fact}'), text=there)}\n" in known_part
        assert f"- {t('terminal.line', label=t(f'fence.{fact}'), text=missing)}\n" in dark_part


@pytest.mark.parametrize("scene", ["one", "each-rule", "pass"])
def test_no_brackets_stand_within_brackets_below_a_comment(scene: str) -> None:
    foot = comment(SCENES[scene](), "zh_CN").rpartition("<sub>")[2]
    assert not re.search(r"（[^）]*\(", foot)


@pytest.mark.parametrize("locale", LOCALES)
def test_a_block_without_a_contact_names_none(locale: str) -> None:
    said = [making.standing("pkg:npm/is-odd", "block", incident="INC-1")]
    with_one = comment(seen(ODD, said=making.view(said), policy=making.policy(contact="desk@bank.example")), locale)
    assert "desk@bank.example" in with_one
    without = comment(seen(ODD, said=making.view(said), policy=making.policy(contact="")), locale)
    assert not re.search(r"(?:contact|联系人) -", without)
    assert "INC-1" in without


@pytest.mark.parametrize("locale", LOCALES)
def test_whoever_approves_by_the_line_below_reads_how_wide_it_is(locale: str) -> None:
    wait = making.waiting("pkg:npm/is-odd", range="vers:npm/*")
    asked = (Asked(wait.request, about=(("pkg:npm/is-odd", "vers:npm/*"),)),)
    text = comment(seen(ODD, said=making.view((), (wait,))), locale, spoken=True, asked=asked)
    every = WORDS[locale]("heard.reach-all-of", range="`vers:npm/*`")
    assert f"`pkg:npm/is-odd`{'，' if locale == 'zh_CN' else ', '}{every}" in text
