"""What `enforce` and `doctor` share: which projects of a forge are meant, and how what was found is told."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from fnmatch import fnmatchcase
from typing import Protocol, TypeVar

from osgate.cli import console, error_text
from osgate.cli.progress import progress
from osgate.errors import BLOCKED, PASS, UNDECIDED, OsgateError
from osgate.fleet.work import Looked, Place, Recipe, look
from osgate.model.fleet import ADVICE, DRIFT, HOLE, Difference
from osgate.text.columns import aligned
from osgate.text.translator import Translator
from osgate.text.width import printable

F = TypeVar("F", bound=Place)
# Flags for every forge.
OPTIONS = ("only", "except", "after", "address", "format", "language")
_FORMATS = ("terminal", "json")
# Of the overview: columns, and what is counted in the last ones.
WEIGHTS = (DRIFT, HOLE, ADVICE)
_HEADS = ("place", "state", *WEIGHTS)


class Fleet(Protocol):
    """The projects of one forge that a command is about."""

    def enforced(self, *, write: bool) -> Iterator[Looked]:
        """Return what differs in them, or was mended."""

    def heading(self, t: Translator) -> str:
        """Return what kind of forge it is, in words."""

    def bypassed(self, since: str) -> Iterator[Looked]:
        """Return what was merged past the gate since a day, project by project."""

    def examined(self) -> Iterator[Looked]:
        """Return what can be passed by, in them and in what stands beside them."""


def kind_of(command: str, asked: Mapping[str, str]) -> str:
    """Return the forge that is named. Raises UsageError("usage") for what is missing, too much or not its own."""
    from osgate.cli import fleet_github, fleet_gitlab

    kinds = {"gitlab": fleet_gitlab, "github": fleet_github}
    t = console.words()
    words = asked[""].split("\0") if asked[""] else []
    if not words:
        named = [*kinds, *(("mirror",) if command == "doctor" else ())]
        raise console.usage(command, t("usage.missing-one", choices=", ".join(named)))
    if words[0] not in kinds or len(words) > 1:
        extra = words[1:] if words[0] in kinds else words
        raise console.usage(command, t("usage.extra", words=" ".join(extra)))
    kind = kinds[words[0]]
    known = {"", "help", "write", *OPTIONS, *kind.OPTIONS, *kind.DOCTOR_OPTIONS, *kind.SWITCHES}
    for flag in asked:
        if flag not in known:
            raise console.usage(command, t("usage.not-with", flag=flag, action=words[0]))
    for flag in kind.NEEDED:
        if flag not in asked:
            raise console.usage(command, t("usage.missing", what=f"--{flag}"))
    if asked.get("format", "terminal") not in _FORMATS:
        choices = ", ".join(_FORMATS)
        raise console.usage(command, t("usage.choice", flag="format", choices=choices, found=asked["format"]))
    return words[0]


def opened(command: str, kind: str, asked: Mapping[str, str]) -> Fleet:
    """Return the projects that are meant. command: who asks. Raises UsageError (`forge.*`, `fleet.*`)."""
    if kind == "github":
        from osgate.cli.fleet_github import GitHubFleet

        return GitHubFleet(command, asked)
    from osgate.cli.fleet_gitlab import GitLabFleet

    return GitLabFleet(command, asked)


def flags_of(*, doctor: bool) -> tuple[str, ...]:
    """Return every flag that either forge has for a command."""
    from osgate.cli import fleet_github, fleet_gitlab

    kinds = (fleet_gitlab, fleet_github)
    own = [flag for kind in kinds for flag in (*kind.OPTIONS, *(kind.DOCTOR_OPTIONS if doctor else ()))]
    return (*OPTIONS, *dict.fromkeys(own))


def switches() -> tuple[str, ...]:
    """Return every flag without a value that either forge has."""
    from osgate.cli import fleet_github, fleet_gitlab

    return (*fleet_gitlab.SWITCHES, *fleet_github.SWITCHES)


def day(command: str, asked: Mapping[str, str], flag: str) -> str:
    """Return a day, empty where none is given. command: who asks. Raises UsageError("usage")."""
    given = asked.get(flag, "")
    try:
        return date.fromisoformat(given).isoformat() if given else ""
    except ValueError:
        raise console.usage(command, console.words()("usage.day", flag=flag, found=given)) from None


def chosen(found: Iterable[tuple[str, str]], asked: Mapping[str, str], own: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return those of `found` (id, path) that are meant, by path: none of `own`, as far as the globs of `--only` and
    `--except` let, of paths or of the names they end in, and none up to `--after`, where an interrupted run ended."""
    only, left_out = globs(asked.get("only", "*")), globs(asked.get("except", ""))
    mine = {path.casefold() for path in own}
    return [
        (id, path)
        for id, path in found
        if path.casefold() not in mine
        and path > asked.get("after", "")
        and any(_means(glob, path) for glob in only)
        and not any(_means(glob, path) for glob in left_out)
    ]


def globs(given: str) -> list[str]:
    """Return what a flag lists between commas."""
    return [glob.strip() for glob in given.split(",") if glob.strip()]


def _means(glob: str, path: str) -> bool:
    return fnmatchcase(path, glob) or fnmatchcase(path.rpartition("/")[2], glob)


def looked(recipe: Recipe[F], projects: list[tuple[str, str]], *, write: bool) -> Iterator[Looked]:
    """Yield what was found, with a bar for who waits."""
    with progress(len(projects), console.words()("progress.projects")) as bar:
        for one in look(recipe, projects, write=write):
            bar.step()
            yield one


def tell(found: Iterable[Looked], asked: Mapping[str, str], hint: str, *, overview: bool = False) -> int:
    """Print what was found as it comes, and the sum of it; return the exit code: 0 where nothing but advice is left, 1
    where something is, 4 where a project could not be looked at.

    hint: what to say where settings have drifted. overview: people get a table of all first, once all are looked at, or
    as many as there were when it was interrupted.
    """
    t = console.words()
    counts = dict.fromkeys(("projects", "right", "drift", "hole", "advice", "written", "failed"), 0)
    for one in _overseen(found, t) if overview and asked.get("format") != "json" else found:
        _count(one, counts)
        if asked.get("format") == "json":
            console.say(json.dumps(_json(one), ensure_ascii=False))
            continue
        for line in lines(one, t):
            console.say(line)
    if asked.get("format") != "json":
        console.say(t.count("fleet.sum", counts["projects"], **counts))
        if counts["drift"] and hint:
            console.say(hint)
    if counts["failed"]:
        return UNDECIDED
    return BLOCKED if counts["drift"] + counts["hole"] else PASS


def _overseen(found: Iterable[Looked], t: Translator) -> Iterator[Looked]:
    """Yield what is found after a table of it, of several places. What ends the search is raised when all is told."""
    seen: list[Looked] = []
    stopped: BaseException | None = None
    try:
        seen.extend(found)
    except (KeyboardInterrupt, OsgateError) as error:
        stopped = error
    if len(seen) > 1:
        for line in aligned([[t(f"fleet.head-{name}") for name in _HEADS], *(_row(one, t) for one in seen)]):
            console.say(line)
        console.say("")
    yield from seen
    if stopped is not None:
        raise stopped


def _row(one: Looked, t: Translator) -> list[str]:
    open_ = [sum(difference.weight == weight for difference in one.left) for weight in WEIGHTS]
    state = "failed" if one.failed is not None else "open" if any(open_[:2]) else "right"
    return [printable(one.path), t(f"fleet.state-{state}"), *(str(number or "-") for number in open_)]


def _count(one: Looked, counts: dict[str, int]) -> None:
    counts["projects"] += 1
    counts["failed"] += one.failed is not None
    counts["written"] += len(one.written)
    for difference in one.left:
        counts[difference.weight] += 1
    counts["right"] += one.failed is None and all(difference.weight == ADVICE for difference in one.left)


def lines(one: Looked, t: Translator) -> Iterator[str]:
    """Yield what was found at one place, in words; nothing where there is nothing to say."""
    if one.failed is None and not one.left and not one.written:
        return
    yield printable(one.path)
    if one.failed is not None:
        yield f"  {t('fleet.mark-failed')} {error_text.sentence(one.failed, t)}"
    for difference in one.written:
        yield f"  {t('fleet.mark-written')} {_said(difference, t, done=True)}"
    for difference in one.left:
        yield f"  {t(f'fleet.mark-{difference.weight}')} {_said(difference, t)}"
        if difference.found or difference.wanted:
            yield f"      - {_shown(difference.found, t)}"
            yield f"      + {_shown(difference.wanted, t)}"


def _shown(value: str, t: Translator) -> str:
    return t("fleet.nothing") if value in ("", "-") else printable(value)


def _said(difference: Difference, t: Translator, *, done: bool = False) -> str:
    place, given = difference.place, dict(difference.params)
    if "pattern" in given:
        given["branch"] = t("fleet.branch-to-come", **given)
    try:
        name = t(f"fleet.name.{place}")
    except KeyError:
        name = place
    key = f"fleet.{difference.code}-done" if done else f"fleet.{difference.code}"
    key += "-needs" if "needs" in given else ""
    return printable(_worded(t, key, {"place": place, "name": name, "wanted": difference.wanted, **given}))


def _worded(t: Translator, key: str, params: Mapping[str, object]) -> str:
    """A sentence, in the form that goes with how many it is about, if it is about several."""
    return t.count(key, int(str(params["count"])), **params) if "count" in params else t(key, **params)


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
