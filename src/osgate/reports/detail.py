"""The lines below a finding, the same on every surface for people: label, text and what kind of text it is."""

from __future__ import annotations

from osgate import patterns
from osgate.errors import UsageError
from osgate.model.record import replace
from osgate.purl import parse
from osgate.reports import endings
from osgate.text.width import printable, truncate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from osgate.model.change import Introduced
    from osgate.model.decision import Standing
    from osgate.model.dependency import Dependency
    from osgate.model.finding import Finding
    from osgate.model.verdict import Verdict
    from osgate.text.translator import Translator

    Line = tuple[str, str, str]

# Columns that one name, version or address may take; a hostile lockfile holds longer ones.
LONGEST = 100
# Steps of a path that are shown at its beginning and at its end; versions a component had before.
FIRST, LAST, BEFORE = 3, 3, 5
# Facts that have a name in words; others are called by their own.
FACTS = ("licence", "install-code", "source", "digest", "publisher", "trust", "severity")
# What writes a lock again, by its file name or ending; the second kind names the script it belongs to.
_RELOCK = {
    "package-lock.json": "npm install --package-lock-only",
    "npm-shrinkwrap.json": "npm install --package-lock-only",
    "pnpm-lock.yaml": "pnpm install --lockfile-only",
    "uv.lock": "uv lock",
}
_SCRIPT_LOCK = ".py.lock"
# Rules that end when people approve the version.
CLEARED_BY_REQUEST = (*endings.REQUESTABLE, *endings.LOOKED_AT)
# What ends by itself: a request need not wait for it.
_WAITING = "OSG706"
# What a shell takes as it stands.
_PLAIN = r"[A-Za-z0-9@%+=:,./_-]+"
# A full commit or digest inside a range.
_CONTENT = r"[0-9a-f]{40}"


def subject(finding: Finding) -> dict[str, str]:
    """Who the finding is about, as places of a sentence: name, what (with its version), type; else the file's path."""
    if not finding.purl:
        return {"name": finding.path, "what": finding.path, "type": ""}
    name, _, kind = _parts(finding.purl)
    return {"name": name, "what": named(finding.purl), "type": kind}


def _parts(purl: str) -> tuple[str, str, str]:
    try:
        found = parse(purl)
    except UsageError:
        return cut(purl), "", ""
    name = "/".join(part for part in (found.namespace, found.name, found.subpath) if part)
    return cut(name), short(found.version), found.type


def cut(text: str, longest: int = LONGEST) -> str:
    """Return `text` made printable and cut to `longest` columns."""
    return truncate(printable(text), longest)


def named(purl: str) -> str:
    """Return a purl as people say it: `left-pad 1.3.0`."""
    name, version, _ = _parts(purl)
    return f"{name} {version}".rstrip()


def short(version: str) -> str:
    """Shorten a commit or digest to 12 digits, any other version only where it is longer than LONGEST."""
    digits = version.rpartition(":")[2]
    return version[: len(version) - len(digits) + 12] if _hex(digits) else cut(version)


def _hex(text: str) -> bool:
    return len(text) >= 40 and all(c in "0123456789abcdef" for c in text)


def spelled(params: Mapping[str, Any]) -> dict[str, object]:
    """Params as text: lists joined, long texts cut, nested ones left for the lines that know them."""
    words = {k: ", ".join(map(str, v)) if isinstance(v, list) else v for k, v in params.items()}
    return {k: short(v) if isinstance(v, str) else v for k, v in words.items()}


def by_place(verdict: Verdict) -> dict[tuple[str, str, int], Introduced]:
    """Return what the verdict introduces by purl, path and line, as findings name it.

    Where a store tells of install code that the manifest denies, the manifest's word is left out.
    """
    told = {(f.purl, f.path, f.line) for f in verdict.findings if f.params.get("why") == "install-code"}
    items = {(i.dependency.purl, i.dependency.path, i.dependency.line): i for i in reversed(verdict.introduced)}
    for place in told & items.keys():
        item = items[place]
        if item.dependency.install_code is False:
            items[place] = replace(item, dependency=replace(item.dependency, install_code=None))
    return items


def held(verdict: Verdict) -> dict[tuple[str, str, int], str]:
    """Return the rule of BEFORE_APPROVAL that blocks a dependency, by purl, path and line: no request clears it."""
    return {
        (finding.purl, finding.path, finding.line): finding.rule
        for finding in reversed(verdict.findings)
        if finding.rule in endings.BEFORE_APPROVAL and finding.severity == "error" and not finding.waived
    }


def requestable(verdict: Verdict) -> list[Finding]:
    """Return the findings that a new request would clear: nobody has asked, and nothing else stands against it."""
    holding = endings.holders(verdict)
    return [
        finding
        for finding in verdict.findings
        if finding.rule in endings.REQUESTABLE
        and not finding.params.get("waiting")
        and (finding.purl, finding.path, finding.line) not in holding
    ]


def lines(
    finding: Finding, item: Introduced | None, t: Translator, holder: Finding | None = None, also: Iterable[str] = ()
) -> Iterator[Line]:
    """Yield (label, text, kind) in the order of design section 6; kind: empty, or `run` for a command.

    item: the introduced dependency the finding is about, None where it is about a file. holder: of the same dependency
    what no approval lifts, if anything (`holders`). also: what else is said of it, in words.
    """
    params: Mapping[str, Any] = finding.params
    for said in also:
        yield "also", said, ""
    if item is not None:
        yield "path", _path(item, t), ""
        yield "fact", _fact(item.dependency, t), ""
    yield "rule", _rule(params, t), ""
    if params.get("roles"):
        yield "need", _need(params, t), ""
    for post in params.get("posts", ()):
        yield "fence", _post(post, t), ""
    yield from _decided(finding, item, t)
    yield from _offers(params, t)
    if "existing" in params:
        yield "existing", t(f"existing.{params['existing']}", until=params["until"]), ""
    run = command(finding, holder.rule if holder is not None else "")
    yield "run", run, "run"
    yield "clears", _clears(finding, holder, t), ""
    about = f"osgate explain {finding.rule}"
    yield "more", finding.fingerprint if run == about else f"{about}   {finding.fingerprint}", ""


def _path(item: Introduced, t: Translator) -> str:
    dependency = item.dependency
    steps = [named(purl) for purl in ends(item.via)] + [named(dependency.purl)]
    if len(item.via) >= FIRST + LAST:
        steps.insert(FIRST, t("path.more", n=len(item.via) - FIRST - LAST + 1))
    words = [" > ".join(steps), t(f"scope.{dependency.scope}")]
    if dependency.requirement and not dependency.version:
        words.append(t("path.requirement", requirement=cut(dependency.requirement)))
    if dependency.direct and not item.via:
        words.append(t("path.direct"))
    if item.previous and item.change in ("upgraded", "downgraded"):
        more = ["..."] if len(item.previous) > BEFORE else []
        words.append(t("path.before", versions=_listed([*map(short, item.previous[:BEFORE]), *more], t)))
    if dependency.alias:
        words.append(t("path.alias", alias=cut(dependency.alias)))
    return "   ".join(words)


def ends(via: tuple[str, ...]) -> tuple[str, ...]:
    """The steps shown: all, or the first and last ones; the dependency itself is the very last."""
    return via if len(via) < FIRST + LAST else (*via[:FIRST], *via[1 - LAST :])


def _fact(dependency: Dependency, t: Translator) -> str:
    """What the manifest itself tells; nothing that no source gave."""
    source = dependency.source
    words = [t(f"source.{source.kind}") + (f" {cut(source.url, 2 * LONGEST)}" if source.url else "")]
    algorithms = sorted({digest.partition(":")[0] for digest in dependency.digests})
    words.append(", ".join(algorithms) if algorithms else t("fact.no-digest"))
    if dependency.install_code is not None:
        words.append(t("fact.install-code" if dependency.install_code else "fact.no-install-code"))
    return t("fact.line", facts=t("join.facts").join(words), path=dependency.path)


def _rule(params: Mapping[str, Any], t: Translator) -> str:
    """Where the institution set the rule, and which layer that is."""
    layer = "layer.central" if params.get("origin") else "layer.default"
    return t("policy.line", origin=params.get("origin", ""), name=params.get("rule_name", ""), layer=t(layer)).lstrip()


def _post(post: Sequence[str], t: Translator) -> str:
    """What one fact was when it was approved, and what it is."""
    fact, before, now, source, seen = post
    name = t(f"fence.{fact}") if fact in FACTS else fact
    places = {"source": source or "-", "seen": seen or "-"}
    if fact == "install-code":
        words = {word: t(f"fence.{word}") for word in ("yes", "no")}
        before, now = (_listed((words.get(one, one) for one in told.split(", ")), t) for told in (before, now))
    return t("fence.post", fact=name, before=cut(before), now=cut(now), **places)


def _need(params: Mapping[str, Any], t: Translator) -> str:
    words = [given(params["roles"], t)]
    words += [t("need.assessment", role=role) for role in params["assessments"]]
    words += [str(params["group"])] if params["group"] else []
    words += [t.count("need.days", int(params["days"]))] if params["days"] else []
    if params.get("waiting"):
        words.append(t("need.waiting", request=short_id(params["waiting"]), since=params["since"][:10]))
    return t("join.items").join(words)


def given(roles: Iterable[Sequence[Any]], t: Translator) -> str:
    """Return the roles of a request with the approvals given and wanted: `tech 1/1, legal 0/1`."""
    return _listed((f"{role} {there}/{wanted}" for role, there, wanted in roles), t)


def _decided(finding: Finding, item: Introduced | None, t: Translator) -> Iterator[Line]:
    """The decision a finding rests on: what is approved instead, or what took the version away, and why."""
    params: Mapping[str, Any] = finding.params
    if finding.rule in endings.NEAREST:
        key, usable = endings.NEAREST[finding.rule]
        usable = usable and "instead" not in params
        if not usable or _offered(params["nearest"]["range"], item):
            yield "instead" if usable else "decided", _decision(params["nearest"], key, t), ""
    elif finding.rule in endings.DECIDED:
        nobody = finding.rule == "OSG105" and not params.get("contact")
        yield "decided", _decision(params, endings.DECIDED[finding.rule] + ("-nobody" if nobody else ""), t), ""
        if params["reason"]:
            yield "reason", str(params["reason"]), ""
        if params.get("alternatives") and "instead" not in params:
            yield "instead", t("instead.named", names=_listed(map(cut, params["alternatives"]), t)), ""


def instead(finding: Finding, item: Introduced | None, t: Translator) -> str:
    """Return what is approved and can be taken instead, in words; empty where nothing is known."""
    if finding.params.get("why") == "source":
        return ""
    told = (*_decided(finding, item, t), *_offers(finding.params, t))
    return next((text for label, text, _ in told if label == "instead"), "")


def _offers(params: Mapping[str, Any], t: Translator) -> Iterator[Line]:
    if params.get("instead"):
        from osgate.reports.instead import offers

        yield "instead", offers(params, t), ""


def _offered(range: str, item: Introduced | None) -> bool:
    """False for a tag or branch where a commit or digest is asked for: it would be blocked all the same."""
    pinned = item is not None and (item.dependency.mutable or item.dependency.scope in ("action", "image"))
    return not pinned or patterns.search(_CONTENT, range) is not None


def _decision(params: Mapping[str, Any], key: str, t: Translator) -> str:
    return t(
        key,
        range=params["range"] or t("range.all"),
        persons=t("join.names").join(params["persons"]),
        on=params["on"],
        until=params.get("expires") or params.get("until") or t("until.open"),
        record=short_id(str(params["record"])),
        incident=params.get("incident") or "-",
        contact=params.get("contact") or "-",
        limits=_limits(params, t),
    )


def _limits(params: Mapping[str, Any], t: Translator) -> str:
    """For which use a decision holds: scopes and reach in words, then what has a name of its own."""
    said = [t(f"scope.{scope}") for scope in params.get("scopes", ())]
    said += [t(f"distribution.{params['distribution']}")] if "distribution" in params else []
    return _listed([*said, *(n for kind in ("environments", "projects", "classes") for n in params.get(kind, ()))], t)


def excuse(waiver: Standing, t: Translator) -> str:
    """Return who waived a finding, until when, by which record and why."""
    return t(
        "waived.by",
        persons=t("join.names").join(waiver.persons),
        on=waiver.sealed_at[:10],
        until=waiver.expires or t("until.open"),
        record=short_id(waiver.request or waiver.record),
        reason=cut(waiver.reason) or "-",
    )


def _listed(words: Iterable[str], t: Translator) -> str:
    return t("join.items").join(words)


def command(finding: Finding, holder: str = "") -> str:
    """The one command that takes the reader further; it can be pasted into a shell as it stands."""
    purl = quoted(finding.purl)
    if finding.rule in CLEARED_BY_REQUEST and holder and holder != _WAITING:
        return f"osgate explain {holder}"
    if finding.rule in endings.REQUESTABLE and not finding.params.get("waiting"):
        return f'osgate request {purl} --reason "..."'
    if finding.rule in endings.LOOKED_AT:
        return f'osgate request {purl} --reason "..."'
    if finding.rule == "OSG104":
        record = short_id(str(finding.params["record"]))
        return f'osgate request {purl} --supersedes {record} --reason "..."'
    if finding.rule == "OSG708":
        return "osgate facts sync"
    again = relock(str(finding.params["lock"])) if finding.rule == "OSG303" else ""
    about_purl = finding.rule in (*endings.REQUESTABLE, *endings.DECIDED)
    about_purl = about_purl or bool(finding.purl and finding.rule.startswith(endings.OF_FACTS))
    return again or f"osgate explain {purl if about_purl else finding.rule}"


def relock(path: str) -> str:
    """Return the command that writes the lock at `path` again, in its folder; empty where none is known."""
    folder, _, name = path.rpartition("/")
    run = _RELOCK.get(name, "")
    if name.endswith(_SCRIPT_LOCK):
        run = f"uv lock --script {quoted(name.removesuffix('.lock'))}"
    into = f"./{folder}" if folder.startswith("-") else folder
    return f"(cd {quoted(into)} && {run})" if run and folder else run


def quoted(word: str) -> str:
    """Return `word` as one word for a POSIX shell."""
    return word if patterns.fullmatch(_PLAIN, word) else "'" + word.replace("'", "'\\''") + "'"


def common_command(verdict: Verdict, *, staged: bool) -> str:
    """One command for all that can be requested together; empty where fewer than two can, and where no flag of
    `osgate request` names what was read: a whole tree, the work tree, a first push.
    """
    named = staged or (verdict.base and verdict.head != "worktree")
    if verdict.whole or not named or len({finding.purl for finding in _blocking(verdict)}) < 2:
        return ""
    which = "--staged" if staged else f"--base {verdict.base[:12]} --head {verdict.head[:12]}"
    return f'osgate request {which} --reason "..."'


def common_clears(verdict: Verdict, t: Translator) -> str:
    """What the common command ends: everything, or how many of the errors."""
    errors = [finding for finding in verdict.findings if finding.severity == "error" and not finding.waived]
    asked = _blocking(verdict)
    places = {(finding.purl, finding.path, finding.line) for finding in asked}
    looked = [f for f in errors if f.rule in endings.LOOKED_AT and (f.purl, f.path, f.line) in places]
    cleared = len(asked) + len(looked)
    return t("clears.decided") if cleared == len(errors) else t("clears.some", n=cleared, errors=len(errors))


def _blocking(verdict: Verdict) -> list[Finding]:
    return [finding for finding in requestable(verdict) if finding.severity == "error" and not finding.waived]


def _clears(finding: Finding, holder: Finding | None, t: Translator) -> str:
    """What ends the finding, in words."""
    if holder is not None and finding.rule in CLEARED_BY_REQUEST:
        if holder.rule in endings.BEFORE_APPROVAL:
            return t(f"clears.{endings.BEFORE_APPROVAL[holder.rule]}")
        fixed, until = (cut(str(holder.params.get(name) or "")) for name in ("fixed", "until"))
        key = "denied-take" if fixed else "denied-until" if until and holder.rule == _WAITING else "denied"
        return t(f"clears.{key}", rule=holder.rule, fixed=fixed, until=until)
    if finding.rule in endings.REQUESTABLE:
        key = "waiting" if finding.params.get("waiting") else "decided"
        return t(f"clears.{key}", request=short_id(str(finding.params.get("waiting", ""))))
    return t(f"clears.{endings.CLEARS[finding.rule]}")


def short_id(id: str) -> str:
    """The first 12 hex digits of a record's id."""
    return id.partition(":")[2][:12]
