"""What `enforce` and `doctor` share: which projects of a forge are meant, and how what was found is told."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from fnmatch import fnmatchcase
from typing import Protocol, TypeVar

from osgate.cli import console, error_text
from osgate.cli.progress import progress
from osgate.errors import BLOCKED, PASS, UNDECIDED
from osgate.fleet.work import Looked, Place, Recipe, look
from osgate.model.fleet import ADVICE, Difference
from osgate.text.translator import Translator
from osgate.text.width import printable

F = TypeVar("F", bound=Place)
# Flags for every forge.
OPTIONS = ("only", "except", "after", "address", "format", "language")
_FORMATS = ("terminal", "json")


class Fleet(Protocol):
    """The projects of one forge that a command is about."""

    def enforced(self, *, write: bool) -> Iterator[Looked]:
        """Return what differs in them, or was mended."""

    def heading(self, t: Translator) -> str:
        """Return what kind of forge it is, in words."""

    def examined(self) -> Iterator[Looked]:
        """Return what can be passed by, in them and in what stands beside them."""


def kind_of(command: str, asked: Mapping[str, str]) -> str:
    """Return the forge that is named. Raises UsageError("usage") for what is missing, too much or not its own."""
    from osgate.cli import fleet_github, fleet_gitlab

    kinds = {"gitlab": fleet_gitlab, "github": fleet_github}
    t = console.words()
    words = asked[""].split("\0") if asked[""] else []
    if not words:
        raise console.usage(command, t("usage.missing-one", choices=", ".join(kinds)))
    if words[0] not in kinds or len(words) > 1:
        extra = words[1:] if words[0] in kinds else words
        raise console.usage(command, t("usage.extra", words=" ".join(extra)))
    kind = kinds[words[0]]
    known = {"", "help", "write", *OPTIONS, *kind.OPTIONS, *kind.DOCTOR_OPTIONS}
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


def opened(kind: str, asked: Mapping[str, str]) -> Fleet:
    """Return the projects that are meant. Raises UsageError (`forge.*`, `fleet.*`)."""
    if kind == "github":
        from osgate.cli.fleet_github import GitHubFleet

        return GitHubFleet(asked)
    from osgate.cli.fleet_gitlab import GitLabFleet

    return GitLabFleet(asked)


def flags_of(*, doctor: bool) -> tuple[str, ...]:
    """Return every flag that either forge has for a command."""
    from osgate.cli import fleet_github, fleet_gitlab

    kinds = (fleet_gitlab, fleet_github)
    own = [flag for kind in kinds for flag in (*kind.OPTIONS, *(kind.DOCTOR_OPTIONS if doctor else ()))]
    return (*OPTIONS, *dict.fromkeys(own))


def day(asked: Mapping[str, str], flag: str) -> str:
    """Return a day, empty where none is given. Raises UsageError("usage")."""
    given = asked.get(flag, "")
    try:
        return date.fromisoformat(given).isoformat() if given else ""
    except ValueError:
        raise console.usage("doctor", console.words()("usage.day", flag=flag, found=given)) from None


def chosen(found: Iterable[tuple[str, str]], asked: Mapping[str, str], own: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return those of `found` (id, path) that are meant, by path: none of `own`, as far as the globs of `--only` and
    `--except` let, and none up to `--after`, where an interrupted run ended."""
    only, left_out = asked.get("only", "*").split(","), asked.get("except", "").split(",")
    mine = {path.casefold() for path in own}
    return [
        (id, path)
        for id, path in found
        if path.casefold() not in mine
        and path > asked.get("after", "")
        and any(fnmatchcase(path, glob) for glob in only)
        and not any(glob and fnmatchcase(path, glob) for glob in left_out)
    ]


def looked(recipe: Recipe[F], projects: list[tuple[str, str]], *, write: bool) -> Iterator[Looked]:
    """Yield what was found, with a bar for who waits."""
    with progress(len(projects), console.words()("progress.projects")) as bar:
        for one in look(recipe, projects, write=write):
            bar.step()
            yield one


def tell(found: Iterable[Looked], asked: Mapping[str, str], hint: str) -> int:
    """Print what was found as it comes, and the sum of it; return the exit code: 0 where nothing but advice is left, 1
    where something is, 4 where a project could not be looked at. hint: what to say where settings have drifted."""
    t = console.words()
    counts = dict.fromkeys(("projects", "right", "drift", "hole", "advice", "written", "failed"), 0)
    for one in found:
        _count(one, counts)
        if asked.get("format") == "json":
            console.say(json.dumps(_json(one), ensure_ascii=False))
            continue
        for line in _lines(one, t):
            console.say(line)
    if asked.get("format") != "json":
        console.say(t.count("fleet.sum", counts["projects"], **counts))
        if counts["drift"] and hint:
            console.say(hint)
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


def _lines(one: Looked, t: Translator) -> Iterator[str]:
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
            yield f"      - {printable(difference.found or '-')}"
            yield f"      + {printable(difference.wanted or '-')}"


def _said(difference: Difference, t: Translator, *, done: bool = False) -> str:
    place, given = difference.place, dict(difference.params)
    try:
        name = t(f"fleet.name.{place}")
    except KeyError:
        name = place
    key = f"fleet.{difference.code}-done" if done else f"fleet.{difference.code}"
    return printable(t(key, **{"place": place, "name": name, "wanted": difference.wanted, **given}))


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
