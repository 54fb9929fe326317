"""From written to valid: cross-checks over all policy files, then the records everybody else uses."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from osgate.errors import Mistake, Mistakes
from osgate.model.policy import (
    UNBLOCK_QUORUM,
    ApprovedSource,
    Key,
    Person,
    Policy,
    Project,
    RuleSetting,
    Tier,
    default_outcome,
)
from osgate.model.record import record
from osgate.policy import schema, toml_document
from osgate.policy.shape import Complaint, complaints, iso, near
from osgate.policy.toml_document import Document, Place

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
    sound: dict[str, Document] = {}
    for path in sorted(files):
        shape = schema.shape_of(path)
        if shape is None:
            continue
        read = toml_document.read(path, files[path])
        if isinstance(read, Mistake):
            mistakes.append(read)
            continue
        documents[path] = read
        found = list(islice(complaints(read.values, shape), MOST))
        mistakes += [Mistake(path, read.line(place), code, dict(params)) for place, code, params in found]
        if len(found) < MOST:
            sound[path] = _sound(read, found)
    mistakes += [Mistake(path, 0, "file-missing", {}) for path in REQUIRED if path not in files]
    mistakes += [*_settings(sound, rule_ids), *_roles(sound, documents), *_people(sound), *_projects(sound)]
    mistakes += _sources(sound, documents)
    if mistakes:
        mistakes.sort(key=lambda mistake: (mistake.path, mistake.line, mistake.code))
        raise Mistakes(tuple(mistakes))
    return _build(documents, rule_ids)


def _sound(document: Document, found: list[Complaint]) -> Document:
    """The part of a document that has the right form. A list keeps its length: what is wrong in it is None."""
    if not found:
        return document
    values = copy.deepcopy(document.values)
    for place, code, _ in found:
        if code != "missing-key":
            _drop(values, place)
    return Document(document.path, values, document.lines)


def _drop(values: Any, place: Place) -> None:
    """Take out what is at `place`, unless something around it is out already."""
    for part in place[:-1]:
        values = values.get(part) if isinstance(values, dict) else values[int(part)]
        if values is None:
            return
    if isinstance(values, list):
        values[int(place[-1])] = None
    else:
        values.pop(place[-1], None)


def _entries(document: Document | None, key: str) -> list[tuple[int, dict[str, Any]]]:
    """The entries of a list of tables that have the right form, each with its index."""
    listed = document.values.get(key, []) if document else []
    return [(index, entry) for index, entry in enumerate(listed) if entry is not None]


def _parts(entry: Mapping[str, Any], key: str, *needed: str) -> Iterator[tuple[int, Any]]:
    """What the list `key` of one entry holds, with its index, as far as it has the keys `needed`."""
    for index, part in enumerate(entry.get(key, [])):
        if part is not None and all(name in part for name in needed):
            yield index, part


def _rule_files(documents: Mapping[str, Document]) -> list[Document]:
    return [documents[path] for path in sorted(documents) if path.startswith("policy/")]


def _settings(documents: Mapping[str, Document], rule_ids: Mapping[str, str]) -> Iterator[Mistake]:
    """Each setting is made in one file only, and each rule exists."""
    seen: dict[tuple[str | int, ...], tuple[str, int]] = {}
    for document in _rule_files(documents):
        places: list[tuple[str | int, ...]] = [("rule", id) for id in document.values.get("rule", {})]
        places += [(table, key) for table in ("approval", "waiver") for key in document.values.get(table, {})]
        places += [("mode",)] if "mode" in document.values else []
        for place in places:
            line = document.line(place)
            if place in seen:
                there = "{}:{}".format(*seen[place])
                yield Mistake(document.path, line, "set-twice", {"key": ".".join(map(str, place)), "there": there})
            seen.setdefault(place, (document.path, line))
            if place[0] == "rule" and place[1] not in rule_ids:
                yield Mistake(document.path, line, "no-such-rule", {"rule": place[1], **near(str(place[1]), rule_ids)})


def _roles(documents: Mapping[str, Document], written: Mapping[str, Document]) -> Iterator[Mistake]:
    """The default tier exists; every role a tier needs is held by somebody, or nothing could ever be approved.

    Where people.toml as `written` has mistakes of form, a role that is named anywhere in it is taken for held.
    """
    document = documents.get("osgate.toml")
    if document is None:
        return
    tiers = document.values.get("tier", {})
    wanted = document.values.get("default_tier")
    if tiers and wanted and wanted not in tiers:
        line = document.line(("default_tier",))
        yield Mistake(document.path, line, "no-such-tier", {"tier": wanted, **near(wanted, tiers)})
    people = documents.get("people.toml")
    if people is None:
        return
    persons = [person for _, person in _entries(people, "person")]
    held = {str(part["role"]) for person in persons for _, part in _parts(person, "roles", "role")}
    named = held if people is written["people.toml"] else held.union(_texts(written["people.toml"].values))
    needed_now = set(tiers.get(wanted, {}).get("roles", []))
    yield from _lifters(document, persons, whole=people is written["people.toml"])
    for place, role in _named_roles(document):
        if role in named:
            continue
        spelled = near(role, held)
        if role in needed_now or spelled["close"]:
            yield Mistake(document.path, document.line(place), "role-held-by-nobody", {"role": role, **spelled})


def _lifters(document: Document, persons: list[dict[str, Any]], *, whole: bool) -> Iterator[Mistake]:
    """Two persons hold an incident role, or what one of them blocks could never be unblocked again.

    whole: nobody's roles have a mistake of form; where some have, nobody is counted.
    """
    roles = {role for _, role in _parts(document.values.get("incident", {}), "roles")}
    holders = [p for p in persons if any(part["role"] in roles for _, part in _parts(p, "roles", "role"))]
    if roles and whole and len(holders) < UNBLOCK_QUORUM:
        line = document.line(("incident", "roles"))
        params: dict[str, object] = {"roles": ", ".join(sorted(roles)), "needed": UNBLOCK_QUORUM, "held": len(holders)}
        yield Mistake(document.path, line, "incident-needs-two", params)


def _texts(value: object) -> Iterator[str]:
    """Every text inside a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)


def _named_roles(document: Document) -> Iterator[tuple[Place, str]]:
    """Every role that `osgate.toml` names, with its place."""
    tables: list[tuple[Place, Mapping[str, Any], str]] = [
        (("tier", name), tier, key)
        for name, tier in document.values.get("tier", {}).items()
        for key in ("roles", "assessments")
    ]
    tables.append((("incident",), document.values.get("incident", {}), "roles"))
    for place, table, key in tables:
        yield from (((*place, key), role) for _, role in _parts(table, key))


def _people(documents: Mapping[str, Document]) -> Iterator[Mistake]:
    """Ids, accounts and keys belong to one person each; a period ends after it begins."""
    document = documents.get("people.toml")
    if document is None:
        return
    owners: dict[tuple[str, str], tuple[int, str]] = {}
    for index, person in _entries(document, "person"):
        place = ("person", index)
        for kind, value, where in _owned(person, place):
            first, other = owners.setdefault((kind, value), (index, str(person.get("id", ""))))
            if first != index:
                params: dict[str, object] = {"kind": kind, "value": value[:60], "other": other}
                yield Mistake(document.path, document.line(where), f"shared-{kind}", params)
        for part in ("keys", "roles"):
            for at, item in _parts(person, part, "from", "to"):
                if iso(item["from"]) >= iso(item["to"]):
                    params = {"start": iso(item["from"]), "end": iso(item["to"])}
                    yield Mistake(document.path, document.line((*place, part, at)), "period-backwards", params)


def _owned(person: Mapping[str, Any], place: Place) -> Iterator[tuple[str, str, Place]]:
    """What can be one person's only, as (kind, value, place)."""
    if "id" in person:
        yield "id", person["id"], (*place, "id")
    for _, item in _parts(person, "keys", "key"):
        yield "key", " ".join(item["key"].split()[:2]), (*place, "keys")
    for _, item in _parts(person, "accounts", "forge", "id"):
        yield "account", f"{item['forge']}:{item['id'].lower()}", (*place, "accounts")


def _sources(documents: Mapping[str, Document], written: Mapping[str, Document]) -> Iterator[Mistake]:
    """Each source stands once, and who confirmed it is known."""
    people = documents.get("people.toml")
    whole = people is not None and people is written["people.toml"]
    known = {str(person.get("id", "")) for _, person in _entries(people, "person")}
    seen: dict[tuple[str, str], str] = {}
    for document in _rule_files(documents):
        for index, source in _entries(document, "source"):
            line = document.line(("source", index))
            key = str(source.get("type", "")), str(source.get("address", "")).rstrip("/")
            if key in seen:
                yield Mistake(document.path, line, "source-twice", {"address": key[1], "there": seen[key]})
            seen.setdefault(key, f"{document.path}:{line}")
            owner = source.get("confirmed_by", "")
            if owner and whole and owner not in known:
                place = document.line(("source", index, "confirmed_by"))
                yield Mistake(document.path, place, "no-such-person", {"person": owner, **near(owner, known)})


def _projects(documents: Mapping[str, Document]) -> Iterator[Mistake]:
    """Each project stands once."""
    seen: set[str] = set()
    document = documents.get("projects.toml")
    for index, project in _entries(document, "project"):
        id = str(project.get("id", ""))
        if document and id and id in seen:
            yield Mistake(document.path, document.line(("project", index)), "project-twice", {"project": id})
        seen.add(id)


def _project_list(documents: Mapping[str, Document]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if "projects.toml" in documents:
        found = documents["projects.toml"].values.get("project", found)
    return found


def _build(documents: Mapping[str, Document], rule_ids: Mapping[str, str]) -> ValidPolicy:
    main = documents["osgate.toml"].values
    rules = {id: RuleSetting(id, slug, default_outcome(id)) for id, slug in rule_ids.items()}
    merged: dict[str, Any] = {}
    for document in _rule_files(documents):
        for id, setting in document.values.get("rule", {}).items():
            origin = f"{document.path}:{document.line(('rule', id))}"
            rules[id] = RuleSetting(id, setting["name"], setting["outcome"], origin)
        merged.update({key: value for key, value in document.values.items() if key not in ("rule", "source")})
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
        waiver_days=merged.get("waiver", {}).get("days", 90),
        sources=tuple(_source_records(documents)),
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


def _source_records(documents: Mapping[str, Document]) -> Iterator[ApprovedSource]:
    for document in _rule_files(documents):
        for index, source in _entries(document, "source"):
            origin = f"{document.path}:{document.line(('source', index))}"
            yield ApprovedSource(source["type"], source["address"], source.get("confirmed_by", ""), origin)


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
