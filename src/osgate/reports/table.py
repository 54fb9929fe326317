"""The table of reports: the name of a format and the module that writes it, loaded when it is asked for."""

from __future__ import annotations

from osgate.reports.context import Context

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from osgate.model.verdict import Verdict
    from osgate.text.translator import Translator

    Renderer = Callable[[Verdict, Translator, Context], str]

__all__ = ["FORMATS", "Context", "render"]

_MODULES = {
    "terminal": "terminal",
    "json": "json_report",
    "sarif": "sarif",
    "markdown": "markdown",
    "summary": "markdown.summary",
    "github": "github",
    "codequality": "codequality",
    "junit": "junit",
    "annotations": "annotations",
}
FORMATS: tuple[str, ...] = tuple(_MODULES)


def render(name: str, verdict: Verdict, t: Translator, context: Context) -> str:
    """Return the verdict in the format `name`, one of FORMATS; the text ends with a newline.

    Raises KeyError for any other name.
    """
    module = f"osgate.reports.{_MODULES[name]}"
    renderer: Renderer = __import__(module, fromlist=["render"]).render
    return renderer(verdict, t, context)
