"""The policy that applies where nobody handed one in: what `osgate init --policy-repo` writes, without a repository."""

from __future__ import annotations

from osgate.model.policy import Policy, RuleSetting, Tier, default_outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


def default_policy(rule_ids: Mapping[str, str]) -> Policy:
    """Return the default policy. rule_ids: rule id -> slug; the rules there are."""
    return Policy(
        institution="",
        default_tier="normal",
        tiers={"normal": Tier("normal", ("tech", "legal"))},
        incident_roles=("incident",),
        rules={id: RuleSetting(id, slug, default_outcome(id)) for id, slug in rule_ids.items()},
        projects={},
    )
