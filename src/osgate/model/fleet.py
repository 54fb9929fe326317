"""What a forge's settings are in one project, as far as they bear on whether the gate can be passed by."""

from __future__ import annotations

from osgate.model.forge import Account
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Access levels as GitLab counts them.
NOBODY, DEVELOPER, MAINTAINER, OWNER = 0, 30, 40, 50


@record
class Guarded:
    """A protected branch, or a pattern of some. push, merge: who may, as access levels, and -1 for each single account.

    force: history may be rewritten.
    """

    name: str
    push: tuple[int, ...] = ()
    merge: tuple[int, ...] = ()
    force: bool = False


@record
class Hook:
    """A webhook. events: those it is told of, as GitLab names them (`note_events`)."""

    id: str
    url: str
    events: tuple[str, ...] = ()
    verified: bool = True


@record
class Variable:
    """A CI variable, without its value."""

    key: str
    protected: bool = False
    masked: bool = False


@record
class Found:
    """A project's settings. settings: name -> value, as the API tells; keepers: who may change them.

    unseen: what could not be read, with why.
    """

    id: str
    path: str
    branch: str
    url: str
    settings: dict[str, Any]
    guarded: tuple[Guarded, ...] = ()
    hooks: tuple[Hook, ...] = ()
    variables: tuple[Variable, ...] = ()
    keepers: tuple[Account, ...] = ()
    schedules: int = 0
    unseen: tuple[tuple[str, str], ...] = ()


@record
class Difference:
    """Something that is not as it must be. code: key below `fleet.`.

    weight: `drift` (can be written), `hole` (lets somebody pass, and a person has to see to it) or `advice` (what no
    setting can hold). place: name of the setting, empty where it is none. found, wanted: values, as texts. params: what
    the sentence names beside those.
    """

    code: str
    weight: str
    place: str = ""
    found: str = ""
    wanted: str = ""
    params: tuple[tuple[str, str], ...] = ()
