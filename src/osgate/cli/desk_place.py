"""Where a desk works: in a bare repository on this machine, or on a copy of one at a forge."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from osgate import wiring, wiring_forges
from osgate.cli import console, error_text
from osgate.errors import Mistakes, Undecided
from osgate.intake_desk.carried_over import carry_over
from osgate.intake_desk.policy_clone import default_branch
from osgate.intake_desk.remote import Remote
from osgate.io import http
from osgate.io.files import FolderLock
from osgate.io.git_write import Repository
from osgate.ledger import store_git
from osgate.model.finding import SLUGS
from osgate.model.record import record
from osgate.policy.valid import validate

T = TypeVar("T")
# How often a run is made anew because main moved under it; who pushes to main beside the desk is rare.
TRIES = 3
# Seconds for each file that was published before.
_SECONDS = 60.0


@record
class Place:
    """repository: to work in; main: the branch the desk moves; folder: the repository's own; remote: None where the
    repository itself is the one the desk is the desk of."""

    repository: Repository
    main: str
    folder: str
    remote: Remote | None = None

    def deliver(self) -> None:
        """Bring main to where it belongs."""
        if self.remote is not None:
            self.remote.deliver()

    def settled(self, work: Callable[[], T]) -> T:
        """Return what `work` does, made anew on what is there by then where main moved meanwhile, and bring the rest
        of it to where it belongs. Raises Undecided("desk.moved") when that does not come to an end."""
        if self.remote is None:
            return work()
        for left in reversed(range(TRIES)):
            try:
                done = work()
                break
            except Undecided as error:
                if error.code != "desk.moved" or not left:
                    raise
                self.remote.fetch()
        try:
            self.remote.settle()
        except Undecided as error:
            console.say(error_text.sentence(error, console.words()), sys.stderr)
        return done


@contextmanager
def opened(named: str, publish: str, now: str) -> Iterator[Place]:
    """Yield where to work. named: a bare repository's folder, or the address of one (`wiring_forges.way_in`).

    One desk at a time works there. Raises Undecided("desk.busy").
    """
    if os.path.isdir(named):
        with Repository(named) as repository:
            folder = repository.git_dir()
            with _alone(folder):
                yield Place(repository, f"refs/heads/{default_branch(repository, folder)}", folder)
        return
    copy = os.path.join(wiring.cache_folder(), "desk", f"{hashlib.sha256(named.encode()).hexdigest()[:16]}.git")
    os.makedirs(copy, exist_ok=True)
    with _alone(copy), Remote(named, copy, wiring_forges.way_in(named, os.environ), now) as remote:
        _carry_over(remote, publish)
        yield Place(remote.repository, remote.main, copy, remote)


@contextmanager
def _alone(folder: str) -> Iterator[None]:
    try:
        with FolderLock(os.path.join(folder, "osgate-desk.lock")):
            yield
    except BlockingIOError as error:
        raise Undecided("desk.busy", folder=folder) from error


def _carry_over(remote: Remote, publish: str) -> None:
    """What was published last, where this machine does not have it any more."""
    t = console.words()
    try:
        addresses = validate(store_git.policy(remote.repository, remote.main).policy, SLUGS).addresses
    except Mistakes:  # The desk's own run tells them, if it needs what main says.
        return

    def get(address: str, name: str, limit: int) -> bytes:
        return http.fetch(address, name, limit=limit, seconds=_SECONDS).data

    for error in carry_over(publish, addresses, get):
        console.say(t("desk.not-carried-over", why=error_text.sentence(error, t)), sys.stderr)
