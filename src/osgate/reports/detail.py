"""The lines below a finding, the same on every surface for people: label, text and what kind of text it is."""

from __future__ import annotations

from osgate.errors import UsageError
from osgate.purl import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from osgate.model.change import Introduced
    from osgate.model.dependency import Dependency
    from osgate.model.finding import Finding
    from osgate.model.verdict import Verdict
    from osgate.text.translator import Translator

    Line = tuple[str, str, str]

# Rules that a request for approval answers.
REQUESTABLE = ("OSG101", "OSG102", "OSG103")


def subject(finding: Finding) -> dict[str, str]:
    """Who the finding is about, as places of a sentence: name, version, type; the path for a finding about a file."""
    if not finding.purl:
        return {"name": finding.path, "version": "", "type": ""}
    return dict(zip(("name", "version", "type"), _parts(finding.purl), strict=True))


def _parts(purl: str) -> tuple[str, str, str]:
    try:
        found = parse(purl)
    except UsageError:
        return purl, "", ""
    name = "/".join(part for part in (found.namespace, found.name, found.subpath) if part)
    return name, short(found.version), found.type


def named(purl: str) -> str:
    """Return a purl as people say it: `left-pad 1.3.0`."""
    name, version, _ = _parts(purl)
    return f"{name} {version}".rstrip()


def short(version: str) -> str:
    """Shorten a commit or digest to 12 digits; other versions stay."""
    digits = version.partition(":")[2] or version
    return version[: len(version) - len(digits) + 12] if _hex(digits) else version


def _hex(text: str) -> bool:
    return len(text) >= 40 and all(c in "0123456789abcdef" for c in text)


def spelled(params: Mapping[str, Any]) -> dict[str, object]:
    """Params as text: lists joined, nested ones left for the lines that know them."""
    return {k: ", ".join(map(str, v)) if isinstance(v, list) else v for k, v in params.items()}


def introduced(finding: Finding, verdict: Verdict) -> Introduced | None:
    """The introduced dependency a finding is about, or None for a finding about a file."""
    for item in verdict.introduced:
        dependency = item.dependency
        if (dependency.purl, dependency.path, dependency.line) == (finding.purl, finding.path, finding.line):
            return item
    return None


def lines(
    finding: Finding, item: Introduced | None, verdict: Verdict, t: Translator, *, staged: bool
) -> Iterator[Line]:
    """Yield (label, text, kind) in the order of design section 6. kind: empty, or `run` for a command."""
    params: Mapping[str, Any] = finding.params
    if item is not None:
        yield "path", _path(item, t), ""
        yield "fact", _fact(item.dependency, t), ""
    if params.get("origin"):
        yield "rule", f"{params['origin']} {params['rule_name']} ({t('layer.central')})", ""
    if params.get("roles"):
        yield "need", _need(params, t), ""
    nearest = params.get("nearest") or {}
    if nearest:
        yield "instead", _decision(nearest, "instead.approved", t), ""
    if finding.rule in ("OSG104", "OSG105"):
        yield "decided", _decision(params, "decided.by", t), ""
        yield "reason", str(params.get("reason", "")), ""
    yield "run", command(finding, staged=staged), "run"
    yield "clears", t(f"clears.{_clears(finding)}", request=short_id(str(params.get("waiting", "")))), ""
    yield "more", f"osgate explain {finding.rule}   {finding.fingerprint}", ""


def _path(item: Introduced, t: Translator) -> str:
    dependency = item.dependency
    steps = [named(purl) for purl in item.via] + [named(dependency.purl)]
    words = [" > ".join(steps), t(f"scope.{dependency.scope}")]
    if dependency.direct and not item.via:
        words.append(t("path.direct"))
    if item.previous and item.change in ("upgraded", "downgraded"):
        words.append(t("path.before", versions=", ".join(short(v) for v in item.previous)))
    if dependency.alias:
        words.append(t("path.alias", alias=dependency.alias))
    return "   ".join(words)


def _fact(dependency: Dependency, t: Translator) -> str:
    """What the manifest itself tells; nothing that no source gave."""
    source = dependency.source
    words = [t(f"source.{source.kind}") + (f" {source.url}" if source.url else "")]
    algorithms = sorted({digest.partition(":")[0] for digest in dependency.digests})
    words.append(", ".join(algorithms) if algorithms else t("fact.no-digest"))
    if dependency.install_code is not None:
        words.append(t("fact.install-code" if dependency.install_code else "fact.no-install-code"))
    return f"{'; '.join(words)} ({dependency.path})"


def _need(params: Mapping[str, Any], t: Translator) -> str:
    words = [f"{role} {given}/{wanted}" for role, given, wanted in params["roles"]]
    words += [t("need.assessment", role=role) for role in params.get("assessments", ())]
    if params.get("group"):
        words.append(str(params["group"]))
    words.append(t.count("need.days", int(params["days"])))
    if params.get("waiting"):
        words.append(t("need.waiting", request=short_id(params["waiting"]), since=params["since"][:10]))
    return ", ".join(words)


def _decision(params: Mapping[str, Any], key: str, t: Translator) -> str:
    return t(
        key,
        range=params.get("range") or t("range.all"),
        persons=", ".join(params.get("persons", ())),
        on=params.get("on", ""),
        until=params.get("expires") or t("until.open"),
        record=short_id(str(params.get("record", ""))),
        incident=params.get("incident") or "-",
        contact=params.get("contact") or "-",
    )


def command(finding: Finding, *, staged: bool) -> str:
    """The one command that takes the reader further."""
    if finding.rule in REQUESTABLE:
        return "osgate sync" if finding.params.get("waiting") else f'osgate request {finding.purl} --reason "..."'
    if finding.rule == "OSG104":
        record = short_id(str(finding.params.get("record", "")))
        return f'osgate request {finding.purl} --supersedes {record} --reason "..."'
    return f"osgate explain {finding.purl if finding.rule == 'OSG105' else finding.rule}"


def common_command(verdict: Verdict, *, staged: bool) -> str:
    """One command for all that can be requested together; empty where fewer than two can."""
    open_ones = {
        finding.purl
        for finding in verdict.findings
        if finding.rule in REQUESTABLE and finding.severity == "error" and not finding.params.get("waiting")
    }
    if len(open_ones) < 2:
        return ""
    which = "--staged" if staged else f"--base {verdict.base[:12]} --head {verdict.head[:12]}"
    return f'osgate request {which} --reason "..."'


def _clears(finding: Finding) -> str:
    if finding.rule in REQUESTABLE:
        return "waiting" if finding.params.get("waiting") else "decided"
    return {"OSG104": "revoked", "OSG105": "unblocked"}.get(finding.rule, "mended")


def short_id(id: str) -> str:
    """The first 12 hex digits of a record's id."""
    return id.partition(":")[2][:12]
