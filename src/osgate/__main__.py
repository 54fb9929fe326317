"""`python -m osgate`."""

from osgate.cli import program

program()
