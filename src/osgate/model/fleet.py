"""What a forge's settings are in one project, as far as they bear on whether the gate can be passed by."""

from __future__ import annotations

from osgate.model.forge import Account
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# How much a difference weighs; see Difference.
DRIFT, HOLE, ADVICE = "drift", "hole", "advice"
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
class Checked:
    """One run of the gate. commit: what it looked at, and `parents` of it where it is a merge of its own making.

    passed: with the verdict that counts; at, began: instants it ended and began, empty where nobody tells.
    """

    commit: str
    passed: bool
    at: str = ""
    parents: tuple[str, ...] = ()
    began: str = ""


@record
class Merge:
    """A change that was merged. number: within its project; head: the commit that was; at: instant of the merge.

    checks: runs of the gate that are known for it; url: for people.
    """

    number: int
    head: str
    at: str
    url: str
    checks: tuple[Checked, ...] = ()


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
