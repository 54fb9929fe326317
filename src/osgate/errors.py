"""The error tree. Each error has an exit code and a catalogue key; words are found by `text`, never here."""

from __future__ import annotations

from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

PASS, BLOCKED, USAGE, BUG, UNDECIDED, INTERRUPTED = 0, 1, 2, 3, 4, 130


class OsgateError(Exception):
    """An error a person is meant to read.

    code: key below `error.` in the catalogue. params: what the sentence names. exit_code: what the process ends with.
    """

    exit_code = BUG

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code, params)
        self.code = code
        self.params = params

    def __str__(self) -> str:
        inside = ", ".join(f"{key}={value!r}" for key, value in self.params.items())
        return f"{self.code}({inside})"


class UsageError(OsgateError):
    """A wrong command, flag, configuration or file of ours."""

    exit_code = USAGE


@record
class Mistake:
    """Something wrong in a file of ours. line: from 1, 0 where none is known. code: key below `mistake.`."""

    path: str
    line: int
    code: str
    params: Mapping[str, object]


class Mistakes(UsageError):
    """Several mistakes in files of ours, all found in one reading; `mistakes` lists them in order of file and line."""

    def __init__(self, mistakes: tuple[Mistake, ...]) -> None:
        super().__init__("mistakes.other", n=len(mistakes))
        self.mistakes = mistakes


class Refused(OsgateError):
    """Something that was asked for is not allowed: a record that cannot count, a broken ledger, a bad signature."""

    exit_code = BLOCKED


class Undecided(OsgateError):
    """Our own data is missing, stale or not to be trusted, so there is no verdict."""

    exit_code = UNDECIDED
