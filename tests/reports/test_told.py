"""Findings about facts as people read them: together by dependency, what no approval lifts first, nothing twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from osgate.model.fact import FactSource
from osgate.model.record import replace
from osgate.reports import detail, json_report, terminal, words
from osgate.reports.context import Context
from osgate.reports.markdown import rows
from osgate.rules.once import SAID_BY, told_once
from osgate.rules.table import FACT_RULES
from osgate.text.translator import LOCALES, Translator
from reports.scenes import ODD, SCENES, SHA512, seen, told
from rules import making

if TYPE_CHECKING:
    from osgate.model.finding import Finding
    from osgate.model.verdict import Verdict

EN, ZH = Translator("en"), Translator("zh_CN")
PLACE = ("pkg:npm/left-pad@2.0.0", "package-lock.json", 12)


def shown(verdict: Verdict, t: Translator = EN, **style: bool) -> str:
    return terminal.render(verdict, t, Context(**style))


def found(rule: str, severity: str = "error", **params: object) -> Finding:
    from osgate.model.finding import Finding

    return Finding(rule, severity, *PLACE, params, f"{rule[3:]:0>16}")


def stored(purl: str, facts: list[dict[str, Any]], **more: Any) -> Verdict:
    """A new dependency of which a store tells `facts`; nobody has approved it."""
    known = making.facts(purl, facts, **more)
    return seen(making.introduced(purl, digests=SHA512, install_code=False), facts=lambda d, version: known)


def test_what_denies_whatever_people_approve_comes_before_what_they_could() -> None:
    at = [finding.rule for finding in told().findings]
    assert at[:6] == ["OSG501", "OSG601", "OSG506", "OSG605", "OSG709", "OSG706"]
    assert at[6:10] == ["OSG101"] * 4


@pytest.mark.parametrize("t", [EN, ZH])
def test_a_dependency_is_one_block_with_all_its_reasons(t: Translator) -> None:
    blocks = shown(told(), t).split("\n\n")
    first = next(block for block in blocks if "lodash 4.17.20" in block)
    assert sum("lodash" in block for block in blocks) == 1
    assert [rule for rule in ("OSG501", "OSG506", "OSG101") if f"[{rule}" in first] == ["OSG501", "OSG506", "OSG101"]
    assert t("brief.OSG101") in first
    assert "osgate request" not in first


def test_a_request_is_not_promised_where_a_version_has_to_change_first() -> None:
    text = shown(told(), verbose=True, staged=True)
    blocks = {block.partition("]")[0]: block for block in text.split("\n\n") if "lodash" in block}
    unapproved = blocks["error[OSG101 unapproved"]
    assert "take 4.17.21 first: an approval would not let this version in (OSG501)" in unapproved
    assert "run: osgate explain OSG501" in unapproved
    assert "the same commit then passes" not in unapproved
    assert [finding.purl for finding in detail.requestable(told())] == ["pkg:npm/mute@1.0.0"]


def test_the_footer_counts_what_a_request_clears_alone() -> None:
    assert "   = clears: when the request" in shown(seen(ODD, making.introduced("pkg:npm/b@1.0.0")), staged=True)
    open_ones = [making.introduced(f"pkg:npm/{name}@1.0.0", line=at) for at, name in enumerate("abc", 1)]
    known = {one.dependency.component: making.facts(one.dependency.purl, [MIT]) for one in open_ones}
    known["pkg:npm/c"] = making.facts("pkg:npm/c@1.0.0", [MIT, {"name": "yanked", "value": "broken"}])
    verdict = seen(*open_ones, facts=lambda d, version: known[d.component])
    assert "2 of 4 findings" in shown(verdict, staged=True)


MIT = {"name": "licence", "value": "MIT"}


def test_what_is_young_can_be_asked_for_meanwhile() -> None:
    verdict = stored("pkg:npm/a@1.0.0", [MIT, {"name": "published", "value": "2026-11-20T00:00:00Z"}])
    assert "published 2026-11-20, 1 day ago; may come in from 2026-11-27" in " ".join(shown(verdict).split())
    assert "`osgate request` can ask for it meanwhile" in " ".join(shown(verdict).split())
    full = " ".join(shown(verdict, verbose=True).split())
    assert 'run: osgate request pkg:npm/a@1.0.0 --reason "..."' in full
    assert "when the request is approved and the cooldown is over, on 2026-11-27" in full


def test_who_settles_a_denied_dependency_is_its_author_then_the_roles() -> None:
    verdict = stored("pkg:npm/a@1.0.0", [MIT, {"name": "yanked", "value": "broken"}])
    (row,) = rows.rows(verdict)
    assert rows._settled(row, EN).endswith("then `tech 0/1, legal 0/1`")
    install = stored("pkg:npm/b@1.0.0", [MIT])
    (row,) = rows.rows(install)
    assert "then" not in rows._settled(row, EN)
    code = [finding for finding in told().findings if finding.rule == "OSG506"]
    row = rows.Row(tuple(code), None, "error")
    assert rows._settled(row, EN) == "another version, or a waiver of `OSG506`"


@pytest.mark.parametrize("speaker", ["OSG503", "OSG505"])
def test_nobody_asks_for_the_licence_of_what_is_malware_or_not_there(speaker: str) -> None:
    both = [found(speaker, fact="x"), found("OSG603", fact="licence")]
    assert [one.rule for one in told_once(both)] == [speaker]
    assert told_once([found("OSG603")]) == [found("OSG603")]


def test_nothing_that_counts_less_makes_a_finding_superfluous() -> None:
    unknown = found("OSG603", fact="licence")
    for weaker in (found("OSG505", "warning", fact="present"), replace(found("OSG505", fact="present"), waived=True)):
        assert told_once([weaker, unknown]) == [weaker, unknown]
    elsewhere = replace(found("OSG505", fact="present"), line=99)
    assert told_once([elsewhere, unknown]) == [elsewhere, unknown]
    waived = replace(unknown, waived=True)
    assert told_once([found("OSG505", fact="present"), waived])[1:] == [waived]


def test_the_table_of_what_is_told_once_names_rules_that_there_are() -> None:
    assert {*SAID_BY, *(rule for by in SAID_BY.values() for rule in by)} <= set(FACT_RULES)


def test_every_finding_about_a_fact_says_which_who_told_it_and_when() -> None:
    about = [finding for finding in json_report.to_json(told())["findings"] if finding["rule"][3] in "567"]
    assert {finding["rule"] for finding in about} == {
        *("OSG501", "OSG506", "OSG601", "OSG603", "OSG605", "OSG706", "OSG708", "OSG709")
    }
    for finding in about:
        assert all(finding["params"][name] for name in ("fact", "value", "source", "date")), finding["rule"]


def test_the_manifests_word_on_install_code_is_left_out_where_a_store_knows_better() -> None:
    def line(code: str) -> str:
        item = making.introduced(
            "pkg:npm/a@2.0.0", change="upgraded", previous=["1.0.0"], digests=SHA512, install_code=False
        )
        known = {
            "2.0.0": making.facts("pkg:npm/a@2.0.0", [MIT, {"name": "install-code", "value": code}]),
            "1.0.0": making.facts("pkg:npm/a@1.0.0", [MIT, {"name": "install-code", "value": "no"}]),
        }
        text = shown(seen(item, facts=lambda dependency, version: known[version]))
        return next(line for line in text.splitlines() if line.startswith("   = fact"))

    assert line("yes") == "   = fact: registry; sha512 (package-lock.json)"
    assert line("no") == "   = fact: registry; sha512; runs no code when installed (package-lock.json)"


def test_rules_that_were_not_evaluated_are_named_by_their_ranges() -> None:
    (said,) = words.of_facts(seen(ODD), EN)
    assert "OSG501-509, OSG601-607, OSG701-709" in said
    assert "OSG501 至 509、OSG601 至 607、" in next(words.of_facts(seen(ODD), ZH))
    assert list(words._ranges(("OSG502", "OSG501", "OSG604"), EN)) == ["OSG501-502", "OSG604"]


@pytest.mark.parametrize("t", [EN, ZH])
def test_where_only_the_libraries_are_missing_that_is_said(t: Translator) -> None:
    licences = tuple(rule for rule in FACT_RULES if rule.startswith("OSG6"))
    verdict = replace(told(), unevaluated=licences)
    said = next(words.of_facts(verdict, t))
    assert "pip install 'osgate[licences]'" in said
    assert "facts sync" not in said
    assert words.without_libraries(verdict)
    assert not words.without_libraries(seen(ODD))


@pytest.mark.parametrize(("age", "said"), [(92, "92 days old, 7 allowed"), (-1, "of unknown age, 7 allowed")])
def test_a_source_that_is_too_old_is_told_once(age: int, said: str) -> None:
    old = FactSource("npm/all.zip", "advisories", "2026-08-21" if age > 0 else "", age=age)
    young = FactSource("packages.example.com (npm)", "registry", "2026-11-20", age=1)
    store = {"facts": lambda d, version: making.facts(d.purl, [MIT]), "sources": (old, young)}
    verdict = making.decided(making.intake([ODD]), **store)
    for text in (shown(verdict), shown(verdict, verbose=True)):
        assert text.count("npm/all.zip") == 1
        assert said in text
        assert "   = run: osgate facts sync" in text
        assert "facts: packages.example.com (npm) (1 day old)" in text
    only = making.decided(making.intake([ODD]), **{**store, "sources": (old,)})
    assert "\nfacts: " not in shown(only)


def test_own_sources_are_called_in_the_readers_language() -> None:
    assert "策略 policy/facts.toml:7" in shown(told(), ZH)
    item = making.introduced("pkg:npm/a@2.0.0", change="upgraded", previous=["1.0.0"], install_code=True)
    known = {
        "2.0.0": making.facts(
            "pkg:npm/a@2.0.0", [MIT, {"name": "install-code", "value": "yes", "source": "manifest web/uv.lock"}]
        ),
        "1.0.0": making.facts("pkg:npm/a@1.0.0", [MIT, {"name": "install-code", "value": "no"}]),
    }
    verdict = seen(item, facts=lambda dependency, version: known[version])
    assert "依赖清单 web/uv.lock" in " ".join(shown(verdict, ZH).split())
    assert "manifest web/uv.lock" in " ".join(shown(verdict).split())


def test_proof_of_origin_that_got_weaker_and_names_in_a_row() -> None:
    item = making.introduced("pkg:npm/a@2.0.0", change="upgraded", previous=["1.0.0"])
    told_now = [{"name": "trust", "value": "signed"}, {"name": "looks-like", "value": "pkg:npm/b"}]
    told_now.append({"name": "looks-like", "value": "pkg:npm/c"})
    known = {
        "2.0.0": making.facts("pkg:npm/a@2.0.0", [MIT, *told_now]),
        "1.0.0": making.facts("pkg:npm/a@1.0.0", [MIT, {"name": "trust", "value": "attested"}]),
    }
    verdict = seen(item, facts=lambda dependency, version: known[version])
    assert "proof of origin is weaker: signature now, provenance before" in shown(verdict)
    assert "pkg:npm/b、pkg:npm/c" in shown(verdict, ZH)
    assert "pkg:npm/b, pkg:npm/c" in shown(verdict)


@pytest.mark.parametrize("locale", LOCALES)
def test_a_line_in_short_keeps_its_decisive_words(locale: str) -> None:
    t, name = Translator(locale), "a-component-whose-name-explains-everything-it-does-in-full-and-more"
    path = "packages/frontend/applications/customer-onboarding/package-lock.json"
    many = [making.introduced(f"pkg:npm/{name}-{n}@1.0.0", path=path, line=n, digests=SHA512) for n in range(1, 9)]
    known = making.facts("pkg:npm/x@1.0.0", [MIT, {"name": "yanked", "value": "broken"}])
    lines = shown(seen(*many, facts=lambda d, version: known), t).splitlines()
    short = [line for line in lines if line.endswith(tuple(f"package-lock.json:{n}" for n in (6, 7, 8)))]
    for key, params in (("brief.OSG701", {"value": "broken"}), ("brief.OSG101", {})):
        assert sum(t(key, **params) in line for line in short) == 3


def test_the_scene_of_facts_is_among_those_of_the_snapshots() -> None:
    assert SCENES["facts"] is told


def test_what_people_look_at_ends_with_the_request_too() -> None:
    verdict = stored("pkg:npm/a@1.0.0", [])
    assert {finding.rule for finding in verdict.findings} == {"OSG101", "OSG603"}
    assert detail.common_clears(verdict, EN) == EN("clears.decided")
    assert "of 11 findings" in detail.common_clears(told(), EN)
    assert detail.common_clears(told(), EN).startswith("2 of")


def test_where_only_the_index_of_advisories_is_missing_that_is_said() -> None:
    verdict = replace(told(), unevaluated=("OSG501", "OSG502", "OSG503", "OSG601"))
    index, libraries, _ = words.of_facts(verdict, EN)
    assert index.startswith("3 rules (OSG501-503) were not evaluated: there is no index of advisories here")
    assert libraries.startswith("1 licence rule (OSG601) was not evaluated")
