"""Where something is used, as far as anybody can tell: what the inventory will answer."""

from __future__ import annotations

from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    # (component, VERS range or empty) -> its uses; None where nobody can tell.
    Usage = Callable[[str, str], tuple["Use", ...] | None]


@record
class Use:
    """One use of a component version. project: id of the repository; path: of the manifest, empty if not known."""

    project: str
    purl: str
    path: str = ""


def nobody_can_tell(component: str, range: str) -> tuple[Use, ...] | None:
    """The answer while there is no inventory."""
    return None
