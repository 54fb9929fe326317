"""What a report needs besides the verdict and the words."""

from __future__ import annotations

from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.text.translator import Translator


@record
class Asked:
    """A request that waits, as far as more is known of it than the ledger tells everybody.

    id: the record's. url: where it is decided. decided: (role, person, day) of what was decided already. purpose,
    reason, alternatives: the requester's words. about: what it asks for, as (purl, range). All but id may be empty.
    """

    id: str
    person: str = ""
    url: str = ""
    decided: tuple[tuple[str, str, str], ...] = ()
    purpose: str = ""
    reason: str = ""
    alternatives: tuple[str, ...] = ()
    about: tuple[tuple[str, str], ...] = ()


@record
class Context:
    """What a report needs from outside. Every surface takes the same one and looks at what it knows of.

    colour: ANSI colours may be used. verbose: every finding in full. staged: the commit hook's form of commands.
    repository: its name, empty where it is not known. links: address of a line of a file, with the places `{path}` and
    `{line}`; for a place without a line, what follows `#` falls away. request_url: where a request can be opened;
    also_request_url: the same in the words of `also`, empty for the same form. report_url: where the whole report lies.
    contact: who is told when osgate's own data is missing. now: UTC time with `Z`; offset: the readers' minutes from
    UTC. also: a second language, shown below the first. earlier: the outcome told by the comment that this one
    replaces, as its marker has it. spoken: whoever reads this may answer with commands (`/osgate approve`), because the
    desk hears what is said there. asked: what is known of the requests that wait. limit: most characters
    of a comment, where a forge takes fewer than most do; rows: most rows of its table, where it is not a comment's. All
    texts may be empty.
    """

    colour: bool = False
    verbose: bool = False
    staged: bool = True
    repository: str = ""
    links: str = ""
    request_url: str = ""
    also_request_url: str = ""
    now: str = ""
    report_url: str = ""
    contact: str = ""
    offset: int = 0
    also: Translator | None = None
    earlier: str = ""
    spoken: bool = False
    asked: tuple[Asked, ...] = ()
    limit: int = 0
    rows: int = 0
