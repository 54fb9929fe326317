"""What `enforce` and `doctor` share: which projects of a forge are meant, and how what was found is told."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase

from osgate.cli import console, error_text
from osgate.cli.progress import progress
from osgate.errors import BLOCKED, PASS, UNDECIDED
from osgate.fleet.gitlab_gate import ADVICE, DRIFT, Gate
from osgate.fleet.gitlab_work import Looked, look
from osgate.model.fleet import Difference
from osgate.text.translator import Translator
from osgate.text.width import printable
from osgate.wiring_forges import forge

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.forges.gitlab.adapter import GitLab
    from osgate.forges.gitlab.settings import Settings

# The file of the policy project that every pipeline is made from, where nothing else is said.
CONFIG = "application.yml"
OPTIONS = (
    "group",
    "policy-project",
    "bell-project",
    "config",
    "bell",
    "only",
    "except",
    "after",
    "forge-url",
    "format",
    "language",
)
_FORMATS = ("terminal", "json")
_FORGES = ("gitlab",)


def asked_of(command: str, asked: Mapping[str, str]) -> None:
    """Raise UsageError("usage") for what is missing or too much."""
    t = console.words()
    words = asked[""].split("\0") if asked[""] else []
    if not words:
        raise console.usage(command, t("usage.missing-one", choices=", ".join(_FORGES)))
    if words[0] not in _FORGES or len(words) > 1:
        extra = words[1:] if words[0] in _FORGES else words
        raise console.usage(command, t("usage.extra", words=" ".join(extra)))
    for flag in ("group", "policy-project"):
        if flag not in asked:
            raise console.usage(command, t("usage.missing", what=f"--{flag}"))
    if asked.get("format", "terminal") not in _FORMATS:
        choices = ", ".join(_FORMATS)
        raise console.usage(command, t("usage.choice", flag="format", choices=choices, found=asked["format"]))


def opened(asked: Mapping[str, str]) -> tuple[GitLab, Settings]:
    """Return the forge that the flags and the environment name, and its settings. Raises UsageError (`forge.*`)."""
    found = forge("gitlab", asked.get("forge-url", ""), os.environ)
    from osgate.forges.gitlab.adapter import GitLab
    from osgate.forges.gitlab.settings import Settings

    assert isinstance(found, GitLab)  # noqa: S101 - the adapter of that name
    return found, Settings(found.client)


def gate_of(asked: Mapping[str, str]) -> Gate:
    """Return what is wanted of every project."""
    config = asked.get("config") or CONFIG
    where = config if "@" in config else f"{config}@{asked['policy-project']}"
    return Gate(where, asked.get("bell", ""))


def chosen(settings: Settings, asked: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the projects that are meant, by path: all below the group but the policy project and the bell, as far as
    the globs of `--only` and `--except` let, and none up to `--after`, where an interrupted run ended."""
    own = (asked["policy-project"], asked.get("bell-project"))
    only, left_out = asked.get("only", "*"), asked.get("except", "").split(",")
    return [
        (id, path)
        for id, path in settings.projects(asked["group"])
        if path not in own
        and path > asked.get("after", "")
        and any(fnmatchcase(path, glob) for glob in only.split(","))
        and not any(glob and fnmatchcase(path, glob) for glob in left_out)
    ]


def looked(settings: Settings, projects: list[tuple[str, str]], gate: Gate, *, write: bool) -> Iterator[Looked]:
    """Yield what was found, with a bar for who waits."""
    with progress(len(projects), console.words()("progress.projects")) as bar:
        for one in look(settings, projects, gate, write=write):
            bar.step()
            yield one


def tell(found: Iterable[Looked], asked: Mapping[str, str], *, wrote: bool) -> int:
    """Print what was found as it comes, and the sum of it; return the exit code: 0 where nothing but advice is left, 1
    where something is, 4 where a project could not be looked at."""
    t = console.words()
    counts = dict.fromkeys(("projects", "right", "drift", "hole", "advice", "written", "failed"), 0)
    for one in found:
        _count(one, counts)
        if asked.get("format") == "json":
            console.say(json.dumps(_json(one), ensure_ascii=False))
            continue
        for line in _lines(one, t, wrote=wrote):
            console.say(line)
    if asked.get("format") != "json":
        console.say(t("fleet.sum", **counts))
        if counts["drift"] and not wrote:
            console.say(t("fleet.write"))
    if counts["failed"]:
        return UNDECIDED
    return BLOCKED if counts["drift"] + counts["hole"] else PASS


def _count(one: Looked, counts: dict[str, int]) -> None:
    counts["projects"] += 1
    counts["failed"] += one.failed is not None
    counts["written"] += len(one.written)
    for difference in one.left:
        counts[difference.weight] += 1
    counts["right"] += one.failed is None and all(difference.weight == ADVICE for difference in one.left)


def _lines(one: Looked, t: Translator, *, wrote: bool) -> Iterator[str]:
    if one.failed is None and not one.left and not one.written:
        return
    yield printable(one.path)
    if one.failed is not None:
        yield f"  {t('fleet.mark-failed')} {error_text.sentence(one.failed, t)}"
    for difference in one.written:
        yield f"  {t('fleet.mark-written')} {_said(difference, t)}"
    for difference in one.left:
        yield f"  {t(f'fleet.mark-{difference.weight}')} {_said(difference, t)}"
        if difference.weight == DRIFT or difference.found or difference.wanted:
            yield f"      - {printable(difference.found or '-')}"
            yield f"      + {printable(difference.wanted or '-')}"


def _said(difference: Difference, t: Translator) -> str:
    return printable(t(f"fleet.{difference.code}", place=difference.place, **dict(difference.params)))


def _json(one: Looked) -> dict[str, object]:
    def told(differences: Iterable[Difference]) -> list[dict[str, object]]:
        return [
            {
                "code": d.code,
                "weight": d.weight,
                "place": d.place,
                "found": d.found,
                "wanted": d.wanted,
                **dict(d.params),
            }
            for d in differences
        ]

    failed = {"failed": str(one.failed)} if one.failed is not None else {}
    return {"project": one.id, "path": one.path, "left": told(one.left), "written": told(one.written), **failed}
