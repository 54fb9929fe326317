"""The GitLab templates: one row an input, one text a job. Pure; `surfaces` has them written and their tables made.

A template is a component (`templates/NAME.yml` at the root of a project) and a file to include, the same bytes. What
decides stands in the job as text, filled in by inputs: variables of a project, a pipeline or a job with the same name
bend nothing that is said there. Every key that such a job could add is set, and `check` starts osgate in an environment
of its own. A string input that reaches a shell stands between single quotes and has a pattern without them; GitLab
takes no more than 20 inputs in some places, and no template has more.
"""

from __future__ import annotations

import json

from osgate import __version__
from osgate.model.record import record
from osgate.surfaces_gitlab import jobs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    # A catalogue key to its words in one language.
    Words = Callable[[str], str]

# Patterns are RE2 for GitLab and JavaScript for the runner of our tests: what both know. None has a quote, a backslash,
# a dollar or a line break in it.
_PLAIN = r"[A-Za-z0-9._/:@~+-]"
_NAME, _PATHS, _ADDRESS = rf"^{_PLAIN}*$", r"^[A-Za-z0-9._/:+-]+$", r"^(https?://[A-Za-z0-9._~:/@%+-]+)?$"
_VARIABLES = r"^([A-Za-z_][A-Za-z0-9_]*(,[A-Za-z_][A-Za-z0-9_]*)*)?$"
_BRANCHES = r"^([A-Za-z0-9._/*+-]+(,[A-Za-z0-9._/*+-]+)*)?$"
_FOLDER = r"^(/[A-Za-z0-9._/-]+)?$"
_LOCK = r"^(\{[^'\\\n]*\}|/[A-Za-z0-9._/-]+)?$"
_TITLE = r"[A-Za-z0-9][A-Za-z0-9._ -]*"
_CONFIG = r"^[A-Za-z0-9._/-]+(@[A-Za-z0-9._/-]+)?$"
_TIMEOUT = r"^[0-9]+ ?(s|seconds|m|minutes?|h|hours?)$"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@record
class Input:
    """An input. `input_key` tells under which key its words stand.

    kind: `string`, `number`, `boolean` or `array`; default: None where one must be given; options: the values there
    are, any where there are none; regex: what a string must match.
    """

    name: str
    kind: str = "string"
    default: object = None
    options: tuple[str, ...] = ()
    regex: str = ""


@record
class Template:
    """A template. body: its jobs, with `@…@` for the parts that several share."""

    name: str
    inputs: tuple[Input, ...]
    body: str


_COMMON = (
    Input("stage", default="test"),
    Input("tags", "array", default=["osgate"]),
    Input("image", default="osgate.invalid/osgate", regex=r"^[A-Za-z0-9._/:@+-]+$"),
    Input("install", default="index", options=("index", "none")),
    Input("index", default="", regex=_ADDRESS),
    Input("version", default=__version__, regex=r"^[0-9][0-9A-Za-z.+-]*$"),
    Input("path", default=PATH, regex=_PATHS),
    Input("timeout", default="10 minutes", regex=_TIMEOUT),
    Input("language", default="", options=("", "en", "zh_CN")),
)


def _job(name: str) -> Input:
    return Input("job", default=name, regex=rf"^{_TITLE}$")


_GROUP = Input("group", regex=r"^[A-Za-z0-9._/-]+$")
# What a template needs of osgate besides; without it what speaks to the forge.
_EXTRAS = {"check": "[licences]", "desk": "[gitlab,licences]", "bell": ""}
# What the schedule of `enforce` is called: that job runs in no other, and the desk in every other.
_ENFORCING = "osgate-enforce"
_KEEP = Input("keep", default="90 days", regex=r"^([0-9]+ (day|week|month|year)s?|never)$")
TEMPLATES = (
    Template(
        "check",
        (
            _job("osgate"),
            Input("branches", default="", regex=_BRANCHES),
            Input("lock", default="", regex=_LOCK),
            Input("mode", default="", options=("", "observe", "enforce-new", "enforce-all")),
            Input("policy_url", default="", regex=_ADDRESS),
            Input("if", default="$CI_PIPELINE_SOURCE"),
            Input("pass", default="", regex=_VARIABLES),
            Input("cache", default="", regex=_NAME),
            Input("facts", default="", regex=_FOLDER),
            Input("sarif", "boolean", default=False),
            _KEEP,
            *_COMMON,
        ),
        jobs.CHECK,
    ),
    Template(
        "desk",
        (
            _job("osgate-desk"),
            _GROUP,
            Input("branches", default="", regex=_BRANCHES),
            Input("publish", default="public", regex=r"^[A-Za-z0-9._/-]+$"),
            Input("pages", "boolean", default=True),
            Input("notify", "boolean", default=False),
            Input("skip_schedule", default=_ENFORCING, regex=rf"^{_TITLE}$"),
            Input("bell", default="", regex=_NAME),
            Input("facts", default="", regex=_FOLDER),
            _KEEP,
            *_COMMON,
        ),
        jobs.DESK,
    ),
    Template(
        "bell",
        (
            _job("osgate-bell"),
            Input("address", regex=r"^https?://[A-Za-z0-9.:/-]+$"),
            Input("policy_project", regex=r"^[A-Za-z0-9._/-]+$"),
            Input("ref", default="main", regex=r"^[A-Za-z0-9._/-]+$"),
            *_COMMON,
        ),
        jobs.BELL,
    ),
    Template(
        "enforce",
        (
            _job("osgate-enforce"),
            _GROUP,
            Input("schedule", default=_ENFORCING, regex=rf"^({_TITLE})?$"),
            Input("policy_project", default="", regex=r"^[A-Za-z0-9._/-]*$"),
            Input("branches", default="", regex=_BRANCHES),
            Input("config", default="application.yml", regex=_CONFIG),
            Input("write", "boolean", default=False),
            Input("bell", default="", regex=_NAME),
            *_COMMON,
        ),
        jobs.ENFORCE,
    ),
)
_ALONE = ("desk", "enforce")


def rendered(template: Template, words: Words) -> str:
    """Return `templates/<name>.yml`: the header with the inputs, then the jobs. words: for the descriptions."""
    body = template.body
    parts = {
        "closed": jobs.CLOSED,
        "variables": jobs.VARIABLES_SET,
        "ready": jobs.READY,
        "told": " ".join(jobs.TOLD),
        "extra": _EXTRAS.get(template.name, "[gitlab]"),
        "interruptible": "false" if template.name in _ALONE else "true",
        "job": "$[[ inputs.job ]]",
    }
    for name, part in parts.items():
        body = body.replace(f"@{name}@", part)
    head = "".join(_declared(given, template, words) for given in template.inputs)
    return (
        "# Generated by `python3 dev.py generate` from src/osgate/surfaces_gitlab/.\n"
        f"spec:\n  inputs:\n{head}---\n{body}"
    )


def _declared(given: Input, template: Template, words: Words) -> str:
    """An input in the header. JSON is YAML, and leaves nothing to guess about quotes."""
    fields: dict[str, object] = {"description": words(input_key(given, template)), "type": given.kind}
    if given.default is not None:
        fields["default"] = given.default
    if given.options:
        fields["options"] = list(given.options)
    if given.regex:
        fields["regex"] = given.regex
    lines = "".join(f"      {name}: {json.dumps(value, ensure_ascii=False)}\n" for name, value in fields.items())
    return f"    {given.name}:\n{lines}"


def input_key(given: Input, template: Template) -> str:
    """Return the catalogue key of an input's words: a few mean another thing in each template."""
    own = {"job", "group", "branches", "policy_project"}
    return f"input.{template.name}.{given.name}" if given.name in own else f"input.{given.name}"


def cells(template: Template, words: Words) -> list[tuple[str, str, str]]:
    """Return the rows of a template's table of inputs: name, default or choices, what it does."""
    rows = []
    for given in template.inputs:
        default = words("input.required") if given.default is None else _shown(given.default)
        choices = " / ".join(_shown(option) for option in given.options)
        rows.append(
            (f"`{given.name}`", f"{default} ({choices})" if choices else default, words(input_key(given, template)))
        )
    return rows


def _shown(value: object) -> str:
    """A value as it is written, a dash for an empty text."""
    return f"`{value if isinstance(value, str) else json.dumps(value)}`" if value != "" else "–"
