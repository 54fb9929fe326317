"""What the repository we stand in uses: of one component, or all of it."""

from __future__ import annotations

from osgate.cli.judging import judge
from osgate.io.git import Git
from osgate.model.dependency import Dependency


def used(git: Git) -> list[Dependency]:
    """Return what is staged and what HEAD holds; nothing outside of a repository, or before its first commit."""
    if git.ask("rev-parse", "--verify", "--quiet", "HEAD")[0] != 0:
        return []
    forms = ("staged", "all")
    return [item.dependency for form in forms for item in judge(git, {"offline": "yes"}, form).introduced]
