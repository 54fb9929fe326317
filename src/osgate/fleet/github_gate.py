"""What has to be set on GitHub so that nothing gets past the gate. Pure.

The verdict that counts cannot be written from inside the repository: either a ruleset of the organisation runs the
workflow of the policy repository, or a rule asks for a check that only the institution's app can post. Any other check
can be posted by whoever may push, so it is advice. Rule names and their parameters: GitHub's REST description.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from osgate.model.fleet import ADVICE, DRIFT, HOLE, Difference
from osgate.model.fleet_github import ACTIVE, ORGANISATION, Organisation, Protection, Repository, Rule, Ruleset
from osgate.model.record import record

# What our ruleset is called, and a name no branch has, which stands for those a pattern will match.
NAME, PROBE = "osgate", "osgate-probe"
EVERY, DEFAULT = "~ALL", "~DEFAULT_BRANCH"
# Parameters of a `pull_request` rule that GitHub wants said, as loose as they can be where nothing of ours hangs on it.
_CHANGES: dict[str, Any] = {
    "dismiss_stale_reviews_on_push": True,
    "require_code_owner_review": False,
    "require_last_push_approval": False,
    "required_approving_review_count": 0,
    "required_review_thread_resolution": False,
}
_NAMED = 5
# What tells who might do something, and nothing of what holds.
_HINTS = ("members", "collaborators", "actions")
_STARS = re.compile(r"(\*\*?)")


@record
class Gate:
    """What is wanted. repository: id of the policy repository; path, ref: its workflow, at `refs/heads/…` or a commit;
    check: name of the check; app: id of the app that posts it, 0 where the workflow is required instead.

    branches: guarded besides the default one, as names and patterns; only, left_out: repositories by name, as patterns.
    """

    repository: int
    path: str
    ref: str
    check: str
    app: int = 0
    branches: tuple[str, ...] = ()
    only: tuple[str, ...] = (EVERY,)
    left_out: tuple[str, ...] = ()


def wanted(gate: Gate, *, organisation: bool, there: Ruleset | None = None) -> dict[str, Any]:
    """Return our ruleset as REST takes it. there: the one that is; whom it reaches is widened, never narrowed, and a
    rule beside ours stays."""
    included = ["~DEFAULT_BRANCH", *(f"refs/heads/{name}" for name in gate.branches)]
    conditions: dict[str, Any] = {"ref_name": _widened(there, "ref_name", included, ())}
    if organisation:
        conditions["repository_name"] = _widened(there, "repository_name", gate.only, gate.left_out)
    ours = {row["type"]: row for row in _rules(gate)}
    others = [] if there is None else [rule for rule in there.rules if rule.type not in ours]
    return {
        "name": NAME,
        "target": "branch",
        "enforcement": ACTIVE,
        "bypass_actors": [],
        "conditions": conditions,
        "rules": [*_kept(ours, there), *({"type": rule.type, **_parameters(rule.said)} for rule in others)],
    }


def _rules(gate: Gate) -> Iterator[dict[str, Any]]:
    yield {"type": "deletion"}
    yield {"type": "non_fast_forward"}
    yield {"type": "pull_request", "parameters": dict(_CHANGES)}
    if gate.app:
        check = {"context": gate.check, "integration_id": gate.app}
        said: dict[str, Any] = {"required_status_checks": [check], "strict_required_status_checks_policy": False}
        yield {"type": "required_status_checks", "parameters": said}
    else:
        where = {"path": gate.path, "repository_id": gate.repository, "sha" if pinned(gate.ref) else "ref": gate.ref}
        yield {"type": "workflows", "parameters": {"workflows": [where]}}


def _kept(ours: Mapping[str, dict[str, Any]], there: Ruleset | None) -> Iterator[dict[str, Any]]:
    """Our rules, with what somebody made stricter left as it is."""
    said = {rule.type: rule.said for rule in there.rules} if there is not None else {}
    for type, row in ours.items():
        if type == "pull_request" and type in said:
            row = {"type": type, "parameters": {**_CHANGES, **said[type], "dismiss_stale_reviews_on_push": True}}
        for name in ("required_status_checks", "workflows"):
            if type == name and type in said:
                (mine,) = row["parameters"][name]
                found = list(said[type].get(name) or ())
                rest = [one for one in found if _place(one) != _place(mine)]
                # What GitHub adds to a row of ours is its own.
                mine = next((one for one in found if _same(one, mine)), mine)
                row = {"type": type, "parameters": {**row["parameters"], **said[type], name: [mine, *rest]}}
        yield row


def _same(found: Mapping[str, Any], mine: Mapping[str, Any]) -> bool:
    pinned_elsewhere = found.get("sha") and "sha" not in mine
    return not pinned_elsewhere and all(found.get(name) == value for name, value in mine.items())


def _place(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return row.get("context"), row.get("repository_id"), row.get("path")


def _parameters(said: Mapping[str, Any]) -> dict[str, Any]:
    return {"parameters": dict(said)} if said else {}


def _widened(there: Ruleset | None, what: str, include: Iterable[str], exclude: Iterable[str]) -> dict[str, Any]:
    found = (there.conditions.get(what) or {}) if there is not None else {}
    reached = [*dict.fromkeys((*include, *(found.get("include") or ())))]
    out = list(exclude) if there is None else [name for name in exclude if name in (found.get("exclude") or ())]
    return {"include": [EVERY] if EVERY in reached else reached, "exclude": out}


def of_organisation(gate: Gate, found: Organisation) -> Iterator[Difference]:
    """Yield what is not as it must be in the organisation's own ruleset."""
    yield from unseen(found.unseen)
    if not found.offered:
        yield Difference("no-org-rulesets", ADVICE if gate.app else HOLE)
    elif not any(what == "rulesets" for what, _ in found.unseen):
        yield from of_ruleset(gate, found.ruleset, organisation=True)
    if found.owners:
        yield Difference("owners", ADVICE, params=_people(found.owners))


def unseen(found: Iterable[tuple[str, str]]) -> Iterator[Difference]:
    """Yield what could not be read: a hole, unless no more than advice would have come of it."""
    for what, why in found:
        weight = ADVICE if what in _HINTS else HOLE
        yield Difference("unseen", weight, what, params=(("why", why),))


def of_ruleset(gate: Gate, there: Ruleset | None, *, organisation: bool) -> Iterator[Difference]:
    """Yield where our ruleset is not what is wanted of it."""
    if there is None:
        yield Difference("ruleset", DRIFT, "rulesets", "-", told(wanted(gate, organisation=organisation)))
        return
    if there.enforcement != ACTIVE:
        yield Difference("ruleset-asleep", DRIFT, "enforcement", there.enforcement, ACTIVE)
    if there.bypass is None:
        yield Difference("unseen", HOLE, "bypass_actors", params=(("why", "administration: write"),))
    elif there.bypass:
        yield Difference("bypass", DRIFT, "bypass_actors", ", ".join(there.bypass), "-")
    should = wanted(gate, organisation=organisation, there=there)
    for what, condition in should["conditions"].items():
        found = there.conditions.get(what) or {}
        if any(set(found.get(side) or ()) != set(condition[side]) for side in ("include", "exclude")):
            yield Difference("reach", DRIFT, what, _reach(found), _reach(condition))
    before, after = (
        _sorted(there.rules),
        _sorted(Rule(row["type"], row.get("parameters", {})) for row in should["rules"]),
    )
    for type in after:
        if before.get(type) != after[type]:
            yield Difference("rule", DRIFT, type, _said(before, type), _said(after, type))


def _sorted(rules: Iterable[Rule]) -> dict[str, str]:
    """Rules by type, each as one text that is the same whatever order it was told in."""
    return {rule.type: _text(rule.said) for rule in rules}


def _said(rules: Mapping[str, str], type: str) -> str:
    return rules[type] or type if type in rules else "-"


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{name} {_text(one)}" for name, one in sorted(value.items()) if one not in (None, [], False))
    if isinstance(value, list | tuple):
        return ", ".join(sorted(map(_text, value)))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _reach(condition: Mapping[str, Any]) -> str:
    left_out = ", ".join(condition.get("exclude") or ())
    return (", ".join(condition.get("include") or ()) or "-") + (f" without {left_out}" if left_out else "")


def told(ruleset: Mapping[str, Any]) -> str:
    """Return what a ruleset asks for, as one line."""
    reach = [_reach(condition) for condition in ruleset["conditions"].values()]
    return f"{', '.join(row['type'] for row in ruleset['rules'])} ({'; '.join(reach)})"


def guarded(gate: Gate, branch: str, branches: Iterable[str]) -> list[str]:
    """Return the names to ask for: the default branch, each existing one that is named, and one for what may come."""
    found = {branch: None}
    for pattern in gate.branches:
        found |= dict.fromkeys(name for name in branches if matches(pattern, name))
        found[pattern.replace("*", PROBE)] = None
    return [name for name in found if name]


def matches(pattern: str, name: str) -> bool:
    """Whether a pattern of a ruleset means a branch: `*` stands for anything but slashes, `**` for slashes too."""
    parts = [".*" if part == "**" else "[^/]*" if part == "*" else re.escape(part) for part in _STARS.split(pattern)]
    return re.fullmatch("".join(parts), name) is not None


def of_repository(gate: Gate, found: Repository, owners: tuple[str, ...] = ()) -> Iterator[Difference]:
    """Yield what can get into the guarded branches of a repository past the gate. owners: who needs no naming here."""
    yield from unseen(found.unseen)
    for branch, rules in found.rules:
        yield from _of_branch(gate, branch, rules, found.protection if branch == found.branch else None)
    for ruleset in found.asleep:
        about = (("ruleset", ruleset.name), ("enforcement", ruleset.enforcement))
        yield Difference("asleep", ADVICE, "enforcement", params=about)
    keepers = tuple(one.login for one in found.keepers if one.active and not one.bot and one.login not in owners)
    if keepers:
        yield Difference("hub-keepers", ADVICE, params=_people(keepers))


def _of_branch(gate: Gate, branch: str, rules: tuple[Rule, ...], old: Protection | None) -> Iterator[Difference]:
    about = (("branch", branch),)
    types = {rule.type for rule in rules}
    if not any(_holds(gate, rule) for rule in rules) and not (old and _held(gate, old)):
        asked = f"{gate.check} ({gate.app})" if gate.app else gate.path
        yield Difference("ungated", DRIFT, "rules", ", ".join(sorted(types)) or "-", asked, about)
    if any(source != gate.app or not gate.app for source in _sources(gate, rules, old)):
        yield Difference("forgeable", ADVICE, "required_status_checks", params=(*about, ("check", gate.check)))
    if "non_fast_forward" not in types and (old is None or old.force):
        yield Difference("force", DRIFT, "non_fast_forward", params=about)
    if "deletion" not in types and (old is None or old.delete):
        yield Difference("delete", DRIFT, "deletion", params=about)
    if "pull_request" not in types and not (old and old.reviews):
        yield Difference("direct", DRIFT, "pull_request", params=about)
    elif not _stale(rules, old):
        yield Difference("stale", DRIFT, "dismiss_stale_reviews_on_push", "false", "true", about)


def _holds(gate: Gate, rule: Rule) -> bool:
    """Whether a rule in force is the gate, from where no repository can bend it."""
    if gate.app and rule.type == "required_status_checks":
        rows = rule.said.get("required_status_checks") or ()
        return any(row.get("context") == gate.check and row.get("integration_id") == gate.app for row in rows)
    if not gate.app and rule.type == "workflows" and rule.level == ORGANISATION:
        rows = rule.said.get("workflows") or ()
        return any(_is_gate(gate, row) for row in rows)
    return False


def _is_gate(gate: Gate, row: Mapping[str, Any]) -> bool:
    at = row.get("sha") or row.get("ref") or gate.ref
    return (row.get("repository_id"), row.get("path"), at) == (gate.repository, gate.path, gate.ref)


def _held(gate: Gate, old: Protection) -> bool:
    return bool(gate.app) and (gate.check, gate.app) in old.checks and old.admins


def _sources(gate: Gate, rules: tuple[Rule, ...], old: Protection | None) -> Iterator[int]:
    """Which apps the check of our name must come from; 0 for anybody."""
    for rule in rules:
        for row in rule.said.get("required_status_checks") or () if rule.type == "required_status_checks" else ():
            if row.get("context") == gate.check:
                yield int(row.get("integration_id") or 0)
    yield from (app for name, app in (old.checks if old else ()) if name == gate.check)


def _stale(rules: tuple[Rule, ...], old: Protection | None) -> bool:
    """Whether a push takes approvals away."""
    asked = any(
        rule.type == "pull_request" and rule.said.get("dismiss_stale_reviews_on_push") is True for rule in rules
    )
    return asked or bool(old and old.stale)


def _people(names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    shown = ", ".join(names[:_NAMED]) + (" …" if len(names) > _NAMED else "")
    return ("count", str(len(names))), ("names", shown)


def pinned(ref: str) -> bool:
    """Whether a ref of `uses:` names one commit for good."""
    return re.fullmatch(r"[0-9a-fA-F]{40}", ref) is not None
