"""A ledger of many approvals as a large institution might have it: made from a seed, neither constant nor noise.

Components have names of words and syllables in six ecosystems, with namespaces of which a few hold most packages. What
favours a compact file is left out: each decision answers a request of its own, and the seal, the term and the persons
of one say nothing about those of the next.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from osgate.model.decision import Post, Standing

SYLLABLES = "ba ce da do fi ga he in ka la li ma mi no nu or pa po ra re ri sa se si ta te ti to un va ve xi yo za"
WORDS = """async auth base browser buffer build cache chart check cli client cloud code color commons config connect
 core css data date db debug dev diff dom driver editor event express extra fast fetch file filter flow font form format
 framework front fs graph grid hash helper hook html http icon image index input jdbc js json jwt kit lang layout lib
 lint list loader lock log mail map mark math media menu merge message meta micro mock model module mongo net node
 number object open option order page parse patch path pipe player plugin pool print process proto proxy query queue
 random react redis render request resolve rest route rpc run runtime schema script search server service session shell
 simple socket sort source spec sql state storage store stream string style sync system table task template test text
 theme time token tool trace tree type ui unit update url util validate value vector version view virtual watch web
 widget worker wrap xml yaml zip"""
SYLLABLE, WORD = SYLLABLES.split(), WORDS.split()
# Ecosystem: percent of all components, percent of its names that have a namespace, how many there are, their form.
KINDS = {
    "npm": (45, 40, 9000, "%40{}/"),
    "maven": (20, 100, 8000, "com.{}/"),
    "pypi": (15, 0, 1, ""),
    "golang": (8, 100, 6000, "github.com/{}/"),
    "cargo": (6, 0, 1, ""),
    "nuget": (6, 0, 1, ""),
}
PERSONS = [
    f"{a}.{b}"
    for a in ("zhang", "wang", "li", "zhao", "sun")
    for b in ("san", "si", "wu", "liu", "qi", "ba", "jiu", "shi")
]
TECHNICAL, LEGAL, SECURITY = PERSONS[:24], PERSONS[24:34], PERSONS[34:]
LICENCES = ("MIT",) * 55 + ("Apache-2.0",) * 25 + ("ISC",) * 8 + ("BSD-3-Clause",) * 8 + ("MPL-2.0",) * 4
MANIFESTS = [f"{folder}package-lock.json" for folder in ("", "web/", "app/", "portal/", "service/", "tools/")]
# Decisions a component; seals they came in; days over which they expire; reasons many share; those only one has.
A_COMPONENT, SEALS, DAYS, REASONS, OWN_REASON = 3.33, 20_000, 365, 36, 0.03
SECURITY_TOO, LIMITED, PINNED, PUBLISHED = 0.15, 0.1, 0.1, 0.2
TOLD = (
    f"{A_COMPONENT} ranges a component; {len(PERSONS)} persons; {SEALS:,} seals; {DAYS} days of expiry;"
    f" {REASONS} common reasons, {OWN_REASON:.0%} with one of their own; {LIMITED:.0%} limited to scopes; {PINNED:.0%}"
    " with a pinned digest; each with a request of its own and a fence of two posts;"
    f" {PUBLISHED:.0%} of the components with a publisher in it"
)
FIRST_SEAL, FIRST_EXPIRY = datetime(2026, 1, 1, 8), date(2026, 12, 1)


def standings(count: int, seed: int = 1) -> Iterator[Standing]:
    """Yield `count` approvals in the order in which the fold has them."""
    chance = random.Random(seed)
    reasons = [" ".join(chance.choices(WORD, k=5)) for _ in range(REASONS)]
    keys = components(int(count / A_COMPONENT), chance)
    shares = [1] * len(keys)
    for _ in range(count - len(keys)):
        shares[chance.randrange(len(keys))] += 1
    for key, share in zip(keys, shares, strict=True):
        yield from sorted(_approvals(key, share, chance, reasons), key=lambda s: (s.serial, s.record))


def components(count: int, chance: random.Random) -> list[str]:
    """Return `count` component keys in order, each once."""
    found: set[str] = set()
    for kind, (percent, spaced, many, form) in KINDS.items():
        spaces = [form.format(_name(chance)) for _ in range(many)]
        wanted = count if kind == "nuget" else len(found) + count * percent // 100
        while len(found) < wanted:
            space = spaces[int(many * chance.random() ** 3)] if chance.random() * 100 < spaced else ""
            found.add(f"pkg:{kind}/{space}{_name(chance)}")
    return sorted(found)


def _name(chance: random.Random) -> str:
    word = chance.choice(WORD)
    made = "".join(chance.choices(SYLLABLE, k=chance.randint(2, 4)))
    return chance.choice(
        (f"{made}-{word}", f"{word}-{made}", f"{made}{word}", made, f"{word}-{chance.choice(WORD)}-{made}")
    )


def _approvals(key: str, count: int, chance: random.Random, reasons: list[str]) -> Iterator[Standing]:
    kind = key.removeprefix("pkg:").partition("/")[0]
    manifest = chance.choice(MANIFESTS)
    posts = [Post("licence", chance.choice(LICENCES), manifest), Post("install-code", "no", manifest)]
    posts += [Post("publisher", _name(chance), "store")] if chance.random() < PUBLISHED else []
    first = int(chance.expovariate(0.35))
    for major in range(first, first + count):
        version = f"{major}.{int(chance.expovariate(0.15))}.{int(chance.expovariate(0.3))}"
        serial = chance.randint(1, SEALS)
        security = (chance.choice(SECURITY),) if chance.random() < SECURITY_TOO else ()
        yield Standing(
            "approve",
            key,
            f"vers:{kind}/{_range(major, version, chance)}",
            f"sha256:{chance.randbytes(32).hex()}",
            f"sha256:{chance.randbytes(32).hex()}",
            serial,
            f"{FIRST_SEAL + timedelta(seconds=serial * 1571):%Y-%m-%dT%H:%M:%SZ}",
            (chance.choice(TECHNICAL), chance.choice(LEGAL), *security),
            str(FIRST_EXPIRY + timedelta(days=chance.randrange(DAYS))),
            (f"sha512:{chance.randbytes(64).hex()}",) if chance.random() < PINNED else (),
            scopes=("dev", "test") if chance.random() < LIMITED else (),
            reason=_reason(chance, reasons),
            fence=tuple(posts),
            versions=(version,),
        )


def _range(major: int, version: str, chance: random.Random) -> str:
    """A major; in three of ten from the version that was asked for on, in one of ten that version alone."""
    how = chance.random()
    if how < 0.1:
        return version
    return f">={version if how < 0.4 else f'{major}.0.0'}|<{major + 1}.0.0"


def _reason(chance: random.Random, reasons: list[str]) -> str:
    if chance.random() < OWN_REASON:
        return f"{chance.choice(WORD)} {chance.choice(WORD)} for {_name(chance)}, ticket {chance.randrange(10**6)}"
    return reasons[int(len(reasons) * chance.random() ** 2)]
