"""osgate: the intake gate for open source."""

__version__ = "0.1.0"
