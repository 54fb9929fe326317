"""Which known changes of licence the gate tells as one: a table, one line an event.

    python benchmarks/relicensing.py EVENTS.json

EVENTS.json: a list of `{"type", "name", "before_version", "before", "after_version", "after"}`; a licence that ends in
`(file)` stands in the licence file alone, behind a declaration that stays `SEE LICENSE IN LICENSE.txt`. Each event is
judged as the update it was, by the rule `licence-changed`, with every version approved by people. It ends with 0 where
all are told, with 1 where one is not, with 2 where the file cannot be read.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from osgate.model.change import Introduced
from osgate.model.decision import Judgement, Standing
from osgate.model.dependency import Dependency
from osgate.model.fact import Fact, Facts, Unknown
from osgate.model.finding import SLUGS
from osgate.policy.default import default_policy
from osgate.rules import licence_changed
from osgate.rules.case import Case

IN_FILE, MARK, UNREAD = "SEE LICENSE IN LICENSE.txt", " (file)", Unknown("licence-text.nothing")
TEXTS = ("proprietary",)


def facts(component: str, version: str, said: str) -> Facts:
    """What a registry and an artefact tell of one version whose licence is `said`."""
    purl, source = f"{component}@{version}", "packages.example.com"
    if not said.endswith(MARK):
        return Facts(purl, component, (Fact(purl, "licence-declared", said, source, ""),))
    text = said.removesuffix(MARK)
    told = (
        Fact(purl, "licence-declared", IN_FILE, source, ""),
        Fact(purl, "licence-text", UNREAD if text in TEXTS else text, source, ""),
    )
    return Facts(purl, component, told)


def judged(event: dict[str, str]) -> dict[str, object] | None:
    """The params of the finding about the update that the event is; None where there is no finding."""
    component = f"pkg:{event['type']}/{event['name'].replace('@', '%40').replace(' ', '%20').replace(':', '/')}"
    dependency = Dependency(component, event["after_version"], f"{component}@{event['after_version']}", "lock")
    approved = Standing("approve", component, f"vers:{event['type']}/*", "", "", 1, "")
    case = Case(
        Introduced("upgraded", dependency, previous=(event["before_version"],)),
        Judgement("approved", approved),
        (),
        default_policy(SLUGS),
        facts=facts(component, event["after_version"], event["after"]),
        before=facts(component, event["before_version"], event["before"]),
    )
    return licence_changed.check(case)


def main(arguments: list[str]) -> int:
    """Print the table of the file named."""
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        events = json.loads(Path(arguments[0]).read_bytes())
    except (OSError, ValueError) as error:
        print(f"{arguments[0]}: {error}", file=sys.stderr)
        return 2
    told = 0
    for event in events:
        found = judged(event)
        told += found is not None
        name = f"{event['name']} {event['before_version']} -> {event['after_version']}"
        said = f"{found['before']} -> {found['value']}" if found else "NOT TOLD"
        print(f"{name[:58]:58}  {said}")
    print(f"{told} of {len(events)} told")
    return 0 if told == len(events) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
