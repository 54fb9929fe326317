"""The desk as a pipeline runs it: on a copy of a policy repository that lies elsewhere, on an empty machine."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from flow.house import House, Said
from osgate.cli import desk_place
from osgate.errors import Undecided
from osgate.intake_desk.remote import Remote
from osgate.testing import records

pytestmark = pytest.mark.real

NEEDED = ("request", "pkg:npm/left-pad@1.3.0", "--channel", "community", "--reason", "needed")


def far(house: House, publish: Path | None = None) -> Said:
    """Run the desk as its pipeline does, with nothing but the address."""
    house.clock.forward(seconds=60)
    key = str(house.keys / "desk")
    where = ("--policy-repo", house.bare.as_uri(), "--key", key, "--publish", str(publish or house.publish))
    return house.osgate("desk", *where)


def test_what_it_seals_arrives_before_it_is_published(house: House) -> None:
    request = house.made("wang.wu", *NEEDED)
    said = far(house)
    assert said.code == 0, said
    assert request in said.out
    assert house.refs("refs/heads/osgate/") == [], "the branch is done"
    assert house.git("log", "-1", "--format=%an", "main").strip() == "osgate desk"
    assert (house.publish / "manifest.json").is_file()
    assert house.git("tag", "--list", "anchor/*").strip(), "its anchor arrived as well"
    assert house.osgate("ledger", "verify", "--policy-repo", str(house.bare)).code == 0


def test_an_empty_machine_builds_on_what_was_published(house: House, tmp_path: Path) -> None:
    house.made("wang.wu", *NEEDED)
    assert far(house).code == 0
    shutil.rmtree(house.root / "cache")
    again = tmp_path / "public"
    said = far(house, again)
    assert said.code == 0, said
    names = sorted(path.name for path in again.iterdir())
    assert sum(name.startswith("snapshot-") for name in names) >= 1
    assert {"manifest.json", "takeaway.json"} <= set(names)


def test_a_ledger_that_was_cut_short_is_seen_by_an_empty_machine(house: House, tmp_path: Path) -> None:
    before = house.git("rev-parse", "main").strip()
    house.made("wang.wu", *NEEDED)
    assert far(house).code == 0
    house.git("update-ref", "refs/heads/main", before)
    said = far(house, tmp_path / "public")
    assert said.code == 1
    assert "seal" in said.err


def test_somebody_elses_push_in_between_makes_it_look_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    request = house.made("wang.wu", *NEEDED)
    moves = []

    def deliver(place: desk_place.Place) -> None:
        assert place.remote is not None
        if not moves:
            moves.append(house.push_files("main", {"README.md": b"hello\n"}))
        place.remote.deliver()

    monkeypatch.setattr(desk_place.Place, "deliver", deliver)
    said = far(house)
    assert said.code == 0, said
    assert request in said.out
    assert "README.md" in house.git("ls-tree", "--name-only", "main")
    assert house.osgate("ledger", "verify", "--policy-repo", str(house.bare)).code == 0


def test_what_never_arrives_is_never_published(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.made("wang.wu", *NEEDED)
    count = 0

    def deliver(place: desk_place.Place) -> None:
        nonlocal count
        count += 1
        house.push_files("main", {"README.md": f"{count}\n".encode()})
        assert place.remote is not None
        place.remote.deliver()

    monkeypatch.setattr(desk_place.Place, "deliver", deliver)
    said = far(house)
    assert said.code == 4
    assert count == desk_place.TRIES
    assert not (house.publish / "manifest.json").exists()
    assert len(house.refs("refs/heads/osgate/")) == 1, "it waits"


def test_a_branch_pushed_to_meanwhile_is_the_next_runs(house: House, tmp_path: Path) -> None:
    name = house.push(records.request())
    with Remote(house.bare.as_uri(), str(tmp_path / "copy"), {}, house.clock.now) as remote:
        remote.repository.delete_ref(f"refs/heads/{name}", dict(remote.repository.refs())[f"refs/heads/{name}"])
        house.push(records.request(reason="another"), branch=name)
        with pytest.raises(Undecided, match=r"desk\.moved"):
            remote.settle()
        remote.fetch()
        assert dict(remote.repository.refs())[f"refs/heads/{name}"] == house.git("rev-parse", name).strip()


@pytest.mark.parametrize(
    "name", ["refs/heads/refs/heads/main", "refs/tags/refs/heads/main", "refs/heads/refs/osgate/x"]
)
def test_a_branch_called_like_main_does_not_stop_the_desk(house: House, name: str) -> None:
    request = house.made("wang.wu", *NEEDED)
    house.git("update-ref", name, "main")
    said = far(house)
    assert said.code == 0, said
    assert request in said.out
    assert name not in house.git("for-each-ref", "--format=%(refname)").split()


def test_one_that_cannot_be_removed_is_named_and_nothing_is_sealed(house: House) -> None:
    house.made("wang.wu", *NEEDED)
    house.git("update-ref", "refs/heads/refs/heads/main", "main")
    house.git("config", "receive.denyDeletes", "true")
    said = far(house)
    assert said.code == 4
    assert "refs/heads/refs/heads/main" in said.err
    assert not (house.publish / "manifest.json").exists()


def test_an_address_that_is_none_is_told(open_house: House) -> None:
    said = open_house.osgate("desk", "--policy-repo", "file:///nowhere", "--key", "k", "--publish", "p")
    assert said.code == 2
    assert "nowhere" in said.err
