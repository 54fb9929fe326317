"""Prints the token that osgate goes by at GitHub, for git to go by: an app's lasts an hour.

    python -I actions/credential.py     with OSGATE_TOKEN, or OSGATE_APP_ID and OSGATE_APP_KEY_FILE

Run by the Python that `ready.py` named.
"""

# ruff: noqa: TID251, T201 - a program of its own, which reads its environment and prints
from __future__ import annotations

import os
import sys

from osgate import wiring_forges
from osgate.cli import error_text
from osgate.errors import OsgateError
from osgate.text.translator import Translator, choose


def main() -> int:
    """Print it, alone; exits as osgate does where there is none."""
    try:
        token = wiring_forges.credential(wiring_forges.forge("github", "", os.environ), os.environ)[1]
    except OsgateError as error:
        print(f"osgate: {error_text.sentence(error, Translator(choose(None, os.environ)))}", file=sys.stderr)
        return error.exit_code
    print(token)
    return 0


if __name__ == "__main__":
    sys.exit(main())
