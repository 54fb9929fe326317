"""How a component is used, as far as licences ask: where the work goes, whether it was changed, how it is joined."""

from __future__ import annotations

from osgate.model.record import record

INTERNAL, SERVICE, DISTRIBUTED = "internal", "service", "distributed"
REACHES = (INTERNAL, SERVICE, DISTRIBUTED)


@record
class Use:
    """One way of use.

    reach: `internal` (nobody outside the institution gets the work or talks to it), `service` (people outside use it
    over a network), `distributed` (a copy leaves the institution; scripts sent to a browser are copies, too).
    modified: the component itself was changed. linked: it becomes one program with ours; False for a process of its own
    that is talked to at arm's length.
    """

    reach: str = DISTRIBUTED
    modified: bool = False
    linked: bool = True
