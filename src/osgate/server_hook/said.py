"""What a push is told: few lines, the worst first, in the words of one language or of two.

On GitLab only lines that begin with its mark reach the one who pushes; nothing that is pushed (a name, a path) can
begin a line, for what is not printable is written out.
"""

from __future__ import annotations

from osgate.model.finding import SLUGS
from osgate.reports import detail, words
from osgate.text.translator import Translator
from osgate.text.width import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from osgate.errors import OsgateError
    from osgate.model.finding import Finding
    from osgate.model.verdict import Verdict
    from osgate.server_hook.found import Found
    from osgate.server_hook.settings import Settings

MARK = {"gitlab": "GL-HOOK-ERR: "}
# Packages and files that get a line; refs that get some; names in one line; columns of a place or a name.
LINES, REFS, NAMES, LONGEST = 20, 10, 5, 160
# What a sentence of the commit hook tells people to run; on a server it is the hook itself that is run.
_SYNC = "`osgate sync`"


class Talk:
    """Lines for people. hook: path of the hook itself, for the command that mends it."""

    def __init__(self, settings: Settings, hook: str) -> None:
        self._settings, self._hook = settings, hook
        self._words = [Translator(locale) for locale in settings.languages]

    def load(self) -> None:
        """Read the catalogues, which is otherwise done with the first sentence."""
        for t in self._words:
            t("hook.refused")

    def refused(self, found: Iterable[Found], glass: str = "") -> list[str]:
        """Why a push is refused: what stands in its way. glass: code of why the glass was not broken, if that was asked
        for."""
        every = tuple(found)
        return [line for t in self._words for line in self._refused(every, glass, t)]

    def _refused(self, found: tuple[Found, ...], glass: str, t: Translator) -> Iterator[str]:
        yield t("hook.refused")
        yield from self._refs(found, t)
        if glass:
            yield t(f"hook.glass-{glass}")
        yield from self._next(found, t)
        if self._settings.contact:
            yield t("hook.contact", contact=printable(self._settings.contact))

    def _next(self, found: tuple[Found, ...], t: Translator) -> Iterator[str]:
        """Who does what now: what is not approved can be requested, what this server lacks only its keeper can mend."""
        outcomes = {one.verdict.outcome for one in found if one.verdict is not None}
        if "block" in outcomes:
            yield t("hook.once-approved")
            if self._settings.policy_url:
                yield t("hook.request-at", url=printable(self._settings.policy_url))
        if "undecided" in outcomes:
            yield t("hook.for-keeper")

    def glass_broken(self, found: Iterable[Found], person: str, reason: str) -> list[str]:
        """What passes although it is to be refused."""
        every = tuple(found)
        shown = {"person": printable(person), "reason": printable(reason)}
        return [line for t in self._words for line in (t("hook.glass-broken", **shown), *self._refs(every, t))]

    def passed(self, found: Iterable[Found]) -> list[str]:
        """What is to be known of a push that passes: warnings, what would be refused, what could not be checked."""
        every = tuple(found)
        return [line for t in self._words for line in self._passed(every, t)]

    def _passed(self, found: tuple[Found, ...], t: Translator) -> Iterator[str]:
        if any(one.verdict is not None and one.verdict.outcome == "undecided" for one in found):
            yield t("hook.unchecked")
        yield from self._refs(found, t)

    def trouble(self, code: str, **params: str) -> list[str]:
        """One sentence, `hook.<code>`, in each language."""
        shown = {key: printable(value) for key, value in params.items()}
        return [t(f"hook.{code}", **shown) for t in self._words]

    def marked(self, lines: Iterable[str]) -> bytes:
        """Return lines as the platform of these settings shows them."""
        mark = MARK.get(self._settings.platform, "")
        return "".join([f"{mark}{line}\n" for line in lines]).encode("utf-8", "backslashreplace")

    # Refs

    def _refs(self, found: tuple[Found, ...], t: Translator) -> Iterator[str]:
        left = LINES
        for one in found[:REFS]:
            ref = detail.cut(one.update.ref, LONGEST)
            if one.error is not None:
                yield t("hook.ref", ref=ref, said=self._mending(_sentence(one.error, t)))
                yield from _not_checked(one, t)
            elif one.verdict is not None:
                yield t("hook.ref", ref=ref, said=words.outcome(one.verdict, t) + words.snapshot(one.verdict, t))
                lines = list(_lines(one.verdict, left, t))
                yield from lines
                left -= len(lines)
                if lines and not one.update.old.strip("0"):
                    yield "  " + t("hook.new-ref", base=one.verdict.base[:12] or t("hook.nothing"))
                for gap in one.verdict.missing[:NAMES]:
                    yield "  " + self._mending(words.gap(gap, t))
                for gap in one.verdict.gaps[:NAMES]:
                    yield "  " + t("hook.note", said=self._mending(words.gap(gap, t)))
                yield from _at_once(one.verdict, t)
        if len(found) > REFS:
            yield t.count("hook.more-refs", len(found) - REFS)

    def _mending(self, sentence: str) -> str:
        return mending(sentence, self._hook)


def mending(sentence: str, hook: str) -> str:
    """Return a sentence with the command of the packed hook where it names the one of an installed osgate."""
    return sentence.replace(_SYNC, f"`python3 {detail.quoted(printable(hook))} sync`")


def _sentence(error: OsgateError, t: Translator) -> str:
    params = {key: printable(str(value)) for key, value in error.params.items()}
    return t(f"error.{error.code}", **params)


def _not_checked(one: Found, t: Translator) -> Iterator[str]:
    if one.left:
        names = t("join.items").join([detail.cut(path, LONGEST) for path in one.left[:NAMES]])
        yield "  " + t.count("hook.not-checked", len(one.left), names=names)


# Packages


def _lines(verdict: Verdict, most: int, t: Translator) -> Iterator[str]:
    """A line for each package and each file that something is said against, the worst first."""
    holding = detail.held(verdict)
    groups: dict[str, list[Finding]] = {}
    for finding in words.open_findings(verdict):
        groups.setdefault(finding.purl or f"{finding.rule} {finding.path}", []).append(finding)
    for found in list(groups.values())[:most]:
        first = found[0]
        holder = holding.get((first.purl, first.path, first.line), "")
        yield "  " + _line(first, len({(f.path, f.line) for f in found}), holder, t)
    if len(groups) > most:
        yield "  " + t.count("hook.more", len(groups) - most)


def _line(finding: Finding, places: int, holder: str, t: Translator) -> str:
    place = detail.cut(f"{finding.path}:{finding.line}" if finding.line else finding.path, LONGEST)
    return t(
        "hook.line" if finding.purl else "hook.line-file",
        rule=f"{finding.rule} {SLUGS[finding.rule]}",
        purl=detail.cut(finding.purl, LONGEST),
        place=t.count("hook.places", places - 1, place=place) if places > 1 else place,
        why=words.sentence(finding, t, detail.cut, "brief"),
        run=detail.cut(detail.command(finding, holder), 2 * LONGEST),
    )


def _at_once(verdict: Verdict, t: Translator) -> Iterator[str]:
    command = detail.common_command(verdict, staged=False)
    if command:
        yield "  " + t("hook.at-once", run=command)
