"""Anchors the desk leaves in the policy repository: once a day a signed tag that names the newest seal.

A tag is git's own, signed in git's own way (SSH, namespace `git`), so that an auditor fetches and verifies it with
nothing but git, and keeps it where the desk cannot write. A tag that is there is never moved.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterable
from datetime import datetime

from osgate.errors import Refused
from osgate.io.git import GitFailed, revision, text
from osgate.io.git_write import RefMoved, Repository
from osgate.ledger import codec, signatures
from osgate.model.record import record

# Who commits and tags; whose decisions they are stands in the records, never here.
DESK = ("osgate desk", "desk@osgate.invalid")
# The namespace in which git signs and verifies (git-config, gpg.ssh).
NAMESPACE = "git"
TAGS = "refs/tags/anchor/"
_ANCHOR = re.compile(rb"anchor ([0-9]{1,18}):")
_BEGIN = b"-----BEGIN SSH SIGNATURE-----"
# Tags that are looked into; whoever pushes more of them than this makes the desk tag a seal twice, and nothing else.
_LOOKED_AT = 100
# Base64 digits on a line of an armoured signature, as ssh-keygen breaks them.
_WIDTH = 70


def said(serial: int, digest: str) -> str:
    """Return the anchor of a seal as it is printed and as `ledger verify --anchor` takes it: `SERIAL:digits`."""
    return f"{serial}:{digest.partition(':')[2] or digest}"


def require_forward(newest: str, now: str) -> None:
    """Raise Refused("desk.clock") where `now` lies before the newest seal's time `newest` (UTC instants, or empty).

    Either this clock is wrong now, or it was wrong when that seal was made; a seal before its past would never verify.
    """
    if now < newest:
        raise Refused("desk.clock", newest=newest, now=now)


@record
class Tagged:
    """What came of a day's tag, without `refs/tags/` and empty for none.

    made: the tag this run made; foreign: one that is not the desk's, where its own belongs.
    """

    made: str = ""
    foreign: str = ""


def tag(
    repository: Repository,
    main: str,
    serial: int,
    digest: str,
    now: str,
    sign: Callable[[bytes], str],
    keys: Iterable[str],
) -> Tagged:
    """Tag the commit that brought the seal `serial`, unless it or this day has a tag of the desk's.

    main: branch or commit that holds the seal; digest: the seal's; now: UTC instant; sign(message) -> SSHSIG blob in
    base64, namespace NAMESPACE; keys: public keys of the desk, by which its own tags are known. A tag of somebody
    else's that has the day's name stays, and the anchor gets the name `anchor/<date>-<serial>`. Safe to repeat: a run
    that was killed in between left an object nobody names.
    """
    own = frozenset(keys)
    day = f"{TAGS}{now[:10]}"
    here = _names(repository, f"{day}*")
    foreign = _shown(day) if day in here and not _said(repository, day, own) else ""
    ours = any(_said(repository, name, own) for name in here[:_LOOKED_AT])
    if not serial or ours or _tagged(repository, now[:10], own) == serial:
        return Tagged("", foreign)
    name = f"{day}-{serial}" if foreign else day
    commit = text(repository.run("rev-list", "-1", revision(main), "--", codec.seal_path(serial))).strip()
    if not commit:  # The seal lies in an archive, or nowhere.
        return Tagged("", foreign)
    body = _body(commit, _shown(name), said(serial, digest), now)
    signed = body + _armoured(sign(body))
    made = text(repository.run("mktag", input=signed)).strip()
    try:
        repository.update_ref(name, made, None)
    except (RefMoved, GitFailed):  # Git has no room for it beside a tag `anchor` or `anchor/<date>/...`.
        return Tagged("", _shown(name))
    return Tagged(_shown(name), foreign)


def _shown(name: str) -> str:
    return name.removeprefix("refs/tags/")


def _names(repository: Repository, pattern: str) -> list[str]:
    """The tags of a pattern, the last name first."""
    return text(repository.run("for-each-ref", "--sort=-refname", "--format=%(refname)", pattern)).split("\n")[:-1]


def _tagged(repository: Repository, day: str, own: frozenset[str]) -> int:
    """The serial that the desk's newest anchor of `day` or before tells; 0 where there is none."""
    names = [name for name in _names(repository, TAGS) if name.removeprefix(TAGS)[:10] <= day]
    return next((serial for name in names[:_LOOKED_AT] if (serial := _said(repository, name, own))), 0)


def _said(repository: Repository, name: str, own: frozenset[str]) -> int:
    """The serial that a tag of the desk's own tells: annotated, by its own name, signed by one of the keys `own`.

    0 for any other.
    """
    reply = repository.objects.read([name])[0]
    if reply is None or reply[1] != "tag" or reply[3] is None:
        return 0
    body, mark, signature = reply[3].partition(_BEGIN)
    head, _, message = body.partition(b"\n\n")
    about = head.split(b"\n")
    found = _ANCHOR.match(message)
    if found is None or f"tag {_shown(name)}".encode("utf-8", "surrogateescape") not in about:
        return 0
    try:
        key = signatures.verify((mark + signature).decode("ascii"), body, NAMESPACE)
    except (Refused, ValueError, LookupError):
        return 0
    return int(found[1]) if key in own else 0


def _body(commit: str, name: str, anchor: str, now: str) -> bytes:
    """The tag object up to its signature."""
    seconds = int(datetime.fromisoformat(now).timestamp())
    who = f"{DESK[0]} <{DESK[1]}> {seconds} +0000"
    return f"object {commit}\ntype commit\ntag {name}\ntagger {who}\n\nanchor {anchor}\n".encode()


def _armoured(blob: str) -> bytes:
    lines = (_BEGIN.decode(), *textwrap.wrap(blob, _WIDTH), "-----END SSH SIGNATURE-----", "")
    return "\n".join(lines).encode()
