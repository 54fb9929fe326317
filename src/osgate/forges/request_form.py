"""The page on which a request is written, filled in: one form for the comment, the job's log and its summary. Pure."""

from __future__ import annotations

from osgate.forges import links

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from osgate.text.translator import Translator

# Packages named in a request that no change stands for; what is left out is told by the next run.
NAMED = 50


def address(kind: str, policy_url: str, t: Translator, change: str, purls: Sequence[str] = ()) -> str:
    """Return the page that asks for all that `change` brings in or, where it is empty, for `purls`; purpose and reason
    are still empty in it.

    kind: the forge's (links.KINDS); policy_url: the policy project's page; t: in whose words the form is; change: as
    its forge calls it. Empty without an `http(s)` address.
    """
    subject = change or t.count("ci.packages", len(purls))
    asks = t("ci.request", subject=change) if change else t("ci.request-named", purls="\n".join(purls[:NAMED]))
    # A comment is no part of what is said, so that nobody takes it for a reason.
    body = f"<!-- {t('request.form-hint')} -->\n\n{asks}\n"
    return links.new_issue(kind, policy_url, t("request.form-title", change=subject), body)
