"""A bare repository as GitHub keeps it: refusals in its words, pull requests at `refs/pull/`."""

from __future__ import annotations

import os

from osgate.testing.gitlab.git import FileDiff, GitFailed, Repository

__all__ = ["FileDiff", "GitFailed", "HubRepository"]

_PRE_RECEIVE = """#!/bin/sh
# Refuses what the forge does not allow: a line each in FAKE_GITHUB_REFUSED (ref, tab, why) and FAKE_GITHUB_FORWARD.
lines=$(cat)
while read -r old new ref; do
  why=$(printf '%s\\n' "$FAKE_GITHUB_REFUSED" | awk -F '\\t' -v ref="$ref" '$1 == ref {print $2}')
  if [ -n "$why" ]; then
    echo "error: $why" >&2
    exit 1
  fi
  if printf '%s\\n' "$FAKE_GITHUB_FORWARD" | grep -qxF "$ref" && ! git merge-base --is-ancestor "$old" "$new"; then
    echo "error: GH006: Protected branch update failed for $ref. Cannot force-push to this branch" >&2
    exit 1
  fi
done <<END
$lines
END
exit 0
"""


class HubRepository(Repository):
    """A bare repository at `path`."""

    def create(self, branch: str) -> None:
        """Make it, empty, with `branch` as its HEAD and the forge's pre-receive hook."""
        super().create(branch)
        with open(os.path.join(self.path, "hooks", "pre-receive"), "w", encoding="utf-8") as file:
            file.write(_PRE_RECEIVE)

    def set_ref(self, name: str, oid: str) -> None:
        """Set a full ref, whatever it was. Raises GitFailed."""
        self.run("update-ref", name, oid)

    def merge_commit(self, target: str, head: str, message: str, author: tuple[str, str]) -> str:
        """Return a merge of `head` into `target`, empty on a conflict. No branch moves."""
        tree = self.merged(target, head)
        if tree is None:
            return ""
        who = {"GIT_AUTHOR_NAME": author[0], "GIT_AUTHOR_EMAIL": author[1]}
        parents = ("-p", target, "-p", head)
        return self.run("commit-tree", tree, *parents, feed=message.encode(), env=who).decode().strip()
