"""OSG205: a version that was here before has another content now."""

from __future__ import annotations

from osgate.rules.case import Case

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.rules.case import Params


def check(case: Case) -> Params | None:
    """Complain where the same version comes with another digest, or with none, unless this very digest is approved."""
    if case.item.change != "changed-digest":
        return None
    standing = case.judgement.standing
    if case.judgement.kind == "approved" and standing is not None and standing.digests:
        return None
    return {"digests": list(case.item.dependency.digests)}
