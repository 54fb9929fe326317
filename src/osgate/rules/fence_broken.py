"""OSG112: the version lies in an approved range, but a fact that the approval was given on is another one now."""

from __future__ import annotations

from osgate.rules.case import Case, decided, needed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.rules.case import Params


def check(case: Case) -> Params | None:
    """Complain where a post of the fence is broken; each of them is told with what it was and what it is.

    fact, value, source and date are those of the first one.
    """
    standing = case.judgement.standing
    if standing is None or case.judgement.kind != "fence-broken":
        return None
    return {
        **_first(case),
        "posts": [[one.fact, one.before, one.now, one.source, one.seen] for one in case.posts],
        "nearest": decided(standing),
        **needed(case),
    }


def _first(case: Case) -> Params:
    """What the first broken post says now, with where that is told; `none` and `nobody` for what is not told."""
    for post in case.posts:
        source = post.seen or post.source or "nobody"
        return {"fact": post.fact, "value": post.now or "none", "source": source, "date": case.now[:10]}
    return {}
