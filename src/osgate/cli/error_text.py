"""Errors as sentences."""

from __future__ import annotations

from osgate.errors import Mistakes
from osgate.reports.refusals import complaint, filled, refusal, sentence
from osgate.text.width import printable

TYPE_CHECKING = False
__all__ = ["complaint", "history_problem", "lines", "refusal", "sentence"]

if TYPE_CHECKING:
    from collections.abc import Iterator

    from osgate.errors import OsgateError
    from osgate.text.translator import Translator


def lines(error: OsgateError, t: Translator) -> Iterator[str]:
    """Yield what a person reads: one line, or one a mistake with file and line."""
    params = error.params
    if isinstance(error, Mistakes):
        for mistake in error.mistakes:
            place = f"{mistake.path}:{mistake.line}" if mistake.line else mistake.path
            yield f"{printable(place)}: {complaint(mistake.code, mistake.params, t)}"
        yield t.count("error.mistakes", len(error.mistakes))
        return
    yield f"osgate: {sentence(error, t)}"
    for failure in params.get("failures", ()):  # type: ignore[attr-defined]
        yield f"  - {sentence(failure, t)}"
    for problem in params.get("problems", ()):  # type: ignore[attr-defined]
        yield f"  - {history_problem(problem, t)}"


def history_problem(problem: object, t: Translator) -> str:
    """What does not hold about the ledger, with the seal it shows at."""
    code, serial = getattr(problem, "code", ""), getattr(problem, "serial", 0)
    params = filled(getattr(problem, "params", {}))
    return printable(t("history.at", serial=serial, said=t(f"history.{code}", **{"serial": serial, **params})))
