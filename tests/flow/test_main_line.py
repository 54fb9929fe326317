"""Which way main went: a merge made in somebody's clone puts the clone's commits first, and must not hide main's."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest

from flow.guarding import contact, guarded, spoken, write
from flow.house import House
from osgate.intake_desk import main_line
from osgate.io.git_write import Repository
from osgate.ledger import codec
from osgate.testing import records

AUTHOR = ("x", "x@y.example")
Commit = Callable[..., str]


def test_pull(house: House) -> None:
    """A note committed in a clone, `git pull --no-rebase`, `git push`: nothing of that makes a ledger dishonest."""
    fort = guarded(house)
    start, clone = fort.git("rev-parse", "main"), str(fort.root / "clone")

    def git(*args: str) -> None:
        who = ("-c", f"user.name={AUTHOR[0]}", "-c", f"user.email={AUTHOR[1]}")
        subprocess.run(["git", *who, *args], check=True, capture_output=True)

    git("clone", "-q", "-b", "main", str(fort.bare), clone)
    for word in ("first", "second"):
        write(fort, contact(fort, word))
        spoken(fort, "tech", "legal")
    assert fort.desk().code == 0
    (fort.root / "clone" / "README.md").write_text("notes\n")
    git("-C", clone, "add", ".")
    git("-C", clone, "commit", "-qm", "notes")
    git("-C", clone, "pull", "-q", "--no-rebase", "--no-edit", "origin", "main")
    git("-C", clone, "push", "-q", "origin", "HEAD:main")

    assert fort.run().policy.unendorsed is None, "the ledger read whole"
    assert fort.osgate("ledger", "verify", "--policy-repo", str(fort.bare)).code == 0
    between = ("--base", start, "--head", "main")
    assert fort.osgate("ledger", "verify", "--policy-repo", str(fort.bare), *between).code == 0
    fort.push(records.request())
    said = fort.desk()
    assert said.code == 0, said.err
    assert [seal.body["refused"] for seal in fort.past().seals][-1] == []
    write(fort, contact(fort, "third"))
    assert spoken(fort, "tech", "legal").policy.unendorsed is None, "policies before the merge are still found"


@pytest.fixture
def empty(house: House) -> Commit:
    """Makes a commit of the given files on the given parents, by plumbing."""

    def make(files: dict[str, bytes], *parents: str) -> str:
        with Repository(str(house.bare)) as bare:
            return bare.commit(files, parents, "x\n", AUTHOR, house.clock.now, anew=True)

    return make


def went(house: House, head: str) -> list[str]:
    with Repository(str(house.bare)) as bare:
        return [commit for commit, _ in main_line.line(bare, head)]


def test_the_line_follows_the_highest_seal_and_else_the_first_parent(house: House, empty: Commit) -> None:
    seals = {codec.seal_path(serial): b"{}" for serial in range(1, 13)}
    old = empty({codec.seal_path(1): b"{}"})
    sealed = empty({"archive/000001-000009.jsonl": b"", codec.seal_path(10): b"{}"}, old)
    own = empty({codec.seal_path(1): b"{}", "notes": b""}, old)
    pulled = empty({"archive/000001-000009.jsonl": b"", codec.seal_path(10): b"{}", "notes": b""}, own, sealed)
    assert went(house, pulled) == [pulled, sealed, old]
    side = empty({"archive/000001-000009.jsonl": b"", codec.seal_path(10): b"{}", "notes": b"2"}, pulled)
    merged = empty({"archive/000001-000009.jsonl": b"", codec.seal_path(10): b"{}", "notes": b"3"}, pulled, side)
    assert went(house, merged)[:2] == [merged, pulled], "equal: the first"
    octopus = empty(seals, merged, own, empty(seals, merged))
    assert went(house, octopus)[2:] == [merged, pulled, sealed, old]


def test_a_merge_is_compared_with_main_and_not_with_the_clone(house: House, empty: Commit) -> None:
    old = empty({"people.toml": b"1"})
    sealed = empty({"people.toml": b"2", codec.seal_path(1): b"{}"}, old)
    own = empty({"people.toml": b"1", "notes": b""}, old)
    pulled = empty({"people.toml": b"2", codec.seal_path(1): b"{}", "notes": b""}, own, sealed)
    with Repository(str(house.bare)) as bare:
        found = main_line.moves(bare, "", pulled, "people.toml", "notes")
        assert list(main_line.back(bare, pulled, "people.toml", "notes")) == found[::-1]
        assert main_line.moves(bare, sealed, pulled, "people.toml") == []
    assert [(move.commit, move.parent, move.paths) for move in found] == [
        (old, "", {"people.toml": "A"}),
        (sealed, old, {"people.toml": "M"}),
        (pulled, sealed, {"notes": "A"}),
    ]


def test_a_symbolic_reference_in_the_way_is_deleted_itself_and_never_what_it_points_at(house: House) -> None:
    tip = house.git("rev-parse", "main")
    house.git("symbolic-ref", "refs/heads/osgate/trick", "refs/heads/main")
    with Repository(str(house.bare)) as bare:
        bare.delete_ref("refs/heads/osgate/trick", tip)
    assert (house.refs("refs/heads/osgate/"), house.git("rev-parse", "main")) == ([], tip)
