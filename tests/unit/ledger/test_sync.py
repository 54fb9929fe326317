"""Fetching and keeping: what does not hold is refused with its reason, and the last good snapshot stays usable."""

from __future__ import annotations

import json
import os

import pytest

from osgate import pipeline
from osgate.errors import Undecided
from osgate.intake_desk import sealing
from osgate.io import files
from osgate.ledger import codec, manifest, signatures, snapshot_cache
from osgate.ledger.lock import Lock
from osgate.model.change import Blob, ChangedFile, ChangeSet
from osgate.model.policy import Key
from osgate.model.record import replace
from osgate.policy.local_config import LocalConfig
from osgate.testing.keys import SigningKey
from osgate.testing.ledger import Ledger
from osgate.testing.records import answer, approve, block, confirm, request, restrict, subject, suspend, undo, waive
from unit.ledger.published import Site

REQUEST = request()
APPROVALS = (approve(REQUEST, "zhang.san", "tech"), approve(REQUEST, "li.si", "legal"))


@pytest.fixture
def site(tmp_path):
    """A site whose first snapshot (serial 1) was published and fetched."""
    made = Site(str(tmp_path))
    made.publish(REQUEST)
    made.sync()
    return made


def code(act) -> str:
    with pytest.raises(Undecided) as error:
        act()
    return error.value.code


def usable(site: Site, serial: int) -> bool:
    """Whether the cache still gives the snapshot with this serial, and holds from the signature up."""
    opened = site.open()
    found = opened.snapshot.serial == opened.stamp.serial == serial
    opened.snapshot.close()
    site.recheck()
    return found


def signed(site: Site, name: str, key: SigningKey | None = None, **changes) -> None:
    """Publish a file again with `changes`, signed anew."""
    body = json.loads(files.read(os.path.join(site.addresses[0], name)) or b"")
    body = {k: v for k, v in {**body, **changes}.items() if k != "signature" and v is not None}
    site.put(name, sealing.signed(body, (key or site.desk).snapshot))


def test_a_sync_takes_the_newest_and_says_whether_it_is_new(site):
    assert usable(site, 1)
    again = site.sync()
    assert (again.serial, again.changed, again.address, again.failures) == (1, False, site.addresses[0], ())
    site.publish(*APPROVALS)
    newer = site.sync()
    assert (newer.serial, newer.changed) == (2, True)
    assert usable(site, 2)
    assert len([name for name in os.listdir(site.folder) if name.endswith(".sqlite")]) == 1
    assert len(os.listdir(site.folder)) == 4


def test_the_stamp_says_what_was_read(site):
    site.clock.forward(hours=2)
    stamp = site.open().stamp
    past = site.ledger.history()
    assert (stamp.serial, stamp.anchor, stamp.age) == (1, past.anchor, 7200)
    assert (stamp.issued, stamp.expires) == ("2026-11-21T06:01:00Z", "2026-12-21T06:01:00Z")
    assert site.open().takeaway_age == 7200


def test_a_snapshot_that_is_not_newer_is_not_fetched_again(site):
    site.asked.clear()
    site.sync()
    assert [name for name, _ in site.asked] == ["manifest.json", "takeaway.json"]


@pytest.mark.parametrize("name", ["manifest.json", "takeaway.json"])
@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda data: b"", "snapshot.malformed"),
        (lambda data: data[:-20], "snapshot.malformed"),
        (lambda data: b"[" * 100_000, "snapshot.malformed"),
        (lambda data: b"[]", "snapshot.malformed"),
        (lambda data: b"\xff", "snapshot.malformed"),
        (lambda data: data.replace(b"osgate.", b"other."), "snapshot.malformed"),
        (lambda data: data.replace(b'"serial": 2', b'"serial": "2"'), "snapshot.malformed"),
        (lambda data: data.replace(b'"serial": 2', b'"serial": 3'), "snapshot.signature"),
        (lambda data: data.replace(b'"serial": 2', b'"serial": 2, "x": 1.5'), "snapshot.signature"),
        (lambda data: data.replace(b'"serial": 2', b'"serial": 2, "x": "\\ud800"'), "snapshot.signature"),
        (lambda data: data.replace(b'"signature"', b'"signed"'), "snapshot.signature"),
        (lambda data: data.replace(b'"sshsig",\n    "value": "', b'"sshsig",\n    "value": "A'), "snapshot.signature"),
        (lambda data: data.replace(b'"value"', b'"other"'), "snapshot.signature"),
    ],
)
def test_what_is_not_signed_as_it_stands_is_refused(site, name, spoil, told):
    site.publish(*APPROVALS)
    path = os.path.join(site.addresses[0], name)
    content = files.read(path) or b""
    assert spoil(content) != content
    files.write(path, spoil(content))
    assert code(site.sync) == told
    assert usable(site, 1)


@pytest.mark.parametrize("name", ["manifest.json", "takeaway.json"])
@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"serial": 0}, "snapshot.older"),
        ({"expires": "2026-11-21T06:02:00Z"}, "snapshot.expired"),
        ({"expires": None}, "snapshot.malformed"),
        ({"issued": 7}, "snapshot.malformed"),
        ({"schema": "osgate.snapshot/9"}, "snapshot.malformed"),
    ],
)
def test_what_the_desk_signed_and_does_not_hold_is_refused(site, name, changes, told):
    site.publish(*APPROVALS)
    signed(site, name, **changes)
    assert code(site.sync) == told
    assert usable(site, 1)


@pytest.mark.parametrize("name", ["manifest.json", "takeaway.json"])
def test_a_key_the_lock_does_not_trust_is_refused(site, name):
    site.publish(*APPROVALS)
    signed(site, name, SigningKey("stranger"))
    assert code(site.sync) == "snapshot.untrusted-key"
    assert usable(site, 1)


def test_one_kind_of_file_does_not_pass_for_the_other(site):
    site.publish(*APPROVALS)
    taken = files.read(os.path.join(site.addresses[0], "takeaway.json"))
    files.write(os.path.join(site.addresses[0], "manifest.json"), taken or b"")
    assert code(site.sync) == "snapshot.malformed"


def test_a_signature_for_something_else_is_refused(site):
    site.publish(*APPROVALS)
    body = json.loads(files.read(os.path.join(site.addresses[0], "manifest.json")) or b"")
    body.pop("signature")
    site.put("manifest.json", sealing.signed(body, site.desk.decision))
    assert code(site.sync) == "snapshot.signature"


@pytest.mark.parametrize(
    "changes",
    [
        {"entries": [7]},
        {"entries": [{}]},
        {"entries": [{"effect": "block", "persons": 7}]},
        {"issued": "yesterday"},
    ],
)
def test_a_takeaway_file_that_cannot_be_used_is_refused(site, changes):
    site.publish(*APPROVALS)
    signed(site, "takeaway.json", **changes)
    assert code(site.sync) == "snapshot.malformed"
    assert usable(site, 1)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda data: data[:-1], "snapshot.truncated"),
        (lambda data: data + b"x", "snapshot.truncated"),
        (lambda data: data[:-1] + bytes([data[-1] ^ 1]), "snapshot.wrong-digest"),
    ],
)
def test_a_snapshot_that_is_not_the_one_named_is_refused(site, spoil, told):
    site.publish(*APPROVALS)
    site.spoil["snapshot"] = spoil
    assert code(site.sync) == told
    assert usable(site, 1)
    site.spoil.clear()
    site.sync()
    assert usable(site, 2)


@pytest.mark.parametrize("changes", [{"size": 0}, {"size": -1}, {"size": 10**12}, {"file": "../x"}, {"file": ".x"}])
def test_a_manifest_that_asks_for_too_much_is_refused(site, changes):
    site.publish(*APPROVALS)
    signed(site, "manifest.json", **changes)
    assert code(site.sync) == "snapshot.malformed"
    assert usable(site, 1)


def test_a_manifest_with_another_serial_than_its_snapshot_is_refused(site):
    site.publish(*APPROVALS)
    signed(site, "manifest.json", serial=9)
    assert code(site.sync) == "snapshot.malformed"
    assert usable(site, 1)


@pytest.mark.parametrize("missing", ["manifest", "takeaway", "snapshot"])
def test_what_is_not_there_is_told_and_changes_nothing(site, missing):
    site.publish(*APPROVALS)
    for name in os.listdir(site.addresses[0]):
        if name.startswith(missing):
            os.unlink(os.path.join(site.addresses[0], name))
    assert code(site.sync) == "fetch.failed"
    assert usable(site, 1)


def test_no_older_snapshot_than_was_seen_or_than_the_lock_demands(site):
    old = {name: files.read(os.path.join(site.addresses[0], name)) for name in os.listdir(site.addresses[0])}
    site.publish(*APPROVALS)
    site.sync()
    for name, data in old.items():
        files.write(os.path.join(site.addresses[0], name), data or b"")
    assert code(site.sync) == "snapshot.older"
    assert usable(site, 2)
    site.lock = replace(site.lock, serial=3)
    assert code(site.sync) == "snapshot.older"
    assert code(site.open) == "snapshot.older"
    assert code(site.recheck) == "snapshot.older"


def test_what_was_verified_expires(site):
    site.clock.forward(days=6, hours=23)
    assert usable(site, 1)
    site.clock.forward(hours=1)
    assert code(site.open) == "takeaway.expired"
    assert code(site.recheck) == "snapshot.expired"
    site.clock.forward(days=23)
    assert code(site.open) == "snapshot.expired"
    assert code(site.sync) == "snapshot.expired"


def test_a_key_that_is_no_longer_trusted(site):
    site.lock = Lock(site.lock.addresses, (Key(SigningKey("next").public),))
    assert code(site.open) == "snapshot.untrusted-key"
    assert code(site.recheck) == "snapshot.untrusted-key"


def test_a_newer_takeaway_is_laid_over_an_older_snapshot(site):
    assert site.open().takeaway is None, "the snapshot says all of it"
    rejected = request(reason="rejected")
    site.ledger.seal(rejected, block(incident="INC-7"), answer("reject", rejected, "li.si", "legal"))
    site.publish(takeaway_only=True)
    assert site.sync().changed is False
    opened = site.open()
    assert (opened.stamp.serial, opened.snapshot.serial) == (1, 1)
    assert opened.takeaway is not None
    assert manifest.taken_away(opened.takeaway) == site.ledger.state().standings
    opened.snapshot.close()
    site.recheck()


def test_everything_that_takes_away_travels_in_the_takeaway_file(site):
    approved, waiver = request(reason="approved"), waive(projects=["payments"], subjects=[subject()])
    votes = (("zhang.san", "tech"), ("li.si", "legal"))
    site.ledger.seal(approved, waiver, confirm(waiver, "li.si", "legal"), *(approve(approved, *vote) for vote in votes))
    assert [s.effect for s in site.ledger.state().standings] == ["approve", "waive"]
    site.ledger.seal(
        *(undo("revoke", approved, *vote) for vote in votes),
        undo("revoke", waiver, "zhao.liu", "security"),
        suspend(),
        restrict(
            subjects=[subject(scope=["dev"])], projects=["a", "系统 b"], classes=["core"], environments=["pre prod"]
        ),
    )
    standings = site.ledger.state().standings
    assert [s.effect for s in standings] == ["restrict", "revoke", "revoke", "suspend"]
    document = manifest.takeaway(2, site.clock.now, site.later(7), standings)
    bare = [replace(s, expires="") for s in standings]
    assert list(manifest.taken_away(json.loads(json.dumps(document)))) == bare


def test_a_takeaway_file_of_an_older_desk_has_no_limits(site):
    site.ledger.seal(block())
    document = manifest.takeaway(2, site.clock.now, site.later(7), site.ledger.state().standings)
    assert set(document["entries"][0]) & {"scopes", "environments", "projects", "classes", "rules"} == set()
    assert manifest.taken_away(document) == site.ledger.state().standings


def test_an_older_takeaway_than_was_seen_is_refused(site):
    old = files.read(os.path.join(site.addresses[0], "takeaway.json")) or b""
    blocked = block()
    site.ledger.seal(blocked)
    site.publish(takeaway_only=True)
    site.sync()
    files.write(os.path.join(site.addresses[0], "takeaway.json"), old)
    assert code(site.sync) == "snapshot.older"
    opened = site.open()
    assert opened.takeaway is not None
    site.ledger.seal(*(undo("unblock", blocked, person, "incident") for person in ("a", "b")))
    site.publish()
    site.sync()
    assert site.open().takeaway is None


def spoiled(content: bytes) -> bytes:
    return content[:-1]


def unreachable(content: bytes) -> bytes:
    raise Undecided("fetch.failed", address="x", detail="not there")


def verdict_on(site: Site):
    """What a hook that asks nobody says of the package that `block` blocks."""
    bringing = ChangedFile("requirements.txt", None, Blob("file", b"left-pad==1.3.0\n"))
    change = ChangeSet("HEAD", "index", (bringing,), lambda path: None, lambda path: None)
    asked = pipeline.Asked(site.clock.now, LocalConfig("payments/app"))
    return pipeline.check(change, pipeline.Ledger(site.open, None), asked)


@pytest.mark.parametrize(
    ("harm", "told"),
    [(spoiled, "snapshot.truncated"), (unreachable, "fetch.failed"), (bytes.swapcase, "snapshot.wrong-digest")],
)
def test_a_block_binds_before_its_snapshot_can_be_had(site, harm, told):
    purl = "pkg:pypi/left-pad"
    wanted = request(subjects=[subject(purl, "vers:pypi/1.3.0")])
    site.publish(wanted, approve(wanted, "zhang.san", "tech"), approve(wanted, "li.si", "legal"))
    site.sync()
    assert verdict_on(site).outcome == "pass"
    site.publish(block(subjects=[subject(purl, "")]))
    site.spoil["snapshot"] = harm
    assert code(site.sync) == told
    assert [finding.rule for finding in verdict_on(site).findings] == ["OSG105"]
    assert site.open().takeaway_age == 0
    site.recheck()
    assert code(site.sync) == told, "it is tried again"
    site.spoil.clear()
    assert site.sync().changed is True
    assert site.open().takeaway is None, "the snapshot says it by itself"
    assert [finding.rule for finding in verdict_on(site).findings] == ["OSG105"]


def test_a_taking_away_file_that_came_alone_is_not_undone_by_an_older_one(site):
    old = files.read(os.path.join(site.addresses[0], "takeaway.json")) or b""
    site.publish(block())
    site.spoil["snapshot"] = spoiled
    assert code(site.sync) == "snapshot.truncated"
    files.write(os.path.join(site.addresses[0], "takeaway.json"), old)
    assert code(site.sync) == "snapshot.older"
    assert site.open().takeaway is not None


def test_a_taking_away_file_that_came_alone_does_not_vouch_for_a_snapshot_that_was_changed(site):
    site.publish(block())
    site.spoil["snapshot"] = spoiled
    path = site.cached(".sqlite")
    files.write(path, (files.read(path) or b"")[:-3] + b"xyz")
    os.utime(path, ns=(0, 0))
    assert code(site.sync) == "snapshot.truncated"
    assert code(site.open) == "snapshot.damaged"


def test_a_taking_away_file_alone_is_not_enough_to_begin_with(tmp_path):
    site = Site(str(tmp_path))
    site.publish(block())
    site.spoil["snapshot"] = spoiled
    assert code(site.sync) == "snapshot.truncated"
    assert code(site.open) == "snapshot.none"


def test_several_addresses_are_tried_in_order(tmp_path):
    site = Site(str(tmp_path), "first", "second", "third")
    site.publish(REQUEST, at=site.addresses[1])
    site.publish(*APPROVALS, at=site.addresses[2])
    done = site.sync()
    assert (done.serial, done.address) == (1, site.addresses[1])
    assert [failure.code for failure in done.failures] == ["fetch.failed"]


def test_no_address_that_holds_anything_good(tmp_path):
    site = Site(str(tmp_path), "first", "second")
    site.publish(REQUEST, at=site.addresses[1], key=SigningKey("stranger"))
    with pytest.raises(Undecided, match=r"sync\.failed") as error:
        site.sync()
    assert [failure.code for failure in error.value.params["failures"]] == ["fetch.failed", "snapshot.untrusted-key"]
    assert code(site.open) == code(site.recheck) == "snapshot.none"
    site.lock = replace(site.lock, addresses=())
    assert code(site.sync) == "sync.no-address"


def conditional(site: Site) -> Site:
    site.etags = True
    site.sync()
    site.asked.clear()
    return site


def test_an_unchanged_manifest_is_not_sent_again(site):
    site = conditional(site)
    assert site.sync().changed is False
    assert site.asked[0][1] != ""
    assert usable(site, 1)
    site.publish(*APPROVALS)
    assert site.sync().changed is True
    assert usable(site, 2)


@pytest.mark.parametrize("harm", [os.unlink, lambda path: files.write(path, b"{"), lambda path: files.write(path, b"")])
def test_unchanged_at_the_server_but_lost_or_spoiled_here(site, harm):
    site = conditional(site)
    harm(site.cached("manifest-"))
    site.sync()
    assert [name for name, _ in site.asked[:2]] == ["manifest.json"] * 2
    assert site.asked[1][1] == ""
    assert usable(site, 1)


@pytest.mark.parametrize("harm", [os.unlink, lambda path: files.write(path, b"{"), lambda path: files.write(path, b"")])
def test_an_unchanged_manifest_whose_taking_away_file_was_lost_or_spoiled_here(site, harm):
    site = conditional(site)
    harm(site.cached("takeaway-"))
    site.sync()
    assert [name for name, _ in site.asked] == ["manifest.json", "takeaway.json"]
    assert usable(site, 1)


def test_another_address_is_asked_without_the_etag_of_the_first(site, tmp_path):
    site = conditional(site)
    site.lock = replace(site.lock, addresses=(str(tmp_path / "other"),))
    site.publish(at=site.lock.addresses[0])
    site.sync()
    assert site.asked[0] == ("manifest.json", "")


@pytest.mark.parametrize("beginning", [".sqlite", "takeaway-"])
@pytest.mark.parametrize("harm", ["gone", "touched", "changed", "shorter"])
def test_a_file_that_changed_after_it_was_verified(site, beginning, harm):
    site.ledger.seal(block())
    site.publish(takeaway_only=True)
    site.sync()
    path = site.cached(beginning)
    content = files.read(path) or b""
    if harm == "gone":
        os.unlink(path)
    elif harm == "touched":
        os.utime(path, ns=(0, 0))
    else:
        files.write(path, content[:-3] + (b"" if harm == "shorter" else b"xyz"))
        os.utime(path, ns=(0, 0))
    assert code(site.open) == "snapshot.damaged"
    if harm != "touched":
        assert code(site.recheck) in ("snapshot.wrong-digest", "snapshot.damaged", "snapshot.malformed")
    site.sync()
    assert usable(site, 1)


def test_a_takeaway_whose_content_was_changed_behind_its_time(site):
    site.ledger.seal(block())
    site.publish(takeaway_only=True)
    site.sync()
    path = site.cached("takeaway-")
    status, content = os.stat(path), files.read(path) or b""
    with open(path, "r+b") as file:
        file.write(b"x" * len(content))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert code(site.open) == "snapshot.damaged"


def test_a_note_that_names_another_snapshot(site):
    note = json.loads(files.read(os.path.join(site.folder, snapshot_cache.STATE)) or b"")
    files.write(os.path.join(site.folder, snapshot_cache.STATE), json.dumps({**note, "serial": 9}).encode())
    assert code(site.open) == "snapshot.damaged"
    assert code(site.recheck) == "snapshot.wrong-digest"


@pytest.mark.parametrize(
    "changes",
    [{"serial": "1"}, {"file": None}, {"mtime_ns": 1.5}, {"takeaway_serial": "x"}, {"key": 7}, {"etag": []}],
)
def test_a_damaged_note_is_none(site, changes):
    path = os.path.join(site.folder, snapshot_cache.STATE)
    note = {k: v for k, v in {**json.loads(files.read(path) or b""), **changes}.items() if v is not None}
    for content in (json.dumps(note).encode(), b"{", b"[]", b"[" * 100_000, b"\xff"):
        files.write(path, content)
        assert snapshot_cache.state(site.folder) is None
        assert code(site.open) == "snapshot.none"
    assert site.sync().changed is False, "the snapshot itself is still there, whole"
    assert usable(site, 1)


def test_a_file_name_no_file_can_have(site):
    path = os.path.join(site.folder, snapshot_cache.STATE)
    note = json.loads(files.read(path) or b"")
    files.write(path, json.dumps({**note, "file": "\0", "manifest_file": "\0"}).encode())
    assert code(site.open) == code(site.recheck) == "snapshot.damaged"


@pytest.mark.parametrize("fails_at", range(4))
def test_a_write_that_fails_leaves_the_last_good_one(site, fails_at, monkeypatch):
    """The disk is full at the n-th file: whatever was written before is not believed."""
    site.publish(*APPROVALS)
    written = []

    def write(path: str, data: bytes) -> None:
        if len(written) == fails_at:
            raise OSError(28, "No space left on device")
        written.append(path)
        files.write(path, data)

    with monkeypatch.context() as patched:
        patched.setattr("unit.ledger.published.files.write", write)
        with pytest.raises(OSError, match="No space"):
            site.sync()
    assert usable(site, 1)
    site.sync()
    assert usable(site, 2)


def test_each_trust_root_has_its_own_folder():
    one, two = (Lock((), (Key(SigningKey(seed).public),)) for seed in ("a", "b"))
    names = [snapshot_cache.folder_of("/cache", lock) for lock in (one, two)]
    assert len(set(names)) == 2
    for name in names:
        assert os.path.dirname(name) == "/cache/snapshots"


def test_taking_away_carries_blocks_and_rejections_only():
    site = Site("unused")
    rejected = request(reason="rejected")
    site.ledger.seal(REQUEST, *APPROVALS, rejected, answer("reject", rejected, "li.si", "legal"), block())
    standings = site.ledger.state().standings
    document = manifest.takeaway(1, "2026-11-21T06:00:00Z", "2026-11-28T06:00:00Z", standings)
    assert manifest.taken_away(document) == tuple(s for s in standings if s.effect != "approve")
    assert len(manifest.taken_away(document)) == 2
    codec.canonical(document)


# -- keys that change hands

OLD, NEW = SigningKey("desk"), SigningKey("desk 2")


def two_keys(site: Site) -> Site:
    """The same site for a lock that trusts two keys of the desk."""
    site.lock = Lock(site.lock.addresses, (Key(OLD.public), Key(NEW.public)))
    site.keys = (Key(OLD.public), Key(NEW.public))
    site.publish()
    site.sync()
    return site


def stolen(site: Site, day: str = "2026-11-21") -> None:
    """The desk revokes its first key and goes on with the second."""
    site.keys = (Key(OLD.public, revoked=day), Key(NEW.public))


def revoked_here(site: Site) -> list[str]:
    return json.loads(files.read(os.path.join(site.folder, "revoked.json")) or b"[]")


def test_a_key_once_seen_revoked_is_never_believed_again(site):
    two_keys(site)
    stolen(site)
    site.publish(*APPROVALS, key=NEW)
    site.sync()
    assert usable(site, 2)
    assert revoked_here(site) == [OLD.public]
    site.keys = (Key(OLD.public), Key(NEW.public))
    site.publish(request(reason="by the thief"), key=OLD)
    assert code(site.sync) == "snapshot.revoked-key"
    assert usable(site, 2)
    os.unlink(os.path.join(site.folder, snapshot_cache.STATE))
    assert code(site.sync) == "snapshot.revoked-key", "also with nothing else kept"
    site.publish(key=NEW)
    site.sync()
    assert revoked_here(site) == [OLD.public], "also where the newest manifest revokes nothing"
    assert usable(site, 3)


def test_what_a_revoked_key_signed_is_dropped_even_if_nothing_better_can_be_fetched(site):
    two_keys(site)
    stolen(site)
    site.publish(*APPROVALS, key=NEW)
    site.spoil["snapshot"] = lambda content: content[:-1]
    assert code(site.sync) == "snapshot.truncated"
    assert code(site.open) == code(site.recheck) == "snapshot.revoked-key"
    site.spoil.clear()
    site.sync()
    assert usable(site, 2)


def test_a_serial_that_only_the_thief_reached_binds_nobody(site):
    two_keys(site)
    honest, site.ledger = site.ledger, Ledger(clock=site.clock)
    for number in range(5):
        site.ledger.seal(request(reason=f"by the thief {number}"))
    site.publish()
    assert site.sync().serial == 5
    site.ledger = honest
    stolen(site)
    site.publish(*APPROVALS, key=NEW)
    assert site.sync().serial == 2
    assert usable(site, 2)


def test_a_taking_away_file_by_a_revoked_key_is_refused(site):
    two_keys(site)
    stolen(site)
    site.publish(*APPROVALS, key=NEW)
    site.publish(takeaway_only=True, key=OLD)
    assert code(site.sync) == "snapshot.revoked-key"


def test_a_revocation_counts_from_its_day_and_not_by_the_key_itself(site):
    two_keys(site)
    stolen(site, "2026-11-22")
    site.publish(*APPROVALS, key=NEW)
    site.sync()
    assert revoked_here(site) == []
    site.publish(key=OLD)
    site.sync()
    site.clock.forward(days=1)
    site.publish(key=OLD)
    site.sync()
    assert (revoked_here(site), usable(site, 2)) == ([], True)


@pytest.mark.parametrize("content", [b"", b"{", b"{}", b"[7]", b"[" * 100_000])
def test_a_damaged_list_of_revoked_keys_lets_nothing_through(site, content):
    files.write(os.path.join(site.folder, "revoked.json"), content)
    assert code(site.open) == code(site.sync) == code(site.recheck) == "snapshot.damaged"


def test_a_lock_without_the_stolen_key_is_another_trust_root(site):
    two_keys(site)
    stolen(site)
    site.publish(*APPROVALS, key=NEW)
    site.sync()
    lock = Lock(site.lock.addresses, (Key(NEW.public),))
    assert snapshot_cache.folder_of("", lock) != snapshot_cache.folder_of("", site.lock)


def test_keys_the_lock_lacks_are_told(site):
    assert site.open().announced == site.sync().told.news(site.lock, site.clock.now) == ()
    site.next_keys = (Key(NEW.public, "2026-12-01"),)
    site.publish(*APPROVALS)
    done = site.sync()
    assert done.told.news(site.lock, site.clock.now) == (Key(NEW.public, "2026-12-01"),)
    assert site.open().announced == (signatures.fingerprint(NEW.public),)
    note = json.loads(files.read(os.path.join(site.folder, snapshot_cache.STATE)) or b"")
    del note["announced"]
    files.write(os.path.join(site.folder, snapshot_cache.STATE), json.dumps(note).encode())
    assert site.open().announced == (), "a note of an older osgate tells nothing"


@pytest.mark.parametrize(
    "changes", [{"keys": [{}]}, {"keys": 7}, {"next_keys": [{"key": "x"}]}, {"keys": [{"key": "a b"}]}]
)
def test_a_manifest_whose_keys_are_none_is_refused(site, changes):
    site.publish(*APPROVALS)
    signed(site, "manifest.json", **changes)
    assert code(site.sync) == "snapshot.malformed"
    assert usable(site, 1)


def test_a_manifest_without_keys_or_with_more_than_is_known_is_read(site):
    site.publish(*APPROVALS)
    signed(site, "manifest.json", keys=None, next_keys=None, policy="sha256:1", later=[1, {"x": "y"}])
    assert site.sync().serial == 2
    assert usable(site, 2)


def test_an_old_key_is_refused_after_its_end(site):
    site.lock = Lock(site.lock.addresses, (Key(OLD.public, "", "2026-12-01"), Key(NEW.public, "2026-11-15")))
    site.sync()
    site.clock.forward(days=5)
    site.publish(*APPROVALS, key=NEW)
    site.sync()
    assert usable(site, 2)
    site.clock.forward(days=5)
    site.publish(key=OLD)
    assert code(site.sync) == "snapshot.untrusted-key"
