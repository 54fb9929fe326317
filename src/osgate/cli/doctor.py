"""`osgate doctor gitlab`: where the gate can be passed by, over a whole group. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from osgate.cli import console, flags, fleet
from osgate.cli.policy import written
from osgate.errors import PASS, OsgateError
from osgate.fleet import gitlab_policy
from osgate.fleet.gitlab_work import Looked
from osgate.model.finding import SLUGS
from osgate.policy.valid import validate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.forges.gitlab.settings import Settings

_OPTIONS = (*fleet.OPTIONS, "policy")


def run(argv: list[str]) -> int:
    """Tell what is missing, what has drifted and what is only advice. Exits 0 where nothing but advice is left, 1 where
    something is, 4 where a project could not be looked at."""
    asked = flags.read("doctor", argv, ("help",), _OPTIONS)
    t = console.speak(asked.get("language", ""))
    if "help" in asked:
        console.say(t("help.doctor"))
        return PASS
    fleet.asked_of("doctor", asked)
    forge, settings = fleet.opened(asked)
    able = forge.able(asked["policy-project"])
    if asked.get("format", "terminal") == "terminal":
        console.say(t("doctor.forge", address=forge.address, version=able.version or "?", tier=able.tier or "?"))
    projects = fleet.chosen(settings, asked)

    def found() -> Iterator[Looked]:
        yield from _own(settings, asked)
        yield from fleet.looked(settings, projects, fleet.gate_of(asked), write=False)

    code = fleet.tell(found(), asked, wrote=False)
    if asked.get("format", "terminal") == "terminal":
        console.say(t("doctor.advice"))
    return code


def _own(settings: Settings, asked: Mapping[str, str]) -> Iterator[Looked]:
    """The policy project, and the bell."""
    valid = validate(written(asked["policy"]), SLUGS) if "policy" in asked else None
    people = valid.people.values() if valid else ()
    witness = valid.policy.witness if valid else None
    for flag in ("policy-project", "bell-project"):
        if flag not in asked:
            continue
        try:
            there = settings.found(asked[flag], secrets=True)
        except OsgateError as error:
            yield Looked("", asked[flag], failed=error)
            continue
        if flag == "bell-project":
            yield Looked(there.id, there.path, tuple(gitlab_policy.of_bell(there)))
        else:
            forge = witness.forge if witness else "gitlab"
            yield Looked(there.id, there.path, tuple(gitlab_policy.of_policy(there, people, forge)))
