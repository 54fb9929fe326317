"""Attacks on open source since 2024, each as the change that would have brought it in, and which rules stop it.

The manifests are real ones before and after; the registry's facts lie in a store of facts, as it served them on the
day; what was attacked had been approved by people, with a fence of what the store told then. Versions, dates and how
each attack went are from the public reports on it; accounts, addresses and digests are made up.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from osgate import pipeline
from osgate.facts import store as stores
from osgate.facts.gather import Gathered
from osgate.facts.osv import build
from osgate.facts.osv.index import Index
from osgate.facts.store import Store
from osgate.ledger.snapshot_cache import Opened
from osgate.model.change import Blob, ChangedFile, ChangeSet
from osgate.model.decision import LedgerView, Standing
from osgate.model.fact import Fact, Unknown
from osgate.model.fact_policy import FactPolicy, InternalName
from osgate.model.finding import SLUGS
from osgate.model.policy import Policy
from osgate.model.record import replace
from osgate.model.verdict import Stamp, Verdict
from osgate.policy.default import default_policy
from osgate.policy.local_config import LocalConfig
from osgate.purl import parse, versioned
from rules import making

PUBLIC = "packages.example.com"
NPM, PYPI, WORKFLOW = "package-lock.json", "requirements.txt", ".github/workflows/ci.yml"
GOOD, BAD = "1c9f2e1bd5b1cbbb9d6d8e0be6ae0f8cf0ee4a3d", "0e58ed8671d6b60d0890c21b07f8835ace038e67"
# What a registry tells of an ordinary version.
USUAL = {"licence": "MIT", "install-code": "no", "present": "yes", "yanked": "", "trust": "none", "publisher": "alice"}
# The day on which lists of malicious packages first had Shai-Hulud.
LISTED = "2025-09-16"
# Days before the attack on which the version before was approved.
SINCE = 90


class Attack(NamedTuple):
    """A row. day: UTC instant of the check. change: what it brings. by: rules that block; told: those that warn; both
    in order of their ids. needs: what the policy must say beyond the default one, empty for nothing."""

    name: str
    day: str
    change: str
    play: Callable[[World], Verdict]
    by: tuple[str, ...]
    told: tuple[str, ...]
    needs: str = ""


TABLE: list[Attack] = []


def attack(
    name: str, day: str, change: str, by: str = "", told: str = "", needs: str = ""
) -> Callable[[Callable[[World], Verdict]], Callable[[World], Verdict]]:
    """Put a scenario into the table. by, told: ids of rules, with spaces between. needs: as in `Attack`."""

    def put(play: Callable[[World], Verdict]) -> Callable[[World], Verdict]:
        TABLE.append(Attack(name, day, change, play, tuple(by.split()), tuple(told.split()), needs))
        return play

    return put


def seen(verdict: Verdict) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The rules that block a verdict and those that warn, each once, in order."""
    found = {level: {f.rule for f in verdict.findings if f.severity == level} for level in ("error", "warning")}
    return tuple(sorted(found["error"])), tuple(sorted(found["warning"]))


class World:
    """A folder with a store of facts and an index of advisories, the ledger's word, the policy, and a day.

    day: UTC instant of the check.
    """

    def __init__(self, folder: Path, day: str) -> None:
        self.day = day
        self.policy_in_force = default_policy(SLUGS)
        path = str(folder / "facts.sqlite")
        stores.create(path)
        self.store = Store(path, write=True)
        self.gathered = Gathered(self.store, Index(str(mirror(folder, day))))
        self.standings: list[Standing] = []
        self.path = path

    # -- what is known and decided

    def tell(self, purl: str, published: str | Unknown, seen: str = "", **facts: str | Unknown) -> None:
        """Let the registry tell the usual of a version, and `facts` (`_` for `-`). seen: when osgate first asked, by
        default on the day it was published."""
        told = {**USUAL, "published": published, **{name.replace("_", "-"): value for name, value in facts.items()}}
        source = f"{PUBLIC} ({parse(purl).type})"
        self.store.put(
            [Fact(purl, name, value, source, self.day) for name, value in told.items()], seen or str(published)
        )

    def tell_all(self, component: str, **facts: str) -> None:
        """Let the registry tell `facts` of a component."""
        source = f"{PUBLIC} ({parse(component).type})"
        self.store.put([Fact(component, name, value, source, self.day) for name, value in facts.items()], self.day)

    def approve(self, component: str, range: str, version: str, **more: Any) -> None:
        """Let people approve a range, on what is known of `version`."""
        fence = self.gathered.posts(component, [version])
        self.standings.append(making.standing(component, range=range, expires="2030-01-01", **more))
        self.standings[-1] = replace(self.standings[-1], fence=fence)

    def approve_action(self, component: str) -> None:
        """Let people approve an action by the commit GOOD."""
        self.tell_all(component, licence="MIT")
        self.approve(component, f"vers:github/{GOOD}", GOOD)

    # -- what a check asks the ledger (`ledger.snapshot_read.Snapshot`)

    def policy(self, project: str) -> Policy:
        """The policy in force."""
        return self.policy_in_force

    def view(self, components: list[str]) -> LedgerView:
        """What the ledger says of some components."""
        return making.view([one for one in self.standings if one.component in components])

    # -- the check

    def check(self, path: str, before: str, after: str) -> Verdict:
        """Return the verdict on a change of one manifest, as `osgate check` reaches it."""
        texts = {"before": before.encode(), "after": after.encode()}
        sides = {name: {path: text} for name, text in texts.items()}
        file = ChangedFile(path, Blob("file", texts["before"]), Blob("file", texts["after"]))
        change = ChangeSet("HEAD", "index", (file,), sides["before"].get, sides["after"].get)
        snapshot: Any = self
        stamp = Stamp(7, "sha256:1", "sha256:2", self.day, "2030-01-01T00:00:00Z", 0)
        ledger = pipeline.Ledger(lambda: Opened(snapshot, stamp, None, 0), None)
        asked = pipeline.Asked(self.day, LocalConfig("payments/app"), facts=lambda: self.gathered)
        return pipeline.check(change, ledger, asked)

    def updated(self, component: str, range: str, old: str, new: str, facts: Mapping[str, Any], **was: Any) -> None:
        """Two versions of a component: the old one long there and its range approved, the new one as `facts` say."""
        self.tell(versioned(component, old), **{"published": ago(self.day, SINCE), **was})
        self.approve(component, range, old)
        self.tell(versioned(component, new), **{"published": ago(self.day, hours=2), **was, **facts})

    def close(self) -> None:
        """Let the files go."""
        self.gathered.close()


def ago(day: str, days: int = 0, hours: int = 0) -> str:
    """The UTC instant some days and hours before `day`."""
    then = datetime.fromisoformat(day) - timedelta(days, hours=hours)
    return then.isoformat().replace("+00:00", "Z")


def mirror(folder: Path, day: str) -> Path:
    """An index of advisories for npm and PyPI, up to date on `day`, with a worm among them once it is listed."""
    worm = "@ctrl/tinycolor" if day > LISTED else "some-worm"
    for ecosystem, name in (("npm", worm), ("PyPI", "some-worm")):
        affected = [{"package": {"ecosystem": ecosystem, "name": name}, "versions": ["4.1.1", "4.1.2"]}]
        record = {"id": "MAL-2025-1", "modified": ago(day, 1), "summary": "a worm", "affected": affected}
        (folder / ecosystem).mkdir()
        with zipfile.ZipFile(folder / ecosystem / "all.zip", "w") as archive:
            archive.writestr("MAL-2025-1.json", json.dumps(record))
    path = folder / "advisories.sqlite"
    build.sync([str(folder)], str(path), day)
    return path


# -- manifests


def npm(*packages: str, scripts: tuple[str, ...] = (), digest: str = "A", at: Mapping[str, str] | None = None) -> str:
    """An npm lock. packages: `name@version`, the first direct, the others under it; scripts: names of those that run
    code when installed; digest: letter of all digests; at: name -> the address it is fetched from."""
    named = dict(package.rsplit("@", 1) for package in packages)
    first, *others = named
    inside: dict[str, Any] = {"": {"name": "app", "version": "1.0.0", "dependencies": {first: "*"}}}
    for name, version in named.items():
        usual = f"https://{PUBLIC}/{name}/-/{name.rpartition('/')[2]}-{version}.tgz"
        entry = {"version": version, "resolved": (at or {}).get(name, usual), "license": "MIT"}
        entry["integrity"] = f"sha512-{digest * 86}=="
        more = {"hasInstallScript": True} if name in scripts else {}
        under = {"dependencies": dict.fromkeys(others, "*")} if name == first and others else {}
        inside[f"node_modules/{name}"] = {**entry, **more, **under}
    return json.dumps({"name": "app", "version": "1.0.0", "lockfileVersion": 3, "packages": inside}, indent=2)


def pinned(*packages: str) -> str:
    """A requirements file with these packages, `name==version`, pinned by digest."""
    return "".join(f"{package} --hash=sha256:{'a' * 64}\n" for package in packages)


def workflow(uses: str) -> str:
    """A workflow with one action."""
    return f"on: push\njobs:\n  build:\n    runs-on: ubuntu-24.04\n    steps:\n      - uses: {uses}\n"


# -- the attacks, by their day


@attack(
    "xz", "2024-03-28T12:00:00Z", "xz 5.6.1, three weeks old, by the co-maintainer of two years, in the approved range"
)
def xz(world: World) -> Verdict:
    # As a package on PyPI: no list of a distribution's packages is read.
    world.updated("pkg:pypi/xz-utils", "vers:pypi/>=5.4.0|<6", "5.4.6", "5.6.1", {"published": ago(world.day, 19)})
    return world.check(PYPI, pinned("xz-utils==5.4.6"), pinned("xz-utils==5.6.1"))


@attack(
    "Ultralytics", "2024-12-05T02:00:00Z", "8.3.41, built by the project's own workflow with valid provenance", "OSG706"
)
def ultralytics(world: World) -> Verdict:
    world.updated("pkg:pypi/ultralytics", "vers:pypi/>=8.3.0|<9", "8.3.40", "8.3.41", {}, trust="attested")
    return world.check(PYPI, pinned("ultralytics==8.3.40"), pinned("ultralytics==8.3.41"))


@attack("tj-actions", "2025-03-15T00:00:00Z", "a workflow names the action by its tag", "OSG102 OSG201")
def tj_actions(world: World) -> Verdict:
    world.approve_action("pkg:github/tj-actions/changed-files")
    return world.check(WORKFLOW, workflow("actions/x@" + GOOD), workflow("tj-actions/changed-files@v45"))


@attack("tj-actions", "2025-03-15T00:00:00Z", "a bot moves the pin to the commit that the tag was moved to", "OSG102")
def tj_actions_bot(world: World) -> Verdict:
    world.approve_action("pkg:github/tj-actions/changed-files")
    uses = "tj-actions/changed-files@"
    return world.check(WORKFLOW, workflow(f"{uses}{GOOD} # v45"), workflow(f"{uses}{BAD} # v45"))


@attack("chalk, debug", "2025-09-08T15:00:00Z", "chalk 5.6.1 by a maintainer whose account was phished", "OSG706")
def chalk(world: World) -> Verdict:
    world.updated("pkg:npm/chalk", "vers:npm/>=5.0.0|<6.0.0", "5.6.0", "5.6.1", {})
    return world.check(NPM, npm("chalk@5.6.0"), npm("chalk@5.6.1"))


@attack(
    "Shai-Hulud",
    "2025-09-15T20:00:00Z",
    "@ctrl/tinycolor 4.1.1 with a postinstall script",
    "OSG112 OSG506 OSG706",
)
def shai_hulud(world: World) -> Verdict:
    name = "@ctrl/tinycolor"
    range = "vers:npm/>=4.0.0|<5.0.0"
    world.updated("pkg:npm/%40ctrl/tinycolor", range, "4.1.0", "4.1.1", {"install_code": "yes"})
    return world.check(NPM, npm(f"{name}@4.1.0"), npm(f"{name}@4.1.1", scripts=(name,)))


@attack(
    "Shai-Hulud",
    "2025-09-26T06:00:00Z",
    "the same through a mirror that tells no dates, scripts or publishers, ten days later",
    "OSG112 OSG503",
)
def shai_hulud_mirror(world: World) -> Verdict:
    name, nothing = "@ctrl/tinycolor", Unknown("not-served")
    silent = dict.fromkeys(("published", "install_code", "publisher", "trust"), nothing)
    facts: dict[str, Any] = {**silent, "published": Unknown("mirror-time"), "seen": ago(world.day, 10)}
    was: dict[str, Any] = {**facts, "seen": ago(world.day, SINCE)}
    world.updated("pkg:npm/%40ctrl/tinycolor", "vers:npm/>=4.0.0|<5.0.0", "4.1.0", "4.1.1", facts, **was)
    return world.check(NPM, npm(f"{name}@4.1.0"), npm(f"{name}@4.1.1"))


@attack(
    "Trivy action",
    "2026-03-19T20:00:00Z",
    "a workflow names the action by one of the 75 tags that were moved",
    "OSG102 OSG201",
)
def trivy(world: World) -> Verdict:
    world.approve_action("pkg:github/aquasecurity/trivy-action")
    uses = "aquasecurity/trivy-action@"
    return world.check(WORKFLOW, workflow(uses + GOOD), workflow(f"{uses}0.33.0"))


@attack("Trivy action", "2026-03-19T20:00:00Z", "a bot moves the pin to the commit behind the moved tag", "OSG102")
def trivy_bot(world: World) -> Verdict:
    world.approve_action("pkg:github/aquasecurity/trivy-action")
    uses = "aquasecurity/trivy-action@"
    return world.check(WORKFLOW, workflow(uses + GOOD), workflow(uses + BAD))


@attack("LiteLLM", "2026-03-24T10:00:00Z", "1.82.8 with a .pth file that every start of Python runs", "OSG506 OSG706")
def litellm(world: World) -> Verdict:
    world.updated("pkg:pypi/litellm", "vers:pypi/>=1.0|<2", "1.82.6", "1.82.8", {"pth": "yes"}, pth="no")
    return world.check(PYPI, pinned("litellm==1.82.6"), pinned("litellm==1.82.8"))


@attack(
    "axios",
    "2026-03-31T02:00:00Z",
    "1.14.1, past the trusted pipeline, pulls plain-crypto-js with a postinstall script",
    "OSG101 OSG112 OSG508 OSG706",
    "OSG507",
)
def axios(world: World) -> Verdict:
    stolen = {"trust": "none", "publisher": "axios-maintainer"}
    was = {"trust": "trusted-publisher", "publisher": "pipeline"}
    world.updated("pkg:npm/axios", "vers:npm/>=1.0.0|<2.0.0", "1.14.0", "1.14.1", stolen, **was)
    world.tell("pkg:npm/plain-crypto-js@4.2.1", ago(world.day, hours=8), install_code="yes", publisher="mallory")
    after = npm("axios@1.14.1", "plain-crypto-js@4.2.1", scripts=("plain-crypto-js",))
    return world.check(NPM, npm("axios@1.14.0"), after)


@attack("Mini Shai-Hulud", "2026-05-11T22:00:00Z", "published by the real pipeline, with valid provenance", "OSG706")
def mini_shai_hulud(world: World) -> Verdict:
    world.updated("pkg:npm/router-kit", "vers:npm/>=1.0.0|<2.0.0", "1.9.0", "1.9.1", {}, trust="attested")
    return world.check(NPM, npm("router-kit@1.9.0"), npm("router-kit@1.9.1"))


@attack("keyv, cacheable", "2026-08-04T09:00:00Z", "keyv 5.5.1, an hour old", "OSG706")
def keyv(world: World) -> Verdict:
    world.updated("pkg:npm/keyv", "vers:npm/>=5.0.0|<6.0.0", "5.5.0", "5.5.1", {"published": ago(world.day, hours=1)})
    return world.check(NPM, npm("keyv@5.5.0"), npm("keyv@5.5.1"))


@attack(
    "slopsquatting",
    "2026-11-22T09:00:00Z",
    "a name that a language model made up, and nobody has registered",
    "OSG101 OSG505",
)
def made_up(world: World) -> Verdict:
    world.tell_all("pkg:pypi/requests-retry-helper", present="no")
    return world.check(PYPI, "", pinned("requests-retry-helper==1.0.0"))


@attack(
    "slopsquatting",
    "2026-11-22T09:00:00Z",
    "the same name, registered yesterday by somebody who waited for it",
    "OSG101 OSG706",
)
def squatted(world: World) -> Verdict:
    world.tell("pkg:pypi/requests-retry-helper@1.0.0", ago(world.day, 1))
    return world.check(PYPI, "", pinned("requests-retry-helper==1.0.0"))


@attack(
    "dependency confusion",
    "2026-11-22T09:00:00Z",
    "the public registry offers 9999.0.0 of an internal name",
    "OSG102 OSG509 OSG706",
    "OSG507",
)
def confusion(world: World) -> Verdict:
    world.updated("pkg:npm/%40bank/ledger", "vers:npm/>=2.0.0|<3.0.0", "2.3.0", "9999.0.0", {"publisher": "mallory"})
    world.tell_all("pkg:npm/%40bank/ledger", releases="1", latest="9999.0.0")
    return world.check(NPM, npm("@bank/ledger@2.3.0"), npm("@bank/ledger@9999.0.0"))


@attack(
    "dependency confusion",
    "2026-11-22T09:00:00Z",
    "a patch release of an internal name, which the policy reserves",
    "OSG209 OSG706",
    needs="an internal name in the policy",
)
def reserved(world: World) -> Verdict:
    own = InternalName("pkg:npm/%40bank/*", "https://registry.example.test/npm/", "policy/base.toml:9")
    world.policy_in_force = replace(world.policy_in_force, facts=FactPolicy(internal=(own,)))
    world.updated("pkg:npm/%40bank/ledger", "vers:npm/>=2.0.0|<3.0.0", "2.3.0", "2.3.1", {})
    home = "https://registry.example.test/npm/@bank/ledger/-/ledger-2.3.0.tgz"
    return world.check(NPM, npm("@bank/ledger@2.3.0", at={"@bank/ledger": home}), npm("@bank/ledger@2.3.1"))


@attack(
    "lockfile poisoning",
    "2026-11-22T09:00:00Z",
    "the lock fetches another package under an approved name",
    "OSG102 OSG203 OSG208",
)
def poisoned(world: World) -> Verdict:
    world.tell("pkg:npm/left-pad@1.3.0", ago(world.day, SINCE))
    world.approve("pkg:npm/left-pad", "vers:npm/>=1.3.0|<2.0.0", "1.3.0")
    other = {"left-pad": f"https://{PUBLIC}/left-pab/-/left-pab-1.3.0.tgz"}
    return world.check(NPM, npm("left-pad@1.3.0"), npm("left-pad@1.3.0", digest="B", at=other))


@attack("republished digest", "2026-11-22T09:00:00Z", "an approved version comes back with another content", "OSG205")
def republished(world: World) -> Verdict:
    world.tell("pkg:npm/left-pad@1.3.0", ago(world.day, SINCE))
    world.approve("pkg:npm/left-pad", "vers:npm/>=1.3.0|<2.0.0", "1.3.0")
    return world.check(NPM, npm("left-pad@1.3.0"), npm("left-pad@1.3.0", digest="B"))
