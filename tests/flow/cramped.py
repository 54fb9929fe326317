"""Run `osgate desk` in this process with a limit on how large any file may grow, as on a disk that is full.

python cramped.py BYTES NOW ARGUMENTS...: NOW is what the clock says. What the desk starts is limited too.
"""

from __future__ import annotations

import resource
import signal
import sys

from osgate import cli, wiring


def main() -> int:
    """Load everything first, so that only what the desk writes counts."""
    limit, now = int(sys.argv[1]), sys.argv[2]
    from osgate.cli import desk  # noqa: F401

    wiring.now = lambda: wiring.Moment(now, now[:10], 0)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    return cli.main(sys.argv[3:])


if __name__ == "__main__":
    sys.exit(main())
