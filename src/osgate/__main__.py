"""`python -m osgate`."""

import sys

from osgate.cli import main

sys.exit(main())
