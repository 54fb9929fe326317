"""Why a record does not count, and what is wrong with a value of a file of ours, as sentences."""

from __future__ import annotations

from osgate.reports.detail import short_id
from osgate.text.licence_words import duty
from osgate.text.width import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from osgate.errors import OsgateError
    from osgate.text.translator import Translator


def complaint(code: str, params: Mapping[str, object], t: Translator) -> str:
    """What is wrong with one value of a file of ours, with its did-you-mean."""
    shown = filled(params)
    inner = params.get("detail")
    if isinstance(inner, Exception) and hasattr(inner, "code"):
        shown["detail"] = t(f"error.{inner.code}", **filled(getattr(inner, "params", {})))
    elif code == "not-a-purl":
        shown["detail"] = t(f"error.{inner}", text=params.get("found", ""))
    elif code == "wrong-type":
        shown.update({name: t(f"kind.{params[name]}") for name in ("wanted", "found")})
    elif code == "toml" and params.get("why"):
        shown["detail"] = t(f"toml.{params['why']}")
    said = t(f"mistake.{code}", **shown) + (f" ({params['at']})" if params.get("at") else "")
    close = params.get("close")
    return printable(t("mistake.close", said=said, close=close) if close else said)


def refusal(code: str, params: Mapping[str, object], t: Translator, *, asking: bool = True) -> Iterator[str]:
    """Why a record does not count. asking: tell with which command it is asked for again, where one would do."""
    shown = filled(params)
    if code == "unreadable":
        shown["detail"] = t(f"record-unreadable.{params.get('why', 'value')}", **{"detail": "", **shown})
    stage = str(shown.get("stage", ""))
    if stage:
        shown["stage"] = t(f"stage.{stage}")
    if code == "obligations-open":
        shown["id"] = short_id(str(shown["id"]))
    yield printable(t(f"refusal.{code}", **shown))
    if code == "obligations-open":
        yield from (f"  - {duty(word, t)}" for word in str(shown["needed"]).split(", "))
    if asking and stage in ("rejected", "revoked"):
        yield "  - " + t("refusal.ask-anew", id=short_id(str(shown["id"])))
    problems = params.get("problems")
    for problem in problems if isinstance(problems, list) else ():
        said = complaint(problem["code"], problem, t)
        yield "  - " + (t("refusal.line", line=problem["line"], said=said) if problem.get("line") else said)


def sentence(error: OsgateError, t: Translator) -> str:
    """The one sentence of an error."""
    if error.code == "git.failed" and "not a git repository" in str(error.params.get("output")):
        return t("error.git.no-repository")
    return printable(t(f"error.{error.code}", **filled(error.params)))


def filled(params: Mapping[str, object]) -> dict[str, object]:
    """Params as places of a sentence: nothing is an empty one."""
    return {k: "" if v is None else v for k, v in params.items()}
