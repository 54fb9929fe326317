"""Anchors the desk leaves in the policy repository: once a day a signed tag that names the newest seal.

A tag is git's own, signed in git's own way (SSH, namespace `git`), so that an auditor fetches and verifies it with
nothing but git, and keeps it where the desk cannot write. A tag that is there is never moved.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable
from datetime import datetime

from osgate.errors import Refused
from osgate.io.git import revision, text
from osgate.io.git_write import RefMoved, Repository
from osgate.ledger import codec

# Who commits and tags; whose decisions they are stands in the records, never here.
DESK = ("osgate desk", "desk@osgate.invalid")
# The namespace in which git signs and verifies (git-config, gpg.ssh).
NAMESPACE = "git"
TAGS = "refs/tags/anchor/"
_SAID = re.compile(r"^anchor ([0-9]+):", re.MULTILINE)
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


def tag(repository: Repository, main: str, serial: int, digest: str, now: str, sign: Callable[[bytes], str]) -> str:
    """Tag the commit that brought the seal `serial`, unless it or this day has a tag; return the tag, empty for none.

    main: branch or commit that holds the seal; digest: the seal's; now: UTC instant; sign(message) -> SSHSIG blob in
    base64, namespace NAMESPACE. Safe to repeat: a run that was killed in between left an object nobody names.
    """
    name = f"{TAGS}{now[:10]}"
    if not serial or repository.commit_of(name) is not None or _tagged(repository) == serial:
        return ""
    walk = ("rev-list", "-1", revision(main), "--", codec.seal_path(serial))
    commit = text(repository.run(*walk)).strip()
    if not commit:  # The seal lies in an archive, or nowhere.
        return ""
    body = _body(commit, name.removeprefix("refs/tags/"), said(serial, digest), now)
    signed = body + _armoured(sign(body))
    try:
        repository.update_ref(name, text(repository.run("mktag", input=signed)).strip(), None)
    except RefMoved:
        return ""
    return name


def _tagged(repository: Repository) -> int:
    """The serial that the newest anchor tells; 0 where there is none, or one that is not ours."""
    newest = ("--count=1", "--sort=-refname", "--format=%(contents:subject)", TAGS)
    found = _SAID.search(text(repository.run("for-each-ref", *newest)))
    return int(found[1]) if found else 0


def _body(commit: str, name: str, anchor: str, now: str) -> bytes:
    """The tag object up to its signature."""
    seconds = int(datetime.fromisoformat(now).timestamp())
    who = f"{DESK[0]} <{DESK[1]}> {seconds} +0000"
    return f"object {commit}\ntype commit\ntag {name}\ntagger {who}\n\nanchor {anchor}\n".encode()


def _armoured(blob: str) -> bytes:
    lines = ("-----BEGIN SSH SIGNATURE-----", *textwrap.wrap(blob, _WIDTH), "-----END SSH SIGNATURE-----", "")
    return "\n".join(lines).encode()
