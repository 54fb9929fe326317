"""Errors as sentences."""

from __future__ import annotations

from osgate.errors import Mistakes
from osgate.ledger import codec
from osgate.text.width import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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


def sentence(error: OsgateError, t: Translator) -> str:
    """The one sentence of an error."""
    if error.code == "git.failed" and "not a git repository" in str(error.params.get("output")):
        return t("error.git.no-repository")
    return printable(t(f"error.{error.code}", **_shown(error.params)))


def complaint(code: str, params: Mapping[str, object], t: Translator) -> str:
    """What is wrong with one value of a file of ours, with its did-you-mean."""
    shown = _shown(params)
    inner = params.get("detail")
    if isinstance(inner, Exception) and hasattr(inner, "code"):
        shown["detail"] = t(f"error.{inner.code}", **_shown(getattr(inner, "params", {})))
    elif code == "not-a-purl":
        shown["detail"] = t(f"error.{inner}", text=params.get("found", ""))
    elif code == "wrong-type":
        shown.update({name: t(f"kind.{params[name]}") for name in ("wanted", "found")})
    elif code == "toml" and params.get("why"):
        shown["detail"] = t(f"toml.{params['why']}")
    said = t(f"mistake.{code}", **shown) + (f" ({params['at']})" if params.get("at") else "")
    close = params.get("close")
    return printable(t("mistake.close", said=said, close=close) if close else said)


def history_problem(problem: object, t: Translator) -> str:
    """What does not hold about the ledger, with the seal it shows at."""
    code, serial = getattr(problem, "code", ""), getattr(problem, "serial", 0)
    params = _shown(getattr(problem, "params", {}))
    return printable(t("history.at", serial=serial, said=t(f"history.{code}", **{"serial": serial, **params})))


def refusal(code: str, params: Mapping[str, object], t: Translator) -> Iterator[str]:
    """Why a record does not count."""
    shown = _shown(params)
    if code == "unreadable":
        shown["detail"] = t(f"record-unreadable.{params.get('why', 'value')}", **{"detail": "", **shown})
    stage = str(shown.get("stage", ""))
    if stage:
        shown["stage"] = t(f"stage.{stage}")
    yield printable(t(f"refusal.{code}", **shown))
    if stage in ("rejected", "revoked"):
        yield "  - " + t("refusal.ask-anew", id=codec.short(str(shown["id"])))
    problems = params.get("problems")
    for problem in problems if isinstance(problems, list) else ():
        said = complaint(problem["code"], problem, t)
        yield "  - " + (t("refusal.line", line=problem["line"], said=said) if problem.get("line") else said)


def _shown(params: Mapping[str, object]) -> dict[str, object]:
    return {k: "" if v is None else v for k, v in params.items()}
