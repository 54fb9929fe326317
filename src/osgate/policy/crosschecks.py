"""What written policy files say together: what is named exists, is held by enough people, and stands once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from osgate.errors import Mistake
from osgate.model.fact import Unknown
from osgate.model.policy import ENDORSE_QUORUM, UNBLOCK_QUORUM
from osgate.policy.schema import CLASSES
from osgate.policy.shape import iso, near
from osgate.policy.toml_document import Document, Place, entries, rule_files
from osgate.purl import parse

# Tables of policy/*.toml whose keys are set in one file only.
_TABLES = (
    "approval",
    "waiver",
    "emergency",
    "intake",
    "cooldown",
    "vulnerability",
    "lifecycle",
    "facts",
    "licence",
    "integrity",
)


def found(
    documents: Mapping[str, Document], written: Mapping[str, Document], rule_ids: Mapping[str, str]
) -> Iterator[Mistake]:
    """Yield every mistake. documents: the part of each file that has the right form; written: all of it.

    rule_ids: rule id -> slug, the rules there are.
    """
    yield from _settings(documents, rule_ids)
    yield from _pre_approvals(documents)
    yield from _must(documents, rule_ids)
    yield from _tiers(documents)
    yield from _roles(documents, written)
    yield from _teams(documents, written)
    yield from _people(documents)
    yield from _witness(documents)
    yield from _calendar(documents)
    yield from _projects(documents)
    yield from _sources(documents, written)
    yield from _licences(documents)


def _parts(entry: Mapping[str, Any], key: str, *needed: str) -> Iterator[tuple[int, Any]]:
    """What the list `key` of one entry holds, with its index, as far as it has the keys `needed`."""
    for index, part in enumerate(entry.get(key, [])):
        if part is not None and all(name in part for name in needed):
            yield index, part


def _settings(documents: Mapping[str, Document], rule_ids: Mapping[str, str]) -> Iterator[Mistake]:
    """Each setting is made in one file only, and each rule exists."""
    seen: dict[tuple[str | int, ...], tuple[str, int]] = {}
    for document in rule_files(documents):
        places: list[tuple[str | int, ...]] = [("rule", id) for id in document.values.get("rule", {})]
        places += [(table, key) for table in _TABLES for key in document.values.get(table, {})]
        places += [("mode",)] if "mode" in document.values else []
        for place in places:
            line = document.line(place)
            if place in seen:
                there = "{}:{}".format(*seen[place])
                yield Mistake(document.path, line, "set-twice", {"key": ".".join(map(str, place)), "there": there})
            seen.setdefault(place, (document.path, line))
            if place[0] == "rule" and place[1] not in rule_ids:
                yield Mistake(document.path, line, "no-such-rule", {"rule": place[1], **near(str(place[1]), rule_ids)})


def _pre_approvals(documents: Mapping[str, Document]) -> Iterator[Mistake]:
    """What is approved in advance is spoken of in versions of its own kind."""
    for document in rule_files(documents):
        for index, entry in entries(document, "pre_approval"):
            purl, range = str(entry.get("purl", "")), str(entry.get("range", ""))
            type = parse(purl.rstrip("*") + "x").type if purl else ""
            if type and range and not range.startswith(f"vers:{type}/"):
                line = document.line(("pre_approval", index, "range"))
                yield Mistake(document.path, line, "range-of-other-type", {"range": range, "type": type})


def _must(documents: Mapping[str, Document], rule_ids: Mapping[str, str]) -> Iterator[Mistake]:
    """The rules that a pipeline has to evaluate exist."""
    for document in rule_files(documents):
        for at, rule in enumerate(document.values.get("facts", {}).get("must", ())):
            if rule is not None and rule not in rule_ids:
                line = document.line(("facts", "must", at))
                yield Mistake(document.path, line, "no-such-rule", {"rule": rule, **near(rule, rule_ids)})


def _tiers(documents: Mapping[str, Document]) -> Iterator[Mistake]:
    """The default tier exists, the tier of each class, and those that a word at the forge decides in."""
    document = documents.get("osgate.toml")
    if document is None:
        return
    tiers = document.values.get("tier", {})
    classes = document.values.get("class", {})
    named: list[tuple[Place, str]] = [(("class", name, "tier"), str(c.get("tier", ""))) for name, c in classes.items()]
    named.append((("default_tier",), str(document.values.get("default_tier", ""))))
    enough = document.values.get("witness", {}).get("tiers", ())
    named += [(("witness", "tiers", at), str(tier)) for at, tier in enumerate(enough)]
    for place, tier in named:
        if tiers and tier and tier not in tiers:
            yield Mistake(document.path, document.line(place), "no-such-tier", {"tier": tier, **near(tier, tiers)})
    for rules in rule_files(documents):
        for index, entry in entries(rules, "tier_when"):
            tier, line = str(entry.get("tier", "")), rules.line(("tier_when", index))
            if tiers and tier and tier not in tiers:
                yield Mistake(rules.path, line, "no-such-tier", {"tier": tier, **near(tier, tiers)})
            if len(entry) < 2:
                yield Mistake(rules.path, line, "no-condition", {"key": "tier_when"})
    for name in classes:
        if name not in CLASSES:
            line = document.line(("class", name))
            params = {"found": name, "choices": ", ".join(CLASSES), **near(name, CLASSES)}
            yield Mistake(document.path, line, "not-one-of", params)


def _calendar(documents: Mapping[str, Document]) -> Iterator[Mistake]:
    """Days on which nothing ends have a first and a last one."""
    document = documents.get("osgate.toml")
    listed = document.values.get("calendar", {}) if document else {}
    for index, freeze in _parts(listed, "freeze", "from", "to"):
        if document and iso(freeze["from"]) > iso(freeze["to"]):
            params: dict[str, object] = {"start": iso(freeze["from"]), "end": iso(freeze["to"])}
            yield Mistake(document.path, document.line(("calendar", "freeze", index)), "period-backwards", params)


def _roles(documents: Mapping[str, Document], written: Mapping[str, Document]) -> Iterator[Mistake]:
    """Every role a tier needs is held by somebody, or nothing could ever be approved.

    Where people.toml as `written` has mistakes of form, a role that is named anywhere in it is taken for held.
    """
    document = documents.get("osgate.toml")
    if document is None:
        return
    people = documents.get("people.toml")
    if people is None:
        return
    persons = [person for _, person in entries(people, "person")]
    held = {str(part["role"]) for person in persons for _, part in _parts(person, "roles", "role")}
    named = held if people is written["people.toml"] else held.union(_texts(written["people.toml"].values))
    tier = document.values.get("tier", {}).get(document.values.get("default_tier"), {})
    needed_now = {*tier.get("roles", []), *document.values.get("governance", {}).get("roles", [])}
    yield from _lifters(document, persons, whole=people is written["people.toml"])
    yield from _governors(document, persons, whole=people is written["people.toml"])
    for place, role in _named_roles(document):
        if role in named:
            continue
        spelled = near(role, held)
        if role in needed_now or spelled["close"]:
            yield Mistake(document.path, document.line(place), "role-held-by-nobody", {"role": role, **spelled})


def _teams(documents: Mapping[str, Document], written: Mapping[str, Document]) -> Iterator[Mistake]:
    """Teams are named for roles that there are: for a misspelt one nobody would ever be asked about.

    Where people.toml as `written` has mistakes of form, a role that is named anywhere in it is taken for held.
    """
    people, main = documents.get("people.toml"), documents.get("osgate.toml")
    if people is None or main is None:
        return
    persons = [person for _, person in entries(people, "person")]
    known = {str(part["role"]) for person in persons for _, part in _parts(person, "roles", "role")}
    known.update(str(role) for _, role in _named_roles(main))
    if people is not written["people.toml"]:
        known.update(_texts(written["people.toml"].values))
    for role in people.values.get("teams", {}):
        if role not in known:
            line = people.line(("teams", role))
            yield Mistake(people.path, line, "team-of-no-role", {"role": role[:60], **near(role, known)})


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


def _governors(document: Document, persons: list[dict[str, Any]], *, whole: bool) -> Iterator[Mistake]:
    """A change of the policy takes two persons at least, and can be endorsed: each role by another person."""
    roles = [role for _, role in _parts(document.values.get("governance", {}), "roles")]
    holders = {
        str(p.get("id", "")): {part["role"] for _, part in _parts(p, "roles", "role")} & set(roles) for p in persons
    }
    able = [id for id, held in holders.items() if held]
    if 0 < len(roles) < ENDORSE_QUORUM:
        params: dict[str, object] = {"roles": ", ".join(roles), "needed": ENDORSE_QUORUM}
        yield Mistake(document.path, document.line(("governance", "roles")), "governance-needs-two", params)
    if roles and whole and len(able) < len(roles):
        line = document.line(("governance", "roles"))
        params = {"roles": ", ".join(roles), "needed": len(roles), "held": len(able)}
        yield Mistake(document.path, line, "governance-needs-more", params)


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
    tables += [((name,), document.values.get(name, {}), "roles") for name in ("incident", "governance")]
    tables += [
        (("notify", index), channel, "roles") for index, channel in entries(document, "notify") if "roles" in channel
    ]
    for place, table, key in tables:
        yield from (((*place, key), role) for _, role in _parts(table, key))


def _people(documents: Mapping[str, Document]) -> Iterator[Mistake]:
    """Ids, accounts and keys belong to one person each; a period ends after it begins."""
    document = documents.get("people.toml")
    if document is None:
        return
    owners: dict[tuple[str, str], tuple[int, str]] = {}
    for index, person in entries(document, "person"):
        place = ("person", index)
        for kind, value, where in _owned(person, place):
            first, other = owners.setdefault((kind, value), (index, str(person.get("id", ""))))
            if first != index:
                params: dict[str, object] = {"kind": kind, "value": value[:60], "other": other}
                yield Mistake(document.path, document.line(where), f"shared-{kind}", params)
        yield from _periods(document, person, place)
        for at, account in _parts(person, "accounts", "forge", "id"):
            if account["forge"] != "git" and not account["id"].isdecimal():
                params = {"forge": account["forge"], "found": account["id"][:60]}
                yield Mistake(
                    document.path, document.line((*place, "accounts", at, "id")), "account-not-a-number", params
                )


def _witness(documents: Mapping[str, Document]) -> Iterator[Mistake]:
    """The machine that witnesses signs with keys of its own: with a person's it would be that person."""
    document, people = documents.get("osgate.toml"), documents.get("people.toml")
    if document is None or people is None:
        return
    owned = {
        " ".join(key["key"].split()[:2]): str(person.get("id", ""))
        for _, person in entries(people, "person")
        for _, key in _parts(person, "keys", "key")
    }
    for at, key in _parts(document.values.get("witness", {}), "key", "key"):
        text = " ".join(key["key"].split()[:2])
        if text in owned:
            params: dict[str, object] = {"kind": "key", "value": text[:60], "other": owned[text]}
            yield Mistake(document.path, document.line(("witness", "key", at)), "shared-key", params)


def _periods(document: Document, person: Mapping[str, Any], place: Place) -> Iterator[Mistake]:
    periods: list[tuple[Place, Mapping[str, Any]]] = [((*place, "to"), person)]
    periods += [((*place, part, at), item) for part in ("keys", "roles") for at, item in _parts(person, part)]
    for where, item in periods:
        if "from" in item and "to" in item and iso(item["from"]) >= iso(item["to"]):
            params: dict[str, object] = {"start": iso(item["from"]), "end": iso(item["to"])}
            yield Mistake(document.path, document.line(where), "period-backwards", params)


def _owned(person: Mapping[str, Any], place: Place) -> Iterator[tuple[str, str, Place]]:
    """What can be one person's only, as (kind, value, place)."""
    if "id" in person:
        yield "id", person["id"], (*place, "id")
    if person.get("employee"):
        yield "employee", person["employee"], (*place, "employee")
    for _, item in _parts(person, "keys", "key"):
        yield "key", " ".join(item["key"].split()[:2]), (*place, "keys")
    for _, item in _parts(person, "accounts", "forge", "id"):
        yield "account", f"{item['forge']}:{item['id'].lower()}", (*place, "accounts")


def _sources(documents: Mapping[str, Document], written: Mapping[str, Document]) -> Iterator[Mistake]:
    """Each source stands once, and who confirmed it is known."""
    people = documents.get("people.toml")
    whole = people is not None and people is written["people.toml"]
    known = {str(person.get("id", "")) for _, person in entries(people, "person")}
    seen: dict[tuple[str, str], str] = {}
    for document in rule_files(documents):
        for index, source in entries(document, "source"):
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
    for index, project in entries(document, "project"):
        id = str(project.get("id", ""))
        if document and id and id in seen:
            yield Mistake(document.path, document.line(("project", index)), "project-twice", {"project": id})
        seen.add(id)


def _licences(documents: Mapping[str, Document]) -> Iterator[Mistake]:
    """What the policy calls licences can be read as such; where the libraries for that are missing, nobody looks."""
    named = [(document, place, text) for document in rule_files(documents) for place, text in _licence_texts(document)]
    named += [
        (document, ("project", index, "licence"), str(project["licence"]))
        for document in (documents.get("projects.toml"),)
        for index, project in entries(document, "project")
        if document is not None and project.get("licence")
    ]
    if not named:
        return
    from osgate.licences import reading

    own: dict[str, str] = {}
    for document in rule_files(documents):
        own.update(document.values.get("licence", {}).get("names", {}))
    for document, place, text in named if reading.able() else ():
        found = reading.read(text, own)
        if isinstance(found, Unknown):
            params: dict[str, object] = {"found": text[:60], "reason": found.reason}
            yield Mistake(document.path, document.line(place), "licence-unreadable", params)


def _licence_texts(document: Document) -> Iterator[tuple[Place, str]]:
    """Every expression and id that a rule file names, with its place."""
    licence = document.values.get("licence", {})
    for name, text in licence.get("names", {}).items():
        yield ("licence", "names", name), str(text)
    for table in ("ids", "categories"):
        yield from ((("licence", table, id), id) for id in licence.get(table, {}))
    for index, pair in entries(document, "licence_pair"):
        yield from ((("licence_pair", index, side), str(pair[side])) for side in ("one", "other") if side in pair)
