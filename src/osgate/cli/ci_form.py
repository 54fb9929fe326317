"""What a pipeline checks: from the words a CI service tells its jobs to a base and a head. Pure but for its callers.

A service's variables are for the job's convenience: whoever may set a variable, or write a job into the same pipeline,
can set most of them to something else. So an institution names the branches it guards, and then git alone says what is
new: everything that is not in a guarded branch yet, as the runner fetched it, whatever the pipeline calls itself.
"""

from __future__ import annotations

import re

from osgate.errors import UsageError
from osgate.model.record import record
from osgate.policy import guarded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

# Where a runner's clone keeps the branches of the project it was fetched from.
REMOTE = "refs/remotes/origin/"
_PLACE = re.compile(r"\{([A-Za-z_.]+)\}")
# Bytes of the file in which a service tells the event, and the words in it that count.
EVENT_CAP = 4 << 20
EVENT_WORDS = (
    "before",
    "repository.default_branch",
    "merge_group.base_sha",
    "merge_group.base_ref",
    "pull_request.number",
)


@record
class Row:
    """A kind of pipeline.

    when: (variable, what it must be) pairs, all of which hold: a text; `*` for any but an empty one; `!NAME` for
    another than that variable says; `0` for none, or the zeros that stand for none. bases: revisions in the order they
    are tried, with variables in braces; none for a whole tree. number: the variables that hold the number of the change
    and the path of its project.
    """

    id: str
    when: tuple[tuple[str, str], ...]
    bases: tuple[str, ...] = ()
    number: tuple[str, str] = ("", "")


@record
class Form:
    """What to check. base: a revision, empty for the whole tree of `HEAD`. kind: the forge's; change: `group/app!7`."""

    id: str
    kind: str
    base: str
    change: str = ""


# The form that whoever enforces asks for, whatever row of the variables holds.
GUARDED = "guarded"
_MERGE = (("CI_MERGE_REQUEST_IID", "*"),)
_IID = ("CI_MERGE_REQUEST_IID", "CI_MERGE_REQUEST_PROJECT_PATH")
_SET = ("CI_PIPELINE_SOURCE", "*")
_PULL = ("event.pull_request.number", "GITHUB_REPOSITORY")
# GitLab's names are those of its documents on predefined variables; GitHub's are kept by Gitea and Forgejo. The first
# row that holds is taken.
ROWS = (
    # Merged results and merge trains: HEAD is the merge, made on top of this commit.
    Row(
        "gitlab.merged",
        (*_MERGE, ("CI_MERGE_REQUEST_TARGET_BRANCH_SHA", "*")),
        ("{CI_MERGE_REQUEST_TARGET_BRANCH_SHA}",),
        _IID,
    ),
    # Runs in the fork, whose branches are not the target's.
    Row(
        "gitlab.fork",
        (*_MERGE, ("CI_PROJECT_ID", "!CI_MERGE_REQUEST_PROJECT_ID")),
        ("{CI_MERGE_REQUEST_DIFF_BASE_SHA}",),
        _IID,
    ),
    Row(
        "gitlab.change",
        _MERGE,
        (REMOTE + "{CI_MERGE_REQUEST_TARGET_BRANCH_NAME}", "{CI_MERGE_REQUEST_DIFF_BASE_SHA}"),
        _IID,
    ),
    Row("gitlab.schedule", (("CI_PIPELINE_SOURCE", "schedule"),)),
    Row("gitlab.tag", (_SET, ("CI_COMMIT_TAG", "*")), (REMOTE + "{CI_DEFAULT_BRANCH}",)),
    Row("gitlab.branch", (_SET, ("CI_COMMIT_BRANCH", "!CI_DEFAULT_BRANCH")), (REMOTE + "{CI_DEFAULT_BRANCH}",)),
    # The first push of a project, and a pipeline that no push started.
    Row("gitlab.whole", (_SET, ("CI_COMMIT_BRANCH", "*"), ("CI_COMMIT_BEFORE_SHA", "0"))),
    Row("gitlab.default", (_SET, ("CI_COMMIT_BRANCH", "*")), ("{CI_COMMIT_BEFORE_SHA}",)),
    Row("github.queue", (("GITHUB_EVENT_NAME", "merge_group"),), ("{event.merge_group.base_sha}",)),
    Row("github.change", (("GITHUB_EVENT_NAME", "pull_request"),), (REMOTE + "{GITHUB_BASE_REF}",), _PULL),
    Row("github.schedule", (("GITHUB_EVENT_NAME", "schedule"),)),
    Row(
        "github.tag",
        (("GITHUB_EVENT_NAME", "push"), ("GITHUB_REF_TYPE", "tag")),
        (REMOTE + "{event.repository.default_branch}",),
    ),
    Row(
        "github.branch",
        (("GITHUB_EVENT_NAME", "push"), ("GITHUB_REF_NAME", "!event.repository.default_branch")),
        (REMOTE + "{event.repository.default_branch}",),
    ),
    Row("github.whole", (("GITHUB_EVENT_NAME", "push"), ("event.before", "0"))),
    Row("github.default", (("GITHUB_EVENT_NAME", "push"),), ("{event.before}",)),
    Row("github.whole", (("GITHUB_EVENT_NAME", "workflow_dispatch"),)),
)


def told(environ: Mapping[str, str], known: Callable[[str], bool]) -> Form:
    """Return what the pipeline's own words name. known: whether a revision is a commit here.

    Raises UsageError `ci.unknown` where no row holds, `ci.event` (event) where GitHub tells an event that none is
    about, `ci.missing` (base) where the base is not in this clone.
    """
    row = next((row for row in ROWS if all(_holds(environ, name, want) for name, want in row.when)), None)
    if row is None and environ.get("GITHUB_EVENT_NAME"):
        # `pull_request_target`, `workflow_run`, `issue_comment` …: what is checked out is not what the event is about.
        raise UsageError("ci.event", event=environ["GITHUB_EVENT_NAME"])
    if row is None:
        raise UsageError("ci.unknown")
    kind = _kind(row, environ)
    number, project = (environ.get(name, "") for name in row.number)
    sign = "!" if kind == "gitlab" else "#"
    change = f"{project}{sign}{number}" if project and number.isdecimal() else ""
    if not row.bases:
        return Form(row.id, kind, "", change)
    bases = [_PLACE.sub(lambda found: environ.get(found[1], ""), base) for base in row.bases]
    named = [base for base in bases if base and not base.endswith("/")]
    for base in named:
        if known(base):
            return Form(row.id, kind, base, change)
    raise UsageError("ci.missing", base=named[0] if named else row.bases[0].strip("{}"))


def guarding(
    form: Form, names: Iterable[str], tips: Iterable[str], target: str, contained: Callable[[str], bool]
) -> Form:
    """Return the form that holds whatever the variables say, for an institution that guards some branches.

    names: the guarded branches, `*` for any characters but a slash; tips: the branches of this clone's origin; target:
    the branch that the change says it goes to, believed where it is a guarded one; contained: whether a branch has HEAD
    already: then nothing is proposed, and `form` stands. Raises UsageError `ci.unguarded` where no branch is here.
    """
    wanted = list(names)
    here = list(tips)
    kept = list(dict.fromkeys(tip for name in wanted for tip in here if guarded.named((name,), tip)))
    if not kept:
        raise UsageError("ci.unguarded", branches=", ".join(wanted))
    if any(contained(REMOTE + name) for name in kept):
        return form
    return Form(GUARDED, form.kind, REMOTE + (target if target in kept else kept[0]), form.change)


def target_of(environ: Mapping[str, str]) -> str:
    """Return the branch that a change says it goes to, empty where there is no change."""
    queued = environ.get("event.merge_group.base_ref", "").removeprefix("refs/heads/")
    return environ.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME") or environ.get("GITHUB_BASE_REF") or queued


def event_words(event: object) -> dict[str, str]:
    """Return what counts of an event's document as variables `event.…`: texts and numbers, nothing else."""
    found = {}
    for name in EVENT_WORDS:
        value = event
        for key in name.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        if isinstance(value, (str, int)) and not isinstance(value, bool):
            found[f"event.{name}"] = str(value)
    return found


def _kind(row: Row, environ: Mapping[str, str]) -> str:
    """The forge's kind. Gitea and Forgejo tell GitHub's words, and one of their own."""
    return "gitea" if row.id.startswith("github") and environ.get("GITEA_ACTIONS") else row.id.partition(".")[0]


def _holds(environ: Mapping[str, str], name: str, want: str) -> bool:
    found = environ.get(name, "")
    if want == "*":
        return bool(found)
    if want == "0":
        return not found.strip("0")
    if want.startswith("!"):
        return bool(found) and found != environ.get(want[1:], "")
    return found == want
