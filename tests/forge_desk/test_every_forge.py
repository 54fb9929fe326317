"""Asked, answered and decided the same way at every forge there is an adapter for."""

from __future__ import annotations

from datetime import timedelta

import pytest

from forge_desk.bench import Bench
from forge_desk.hall import MACHINE
from forge_desk.test_publishing import EXPECTED, LINK, example, unlinked
from forges.stages import STAGES
from osgate.forge_desk import opened, publishing
from osgate.forge_desk.hearing import Ears, Said, before
from osgate.forge_desk.memory import Memory
from osgate.forge_desk.publishing import Manner
from osgate.forge_desk.telling import Teller
from osgate.model.policy import Key, Witness
from osgate.model.record import replace
from osgate.reports.markdown import read_marker
from osgate.text.translator import LOCALES, Translator

FORGES = sorted({*STAGES} - {"memory"})
BLOB = {"gitlab": "/-/blob/", "github": "/blob/", "gitea": "/src/commit/", "gitee": "/blob/"}
ASK = "/osgate request pkg:npm/left-pad@1.3.0 channel=community reason: needed"


@pytest.mark.parametrize("kind", sorted(STAGES))
def test_asked_answered_and_decided_by_comments(kind: str) -> None:
    with STAGES[kind]() as stage:
        wang, zhang = stage.person("wang.wu"), stage.person("zhang.san")
        home, forge = stage.project("bank/policy"), stage.forge
        issue = stage.as_user(wang).open_issue(home.id, "Ask", ASK)
        bench = Bench(Witness(forge.kind, (Key(MACHINE.public),)))
        bench.forge, bench.home = forge, home  # type: ignore[assignment]
        people = {
            "wang.wu": replace(bench.valid.people["wang.wu"], accounts=((forge.kind, wang.id),)),
            "zhang.san": replace(bench.valid.people["zhang.san"], accounts=((forge.kind, zhang.id),)),
        }
        bench.valid = replace(bench.valid, people={**bench.valid.people, **people})
        memory = Memory()

        def heard() -> tuple[Said, ...]:
            nonlocal memory
            found = Ears(forge, forge.me(), home, "bank", before(issue.created, -timedelta(hours=1))).hear(memory)
            assert not found.failed
            memory = found.memory
            return found.said

        def teller() -> Teller:
            return Teller(bench.station, bench.books(), {}, Translator("en"))

        (asked,) = heard()
        (request,) = bench.made(asked)
        assert request["person"] == "wang.wu"
        bench.ledger.seal(request)
        teller().request(request["id"])
        teller().answer(asked, ["done"], good=True)
        stage.as_user(zhang).say(issue.conversation, "/osgate approve reason: seen")
        (said,) = heard()
        (approval,) = bench.made(said)
        assert (approval["person"], approval["role"], approval["request"]) == ("zhang.san", "tech", request["id"])
        teller().answer(said, ["done"], good=True)
        bench.ledger.seal(approval)
        teller().request(request["id"])
        assert heard() == ()
        (state,) = [note.body for note in forge.notes(issue.conversation) if "osgate:state" in note.body]
        assert "tech 1/1" in state
        other = bench.sealed(purpose="another")
        place = teller().request(bench.books().find(other).id)
        assert opened.request_of(forge.issue(home.id, place.number), forge.me()) == bench.books().find(other).id
        assert teller().request(bench.books().find(other).id) == place


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", FORGES)
def test_X08_the_golden_comment_stands_at_every_forges_server_but_for_its_links(kind: str, locale: str) -> None:
    golden = (EXPECTED / f"comment.{locale}.md").read_text(encoding="utf-8")
    with STAGES[kind]() as stage:
        forge, wang = stage.forge, stage.person("wang.wu")
        till, policy = stage.project("shop/till"), stage.project("oss/policy")
        change = stage.change(till, wang, lines={"package-lock.json": (412,)})
        manner = Manner(Translator(locale), policy=policy, offset=480)
        for _ in range(2):
            told = publishing.publish(forge, change, till, example(), manner)
        assert [part for part, _ in told.lacking] == []
        assert told.comment is not None
        assert told.comment.did == "untouched"
        (posted,) = [note.body for note in forge.notes(change.conversation) if read_marker(note.body)]
    assert unlinked(posted) == unlinked(golden)
    places = [place for place in LINK.findall(posted) if "package-lock.json" in place]
    assert set(places) == {f"{till.url}{BLOB[kind]}{change.head}/package-lock.json#L412"}
    (form,) = [place for place in LINK.findall(posted) if "/issues/new" in place]
    assert form.startswith(policy.url)
