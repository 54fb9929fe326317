"""Each source by itself: what is told of it, and that what was known stays."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from osgate.errors import Undecided, UsageError
from osgate.facts import artefacts, registries, store, sync, transport
from osgate.facts.endpoints.endpoint import Endpoint, Login
from osgate.facts.registries.answers import Answer
from osgate.facts.store import Store
from osgate.facts.sync import Wanted
from osgate.io import web
from osgate.model.fact import Fact, Unknown
from unit.facts.osv_mirror import advisory, packed

if TYPE_CHECKING:
    from osgate.facts.registries.answers import Get

MONDAY, FRIDAY = "2026-11-16T08:00:00Z", "2026-11-20T08:00:00Z"
TIMEOUT = Unknown("timeout")


@pytest.fixture
def facts(tmp_path: Path) -> Iterator[Store]:
    path = str(tmp_path / "kept/facts.sqlite")
    store.create(path)
    with closing(Store(path, write=True)) as made:
        yield made


def values(facts: Store, purl: str) -> dict[str, object]:
    return {fact.name: fact.value for fact in facts.facts(purl)}


def endpoint(address: str, applies: str = "pkg:npm/*", *, extra: bool = False, login: Login | None = None) -> Endpoint:
    return Endpoint("npm", address, applies, "test", extra, login)


def no_answer(path: str, accept: str) -> Answer | Unknown:
    return TIMEOUT


# Choosing an endpoint


def test_a_scope_with_a_registry_of_its_own_is_asked_for_nowhere_else() -> None:
    main, extra = endpoint("https://packages.example.com/npm/"), endpoint("https://extra.example.com/", extra=True)
    bank = endpoint("https://registry.example.test/bank/", "pkg:npm/%40bank/*")
    named = endpoint("https://named.example.com/", "")
    pypi = Endpoint("pypi", "https://packages.example.com/pypi/", "pkg:pypi/*", "test")
    known = (extra, named, pypi, main, bank)
    assert transport.asked_for(known, "pkg:npm/%40bank/ui") == (bank,)
    assert transport.asked_for(known, "pkg:npm/left-pad") == (main, extra)
    assert transport.asked_for(known, "pkg:npm/%40banker/ui") == (main, extra)
    assert transport.asked_for(known, "pkg:gem/rails") == ()
    assert transport.named(main) == "packages.example.com (npm)"


def test_each_endpoint_gets_its_own_login_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[web.Client] = []

    def client(settings: web.Settings, login: object) -> object:
        made.append(login)  # type: ignore[arg-type]
        return None

    monkeypatch.setattr(web, "client", client)
    token = endpoint("https://packages.example.com/npm/", login=Login("", "t0ken"))
    basic = endpoint("https://registry.example.test/npm", login=Login("wang.wu", "s3cret"))
    transport.client(web.Settings(), (token, basic, endpoint("https://open.example.com/")))
    (login,) = made
    headers = [login(one) for one in (token.address, basic.address + "/", "https://open.example.com/")]  # type: ignore[operator]
    assert [found and found.header() for found in headers] == ["Bearer t0ken", "Basic d2FuZy53dTpzM2NyZXQ=", None]


# Registries


class Registry:
    """Stands in for the readers of registries: answers what it is told, and asks once."""

    def __init__(self, **told: dict[str, object]) -> None:
        self.told = told
        self.asked: list[str] = []

    def facts(self, component: str, versions: tuple[str, ...], get: Get, source: str, date: str) -> tuple[Fact, ...]:
        answer = get(component.rpartition("/")[2], "application/json")
        self.asked.append(source)
        if isinstance(answer, Unknown):
            return tuple(Fact(component, name, answer, source, date) for name in ("present", "latest"))
        found = json.loads(answer.data or b'{"present": "no"}')
        return tuple(Fact(component, name, value, source, date, answer.digest) for name, value in found.items())


def ask(facts: Store, answers: dict[str, Answer | Unknown], *names: str, now: str = MONDAY) -> tuple[sync.Told, ...]:
    """Ask two registries; answers: by host and name, one that is not there is a 404."""
    endpoints = (endpoint("https://packages.example.com/npm/"), endpoint("https://extra.example.com/", extra=True))

    def get(address: str) -> Get:
        host = address.split("/")[2].partition(".")[0]
        return lambda path, accept: answers.get(f"{host} {path}", Answer(b"", "", 404))

    wanted = tuple(Wanted(f"pkg:npm/{name}", ("1.0.0",)) for name in names)
    steps: list[int] = []
    found = sync.asked(wanted, endpoints, get, facts, now, lambda: steps.append(1))
    assert len(steps) == len(names)
    return found


def answer(**told: str) -> Answer:
    return Answer(json.dumps({"present": "yes", **told}).encode(), "sha256:00")


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Registry:
    made = Registry()
    monkeypatch.setattr(registries, "of", lambda type: made if type == "npm" else None)
    return made


def test_what_no_registry_has_is_looked_for_in_the_extra_one(facts: Store, registry: Registry) -> None:
    told = ask(facts, {"packages a": answer(latest="1.0.0"), "extra b": answer()}, "a", "b", "c")
    assert values(facts, "pkg:npm/a") == {"present": "yes", "latest": "1.0.0"}
    assert [fact.value for fact in facts.facts("pkg:npm/b")] == ["yes", "no"]
    assert [fact.value for fact in facts.facts("pkg:npm/c")] == ["no", "no"]
    assert sorted(registry.asked) == ["extra.example.com (npm)"] * 2 + ["packages.example.com (npm)"] * 3
    assert [(row.source, row.records, row.failed) for row in told] == [
        ("extra.example.com (npm)", 2, False),
        ("packages.example.com (npm)", 3, False),
    ]


def test_where_nobody_answers_what_was_known_stays_with_its_day(facts: Store, registry: Registry) -> None:
    ask(facts, {"packages a": answer(latest="1.0.0")}, "a")
    (main,) = ask(facts, {"packages a": TIMEOUT, "packages b": TIMEOUT}, "a", "b", now=FRIDAY)
    assert (main.records, main.problem, main.refused) == (0, TIMEOUT, (("timeout", 2, ("pkg:npm/a", "pkg:npm/b")),))
    kept = {(fact.name, fact.value, fact.date) for fact in facts.facts("pkg:npm/a")}
    assert kept == {("present", "yes", MONDAY), ("latest", "1.0.0", MONDAY)}
    assert values(facts, "pkg:npm/b") == {"present": TIMEOUT, "latest": TIMEOUT}


def test_the_extra_registry_does_not_stand_in_for_a_main_one_that_is_silent(facts: Store, registry: Registry) -> None:
    ask(facts, {"packages a": TIMEOUT, "extra a": answer()}, "a")
    assert registry.asked == ["packages.example.com (npm)"]


def test_what_the_registry_itself_says_no_more_does_not_stay(facts: Store, registry: Registry) -> None:
    ask(facts, {"packages a": answer(latest="1.0.0")}, "a")
    ask(facts, {"packages a": Unknown("malformed", (("detail", "x"),))}, "a", now=FRIDAY)
    main = [fact.value for fact in facts.facts("pkg:npm/a") if fact.source.startswith("packages")]
    assert [getattr(value, "reason", value) for value in main] == ["malformed", "malformed"]


def test_one_component_that_fails_does_not_fail_its_registry(facts: Store, registry: Registry) -> None:
    (main,) = ask(facts, {"packages a": answer(), "packages b": TIMEOUT}, "a", "b")
    assert (main.records, main.problem) == (1, None)
    assert main.refused == (("timeout", 1, ("pkg:npm/b",)),)


def test_a_name_that_cannot_be_kept_is_tallied_and_stops_nothing(facts: Store, registry: Registry) -> None:
    """One name in a tree is its author's: it must not keep facts of all others away."""
    long = "a" * 2_500
    (main,) = ask(facts, {f"packages {long}": answer(), "packages b": answer()}, long, "b")
    assert (main.records, main.problem) == (2, None)
    assert [(reason, names) for reason, _, names in main.refused] == [("not-kept", (f"pkg:npm/{long}"[:100],))]
    assert values(facts, "pkg:npm/b@1.0.0")
    (alone,) = ask(facts, {f"packages {long}": TIMEOUT}, long)
    assert alone.problem == TIMEOUT


def test_a_type_without_an_endpoint_is_told(facts: Store, registry: Registry) -> None:
    (row,) = sync.asked((Wanted("pkg:gem/rails", ()),), (), lambda address: no_answer, facts, MONDAY, lambda: None)
    assert (row.source, row.problem) == ("gem", Unknown("no-endpoint"))


def test_why_a_registry_told_nothing_keeps_what_its_words_name(facts: Store, registry: Registry) -> None:
    (main,) = ask(facts, {"packages a": Unknown("status", (("code", "500"),))}, "a")
    assert main.problem == Unknown("status", (("code", "500"),))


OWN = (("pkg:npm/%40bank/*", "https://packages.example.com/npm/bank"), ("pkg:npm/bank-*", "https://own.example.com/"))


def test_a_reserved_name_is_told_to_nobody_but_below_its_own_address(facts: Store, registry: Registry) -> None:
    main, bank = endpoint("https://packages.example.com/npm/"), endpoint("https://packages.example.com/npm/bank/a/")
    assert transport.asked_for((main, bank), "pkg:npm/%40bank/ui", OWN) == (bank,)
    assert transport.asked_for((main,), "pkg:npm/%40bank/ui", OWN) == ()
    assert transport.asked_for((main,), "pkg:npm/left-pad", OWN) == (main,)
    wanted = (Wanted("pkg:npm/bank-x", ()), Wanted("pkg:npm/left-pad", ()))
    paths: list[str] = []

    def get(address: str) -> Get:
        def at(path: str, accept: str) -> Answer:
            paths.append(path)
            return answer()

        return at

    told = sync.asked(wanted, (main,), get, facts, MONDAY, lambda: None, OWN, sync.Clients(lambda words: TIMEOUT, True))
    assert paths == ["left-pad"]
    assert [(row.source, row.failed, row.refused) for row in told] == [
        ("npm", False, (("reserved", 1, ("pkg:npm/bank-x",)),)),
        ("packages.example.com (npm)", False, ()),
    ]


PACKUMENT = {"name": "a", "versions": {"1.0.0": {"version": "1.0.0"}}, "modified": "2026-01-01T00:00:00.000Z"}


class Npm:
    """npm as a client: what it was started with, and what it prints."""

    def __init__(self) -> None:
        self.started: list[tuple[str, ...]] = []

    def __call__(self, words: tuple[str, ...]) -> tuple[int, bytes, bytes]:
        self.started.append(words)
        return 0, json.dumps({"name": "a", "version": "1.0.0", "versions": ["1.0.0"], "license": "MIT"}).encode(), b""


def test_the_client_is_asked_for_what_the_registry_does_not_serve(facts: Store) -> None:
    def get(address: str) -> Get:
        return lambda path, accept: Answer(json.dumps(PACKUMENT).encode(), "sha256:00")

    main, wanted, npm = (endpoint("https://packages.example.com/npm/"),), (Wanted("pkg:npm/a", ("1.0.0",)),), Npm()
    sync.asked(wanted, main, get, facts, MONDAY, lambda: None, (), None)
    assert values(facts, "pkg:npm/a@1.0.0")["licence"] == Unknown("not-served")
    told = sync.asked(wanted, main, get, facts, MONDAY, lambda: None, (), sync.Clients(npm))
    found = [(fact.source, fact.value) for fact in facts.facts("pkg:npm/a@1.0.0") if fact.name == "licence"]
    assert found == [("npm (npm)", "MIT"), ("packages.example.com (npm)", Unknown("not-served"))]
    assert {fact.name for fact in facts.facts("pkg:npm/a@1.0.0") if fact.source == "npm (npm)"} == {"licence"}
    assert [(row.source, row.records) for row in told] == [("npm (npm)", 1), ("packages.example.com (npm)", 1)]
    assert [words[-1] for words in npm.started] == ["a", "a@1.0.0"]


def test_the_client_stands_alone_only_where_its_own_default_is_wanted(facts: Store) -> None:
    npm = Npm()
    for alone, source in ((False, "npm"), (True, "npm (npm)")):
        (row,) = sync.asked(
            (Wanted("pkg:npm/a", ("1.0.0",)),),
            (),
            lambda address: no_answer,
            facts,
            MONDAY,
            lambda: None,
            (),
            sync.Clients(npm, alone),
        )
        assert (row.source, row.failed, bool(npm.started)) == (source, not alone, alone)
    assert values(facts, "pkg:npm/a")["present"] == "yes"


# Files


def test_what_a_file_tells_no_more_has_ended_unless_it_could_not_be_read(facts: Store, tmp_path: Path) -> None:
    path = tmp_path / "popular.tsv"
    path.write_text("npm\ta\t1\nnpm\tb\t2\n")
    first = sync.imported("popular", str(path), sync.local, facts, MONDAY)
    assert (first.source, first.records, first.changed) == ("popular popular.tsv", 2, 2)
    path.write_text("<html>")
    failed = sync.imported("popular", str(path), sync.local, facts, FRIDAY)
    assert (failed.problem, failed.changed) == (Unknown("html"), 0)
    assert values(facts, "pkg:npm/b") == {"rank": "2"}
    path.write_text("npm\ta\t1\n")
    assert sync.imported("popular", str(path), sync.local, facts, FRIDAY).changed == 1
    assert values(facts, "pkg:npm/b") == {}
    assert values(facts, "pkg:npm/a") == {"rank": "1"}
    assert sync.imported("popular", str(tmp_path / "none.tsv"), sync.local, facts, FRIDAY).failed


def test_a_folder_of_results_is_one_source(facts: Store, tmp_path: Path) -> None:
    folder = tmp_path / "results"
    folder.mkdir()
    for name in ("a", "b"):
        made = {"date": "2026-10-01", "repo": {"name": f"github.com/x/{name}"}, "score": 5, "checks": []}
        (folder / f"{name}.json").write_text(json.dumps(made))
    (folder / "broken.json").write_text("{")
    row = sync.imported("scorecard", str(folder), sync.local, facts, MONDAY)
    assert (row.source, row.records, row.refused) == ("scorecard results", 2, (("malformed", 1, ()),))
    assert row.failed, "one of its files could not be read"
    assert values(facts, "pkg:github/x/a")["scorecard"] == "5.0"


def test_archives_are_rows_with_what_they_lack(tmp_path: Path) -> None:
    for ecosystem in ("npm", "PyPI", "Nowhere"):
        (tmp_path / "mirror" / ecosystem).mkdir(parents=True)
        packed(tmp_path / "mirror" / ecosystem / "all.zip", advisory("A-1", "x"))
    (tmp_path / "mirror/PyPI/all.zip").write_bytes(b"no zip")
    mirror, index = str(tmp_path / "mirror"), str(tmp_path / "kept/advisories.sqlite")
    for changed in (1, 0):
        broken, whole, strange = sync.advisories([mirror], index, FRIDAY)
        assert (whole.records, whole.changed, whole.newest, whole.failed) == (1, changed, "2026-01-02", False)
        assert getattr(broken.problem, "reason", "") == "archive.truncated"
        assert (strange.failed, strange.refused) == (False, (("ecosystem", 1, ()),))
    (row,) = sync.advisories([mirror], str(tmp_path / "mirror/npm/all.zip/x"), FRIDAY)
    assert getattr(row.problem, "code", "") == "advisories.write"


def test_archives_that_are_gone_or_no_longer_named_are_told(tmp_path: Path) -> None:
    for place in ("one/npm", "two/PyPI"):
        (tmp_path / place).mkdir(parents=True)
        packed(tmp_path / place / "all.zip", advisory("A-1", "x"))
    one, two, index = str(tmp_path / "one"), str(tmp_path / "two"), str(tmp_path / "kept/advisories.sqlite")
    sync.advisories([one, two], index, FRIDAY)
    (tmp_path / "one/npm/all.zip").unlink()
    (tmp_path / "one/PyPI").mkdir()
    packed(tmp_path / "one/PyPI/all.zip", advisory("A-2", "x"))
    told = sync.advisories([one], index, FRIDAY)
    gone = next(row for row in told if "/npm/" in row.source)
    left = next(row for row in told if "/two/" in row.source)
    assert (getattr(gone.problem, "reason", ""), gone.failed) == ("archive.gone", True)
    assert (left.note, left.failed) == (Unknown("forgotten"), False)
    again = sync.advisories([one], index, FRIDAY)
    assert gone in again
    assert not [row for row in again if row.note]


def test_artefacts_without_a_copyright_line_are_counted(facts: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def outcome(name: str, copyright: str) -> artefacts.Outcome:
        told = (("licence-text", "MIT"), ("copyright", copyright))
        made = tuple(Fact(f"pkg:npm/{name}@1.0.0", fact, value, "artefacts", FRIDAY) for fact, value in told)
        return artefacts.Outcome(name, made)

    some = [outcome("a", ""), outcome("b", "Copyright 2020 li.si"), outcome("c", "")]
    monkeypatch.setattr(artefacts, "outcomes", lambda *_: iter(some))
    row = sync.of_artefacts("/", facts, FRIDAY, lambda: None)
    assert (row.note, row.failed) == (Unknown("without-copyright", (("n", "2"),)), False)
    monkeypatch.setattr(artefacts, "outcomes", lambda *_: iter(some[1:2]))
    assert sync.of_artefacts("/", facts, FRIDAY, lambda: None).note is None


def test_artefacts_tell_of_themselves_and_what_is_none_is_told(
    facts: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cache").mkdir()
    manifest = json.dumps({"name": "left-pad", "version": "1.3.0", "license": "WTFPL"}).encode()
    with tarfile.open(tmp_path / "cache/left-pad-1.3.0.tgz", "w:gz") as tar:
        info = tarfile.TarInfo("package/package.json")
        info.size = len(manifest)
        tar.addfile(info, io.BytesIO(manifest))
    (tmp_path / "cache/broken-1.0.0.tgz").write_bytes(b"no tar")
    steps: list[int] = []
    row = sync.of_artefacts(str(tmp_path / "cache"), facts, FRIDAY, lambda: steps.append(1))
    assert (row.source, row.records, row.failed, len(steps)) == ("cache", 1, False, 2)
    assert [names for _, _, names in row.refused] == [("broken-1.0.0.tgz",)]
    assert values(facts, "pkg:npm/left-pad@1.3.0")["licence"] == "WTFPL"

    def without(*_: object) -> object:
        raise UsageError("licences.extra", library="x")

    monkeypatch.setattr(artefacts, "outcomes", without)
    assert sync.of_artefacts(str(tmp_path / "cache"), facts, FRIDAY, lambda: None).failed


def test_an_interrupt_ends_the_asking(facts: Store, registry: Registry) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sync.asked((Wanted("pkg:npm/a", ()),), (), lambda address: no_answer, facts, FRIDAY, interrupted)


def test_files_that_cannot_be_read_say_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "large").write_bytes(b"x" * 11)
    monkeypatch.setattr(sync, "MAX_BYTES", 10)
    reasons = [sync.local(str(tmp_path / name)) for name in ("none", "", "large", "a\0b")]
    assert [getattr(reason, "reason", "") for reason in reasons] == ["no-file", "unreadable", "too-large", "unreadable"]


def test_advisories_that_cannot_be_read_are_a_row_like_any_other(tmp_path: Path) -> None:
    (row,) = sync.advisories([str(tmp_path / "none")], str(tmp_path / "facts/advisories.sqlite"), MONDAY)
    assert row.failed
    assert getattr(row.problem, "code", "") == "advisories.root"
    (busy,) = (sync.of_artefacts(str(tmp_path / "none"), None, MONDAY, lambda: None),)  # type: ignore[arg-type]
    assert getattr(busy.problem, "code", "") == "path.missing"


def test_a_store_that_cannot_be_used_is_told_of_each_source(facts: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: object, **__: object) -> int:
        raise Undecided("facts.busy", path="x")

    monkeypatch.setattr(Store, "put", busy)
    row = sync.imported("popular", "popular.tsv", lambda path: b"npm\ta\t1\n", facts, MONDAY)
    assert getattr(row.problem, "code", "") == "facts.busy"
