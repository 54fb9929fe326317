"""What the policy approves in advance, as approvals like any other. Pure; loaded only where a policy has some."""

from __future__ import annotations

from osgate.model.decision import Standing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from osgate.model.policy import PreApproval, When


def nothing_told(when: When) -> bool:
    """The answer where no facts are at hand: what cannot be told is not approved in advance."""
    return False


def approvals(
    in_advance: Iterable[PreApproval], component: str, met: Callable[[When], bool] = nothing_told
) -> Iterator[Standing]:
    """Yield an approval for each pre-approval that means `component` (a purl without version), in the policy's order.

    They have no record and no seal: the serial is 0, and the record is the policy file and line. Without sources they
    cover what comes from a registry, as every approval does. met: whether facts meet the conditions that one sets.
    """
    type = component.partition("/")[0].removeprefix("pkg:")
    for one in in_advance:
        if means(one.purl, component) and (not one.when or met(one.when)):
            yield Standing(
                "approve",
                component,
                one.range or f"vers:{type}/*",
                one.origin,
                "",
                0,
                "",
                expires=one.expires,
                scopes=one.scopes,
                environments=one.environments,
                reason=one.reason,
                projects=one.projects,
                classes=one.classes,
            )


def means(pattern: str, component: str) -> bool:
    """True if `pattern` is `component`, or its beginning with a `*` behind it.

    The star stands for at least one character: for more than one step of a path only where the namespace is written out
    before it (`pkg:golang/example.com/group/*`), and never for a qualifier, which may name another registry. A slash
    inside of a name, which a purl writes as `%2F`, is a step as well: an address does not tell the two apart.
    """
    head, star, tail = pattern.partition("*")
    if not star or tail:
        return pattern == component and not tail
    rest = component[len(head) :] if component.startswith(head) else ""
    whole_namespace = head.endswith("/") and head.count("/") > 1
    return bool(rest) and not {"?", "#"} & set(rest) and (whole_namespace or not ("/" in rest or "%2F" in rest.upper()))
