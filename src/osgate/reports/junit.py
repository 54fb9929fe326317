"""The verdict as JUnit XML, as GitLab's test summary in a merge request reads it.

One test case a dependency and file, so that the summary counts what people count: `2 failed out of 41`; a finding about
a file is a case of its own. GitLab shows the case's `name`, its `classname` as the suite and the text of `<failure>`,
compares two reports by both names and ignores the second of two equal ones: so names are unique and hold no line.
Rules are not cases: a dependency with two findings is one thing to settle.
"""

from __future__ import annotations

from xml.etree import ElementTree as ET

from osgate.model.finding import SLUGS
from osgate.reports import detail, endings, words
from osgate.text.width import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from osgate.model.finding import Finding
    from osgate.model.verdict import Verdict
    from osgate.reports.context import Context
    from osgate.text.translator import Translator

    Key = tuple[str, str]
    Telling = Callable[[Finding], str]

# What a case can end with besides passing; the element and the attribute of the suite that counts it.
_COUNTED = {"failure": "failures", "error": "errors", "skipped": "skipped"}


def render(verdict: Verdict, t: Translator, context: Context) -> str:
    """Return the XML, ASCII with character references, ending with a newline."""
    suites = ET.Element("testsuites", name="osgate")
    suite = ET.SubElement(suites, "testsuite", name="osgate intake")
    if context.now:
        suite.set("timestamp", context.now.removesuffix("Z"))
    properties = ET.SubElement(suite, "properties")
    for name, value in (("outcome", verdict.outcome), ("would", verdict.would), ("mode", verdict.mode)):
        ET.SubElement(properties, "property", name=name, value=value)
    _cases(suite, verdict, t)
    ET.SubElement(suite, "system-out").text = _summary(verdict, t)
    for element in (suite, suites):
        element.set("tests", str(len(suite.findall("testcase"))))
        for tag, name in _COUNTED.items():
            element.set(name, str(len(suite.findall(f"testcase/{tag}"))))
    ET.indent(suites)
    written: bytes = ET.tostring(suites, encoding="us-ascii", xml_declaration=True)
    return written.decode("ascii") + "\n"


def _summary(verdict: Verdict, t: Translator) -> str:
    lines = [words.outcome(verdict, t) + words.snapshot(verdict, t)]
    lines += [t.count("baseline.covers", len(verdict.baselined))] if verdict.baselined else []
    return "\n".join(lines)


def _cases(suite: ET.Element, verdict: Verdict, t: Translator) -> None:
    """One case a dependency and file, in the order of the change; then files, gaps and what of ours is missing."""
    found: dict[Key, list[Finding]] = {}
    for item in verdict.introduced:
        found.setdefault((item.dependency.purl, item.dependency.path), [])
    for finding in verdict.findings:
        found.setdefault((finding.purl, finding.path), []).append(finding)
    told = _told(verdict, t)
    for (purl, path), findings in found.items():
        _ended(_case(suite, detail.named(purl) if purl else path, path), findings, verdict, told, t)
    for tag, gaps in (("error", verdict.missing), ("skipped", verdict.gaps)):
        for gap in gaps:
            said = words.gap(gap, t)
            ET.SubElement(_case(suite, f"{gap.subject} {gap.reason}".strip(), "osgate"), tag, message=said).text = said
    names = words.unique(f"{case.get('classname')}\0{case.get('name')}" for case in suite.findall("testcase"))
    for case, name in zip(suite.findall("testcase"), names, strict=True):
        case.set("name", name.partition("\0")[2])


def _case(suite: ET.Element, name: str, path: str) -> ET.Element:
    place = printable(path)
    return ET.SubElement(suite, "testcase", classname=place, name=printable(name), file=place)


def _ended(case: ET.Element, findings: list[Finding], verdict: Verdict, told: Telling, t: Translator) -> None:
    """How a case ended: failed where something blocks; a warning passes and is told; what is waived was skipped."""
    levels = [words.level(finding, verdict) for finding in findings]
    text = "\n\n".join(map(told, findings))
    if "error" in levels:
        worst = findings[levels.index("error")]
        ET.SubElement(case, "failure", type=worst.rule, message=words.sentence(worst, t)).text = text
    elif "warning" in levels:
        ET.SubElement(case, "system-out").text = text
    elif levels:
        ET.SubElement(case, "skipped", message=words.sentence(findings[0], t)).text = text


def _told(verdict: Verdict, t: Translator) -> Telling:
    """Return what tells a finding as at a terminal, in plain lines."""
    items, holding, waivers = detail.by_place(verdict), endings.holders(verdict), dict(verdict.waivers)

    def told(finding: Finding) -> str:
        place = (finding.purl, finding.path, finding.line)
        head = f"{finding.rule} {SLUGS[finding.rule]}"
        lines = [t("terminal.line", label=head, text=words.sentence(finding, t)), words.place(finding)]
        for label, text, _ in detail.lines(finding, items.get(place), t, holding.get(place)):
            lines.append(t("terminal.line", label=t(f"label.{label}"), text=printable(text)))
        waiver = waivers.get(finding.fingerprint) if finding.waived else None
        return "\n".join([*lines, printable(detail.excuse(waiver, t))] if waiver is not None else lines)

    return told
