"""The policy that applies where nobody handed one in: what `osgate init --policy-repo` writes, without a repository."""

from __future__ import annotations

from osgate.model.policy import Policy, RuleSetting, Tier

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


def default_policy(rule_ids: Mapping[str, str]) -> Policy:
    """Return the default policy. rule_ids: rule id -> slug; each rule blocks."""
    return Policy(
        institution="",
        default_tier="normal",
        tiers={"normal": Tier("normal", ("tech", "legal"))},
        incident_roles=("incident",),
        rules={id: RuleSetting(id, slug, "block") for id, slug in rule_ids.items()},
        projects={},
    )
