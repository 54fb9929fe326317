"""`osgate ledger show`: what stands on a component or project, or what became of a record."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from osgate import wiring
from osgate.cli import attachments, console, kinds, ledger_read
from osgate.cli.standings import proposed_line, standing_lines, waiting_line
from osgate.errors import PASS
from osgate.intake_desk.states import state_line
from osgate.ledger import codec
from osgate.ledger.families import around, decided
from osgate.ledger.fold import Sealed, State, fold
from osgate.purl import parse
from osgate.text.names import namer
from osgate.text.translator import Translator


def run(asked: Mapping[str, str]) -> int:
    """Show a component (`pkg:…`), a project (`project:…`), a record, or all of a kind, as of now or of a day."""
    until, word = ledger_read.until(asked.get("as-of", "")), asked[""]
    with ledger_read.opened(asked) as (clone, t):
        sealed = tuple(item for item in clone.history.sealed if item.sealed_at <= until)
        if "kind" in asked:
            for line in kinds.listed(asked["kind"], sealed, min(until, wiring.now().instant)[:10], t):
                console.say(line)
            return PASS
        if word.startswith(("pkg:", "project:")):
            component = decided(parse(word)) if word.startswith("pkg:") else word
            return _show_component(component, fold(sealed), namer(clone.valid.people, clone.valid.names, "terminal"), t)
        return _show_record(clone.find(word), sealed, t)


def _show_record(id: str, sealed: tuple[Sealed, ...], t: Translator) -> int:
    item = next((item for item in sealed if item.id == id), None)
    if item is None:
        console.say(t("show.not-sealed", id=codec.short(id)))
        return PASS
    console.say(codec.printed(dict(item.body)).decode("utf-8").rstrip())
    console.say(t("show.sealed", serial=item.serial, at=item.sealed_at, key=item.witness.get("key", "")))
    for file in attachments.attached(other for other in sealed if id in (other.id, other.body.get("request"))):
        console.say(attachments.line(file, t))
    stands = state_line(id, fold(sealed), t)
    if stands:
        console.say(stands)
    return PASS


def _show_component(component: str, state: State, name: Callable[[str], str], t: Translator) -> int:
    keys = around(component)
    standings = [s for s in state.standings if s.component in keys]
    waiting = [w for w in state.waiting if w.component in keys]
    proposed = [w for w in state.proposed if w.component in keys]
    for line in (line for standing in standings for line in standing_lines(standing, t, name)):
        console.say(line)
    for waits in waiting:
        console.say(waiting_line(waits, t))
    for waits in proposed:
        console.say(proposed_line(waits, t))
    if not standings and not waiting and not proposed:
        console.say(t("explain.nothing", component=component))
    return PASS
