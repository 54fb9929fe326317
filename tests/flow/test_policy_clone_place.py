"""From a clone of the policy repository a record goes to where the clone comes from, and never onto the clone."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from flow.guarding import contact, guarded, write
from flow.house import House, Said


@pytest.fixture
def clone(house: House) -> Path:
    """A clone of a guarded policy repository, whose branch `people-2027` changes the policy."""
    write(guarded(house), contact(house, "duty desk"), "people-2027")
    path = house.root / "clone"
    subprocess.run(["git", "clone", "--quiet", str(house.bare), str(path)], check=True)
    return path


def endorsed(house: House, at: Path, *words: str) -> Said:
    """`osgate policy endorse` as the documentation writes it, by zhang.san."""
    who = ("--person", "zhang.san", "--key", str(house.keys / "zhang.san"))
    said = ("--head", "people-2027", "--role", "tech", "--reason", "two joiners")
    return house.osgate("policy", "endorse", *said, *who, *words, at=at)


def test_in_a_clone_the_record_goes_to_where_the_clone_comes_from(house: House, clone: Path) -> None:
    below = clone / "policy"
    assert endorsed(house, below).code == 0
    assert [name.rpartition("-")[0] for name in house.refs("refs/heads/osgate/")] == ["endorse"]
    assert "sealed: endorsement" in house.desk().out


def test_an_origin_beside_the_clone_is_taken_from_its_top(house: House, clone: Path) -> None:
    subprocess.run(["git", "remote", "set-url", "origin", "../policy.git"], cwd=clone, check=True)
    assert endorsed(house, clone / "policy").code == 0
    assert len(house.refs("refs/heads/osgate/")) == 1


@pytest.mark.parametrize("form", ["{}", "file://{}"])
def test_nothing_is_put_onto_a_branch_of_the_clone(house: House, clone: Path, form: str) -> None:
    subprocess.run(["git", "branch", "people-2027", "origin/people-2027"], cwd=clone, check=True)
    said = endorsed(house, clone, "--policy-repo", form.format(clone))
    assert (said.code, f"--policy-repo {house.bare}" in said.err) == (2, True)
    assert "on its way" not in said.out
    branches = subprocess.run(["git", "branch", "--list", "osgate/*"], cwd=clone, check=True, capture_output=True)
    assert branches.stdout == b""


def test_another_repository_with_an_origin_is_no_policy_repository(house: House, clone: Path) -> None:
    (clone / "people.toml").unlink()
    said = endorsed(house, clone)
    assert (said.code, "--policy-repo" in said.err) == (2, True)
