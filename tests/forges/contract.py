"""What the contract asks of every adapter, in words the tests share."""

from __future__ import annotations

from collections.abc import Callable

from osgate.forges.protocol import Forge
from osgate.model.forge import ISSUE, Change, Conversation, Project

# A call of each method that asks the forge something, made on a project with a change.
Call = Callable[[Forge, Project, Change], object]
READS: dict[str, Call] = {
    "me": lambda forge, project, change: forge.me(),
    "project": lambda forge, project, change: forge.project(project.path),
    "may_read": lambda forge, project, change: forge.may_read(project.id, change.author.id),
    "change": lambda forge, project, change: forge.change(project.id, change.number),
    "changes_since": lambda forge, project, change: list(forge.changes_since(project.path.split("/")[0], "")),
    "changes_with": lambda forge, project, change: list(forge.changes_with(project.id, change.head)),
    "issue": lambda forge, project, change: forge.issue(project.id, 1),
    "issues_since": lambda forge, project, change: list(forge.issues_since(project.id, "")),
    "open_issues": lambda forge, project, change: list(forge.open_issues(project.id)),
    "notes": lambda forge, project, change: list(forge.notes(change.conversation)),
    "note": lambda forge, project, change: forge.note(change.conversation, "1"),
    "able": lambda forge, project, change: forge.able(project.id),
}
WRITES: dict[str, Call] = {
    "say": lambda forge, project, change: forge.say(change.conversation, "words"),
    "say_on_line": lambda forge, project, change: forge.say_on_line(change, "package.json", 3, "words"),
    "edit": lambda forge, project, change: forge.edit(change.conversation, "1", "words"),
    "remove": lambda forge, project, change: forge.remove(change.conversation, "1"),
    "set_status": lambda forge, project, change: forge.set_status(
        project.id, change.head, "osgate", "pending", "words"
    ),
    "open_issue": lambda forge, project, change: forge.open_issue(project.id, "title", "words"),
    "change_issue": lambda forge, project, change: forge.change_issue(project.id, 1, state="closed"),
}


def issue_at(project: Project, number: int) -> Conversation:
    """Where an issue is talked about."""
    return Conversation(project.id, number, ISSUE)
