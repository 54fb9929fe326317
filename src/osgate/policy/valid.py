"""From written to valid: cross-checks over all policy files, then the records everybody else uses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from osgate.errors import Mistake, Mistakes
from osgate.model.policy import Key, Person, Policy, Project, RuleSetting, Tier
from osgate.model.record import record
from osgate.policy import schema, toml_document
from osgate.policy.shape import complaints, iso, near
from osgate.policy.toml_document import Document

REQUIRED = ("osgate.toml", "people.toml")
# Most mistakes of form that are told of one file; a person corrects these by hand.
MOST = 500


@record
class ValidPolicy:
    """The policy repository's written half, checked. people by id; keys: the desk's own; addresses of the snapshot."""

    policy: Policy
    people: dict[str, Person]
    keys: tuple[Key, ...]
    addresses: tuple[str, ...]


def validate(files: Mapping[str, bytes], rule_ids: Mapping[str, str]) -> ValidPolicy:
    """Read and check every policy file. files: path -> content; rule_ids: rule id -> slug, the rules that exist.

    Raises Mistakes with every Mistake found, in order of file and line.
    """
    mistakes: list[Mistake] = []
    documents: dict[str, Document] = {}
    for path in sorted(files):
        shape = schema.shape_of(path)
        if shape is None:
            continue
        read = toml_document.read(path, files[path])
        if isinstance(read, Mistake):
            mistakes.append(read)
            continue
        documents[path] = read
        found = islice(complaints(read.values, shape), MOST)
        mistakes += [Mistake(path, read.line(place), code, dict(params)) for place, code, params in found]
    mistakes += [Mistake(path, 0, "file-missing", {}) for path in REQUIRED if path not in files]
    if not mistakes:
        mistakes += [*_settings(documents, rule_ids), *_roles(documents), *_people(documents), *_projects(documents)]
    if mistakes:
        mistakes.sort(key=lambda mistake: (mistake.path, mistake.line, mistake.code))
        raise Mistakes(tuple(mistakes))
    return _build(documents, rule_ids)


def _rule_files(documents: Mapping[str, Document]) -> list[Document]:
    return [documents[path] for path in sorted(documents) if path.startswith("policy/")]


def _settings(documents: Mapping[str, Document], rule_ids: Mapping[str, str]) -> Iterator[Mistake]:
    """Each setting is made in one file only, and each rule exists."""
    seen: dict[tuple[str | int, ...], tuple[str, int]] = {}
    for document in _rule_files(documents):
        places: list[tuple[str | int, ...]] = [("rule", id) for id in document.values.get("rule", {})]
        places += [("approval", key) for key in document.values.get("approval", {})]
        places += [("mode",)] if "mode" in document.values else []
        for place in places:
            line = document.line(place)
            if place in seen:
                there = "{}:{}".format(*seen[place])
                yield Mistake(document.path, line, "set-twice", {"key": ".".join(map(str, place)), "there": there})
            seen.setdefault(place, (document.path, line))
            if place[0] == "rule" and place[1] not in rule_ids:
                yield Mistake(document.path, line, "no-such-rule", {"rule": place[1], **near(str(place[1]), rule_ids)})


def _roles(documents: Mapping[str, Document]) -> Iterator[Mistake]:
    """The default tier exists; every role a tier needs is held by somebody, or nothing could ever be approved."""
    document = documents["osgate.toml"]
    tiers = document.values["tier"]
    wanted = document.values["default_tier"]
    if wanted not in tiers:
        yield Mistake(
            document.path, document.line(("default_tier",)), "no-such-tier", {"tier": wanted, **near(wanted, tiers)}
        )
    people = documents["people.toml"].values.get("person", [])
    held = {role["role"] for person in people for role in person.get("roles", [])}
    places: list[tuple[tuple[str, ...], list[str]]] = [
        (("tier", name, key), tier.get(key, [])) for name, tier in tiers.items() for key in ("roles", "assessments")
    ]
    places.append((("incident", "roles"), document.values.get("incident", {}).get("roles", [])))
    needed_now = set(tiers.get(wanted, {}).get("roles", []))
    for place, roles in places:
        for role in roles:
            if role in held:
                continue
            spelled = near(role, held)
            if role in needed_now or spelled["close"]:
                yield Mistake(document.path, document.line(place), "role-held-by-nobody", {"role": role, **spelled})


def _people(documents: Mapping[str, Document]) -> Iterator[Mistake]:
    """Ids, accounts and keys belong to one person each; a period ends after it begins."""
    document = documents["people.toml"]
    owners: dict[tuple[str, str], tuple[int, str]] = {}
    for index, person in enumerate(document.values.get("person", [])):
        place = ("person", index)
        owned: list[tuple[str, str, tuple[str | int, ...]]] = [("id", person["id"], (*place, "id"))]
        owned += [("key", " ".join(k["key"].split()[:2]), (*place, "keys")) for k in person.get("keys", [])]
        owned += [
            ("account", f"{a['forge']}:{a['id'].lower()}", (*place, "accounts")) for a in person.get("accounts", [])
        ]
        for kind, value, where in owned:
            first, other = owners.setdefault((kind, value), (index, person["id"]))
            if first != index:
                params: dict[str, object] = {"kind": kind, "value": value[:60], "other": other}
                yield Mistake(document.path, document.line(where), f"shared-{kind}", params)
        for part in ("keys", "roles"):
            for at, item in enumerate(person.get(part, [])):
                if "from" in item and "to" in item and iso(item["from"]) >= iso(item["to"]):
                    params = {"start": iso(item["from"]), "end": iso(item["to"])}
                    yield Mistake(document.path, document.line((*place, part, at)), "period-backwards", params)


def _projects(documents: Mapping[str, Document]) -> Iterator[Mistake]:
    """Each project stands once."""
    seen: set[str] = set()
    for index, project in enumerate(_project_list(documents)):
        if project["id"] in seen:
            document = documents["projects.toml"]
            yield Mistake(document.path, document.line(("project", index)), "project-twice", {"project": project["id"]})
        seen.add(project["id"])


def _project_list(documents: Mapping[str, Document]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if "projects.toml" in documents:
        found = documents["projects.toml"].values.get("project", found)
    return found


def _build(documents: Mapping[str, Document], rule_ids: Mapping[str, str]) -> ValidPolicy:
    main = documents["osgate.toml"].values
    rules = {id: RuleSetting(id, slug, "block") for id, slug in rule_ids.items()}
    merged: dict[str, Any] = {}
    for document in _rule_files(documents):
        for id, setting in document.values.get("rule", {}).items():
            origin = f"{document.path}:{document.line(('rule', id))}"
            rules[id] = RuleSetting(id, setting["name"], setting["outcome"], origin)
        merged.update({key: value for key, value in document.values.items() if key != "rule"})
    policy = Policy(
        institution=main["institution"],
        default_tier=main["default_tier"],
        tiers={name: _tier(name, tier) for name, tier in main["tier"].items()},
        incident_roles=tuple(main.get("incident", {}).get("roles", ())),
        rules=rules,
        projects=_project_records(documents),
        mode=merged.get("mode", "enforce-new"),
        languages=tuple(main.get("languages", ("en",))),
        approval_days=merged.get("approval", {}).get("days", 365),
        contact=main.get("contact", ""),
    )
    people = {p["id"]: _person(p) for p in documents["people.toml"].values.get("person", [])}
    snapshot = main["snapshot"]
    return ValidPolicy(policy, people, tuple(map(_key, snapshot["key"])), tuple(snapshot.get("addresses", ())))


def _tier(name: str, tier: Mapping[str, Any]) -> Tier:
    return Tier(
        name, tuple(tier["roles"]), tuple(tier.get("assessments", ())), tier.get("days", 2), tier.get("group", "")
    )


def _project_records(documents: Mapping[str, Document]) -> dict[str, Project]:
    return {
        p["id"]: Project(
            p["id"],
            p.get("owner", ""),
            p.get("class", "normal"),
            tuple(p.get("environments", ())),
            p.get("distribution", ""),
            p.get("mode", ""),
        )
        for p in _project_list(documents)
    }


def _key(item: Mapping[str, Any]) -> Key:
    return Key(" ".join(item["key"].split()[:2]), iso(item.get("from", "")), iso(item.get("to", "")))


def _person(item: Mapping[str, Any]) -> Person:
    return Person(
        item["id"],
        item["name"],
        item.get("employee", ""),
        tuple((a["forge"], a["id"]) for a in item.get("accounts", ())),
        tuple(_key(k) for k in item.get("keys", ())),
        tuple((r["role"], iso(r.get("from", "")), iso(r.get("to", ""))) for r in item.get("roles", ())),
    )
