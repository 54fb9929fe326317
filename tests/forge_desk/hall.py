"""An institution whose desk listens at a forge in memory: people with accounts, a policy project, an application."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from flow.house import FROM, PEOPLE, House, people_toml
from osgate.forge_desk import memory, round
from osgate.forge_desk.failing import Bug
from osgate.forge_desk.memory import Memory
from osgate.forge_desk.recheck import Shown
from osgate.forge_desk.round import Hands, Round
from osgate.forge_desk.station import Station
from osgate.intake_desk import desk
from osgate.intake_desk.books import Books
from osgate.intake_desk.desk import Run
from osgate.intake_desk.verbs.context import Authors, nobody_since
from osgate.intake_desk.weigh import Candidate
from osgate.io.git_write import Repository
from osgate.ledger.fold import State, fold
from osgate.model.change import Introduced
from osgate.model.dependency import Dependency, Source
from osgate.model.forge import CHANGE, Account, Change, Conversation, Note
from osgate.model.record import replace
from osgate.model.verdict import Verdict
from osgate.reports.context import Asked
from osgate.testing.forge import MemoryForge
from osgate.testing.keys import SigningKey
from osgate.text.translator import Translator

MACHINE = SigningKey("machine")
WITNESS = f'\n[witness]\nforge = "gitlab"\n[[witness.key]]\nkey = "{MACHINE.public}"\nfrom = {FROM}\n'
HEAD = "a1" * 20


def introduced(name: str = "left-pad", version: str = "1.3.0") -> Introduced:
    """A package that a change brings in from a registry."""
    purl = f"pkg:npm/{name}"
    found = Dependency(purl, version, f"{purl}@{version}", "package-lock.json", 4, source=Source("registry"))
    return Introduced("added", found)


class Hall:
    """The house, its forge, the desk's listening there. judged: what the desk finds on a change, by its head."""

    def __init__(self, house: House) -> None:
        self.house, self.clock = house, house.clock
        self.forge = MemoryForge(house.clock)
        world = self.world = self.forge.world
        self.home, self.app = world.add_project("bank/policy"), world.add_project("bank/till")
        self.accounts = {id: world.add_account(id) for id in PEOPLE}
        self.guest = world.add_account("somebody")
        self.author = world.add_account("author")
        self.change = world.add_change(self.app, self.author, head=HEAD, authors=["author@bank.example"])
        self.judged: dict[str, Verdict] = {HEAD: self.verdict(HEAD)}
        self.published: list[tuple[str, str]] = []
        # The ids by which our comment was known each time.
        self.known: list[str] = []
        self.remembering = True
        # Mistakes of ours that the next round is to survive.
        self.bugs: list[str] = []
        # The clock of how long things take, and who wrote a change, as the round tells the desk.
        self.seconds = 0.0
        self.authors: Authors = nobody_since
        # The serial that readers find; -1 for the newest.
        self.served = -1
        self.write(self.people())
        assert house.run().serial == 1

    def people(self, **more: Account) -> bytes:
        """people.toml with an account at the forge for each; more: further ones, by person with `_` for `.`."""
        text = people_toml().decode()
        for id, account in self.accounts.items():
            known = [account, *([more[id.replace(".", "_")]] if id.replace(".", "_") in more else [])]
            listed = ", ".join(f'{{forge = "gitlab", id = "{one.id}"}}' for one in known)
            mail = f'{{forge = "git", id = "{id}@bank.example"}}'
            text = text.replace(mail, f"{mail}, {listed}")
        return text.encode()

    def write(self, people: bytes, witness: str = WITNESS, **files: bytes) -> None:
        """Change the written policy."""
        main = self.house.policy["osgate.toml"] + witness.encode()
        self.house.push_files("main", {"osgate.toml": main, "people.toml": people, **files})

    def verdict(self, head: str, *found: Introduced, outcome: str = "block") -> Verdict:
        """What the desk finds on a head: left-pad comes in, unless something else is said."""
        return Verdict(outcome, "enforce-new", "till", "0" * 40, head, found or (introduced(),), ())

    # -- at the forge

    def issue(self, who: Account, body: str) -> Conversation:
        """Open an issue in the policy project."""
        self.clock.forward(seconds=5)
        return self.forge.as_user(who).open_issue(self.home.id, "Request", body).conversation

    def say(self, who: str | Account, at: Conversation, body: str) -> Note:
        """Write a note, as a person by id or with an account."""
        self.clock.forward(seconds=5)
        return self.forge.as_user(self.accounts[who] if isinstance(who, str) else who).say(at, body)

    def ours(self, at: Conversation, part: str = "") -> list[str]:
        """What we wrote in a conversation, as far as `part` stands in it."""
        me = self.forge.me().id
        return [note.body for note in self.world.notes(at) if note.author.id == me and part in note.body]

    def answer(self, at: Conversation, note: str) -> str:
        """The one answer to a note; TEXT for an issue's own text."""
        (found,) = self.ours(at, f"<!-- osgate:answer note={note} -->")
        return found

    def opened(self) -> list[Conversation]:
        """The issues that we opened."""
        me = self.forge.me().id
        return [issue.conversation for issue in self.world.issues.values() if issue.author.id == me]

    # -- the desk

    def round(
        self, *rung: Conversation, work: Callable[..., Run] | None = None, remembered: Memory | None = None
    ) -> Round:
        """Make a round, a minute later. work: what stands in for the desk's run; remembered: for what was kept."""
        self.clock.forward(seconds=60)
        with Repository(str(self.house.bare)) as bare:
            hands = Hands(
                lambda: Books(bare, "refs/heads/main", self.clock.now),
                lambda heard, authors: self.working(authors, work)(bare, heard),
                self.publish,
                Translator("en"),
                lambda key, params: None,
                lambda: self.served if self.served >= 0 else self.house.past().serial,
                lambda kept: memory.save(bare, kept, SigningKey("desk").snapshot),
            )
            kept = memory.load(bare, SigningKey("desk").public) if self.remembering else Memory()
            done = round.run(self.station(), remembered or kept, rung, hands)
            memory.save(bare, done.memory, SigningKey("desk").snapshot)
        bugs = [str(one.error) for one in done.failed if isinstance(one.error, Bug)]
        assert bugs == self.bugs, bugs
        return done

    def station(self) -> Station:
        me, now = self.forge.me(), self.clock.now
        return Station(self.forge, me, self.home, "bank", now, MACHINE.decision, self.judge, lambda: self.seconds)

    def judge(self, change: Change) -> Verdict:
        """What the desk finds on a change: once its left-pad is approved, nothing stands against it."""
        found = self.judged[change.head]
        effects = {one.effect for one in self.state().standings}
        approved = "approve" in effects and "block" not in effects
        return replace(found, outcome="pass") if approved and found.outcome == "block" else found

    def working(self, authors: Authors, work: Callable[..., Run] | None) -> Callable[..., Run]:
        self.authors = authors
        return work or self.work

    def work(self, bare: Repository, heard: tuple[Candidate, ...]) -> Run:
        key = SigningKey("desk")
        folder = str(self.house.publish)
        main = "refs/heads/main"
        now, authors = self.clock.now, self.authors
        return desk.run(bare, main, folder, key.snapshot, key.public, now, keeping=True, heard=heard, authors=authors)

    def publish(self, change: Change, verdict: Verdict, waits: tuple[Asked, ...], note: str) -> Shown:
        self.known.append(note)
        earlier = next((outcome for _, outcome in reversed(self.published)), "")
        self.published.append((change.head, verdict.outcome))
        return Shown(earlier, "77")

    def state(self) -> State:
        """The ledger folded."""
        return fold(self.house.past().sealed)

    def records(self, verb: str = "") -> list[dict[str, Any]]:
        """The bodies of what is sealed, of one verb if it is named."""
        return [dict(one.body) for one in self.house.past().sealed if verb in ("", one.body["verb"])]

    def past_refusals(self) -> list[tuple[str, str]]:
        """What seals say was refused."""
        return self.house.told()

    def requested(self) -> tuple[Conversation, str]:
        """wang.wu asks for the change's package in an issue, and the desk hears; the issue and the request's id."""
        at = self.issue(self.accounts["wang.wu"], "/osgate request bank/till!1\npurpose: pad\nreason: needed")
        self.round()
        (body,) = self.records("request")
        return at, str(body["id"])


def at_change(hall: Hall) -> Conversation:
    """Where the application's change is talked about."""
    return Conversation(hall.app.id, hall.change.number, CHANGE)


def hall(root: Path) -> Hall:
    """A hall in a new house."""
    return Hall(House(root / "house"))
