"""What stands below the table of a comment: the next step, details, what passes, what was not seen, what was read."""

from __future__ import annotations

from functools import partial

from osgate.model.finding import SLUGS
from osgate.reports import detail, endings, words
from osgate.reports.markdown import asking
from osgate.reports.markdown.rows import AUTHOR, linked
from osgate.reports.markdown.text import code, html

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from osgate.model.change import Introduced
    from osgate.model.decision import Standing
    from osgate.model.finding import Finding
    from osgate.model.verdict import Verdict
    from osgate.reports.context import Context
    from osgate.reports.markdown.rows import Row
    from osgate.text.translator import Translator

    # Purl, path and line.
    Place = tuple[str, str, int]
    Items = Mapping[Place, Introduced]

# Lines of any one list; names in one line of it; alternatives told beside the next step.
_LINES, _NAMES, _OFFERS = 40, 20, 5


def next_step(verdict: Verdict, found: list[Row], t: Translator, context: Context) -> str:
    """Return the one thing to do now, and what can be taken instead; empty where nothing is to be done."""
    offers = "\n".join(f"{offer}  " for offer in _offers(found, t)).rstrip()
    blocks = _step(verdict, found, t, context)
    if len(blocks) == 1 and offers:
        return f"{blocks[0]}  \n{offers}"
    return "\n\n".join(filter(None, [*blocks, offers]))


def _step(verdict: Verdict, found: list[Row], t: Translator, context: Context) -> list[str]:
    if verdict.missing:
        tell = t("next.tell", contact=code(context.contact)) if context.contact else ""
        return ["  \n".join(filter(None, (t("next.undecided"), tell)))]
    asks = asking.request(asking.wanted(verdict), verdict, t, context)
    waits = asking.waiting(verdict, t, context)
    rejected = asking.rejected(verdict, t, context)
    if asks:
        return [*asks, *waits, *rejected]
    if rejected:
        return [*rejected, *waits]
    if any(finding.params.get("waiting") for row in found for finding in row.findings):
        return [t("next.waits-on" if waits else "next.waiting"), *waits]
    stopping = [finding for row in found if row.level == "error" for finding in row.findings]
    return [t("next.author")] if any(finding.rule in AUTHOR for finding in stopping) else []


def _offers(found: list[Row], t: Translator) -> Iterator[str]:
    offers = ((row, detail.instead(f, row.item, t)) for row in found[:_LINES] for f in row.findings)
    for name, offer in sorted({(row.name, offer) for row, offer in offers if offer})[:_OFFERS]:
        yield t("next.instead", name=code(name), offer=code(offer, 2 * detail.LONGEST))


def folded(summary: str, content: str) -> str:
    """Return `content` (Markdown) behind a line to click on; summary: HTML of ours."""
    return f"<details><summary>{summary}</summary>\n\n{content}\n\n</details>"


def about(found: list[Row], verdict: Verdict, t: Translator, context: Context) -> list[Callable[[], str]]:
    """Return what makes everything known of each row, folded: the same lines as at a terminal."""
    items, holding = detail.by_place(verdict), endings.holders(verdict)
    return [partial(_about, row, items, holding, t, context) for row in found]


def _about(row: Row, items: Items, holding: Mapping[Place, Finding], t: Translator, context: Context) -> str:
    lines: list[str] = []
    runs = any(finding.rule == "OSG506" and finding.params.get("why") == "install-code" for finding in row.findings)
    for finding in row.findings:
        place = (finding.purl, finding.path, finding.line)
        rule = f"**{finding.rule} {SLUGS[finding.rule]}**"
        said = t("terminal.line", label=rule, text=words.sentence(finding, t, code))
        lines.append(f"{said} · {linked(finding, context)}")
        known = detail.lines(finding, items.get(place), t, holding.get(place))
        lines += [
            f"- {_line(t(f'label.{label}'), _told(label, text, finding, t, context), t)}" for label, text, _ in known
        ]
        lines += [f"- {line}" for line in _facts(finding, items.get(place), t, runs=runs)]
        lines.append("")
    rules = ", ".join(dict.fromkeys(finding.rule for finding in row.findings))
    return folded(f"{html(row.name)}: {rules}", "\n".join(_spaced(lines)).strip())


def _line(label: str, text: str, t: Translator) -> str:
    return t("terminal.line", label=label, text=text)


def _told(label: str, text: str, finding: Finding, t: Translator, context: Context) -> str:
    """One line on a finding: what can be pasted stands in a span of its own."""
    if label == "clears" and finding.params.get("waiting") and context.spoken:
        return code(t("clears.waiting-forge", request=detail.short_id(str(finding.params["waiting"]))))
    if label == "more":
        *run, finding_id = text.split("   ")
        return " · ".join([*map(code, run), t("more.finding", id=code(finding_id))])
    return code(text, 4 * detail.LONGEST)


def _facts(finding: Finding, item: Introduced | None, t: Translator, *, runs: bool) -> Iterator[str]:
    """What somebody who decides on the law looks for first, said also where nobody knows it."""
    if item is None or finding.rule not in endings.REQUESTABLE:
        return
    told = item.dependency.install_code
    licence = code(item.dependency.licence or "", 2 * detail.LONGEST) or t("facts.unknown")
    install = t("facts.unknown") if told is None and not runs else t("fence.yes" if told or runs else "fence.no")
    yield _line(t("fence.licence"), licence, t)
    yield _line(t("fence.install-code"), install, t)


def _spaced(lines: list[str]) -> Iterator[str]:
    """An empty line before each list, so that every reader of Markdown sees one; of equal points only the first."""
    seen: set[str] = set()
    for line in lines:
        point = line.startswith("- ")
        if point and line in seen:
            continue
        seen.add(line)
        yield line if point or not line else f"{line}\n"


def passing(verdict: Verdict, t: Translator) -> str:
    """Return what comes in approved, under the direct dependency that brings it, and what goes; folded."""
    told = {finding.purl for finding in (*verdict.findings, *verdict.baselined)}
    told.update(purl for one in verdict.passed for purl in one.purls)
    quiet = [item for item in verdict.introduced if item.dependency.purl not in told]
    counts = [t.count("passing.approved", len(quiet))] if quiet and not verdict.missing else []
    counts += [t.count("passing.removed", len(verdict.removed))] if verdict.removed else []
    groups: dict[str, list[str]] = {}
    for item in quiet if not verdict.missing else []:
        purl = item.dependency.purl
        groups.setdefault(item.via[0] if item.via else purl, []).append(purl)
    lines = [_group(head, purls, t) for head, purls in list(groups.items())[:_LINES]]
    lines += [_more(len(groups) - _LINES, t)] if len(groups) > _LINES else []
    lines += [f"- {t('passing.gone', names=_names(list(verdict.removed), t))}"] if verdict.removed else []
    return folded(" · ".join(counts), "\n".join(lines)) if counts else ""


def _group(head: str, purls: list[str], t: Translator) -> str:
    below = [purl for purl in dict.fromkeys(purls) if purl != head]
    said = code(detail.named(head))
    return "- " + (t("terminal.line", label=said, text=_names(below, t)) if below else said)


def _names(purls: list[str], t: Translator) -> str:
    said = t("join.items").join(code(detail.named(purl)) for purl in purls[:_NAMES])
    return said + (f" {t.count('list.more', len(purls) - _NAMES)}" if len(purls) > _NAMES else "")


def _more(n: int, t: Translator) -> str:
    return f"- {t.count('list.more', n)}"


def excused(verdict: Verdict, t: Translator, context: Context) -> str:
    """Return which findings are waived, by whom and until when, what passes by something else than an approval of its
    own, and how many findings the baseline covers; folded."""
    found, passed = list(words.waived(verdict)), list(words.passed(verdict, t, code))
    counts = [t.count("waived.count", len(found))] if found else []
    counts += [t.count("passed.count", len({p for one in verdict.passed for p in one.purls}))] if passed else []
    counts += [t.count("baseline.covers", len(verdict.baselined))] if verdict.baselined else []
    lines = [_waived(finding, waiver, t, context) for finding, waiver in found[:_LINES]]
    lines += [_more(len(found) - _LINES, t)] if len(found) > _LINES else []
    lines += [f"- {said}" for said in passed[:_LINES]]
    lines += [_more(len(passed) - _LINES, t)] if len(passed) > _LINES else []
    return folded(" · ".join(counts), "\n".join(lines)) if lines else counts[0] if counts else ""


def _waived(finding: Finding, waiver: Standing, t: Translator, context: Context) -> str:
    excuse = code(detail.excuse(waiver, t), 4 * detail.LONGEST)
    said = t("waived.line", said=words.sentence(finding, t, code), place=linked(finding, context), excuse=excuse)
    return f"- `{finding.rule}` {said} `{finding.fingerprint}`"


def unseen(verdict: Verdict, t: Translator, *, sources: bool) -> str:
    """Return what osgate could not see, and which manifests are gone; folded. sources: and where facts come from."""
    lines = [f"- {words.gap(gap, t, code)}" for gap in verdict.gaps[:_LINES]]
    lines += [_more(len(verdict.gaps) - _LINES, t)] if len(verdict.gaps) > _LINES else []
    gone = [t("terminal.line", label=t("terminal.deleted"), text=code(path)) for path in verdict.deleted[:_LINES]]
    counts = [t.count("unseen.count", len(verdict.gaps))] if verdict.gaps else []
    counts += [t.count("deleted.count", len(verdict.deleted))] if verdict.deleted else []
    lines += [f"- {line}" for line in gone]
    if sources and verdict.sources:
        counts.append(t("facts.heading"))
        lines.append(f"- {words.sources(verdict, t, code)}")
    return folded(" · ".join(counts), "\n".join(lines)) if lines else ""
