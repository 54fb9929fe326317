"""Where a packed hook starts: without a word it is the hook itself; words are for cron and for who looks after it."""

from __future__ import annotations

import os

from osgate.errors import BLOCKED, Mistakes, OsgateError
from osgate.server_hook import settings as told

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import NoReturn

    from osgate.text.translator import Translator

_MARKS = {"gitlab": "GL-HOOK-ERR: "}


def main(archive: str, words: list[str], platform: str, changed: str = "") -> NoReturn:
    """Do what `words` ask and end the process with the exit code. archive: path of the packed file.
    changed: what differs in the one ref of a push, as `remembered` reads it.

    Whatever goes wrong in a hook refuses the push: a gate that cannot look is shut.
    """
    mark = "" if words else _MARKS.get(platform, "")
    try:
        code = _run(os.path.realpath(archive), words, changed)
    except OsgateError as error:
        _say(2, [mark + line for line in _sentences(error)])
        code = error.exit_code if words else BLOCKED
    except BaseException as error:
        from osgate.text.translator import LOCALES, Translator

        lines = [Translator(locale)("packed.failed", kind=type(error).__name__) for locale in reversed(LOCALES)]
        _say(2, [f"{mark}osgate: {line}" for line in lines])
        code = BLOCKED
    # At once: taking everything apart would cost more than the rest.
    os._exit(code)


def _run(archive: str, words: list[str], changed: str) -> int:
    data: bytes = __loader__.get_data(f"{__loader__.archive}/{told.FILE}")  # type: ignore[name-defined]
    settings = told.parse(data, told.FILE, os.path.dirname(archive))
    if not words:
        from osgate.server_hook.program import hook

        return hook(settings, changed=changed)
    from osgate import wiring
    from osgate.server_hook import upkeep

    lines, code = upkeep.run(settings, archive, words, wiring.now())
    _say(1, lines)
    return code


def _sentences(error: OsgateError) -> Iterator[str]:
    """An error in both languages, for nobody knows yet who reads it."""
    from osgate.text.translator import LOCALES, Translator

    for t in map(Translator, reversed(LOCALES)):
        yield f"osgate: {sentence(error, t)}"
        failures = error.params.get("failures", ())
        yield from [f"  - {sentence(failure, t)}" for failure in failures]  # type: ignore[attr-defined]


def sentence(error: OsgateError, t: Translator) -> str:
    """Return the one sentence of an error; for mistakes in the settings, of the first of them."""
    from osgate.text.width import printable

    if isinstance(error, Mistakes):
        first = error.mistakes[0]
        said = t("packed.settings", file=first.path, code=first.code, params=dict(first.params))
        return printable(said)
    return printable(t(f"error.{error.code}", **error.params))


def _say(stream: int, lines: list[str]) -> None:
    """Write lines as UTF-8, whatever locale a server starts its hooks in; that nobody listens changes nothing."""
    data = "".join(f"{line}\n" for line in lines).encode("utf-8", "backslashreplace")
    try:
        while data:
            data = data[os.write(stream, data) :]
    except OSError:
        return
