"""`osgate bell --forge github`: an event of an application's repository; is it worth waking the desk?

GitHub hands the job its event as a file. The token starts a workflow, `actions: write`: the desk's in the policy
repository, or one in a repository that only hands on what was rung for. (A `repository_dispatch` would take
`contents: write`, and with it the policy itself.)
"""

from __future__ import annotations

import json
import os

from osgate import patterns
from osgate.cli.bell import ANSWER_CAP, SECONDS, commands, part, payload, place
from osgate.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

# What pull requests and issues do that the desk looks at; an edit only where it changes the target branch.
CHANGED, RETARGETED, ASKED = ("opened", "reopened", "synchronize"), "edited", ("opened", "reopened")
# Events by which somebody says something: what happens, and what holds the text.
SAID = {
    "issue_comment": ("created", "comment"),
    "pull_request_review": ("submitted", "review"),
    "pull_request_review_comment": ("created", "comment"),
}
PULLED = ("pull_request", "pull_request_target")
# What one bell hands on to the next.
_RUNG = r"([0-9]{1,16})([!#])([0-9]{1,16})"


def worth(event: str, told: object) -> str:
    """Return what an event is about, `<repository>!<pull request>` or `<repository>#<issue>`, if the desk should look
    there, else an empty text. Whatever the payload holds, the answer has nothing but numbers in it."""
    if not isinstance(told, dict):
        return ""
    if event == "workflow_dispatch":
        return _handed_on(part(told, "inputs").get("rung"))
    if not _moves(event, told):
        return ""
    about = part(told, "pull_request" if event.startswith("pull_request") else "issue")
    sign = "!" if event.startswith("pull_request") or "pull_request" in about else "#"
    return place(part(told, "repository").get("id"), sign, about.get("number"))


def _moves(event: str, told: dict[str, Any]) -> bool:
    """Whether something has happened that the desk looks at."""
    action = told.get("action")
    if event in SAID:
        happens, holder = SAID[event]
        return action == happens and commands(part(told, holder).get("body"))
    if event == "issues":
        return action in ASKED and commands(part(told, "issue").get("body"))
    return event in PULLED and (action in CHANGED or (action == RETARGETED and "base" in part(told, "changes")))


def _handed_on(rung: object) -> str:
    """What another bell has rung for, if it looks like that."""
    found = patterns.fullmatch(_RUNG, rung) if isinstance(rung, str) else None
    return place(int(found[1]), found[2], int(found[3])) if found else ""


def ring(repository: str, workflow: str, ref: str, rang: str, environ: Mapping[str, str]) -> None:
    """Start the desk's workflow in the policy repository (`owner/name`) at GITHUB_API_URL, with OSGATE_TOKEN.

    rang: handed on as the input `rung`. Raises UsageError `bell.dispatch` where address, token or a name is missing or
    malformed, NotSent where GitHub did not take it.
    """
    from urllib.parse import quote

    from osgate.io.posting import post

    api, token = environ.get("GITHUB_API_URL", "").rstrip("/"), environ.get("OSGATE_TOKEN", "").strip()
    owner, slash, name = repository.partition("/")
    if not (api and token and token.isascii() and token.isprintable() and owner and slash and name):
        raise UsageError("bell.dispatch")
    address = "/".join(quote(part, safe="") for part in (owner, name, "actions", "workflows", workflow, "dispatches"))
    headers = {
        "Authorization": f"Bearer {token}",
        "Accept": "application/vnd.github+json",
        "Content-Type": "application/json",
    }
    said = json.dumps({"ref": ref, "inputs": {"rung": rang}}).encode()
    post(f"{api}/repos/{address}", said, headers, limit=ANSWER_CAP, seconds=SECONDS)


def event_of(environ: Mapping[str, str]) -> tuple[str, str]:
    """Return the event's name and the path of its payload. Raises UsageError `bell.event`."""
    name, path = environ.get("GITHUB_EVENT_NAME", ""), environ.get("GITHUB_EVENT_PATH", "")
    if not (name and path):
        raise UsageError("bell.event")
    return name, path


def rang(asked: Mapping[str, str]) -> str:
    """Look at this job's event and ring where it is worth it; return what was rung for, empty for nothing."""
    name, path = event_of(os.environ)
    found = worth(name, payload(path))
    if found:
        workflow = asked.get("workflow", "osgate-desk.yml")
        ring(asked["policy-project"], workflow, asked.get("ref", "main"), found, os.environ)
    return found
