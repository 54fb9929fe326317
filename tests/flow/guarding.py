"""A house whose policy is guarded: tech and legal endorse every change, each by another person."""

from __future__ import annotations

from collections.abc import Mapping

from flow.house import House, Said, people_toml
from osgate.intake_desk.desk import Run
from osgate.intake_desk.sealing import policy_digest
from osgate.io.git_write import Repository
from osgate.ledger import store_git
from osgate.testing import records

GOVERNANCE = b'\n[governance]\nroles = ["tech", "legal"]\n'
# Somebody who is no one in people.toml, so that a change made as them excludes nobody.
OUTSIDER = ("Somebody Else", "somebody@elsewhere.example")


def guarded(house: House) -> House:
    """Guard the policy before the first seal, which takes it as it is found, and let the desk run."""
    write(house, {"osgate.toml": house.policy["osgate.toml"] + GOVERNANCE})
    assert house.run().policy.valid.policy.governance == ("tech", "legal")
    return house


def write(
    house: House, files: Mapping[str, bytes | None], branch: str = "main", author: tuple[str, str] = OUTSIDER
) -> str:
    """Commit `files` on `branch` (a new one begins at main) as `author`; returns the commit."""
    with Repository(str(house.bare)) as bare:
        ref = f"refs/heads/{branch}"
        old = dict(bare.refs("refs/heads/")).get(ref)
        parent = old or bare.resolve("main")
        commit = bare.commit(files, [parent], "change the policy\n", author, house.clock.now)
        bare.update_ref(ref, commit, old)
    return commit


def merge(house: House, branch: str) -> str:
    """Merge `branch` into main as a forge does; returns the commit."""
    with Repository(str(house.bare)) as bare:
        old, other = bare.resolve("main"), bare.resolve(branch)
        changed = {entry.path: bare.blobs([entry.new_oid])[entry.new_oid] for entry in bare.range(old, other)}
        commit = bare.commit(changed, [old, other], "merge\n", OUTSIDER, house.clock.now)
        bare.update_ref("refs/heads/main", commit, old)
    return commit


def contact(house: House, word: str) -> dict[str, bytes]:
    """A change of the policy that matters little: whom to call."""
    text = house.policy["osgate.toml"].replace(b'contact = ""', f'contact = "{word}"'.encode())
    return {"osgate.toml": text + GOVERNANCE}


def endorse(house: House, person: str, role: str, *words: str) -> Said:
    """`osgate policy endorse` by `person` in `role`."""
    return house.act(person, "policy", "endorse", "--role", role, "--reason", "read it", *words)


def spoken(house: House, *roles: str, by: tuple[str, ...] = ("zhang.san", "li.si"), rev: str = "main") -> Run:
    """Push endorsements of the policy at `rev` in `roles`, and let the desk run."""
    previous = house.run().policy.digest
    for person, role in zip(by, roles, strict=False):
        now = house.clock.now
        house.push(records.endorse(digest(house, rev), person, role, previous=previous, stated_at=now))
    return house.run()


def digest(house: House, rev: str = "main") -> str:
    """The digest of the written policy at `rev`."""
    with Repository(str(house.bare)) as bare:
        return policy_digest(store_git.policy(bare, rev).policy)


def sealed_policies(house: House) -> list[str]:
    """The policy that each seal names, the oldest first."""
    return [str(seal.body["policy"]) for seal in house.past().seals]


def staff(**roles: str) -> bytes:
    """people.toml with the given roles (id with `_` for `.` -> roles between blanks) in place of the usual ones."""
    from flow.house import FROM, PEOPLE

    more = {id.replace("_", "."): tuple((role, FROM, "") for role in held.split()) for id, held in roles.items()}
    return people_toml({**PEOPLE, **more})
