"""What rules load when they are first asked is loaded before the tests: a verdict by itself touches no file."""

from __future__ import annotations

from importlib import import_module

from osgate.licences import matrix, reading
from osgate.rules.table import DEPENDENCY_RULES, FILE_RULES

reading.able()
matrix.shipped()
for _name in ("required", "untold", "licence_clashes"):
    import_module(f"osgate.{_name}")
for _rule in (*DEPENDENCY_RULES, *FILE_RULES):
    import_module(f"osgate.rules.{_rule.module}")
