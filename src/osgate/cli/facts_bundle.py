"""`osgate facts bundle`: facts as one signed file, for sites that reach no source.

Export signs with the desk's key; import believes the keys of the lock, refuses an older bundle than was seen, and
changes nothing before all of it is checked.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Collection, Mapping
from contextlib import closing
from typing import Any

from osgate import wiring
from osgate.cli import console, facts_place, flags
from osgate.errors import PASS, Refused, Undecided, UsageError
from osgate.facts import bundle
from osgate.facts.bundle import ADVISORIES, FACTS, Manifest
from osgate.facts.osv.index import Index
from osgate.facts.store import Store
from osgate.io import bundles, files, ssh
from osgate.io.git import Git, GitFailed
from osgate.ledger import codec, signatures, snapshot_cache
from osgate.ledger.lock import Lock
from osgate.text.translator import Translator

COMMAND = "facts bundle"
ACTIONS = ("export", "import")
# Which bundle was imported last.
NOTE = "bundle.json"


def run(words: list[str]) -> int:
    """Make a bundle, or take one in. Exits 1 where a bundle is refused."""
    asked = flags.read(COMMAND, words, ("help",), ("facts", "key", "serial", "lock", "language"))
    t = console.speak(asked.get("language", ""))
    rest = asked[""].split("\0") if asked[""] else []
    if "help" in asked or not rest:
        console.say(t("help.facts-bundle"))
        return PASS
    if rest[0] not in ACTIONS or len(rest) > 2:
        raise console.usage(COMMAND, t("usage.extra", words=" ".join(rest)))
    if len(rest) < 2:
        raise console.usage(COMMAND, t("usage.missing", what="FILE"))
    for flag in ("key", "serial") if rest[0] == "import" else ():
        if flag in asked:
            raise console.usage(COMMAND, t("usage.not-with", flag=flag, action=rest[0]))
    try:
        return (_export if rest[0] == "export" else _import)(rest[1], asked, t)
    except BlockingIOError:
        raise Undecided("facts.busy", path=facts_place.folder_of(asked)) from None
    except OSError as error:
        raise UsageError("bundle.files", path=rest[1], detail=error.strerror or str(error)) from None


def _export(path: str, asked: Mapping[str, str], t: Translator) -> int:
    if "key" not in asked:
        raise console.usage(COMMAND, t("usage.missing", what="--key"))
    folder, moment = facts_place.folder_of(asked), wiring.now()
    serial = _serial(asked, moment.instant, t)
    key = os.path.expanduser(asked["key"])
    _check_own(key, asked, moment.instant)
    with tempfile.TemporaryDirectory(prefix="osgate-") as place:
        lines = os.path.join(place, FACTS)
        with closing(Store(os.path.join(folder, facts_place.STORE))) as store, open(lines, "wb") as out:
            out.writelines(bundle.lines(store.each()))
        found = [(FACTS, lines)]
        index = os.path.join(folder, facts_place.INDEX)
        if os.path.isfile(index):
            found.append((ADVISORIES, index))
        members = [(bundles.member(name, file), file) for name, file in found]
        document = bundle.manifest(serial, moment.instant, [one for one, _ in members])
        value = ssh.sign(key, bundle.NAMESPACE, codec.signed_bytes(document))
        signed = codec.printed({**document, "signature": {"alg": "sshsig", "value": value}})
        bundles.write(path, signed, members)
    size = sum(one.size for one, _ in members)
    console.say(t("facts.exported", path=path, serial=serial, size=_mib(size), key=_fingerprint(key)))
    return PASS


def _check_own(key: str, asked: Mapping[str, str], now: str) -> None:
    """Raise Refused("bundle.own-key") for a key that no import would believe; without a lock nobody can tell."""
    try:
        lock = _lock(asked)
    except (GitFailed, Undecided):
        return
    public = ssh.public_key(key)
    if public not in _believed(lock, now):
        raise Refused("bundle.own-key", path=key, key=signatures.fingerprint(public))


def _believed(lock: Lock, now: str) -> Collection[str]:
    return snapshot_cache.believed(snapshot_cache.folder_of(wiring.cache_folder(), lock), lock).trusted(now)


def _fingerprint(key: str) -> str:
    return signatures.fingerprint(ssh.public_key(key))


def _serial(asked: Mapping[str, str], instant: str, t: Translator) -> int:
    """The serial of a bundle: what the flag says, else its time, so that it grows by itself."""
    text = asked.get("serial") or "".join(filter(str.isdigit, instant))
    if not (text.isascii() and text.isdigit() and 0 < int(text[:17]) < 10**16):
        raise console.usage(COMMAND, t("usage.number", flag="serial", found=text))
    return int(text)


def _mib(size: int) -> str:
    return f"{size / (1 << 20):.1f}"


def _import(path: str, asked: Mapping[str, str], t: Translator) -> int:
    folder, moment = facts_place.folder_of(asked), wiring.now()
    with files.FolderLock(os.path.join(folder, "bundle.lock")):
        try:
            document = bundle.parse(bundles.manifest(path), path)
            key = _signer(document, path, _lock(asked), moment.instant)
            manifest = bundle.checked(document, path)
            digest = codec.digest(codec.signed_bytes(document))
            if not _newer(manifest, digest, path, kept(folder)):
                console.say(t("facts.bundle-same", serial=manifest.serial))
                return PASS
            count, changed = _taken(path, manifest, folder, moment.instant)
        except bundles.Malformed as error:
            raise Refused("bundle.malformed", path=path, detail=error.detail) from None
        note = {"serial": manifest.serial, "issued": manifest.issued, "digest": digest, "key": key}
        files.write(os.path.join(folder, NOTE), codec.printed({**note, "imported": moment.instant}))
    said = {"serial": manifest.serial, "day": manifest.issued[:10], "changed": changed}
    console.say(t.count("facts.taken", count, **said))
    return PASS


def _lock(asked: Mapping[str, str]) -> Lock:
    """The keys that are believed: of the lock that is handed in, or of the repository we stand in."""
    if "lock" in asked:
        return wiring.handed_in(asked["lock"])
    with Git() as git:
        lock = wiring.trusted(git, "HEAD").lock
    if lock is None:
        raise Undecided("bundle.no-lock")
    return lock


def _signer(document: dict[str, Any], path: str, lock: Lock, now: str) -> str:
    """The key that signed a bundle, one that is believed. Raises Refused: `bundle.signature`, `bundle.key`."""
    signature = document.get("signature")
    value = signature.get("value") if isinstance(signature, dict) else None
    if not isinstance(value, str):
        raise Refused("bundle.signature", path=path)
    try:
        key = signatures.verify(value, codec.signed_bytes(document), bundle.NAMESPACE)
    except Refused:
        raise Refused("bundle.signature", path=path) from None
    if key not in _believed(lock, now):
        raise Refused("bundle.key", path=path, key=signatures.fingerprint(key))
    return key


def kept(folder: str) -> dict[str, Any]:
    """Return what is noted of the bundle that was imported last; nothing where none was. Raises Undecided."""
    path = os.path.join(folder, NOTE)
    data = files.read(path)
    if data is None:
        return {}
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or type(found.get("serial")) is not int or "issued" not in found:
        raise Undecided("bundle.note", path=path)
    return found


def _newer(manifest: Manifest, digest: str, path: str, last: Mapping[str, Any]) -> bool:
    """Whether there is something to take. Raises Refused("bundle.older") for less than was seen."""
    least = int(last.get("serial", 0))
    if manifest.serial == least and digest == last.get("digest"):
        return False
    if manifest.serial <= least:
        raise Refused("bundle.older", path=path, serial=manifest.serial, least=least)
    return True


def _taken(path: str, manifest: Manifest, folder: str, now: str) -> tuple[int, int]:
    """Check all that a bundle holds, then put it in force; returns how many facts there are and how many changed."""
    with tempfile.TemporaryDirectory(prefix="bundle-", dir=folder) as place:
        bundles.unpack(path, manifest.files, place)
        index, lines = os.path.join(place, ADVISORIES), os.path.join(place, FACTS)
        if os.path.exists(index):
            Index(index).close()
        count = changed = 0
        if os.path.exists(lines):
            with closing(facts_place.opened(folder, now)) as store, open(lines, "rb") as file:
                count, changed = bundle.take(file, store, now)
        if os.path.exists(index):
            os.replace(index, os.path.join(folder, facts_place.INDEX))
    return count, changed
