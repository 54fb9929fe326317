"""What our ruleset on GitHub has to say, and where the one that is there says otherwise. Pure.

Rule names and their parameters: GitHub's REST description. It has `merge_queue` among the rules of repositories only:
an organisation's ruleset cannot hold one ("Available rules for rulesets"), see github_queue.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from osgate.fleet import github_review
from osgate.fleet.github_review import FIELD
from osgate.model.fleet import DRIFT, HOLE, Difference
from osgate.model.fleet_github import ACTIVE, Ruleset
from osgate.model.record import record

# What our ruleset is called.
NAME = "osgate"
# The right that shows who may go past a ruleset.
_SEES_BYPASS = "administration: write (admin:org, repo)"
EVERY, DEFAULT = "~ALL", "~DEFAULT_BRANCH"
# What a rule may have that lets new branches begin anywhere, also where it would not let a change in.
OPEN_TO_NEW = "do_not_enforce_on_create"
# Parameters of a `pull_request` rule that GitHub wants said, as loose as they can be where nothing of ours hangs on it.
_CHANGES: dict[str, Any] = {
    "dismiss_stale_reviews_on_push": True,
    "require_code_owner_review": False,
    "require_last_push_approval": False,
    "required_approving_review_count": 0,
    "required_review_thread_resolution": False,
}


@record
class Gate:
    """What is wanted. repository: id of the policy repository; path, ref: its workflow, at `refs/heads/…` or a commit;
    check: name of the check; app: id of the app that posts it, 0 where the workflow is required instead.

    branches: guarded besides the default one, as names and patterns; only, left_out: repositories by name, as patterns.
    queue: whether changes come in through a merge queue; team: id of the team that has to look at what changes
    dependencies, 0 for none; reviewers: its name, for people.
    """

    repository: int
    path: str
    ref: str
    check: str
    app: int = 0
    branches: tuple[str, ...] = ()
    only: tuple[str, ...] = (EVERY,)
    left_out: tuple[str, ...] = ()
    queue: bool = False
    team: int = 0
    reviewers: str = ""


def wanted(gate: Gate, *, organisation: bool, there: Ruleset | None = None) -> dict[str, Any]:
    """Return our ruleset as REST takes it. there: the one that is; whom it reaches is widened, never narrowed, and a
    rule beside ours stays."""
    included = [DEFAULT, *(f"refs/heads/{name}" for name in gate.branches)]
    conditions: dict[str, Any] = {"ref_name": widened(there, "ref_name", included, ())}
    if organisation:
        conditions["repository_name"] = widened(there, "repository_name", gate.only, gate.left_out)
    ours = {row["type"]: row for row in _rules(gate)}
    others = [] if there is None else [rule for rule in there.rules if rule.type not in ours]
    rules = [*_kept(gate, ours, there), *({"type": rule.type, **_parameters(rule.said)} for rule in others)]
    return active(NAME, conditions, rules)


def active(name: str, conditions: Mapping[str, Any], rules: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a ruleset for branches as REST takes it, that counts and that nobody goes past."""
    return {
        "name": name,
        "target": "branch",
        "enforcement": ACTIVE,
        "bypass_actors": [],
        "conditions": dict(conditions),
        "rules": rules,
    }


def _rules(gate: Gate) -> Iterator[dict[str, Any]]:
    yield {"type": "deletion"}
    yield {"type": "non_fast_forward"}
    yield {"type": "pull_request", "parameters": _changes(gate, {})}
    if gate.app:
        check = {"context": gate.check, "integration_id": gate.app}
        said: dict[str, Any] = {"required_status_checks": [check], "strict_required_status_checks_policy": False}
        yield {"type": "required_status_checks", "parameters": said}
    else:
        where = {"path": gate.path, "repository_id": gate.repository, "sha" if pinned(gate.ref) else "ref": gate.ref}
        yield {"type": "workflows", "parameters": {"workflows": [where]}}


def _changes(gate: Gate, there: Mapping[str, Any]) -> dict[str, Any]:
    """What a `pull_request` rule has to say. there: what it says, of which the stricter stays."""
    reviewers = {FIELD: github_review.rows(gate.team, there.get(FIELD) or ())} if gate.team else {}
    return {**_CHANGES, **there, "dismiss_stale_reviews_on_push": True, **reviewers}


def _kept(gate: Gate, ours: Mapping[str, dict[str, Any]], there: Ruleset | None) -> Iterator[dict[str, Any]]:
    """Our rules, with what somebody made stricter left as it is, and what lets somebody pass taken out."""
    said = {rule.type: rule.said for rule in there.rules} if there is not None else {}
    for type, row in ours.items():
        if type == "pull_request" and type in said:
            row = {"type": type, "parameters": _changes(gate, said[type])}
        for name in ("required_status_checks", "workflows"):
            if type == name and type in said:
                (mine,) = row["parameters"][name]
                found = list(said[type].get(name) or ())
                rest = [one for one in found if _place(one) != _place(mine)]
                # What GitHub adds to a row of ours is its own.
                mine = next((one for one in found if _same(one, mine)), mine)
                shut = {OPEN_TO_NEW: False} if said[type].get(OPEN_TO_NEW) else {}
                row = {"type": type, "parameters": {**row["parameters"], **said[type], **shut, name: [mine, *rest]}}
        yield row


def _same(found: Mapping[str, Any], mine: Mapping[str, Any]) -> bool:
    pinned_elsewhere = found.get("sha") and "sha" not in mine
    return not pinned_elsewhere and all(found.get(name) == value for name, value in mine.items())


def _place(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return row.get("context"), row.get("repository_id"), row.get("path")


def _parameters(said: Mapping[str, Any]) -> dict[str, Any]:
    return {"parameters": dict(said)} if said else {}


def widened(there: Ruleset | None, what: str, include: Iterable[str], exclude: Iterable[str]) -> dict[str, Any]:
    """Return a condition that reaches all of `include`, and all that the ruleset that is there reaches already."""
    found = (there.conditions.get(what) or {}) if there is not None else {}
    reached = [*dict.fromkeys((*include, *(found.get("include") or ())))]
    out = list(exclude) if there is None else [name for name in exclude if name in (found.get("exclude") or ())]
    return {"include": [EVERY] if EVERY in reached else reached, "exclude": out}


def of_ruleset(gate: Gate, there: Ruleset | None, *, organisation: bool) -> Iterator[Difference]:
    """Yield where our ruleset is not what is wanted of it."""
    if there is None:
        yield Difference("ruleset", DRIFT, "rulesets", "-", _told(gate, wanted(gate, organisation=organisation)))
        return
    if there.enforcement != ACTIVE:
        yield Difference("ruleset-asleep", DRIFT, "enforcement", there.enforcement, ACTIVE)
    if there.bypass is None:
        yield Difference("unseen", HOLE, "bypass_actors", params=(("why", "bypass_actors"), ("needs", _SEES_BYPASS)))
    elif there.bypass:
        yield Difference("bypass", DRIFT, "bypass_actors", ", ".join(there.bypass), "-")
    should = wanted(gate, organisation=organisation, there=there)
    for what, condition in should["conditions"].items():
        found = there.conditions.get(what) or {}
        if any(set(found.get(side) or ()) != set(condition[side]) for side in ("include", "exclude")):
            yield Difference("reach", DRIFT, what, _reach(found), _reach(condition))
    before = {rule.type: rule.said for rule in there.rules}
    for row in should["rules"]:
        yield from _of_rule(gate, row["type"], before.get(row["type"]), row.get("parameters") or {})


def _of_rule(gate: Gate, type: str, found: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> Iterator[Difference]:
    """Yield where one rule says otherwise. found: what it says, None where it is missing. Reviewers are told apart."""
    was, must = text(_bare(found or {})), text(_bare(wanted))
    if found is None or was != must:
        yield Difference("rule", DRIFT, type, "-" if found is None else was or type, must or type)
    was, must = text((found or {}).get(FIELD)), text(wanted.get(FIELD))
    if was != must:
        yield Difference("reviewers", DRIFT, FIELD, was or "-", must, (("team", gate.reviewers),))


def _bare(said: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if name != FIELD}


def text(value: Any) -> str:
    """Return what a rule says as one text that is the same whatever order it was told in."""
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return "; ".join(f"{name} {text(one)}" for name, one in sorted(value.items()) if one not in (None, [], False))
    if isinstance(value, list | tuple):
        return ", ".join(sorted(map(text, value)))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _reach(condition: Mapping[str, Any]) -> str:
    left_out = ", ".join(condition.get("exclude") or ())
    return (", ".join(condition.get("include") or ()) or "-") + (f" without {left_out}" if left_out else "")


def _told(gate: Gate, ruleset: Mapping[str, Any]) -> str:
    """What a ruleset asks for, as one line."""
    rules = [*(row["type"] for row in ruleset["rules"]), *([f"{FIELD} {gate.reviewers}"] if gate.team else [])]
    reach = [_reach(condition) for condition in ruleset["conditions"].values()]
    return f"{', '.join(rules)} ({'; '.join(reach)})"


def pinned(ref: str) -> bool:
    """Whether a ref of `uses:` names one commit for good."""
    return re.fullmatch(r"[0-9a-fA-F]{40}", ref) is not None
