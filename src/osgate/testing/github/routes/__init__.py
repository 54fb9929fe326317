"""The endpoints by theme. Importing this fills the table of routes."""

from __future__ import annotations

from osgate.testing.github.routes import (
    accounts,
    actions,
    branches,
    checks,
    comments,
    commits,
    contents,
    gitdata,
    hooks,
    issues,
    protection,
    pulls,
    reactions,
    repos,
    reviews,
    rulesets,
    search,
    teams,
)

THEMES = (
    accounts,
    actions,
    branches,
    checks,
    comments,
    commits,
    contents,
    gitdata,
    hooks,
    issues,
    protection,
    pulls,
    reactions,
    repos,
    reviews,
    rulesets,
    search,
    teams,
)
