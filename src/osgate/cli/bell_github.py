"""`osgate bell --forge github`: an event of an application's repository; is it worth waking the desk?

GitHub hands the job its event as a file. The token only starts the desk's workflow: `actions: write` in the policy
repository. (A `repository_dispatch` would take `contents: write`, and with it the policy itself.)
"""

from __future__ import annotations

import json
import os

from osgate.cli.bell import ANSWER_CAP, SECONDS, commands, part, payload, place
from osgate.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# What pull requests and issues do that the desk looks at.
CHANGED, ASKED = ("opened", "reopened", "synchronize"), ("opened", "reopened")


def worth(event: str, told: object) -> str:
    """Return what an event is about, `<repository>!<pull request>` or `<repository>#<issue>`, if the desk should look
    there, else an empty text. Whatever the payload holds, the answer has nothing but numbers in it."""
    if not isinstance(told, dict):
        return ""
    where, action, issue = part(told, "repository").get("id"), told.get("action"), part(told, "issue")
    if event == "issue_comment" and action == "created" and commands(part(told, "comment").get("body")):
        return place(where, "!" if "pull_request" in issue else "#", issue.get("number"))
    if event == "issues" and action in ASKED and commands(issue.get("body")):
        return place(where, "#", issue.get("number"))
    if event in ("pull_request", "pull_request_target") and action in CHANGED:
        return place(where, "!", part(told, "pull_request").get("number"))
    return ""


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
