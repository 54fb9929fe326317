"""Which layer and line decides: the layers of one setting, from the built-in default to the flag, the last one first
that has a say. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from osgate.errors import Mistake, UsageError
from osgate.model.finding import SLUGS
from osgate.model.policy import MODES, Policy, default_outcome
from osgate.pipeline import strictest
from osgate.policy import local_config, toml_document
from osgate.policy.local_config import LocalConfig
from osgate.policy.places import holds
from osgate.policy.shape import near
from osgate.policy.toml_document import Place
from osgate.text.translator import Translator


def explained(
    what: str,
    policy: Policy,
    files: Mapping[str, bytes],
    config: LocalConfig,
    asked: Mapping[str, str],
    t: Translator,
) -> Iterator[str]:
    """Yield the lines that explain a rule (id or slug), `mode`, or an address. files: the written policy.

    Raises UsageError `policy.nothing-to-explain` for anything else.
    """
    rules = {**{id.lower(): id for id in SLUGS}, **{slug: id for id, slug in SLUGS.items()}}
    if what.lower() in rules:
        yield from _rule(rules[what.lower()], policy, t)
    elif what == "mode":
        yield from _mode(policy, files, config, asked, t)
    elif "://" in what:
        yield from _source(what, policy, t)
    else:
        raise _unknown(what, ["mode", *rules])


def _unknown(word: str, known: Iterable[str]) -> UsageError:
    close = near(word.lower(), known)["close"]
    return UsageError("policy.nothing-close" if close else "policy.nothing-to-explain", found=word, close=close)


def _rule(id: str, policy: Policy, t: Translator) -> Iterator[str]:
    setting = policy.rules[id]
    yield t("policy.default", name=f"{id} {SLUGS[id]}", value=default_outcome(id))
    if setting.origin:
        yield t("policy.layer", origin=setting.origin, name=setting.name, value=setting.outcome)
    yield t("policy.decides", value=setting.outcome, by=setting.origin or t("layer.default"))


def _mode(
    policy: Policy, files: Mapping[str, bytes], config: LocalConfig, asked: Mapping[str, str], t: Translator
) -> Iterator[str]:
    """The project's row stands in for the central mode; what is local or asked for can only be stricter."""
    yield t("policy.default", name="mode", value="enforce-new")
    central, by = policy.mode, t("layer.default")
    for path in sorted(files):
        line = _line(files, path, ("mode",)) if path.startswith("policy/") else 0
        if line:
            by = f"{path}:{line}"
            yield t("policy.layer", origin=by, name="mode", value=central)
    named = asked.get("project") or config.project
    if named and named not in policy.projects:
        yield t("init.unknown-project", project=named)
    project = policy.project(named)
    if project.mode:
        central, by = project.mode, f"projects.toml {project.id}"
        yield t("policy.layer", origin=by, name="mode", value=central)
    for origin, value in ((asked.get("config", local_config.PATH), config.mode), ("--mode", asked.get("mode", ""))):
        if not value:
            continue
        if value not in MODES:
            raise _unknown(value, MODES)
        stricter = strictest(central, value)
        yield t("policy.layer" if stricter == value else "policy.ignored", origin=origin, name="mode", value=value)
        if stricter != central:
            central, by = stricter, origin
    yield t("policy.decides", value=central, by=by)


def _line(files: Mapping[str, bytes], path: str, place: Place) -> int:
    document = toml_document.read(path, files[path])
    return document.line(place) if not isinstance(document, Mistake) and place[0] in document.values else 0


def _source(url: str, policy: Policy, t: Translator) -> Iterator[str]:
    """Every source that the address lies below, type by type; a type without a confirmed source is not judged."""
    types = sorted({source.type for source in policy.sources})
    for type in types:
        confirmed = [s for s in policy.sources if s.type == type and s.confirmed_by]
        hit = next((s for s in confirmed if holds(s.address, url)), None)
        waits = next(
            (s for s in policy.sources if s.type == type and not s.confirmed_by and holds(s.address, url)), None
        )
        if hit is not None:
            yield t(
                "policy.source-approved", type=type, origin=hit.origin, address=hit.address, person=hit.confirmed_by
            )
        elif waits is not None:
            yield t("policy.source-waits", type=type, origin=waits.origin, address=waits.address)
        else:
            key = "policy.source-other" if confirmed else "policy.source-not-judged"
            yield t(key, type=type, n=len(confirmed))
    if not types:
        yield t("policy.source-none")
