"""`osgate bell`: a webhook has come; is it worth waking the desk? Without secrets, and believing nothing it reads."""

from __future__ import annotations

import os

from osgate.cli import console, flags
from osgate.errors import PASS, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

COMMAND = "/osgate"
# In every note of our own: the desk does not wake itself.
OWN = "<!-- osgate"
# Bytes of a payload that is looked at, of an answer, and seconds until the desk is rung or not.
CAP, ANSWER_CAP, SECONDS = 8 << 20, 1 << 16, 20.0
# What a merge request does that the desk looks at; an update only where it brings commits.
ACTIONS = ("open", "reopen")
# Above what any forge counts to.
HIGHEST = 1 << 53
# A forge that takes no variables from a job says so by one of these.
REFUSED = (400, 403)


def run(argv: list[str]) -> int:
    """Look at the payload of a webhook; wake the policy project's pipeline where it is worth it. Exit 0 either way."""
    asked = flags.read("bell", argv, ("help",), ("forge", "policy-project", "ref", "address", "workflow", "language"))
    t = console.speak(asked.get("language", ""))
    if "help" in asked:
        console.say(t("help.bell"))
        return PASS
    github = asked.get("forge") == "github"
    for flag in ("policy-project",) if github else ("policy-project", "address"):
        if flag not in asked:
            raise console.usage("bell", t("usage.missing", what=f"--{flag}"))
    if github:
        from osgate.cli import bell_github

        rang = bell_github.rang(asked)
    else:
        rang = _rang(asked)
    console.say(t("bell.rang", at=rang) if rang else t("bell.quiet"))
    return PASS


def _rang(asked: Mapping[str, str]) -> str:
    """Ring where it is worth it; return what for, empty for nothing."""
    path = os.environ.get("TRIGGER_PAYLOAD", "")
    if not path:
        raise UsageError("bell.payload")
    found = worth(payload(path))
    if found:
        _ring(asked["address"].rstrip("/"), asked["policy-project"], asked.get("ref", "main"), found)
    return found


def worth(payload: object) -> str:
    """Return what a GitLab webhook's payload is about, `<project>!<number>` or `<project>#<issue>`, if the desk should
    look there, else an empty text. Whatever the payload holds, the answer has nothing but numbers in it."""
    if not isinstance(payload, dict):
        return ""
    kind, about = payload.get("object_kind"), part(payload, "object_attributes")
    if kind == "note":
        if about.get("action", "create") != "create" or not commands(about.get("note")):
            return ""
        sign, talked = ("!", "merge_request") if "merge_request" in payload else ("#", "issue")
        return place(payload.get("project_id"), sign, part(payload, talked).get("iid"))
    project = part(payload, "project").get("id")
    if kind == "issue" and about.get("action") in ACTIONS and commands(about.get("description")):
        return place(project, "#", about.get("iid"))
    if kind == "merge_request" and (about.get("action") in ACTIONS or "oldrev" in about):
        return place(project, "!", about.get("iid"))
    return ""


def commands(text: object) -> bool:
    """True if somebody wrote a command, its stroke full-width as well, and not we ourselves."""
    return isinstance(text, str) and COMMAND in text.replace("／", "/").lower() and OWN not in text


def part(payload: dict[str, Any], name: str) -> dict[str, Any]:
    """An object in a payload; an empty one where there is none."""
    found = payload.get(name)
    return found if isinstance(found, dict) else {}


def place(project: object, sign: str, number: object) -> str:
    """What is looked at, with nothing but numbers in it; empty where they are none."""
    counted = [isinstance(n, int) and not isinstance(n, bool) and 0 < n < HIGHEST for n in (project, number)]
    return f"{project}{sign}{number}" if all(counted) else ""


def payload(path: str) -> object:
    """The payload; None where it is too large, or no JSON."""
    import json

    from osgate.io import files

    try:
        data = files.read_limited(path, CAP)
        return None if data is None else json.loads(data)
    except (OSError, ValueError, RecursionError):
        return None


def _ring(forge: str, project: str, ref: str, rang: str) -> None:
    """Start the policy project's pipeline with this job's own token, which can do nothing else there.

    forge: the address of GitLab's pages, handed in: whoever pulls the trigger may set the variables that tell it, and
    the token goes nowhere else. Where the job may set no variables, again without: the desk then looks at all that
    changed, a little later.
    """
    from urllib.parse import quote, urlencode

    from osgate.io.posting import post
    from osgate.io.sending import NotSent

    token = os.environ.get("CI_JOB_TOKEN", "")
    if not token:
        raise UsageError("bell.job")
    address = f"{forge}/api/v4/projects/{quote(project, safe='')}/trigger/pipeline"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    bare = {"token": token, "ref": ref}

    def send(fields: dict[str, str]) -> None:
        post(address, urlencode(fields).encode(), headers, limit=ANSWER_CAP, seconds=SECONDS)

    try:
        send({**bare, "variables[OSGATE_RANG]": rang})
    except NotSent as error:
        if error.params.get("status") not in REFUSED:
            raise
        send(bare)
