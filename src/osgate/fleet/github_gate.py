"""What has to be set on GitHub so that nothing gets past the gate. Pure.

The verdict that counts cannot be written from inside the repository: either a ruleset of the organisation runs the
workflow of the policy repository, or a rule asks for a check that only the institution's app can post. Any other check
can be posted by whoever may push, so it is advice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from osgate.fleet import github_queue
from osgate.fleet.github_ruleset import OPEN_TO_NEW, Gate, of_ruleset
from osgate.model.fleet import ADVICE, DRIFT, HOLE, Difference
from osgate.model.fleet_github import ORGANISATION, Organisation, Protection, Repository, Rule
from osgate.model.record import replace

# A name no branch has, which stands for those a pattern will match.
PROBE = "osgate-probe"
_NAMED = 5
# The permission of a fine-grained token or an app that lets it see something; of a classic one the scope beside it.
_NEEDS = {
    "rulesets": "administration: read (admin:org, repo)",
    "protection": "administration: read (repo)",
    "teams": "administration: read (repo)",
    "members": "members: read (read:org)",
    "collaborators": "metadata: read (repo)",
    "rules": "metadata: read (repo)",
    "branches": "contents: read (repo)",
    "actions": "actions: read (repo)",
    "pulls": "pull_requests: read, checks: read (repo)",
}
# What tells who might do something, and nothing of what holds.
_HINTS = ("members", "collaborators", "actions", "teams")
_STARS = re.compile(r"(\*\*?)")


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
        yield Difference("unseen", weight, what, params=(("why", why), *needs(what)))


def needs(what: str) -> tuple[tuple[str, str], ...]:
    """Return the right that it takes to read something, as a param; none where that is not known."""
    return (("needs", _NEEDS[what]),) if what in _NEEDS else ()


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


def of_repository(
    gate: Gate, found: Repository, owners: tuple[str, ...] = (), *, heard: bool = True
) -> Iterator[Difference]:
    """Yield what can get into the guarded branches of a repository past the gate, and what lets nothing get in. owners:
    who needs no naming here; heard: the gate's workflow starts for what a merge queue builds."""
    yield from unseen(found.unseen)
    yet_to_come = {name.replace("*", PROBE): name for name in gate.branches if "*" in name}
    for branch, rules in found.rules:
        own = _of_branch(gate, branch, rules, found.protection if branch == found.branch else None)
        for one in (*own, *github_queue.of_branch(gate, found, branch, rules, heard=heard)):
            # A name that no branch has is none to tell people alone.
            pattern = yet_to_come.get(branch, "")
            yield replace(one, params=(*one.params, ("pattern", pattern))) if pattern else one
    if gate.team and found.weak:
        yield Difference("reviewers-weak", ADVICE, "teams", params=(("team", gate.reviewers),))
    for ruleset in found.asleep:
        about = (("ruleset", ruleset.name), ("enforcement", ruleset.enforcement))
        yield Difference("asleep", ADVICE, "enforcement", params=about)
    keepers = tuple(one.login for one in found.keepers if one.active and not one.bot and one.login not in owners)
    if keepers:
        yield Difference("hub-keepers", ADVICE, params=_people(keepers))


def _of_branch(gate: Gate, branch: str, rules: tuple[Rule, ...], old: Protection | None) -> Iterator[Difference]:
    about = (("branch", branch),)
    types = {rule.type for rule in rules}
    gates = [rule for rule in rules if _holds(gate, rule)]
    if not gates and not (old and _held(gate, old)):
        asked = f"{gate.check} ({gate.app})" if gate.app else gate.path
        yield Difference("ungated", DRIFT, "rules", ", ".join(sorted(types)) or "-", asked, about)
    elif gates and all(rule.said.get(OPEN_TO_NEW) for rule in gates):
        yield Difference("new-open", DRIFT, OPEN_TO_NEW, "true", "false", about)
    for source in sorted({*_sources(gate, rules, old)} - ({gate.app} if gate.app else set())):
        code, named = ("bound", (("app", str(source)),)) if source else ("forgeable", ())
        yield Difference(code, ADVICE, "required_status_checks", params=(*about, ("check", gate.check), *named))
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
