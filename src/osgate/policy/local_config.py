"""`.osgate/config.toml` of an application repository: who it is and, if it likes, stricter settings."""

from __future__ import annotations

from osgate.errors import Mistake, Mistakes
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PATH = ".osgate/config.toml"


@record
class LocalConfig:
    """project: its id in `projects.toml`. language: of reports, empty for the reader's own. mode: may only tighten.

    policy_repository: path or git address that record commands push to; empty where only files are printed.
    """

    project: str = ""
    language: str = ""
    mode: str = ""
    policy_repository: str = ""


def parse(data: bytes, path: str = PATH) -> LocalConfig:
    """Read the file. Raises Mistakes with everything that is wrong, by line."""
    from osgate.model.policy import MODES
    from osgate.policy import toml_document
    from osgate.policy.schema import LANGUAGES
    from osgate.policy.shape import Field, complaints

    shape = {
        "project": Field("text", required=True, empty=False),
        "language": Field("text", choices=LANGUAGES),
        "mode": Field("text", choices=MODES),
        "policy_repository": Field("text"),
    }
    document = toml_document.read(path, data)
    if isinstance(document, Mistake):
        raise Mistakes((document,))
    mistakes = tuple(
        Mistake(path, document.line(place), code, params) for place, code, params in complaints(document.values, shape)
    )
    if mistakes:
        raise Mistakes(mistakes)
    return LocalConfig(**document.values)


def to_json(config: LocalConfig) -> dict[str, Any]:
    """Return the values that `LocalConfig(**values)` takes back: the copy cached by digest."""
    return {
        "project": config.project,
        "language": config.language,
        "mode": config.mode,
        "policy_repository": config.policy_repository,
    }
