"""The command line: dispatch on the first word, one module a command, one error handler for all."""

from __future__ import annotations

import sys

from osgate import errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.errors import OsgateError


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code (`errors`: 0, 1, 2, 3, 4 or 130). argv: without the program's name."""
    words = sys.argv[1:] if argv is None else argv
    try:
        return _dispatch(words)
    except errors.OsgateError as error:
        return _told(error)
    except KeyboardInterrupt:
        return errors.INTERRUPTED
    except BrokenPipeError:
        _leave_quietly()
        return errors.PASS
    except Exception:
        return _bug()


def _dispatch(words: list[str]) -> int:
    name = words[0] if words else "--help"
    if name == "check":
        # At commit time; it does without the table, which knows every format and surface.
        from osgate.cli import check

        return check.run(words[1:])
    from osgate.surfaces import COMMANDS

    if any(name == command.name for command in COMMANDS):
        module = __import__(f"osgate.cli.{name}", fromlist=["run"])
        code: int = module.run(words[1:])
        return code
    from osgate.cli import overview

    return overview.run(name)


def _told(error: OsgateError) -> int:
    from osgate.cli import console

    console.complain(error)
    return error.exit_code


def _leave_quietly() -> None:
    """The reader of our output is gone; keep the interpreter from complaining about it at exit."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _bug() -> int:
    from osgate.cli import console

    console.report_bug()
    return errors.BUG
