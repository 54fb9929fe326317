"""A check run, where a forge has them (GitHub): a verdict on a commit that one app alone can give, with notes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, runtime_checkable

from osgate.model.record import record

# Conclusions, and levels from the worst on.
CONCLUSIONS = SUCCESS, FAILED, NEUTRAL, ACTION = ("success", "failure", "neutral", "action_required")
LEVELS = FAILURE, WARNING, NOTICE = ("failure", "warning", "notice")


# Annotations of one check run, so that it takes two requests at most: all that is asked about a change takes ten.
MOST = 100


@record
class Annotation:
    """A note beside a line. path: in the repository; line: from 1; level: one of LEVELS."""

    path: str
    line: int
    level: str
    message: str
    title: str = ""


@record
class Said:
    """What a check run says. left: annotations that are not even handed in; cut: what its summary adds about the number
    of those that it does not show; details: a page to go on to; key: the same for what says the same, empty where it is
    to be told in any case."""

    name: str
    title: str
    summary: str
    cut: Callable[[int], str] = str
    left: int = 0
    details: str = ""
    key: str = ""


@record
class Published:
    """A check run that stands. hidden: annotations that it does not show; new: it was not there before."""

    id: str
    url: str
    hidden: int
    new: bool = True


@runtime_checkable
class Checks(Protocol):
    """A forge that has check runs; raises what `osgate.forges.protocol` names."""

    def publish_check(
        self, project: str, commit: str, said: Said, annotations: Iterable[Annotation], conclusion: str
    ) -> Published:
        """Put a finished check run on a commit, unless the newest of that name and ours concludes and says the same.

        annotations: MOST are shown, the worst, in the order given where levels are equal. conclusion: one of
        CONCLUSIONS. Raises Forbidden where we are no app that may (`checks: write`).
        """
