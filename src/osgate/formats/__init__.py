"""Readers of dependency files: one pure module a format, listed in `osgate.formats.table`."""
