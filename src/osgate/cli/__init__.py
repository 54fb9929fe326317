"""The command line: dispatch on the first word, one module a command, one error handler for all."""

from __future__ import annotations

import gc
import os
import sys

from osgate import errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from osgate.errors import OsgateError


def program() -> NoReturn:
    """The `osgate` program: run `main` and end the process at once.

    Taking a thousand packages apart again, object by object, would cost more than the verdict on them.
    """
    code = main()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            # Whoever read our output has gone; the verdict stands.
            continue
    os._exit(code)


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code (`errors`: 0, 1, 2, 3, 4 or 130). argv: without the program's name.

    The collector of cycles is paused meanwhile: records refer to nothing that refers back, and looking through a
    thousand packages or a hundred thousand decisions again and again costs more than reading them.
    """
    words = sys.argv[1:] if argv is None else argv
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _dispatch(words)
    except errors.OsgateError as error:
        return _told(error)
    except KeyboardInterrupt:
        return errors.INTERRUPTED
    except Exception as error:
        return _bug(error)
    finally:
        if collecting:
            gc.enable()


def _dispatch(words: list[str]) -> int:
    name = words[0] if words else "--help"
    if name == "check":
        # At commit time; it does without the table, which knows every format and surface.
        from osgate.cli import check

        return check.run(words[1:])
    from osgate.surfaces import COMMANDS

    if any(name == command.name for command in COMMANDS):
        module = __import__(f"osgate.cli.{name.replace('-', '_')}", fromlist=["run"])
        code: int = module.run(words[1:])
        return code
    from osgate.cli import overview

    return overview.run(name)


def _told(error: OsgateError) -> int:
    from osgate.cli import console

    console.complain(error)
    return error.exit_code


def _bug(error: Exception) -> int:
    from osgate.cli import console

    console.report_bug(error)
    return errors.BUG
