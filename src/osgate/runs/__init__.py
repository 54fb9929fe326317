"""One check with all that went into it, as a document: `osgate.run/1`. From it alone the same verdict is made again.

What is kept is what was asked: the view of the ledger, the policy with the project's own row, and of the store of facts
the answers that were given. No manifest, no git, no network is needed to decide again.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import osgate
from osgate import pipeline
from osgate.decide import Law
from osgate.errors import Undecided, UsageError
from osgate.model import change, decision, dependency, fact, fact_policy, gap, policy, verdict
from osgate.model.change import Intake
from osgate.model.decision import LedgerView, Post
from osgate.model.dependency import Dependency
from osgate.model.fact import Facts, FactSource
from osgate.model.policy import Policy, Project
from osgate.model.record import record, replace
from osgate.model.verdict import Verdict
from osgate.pipeline import Given
from osgate.policy.baseline import Entry
from osgate.reports.json_report import to_json
from osgate.runs.codec import Codec, Malformed

if TYPE_CHECKING:
    from osgate.pipeline import Look

SCHEMA = "osgate.run/1"
# Bytes of the largest run that is read: some 100,000 dependencies.
CAP = 512 << 20
# What an answer of a store of facts depends on.
Key = tuple[str, str, str, str | None, bool | None]


@record
class Answered:
    """What a store of facts told when it was asked of one dependency of a manifest.

    path, licence, install_code: what the manifest itself says, and a store repeats. posts: what an approval would be
    fenced by; facts: all of it, of `version`. One of the two is asked for at a time, the other is null; both are null
    where there is no store.
    """

    purl: str
    path: str
    version: str
    licence: str | None
    install_code: bool | None
    posts: tuple[Post, ...] | None = None
    facts: Facts | None = None


@record
class Held:
    """All dependencies of a manifest."""

    path: str
    dependencies: tuple[Dependency, ...]


@record
class Looked:
    """What the ledger said of other components; null where it could not be asked."""

    keys: tuple[str, ...]
    view: LedgerView | None


@record
class Run:
    """A check. form: how it was asked for (`staged`, `base`, ...). language: of its words. now: UTC instant. Else as in
    `Law` and `Given`.

    asked: whether the ledger could be asked for what can be taken instead.
    """

    form: str
    language: str
    now: str
    mode: str
    pipeline: bool
    intake: Intake
    given: Given
    project: Project
    policy: Policy
    view: LedgerView | None
    baseline: tuple[Entry, ...]
    facts: tuple[Answered, ...]
    sources: tuple[FactSource, ...]
    lacks: tuple[str, ...]
    held: tuple[Held, ...]
    asked: bool
    looked: tuple[Looked, ...]


_MODULES = (change, decision, dependency, fact, fact_policy, gap, policy, verdict)
_MODEL = [
    kind for module in _MODULES for kind in vars(module).values() if isinstance(kind, type) and hasattr(kind, "_fields")
]
CODEC = Codec([*_MODEL, Answered, Held, Looked, Run, Given, Entry])


class Keeper:
    """Hears what a check is made of (`pipeline.Asked.keep`); of several verdicts the last one counts."""

    def __init__(self) -> None:
        self._made: Callable[[str, str], Run] | None = None

    def __call__(self, found: Intake, law: Law, given: Given, look: Look | None) -> tuple[Law, Look | None]:
        """Return law and look that remember what they were asked, in the order in which they were."""
        answers: dict[tuple[Any, ...], Answered] = {}
        manifests: dict[str, Held] = {}
        looked: list[Looked] = []

        def posts(asked: Dependency) -> tuple[Post, ...] | None:
            told = law.known(asked)
            answers["posts", *_key(asked, asked.version)] = Answered(*_key(asked, asked.version), posts=told)
            return told

        def facts(asked: Dependency, version: str) -> Facts | None:
            told = law.facts(asked, version)
            answers["facts", *_key(asked, version)] = Answered(*_key(asked, version), facts=told)
            return told

        def held(path: str) -> tuple[Dependency, ...]:
            manifests[path] = Held(path, tuple(law.held(path)))
            return manifests[path].dependencies

        def remembered(keys: list[str]) -> LedgerView:
            looked.append(Looked(tuple(keys), None))
            view = look(keys) if look is not None else LedgerView({}, {})
            looked[-1] = Looked(tuple(keys), view)
            return view

        def made(form: str, language: str) -> Run:
            return Run(
                form=form,
                language=language,
                now=law.now,
                mode=law.mode,
                pipeline=law.pipeline,
                intake=found,
                given=given,
                project=law.project,
                policy=law.policy,
                view=law.view,
                baseline=tuple(law.baseline.values()),
                facts=tuple(answers.values()),
                sources=law.sources,
                lacks=law.lacks,
                held=tuple(manifests.values()),
                asked=look is not None,
                looked=tuple(looked),
            )

        self._made = made
        return replace(law, known=posts, facts=facts, held=held), remembered if look is not None else None

    def data(self, form: str, language: str, found: Verdict) -> bytes:
        """Return the document of the verdict `found`. form: how it was asked for; language: of its words."""
        if self._made is None:
            raise ValueError("nothing was decided")
        run = CODEC.to_json(self._made(form, language))
        document = {"schema": SCHEMA, "osgate": osgate.__version__, "run": run, "verdict": to_json(found)}
        return json.dumps(document, indent=1).encode("ascii") + b"\n"


def read(data: bytes) -> tuple[Run, str, dict[str, Any]]:
    """Return a run, the version of osgate that kept it, and the verdict it came to, as JSON values.

    Raises UsageError `run.not-json`, `run.not-a-run`, `run.fields` and `run.malformed` for what `Keeper.data` did not
    write; the last with the `place`, as in `Run.policy.tiers`.
    """
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise UsageError("run.not-json") from error
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        raise UsageError("run.not-a-run", schema=SCHEMA)
    if set(found) != {"schema", "osgate", "run", "verdict"} or not isinstance(found["verdict"], dict):
        raise UsageError("run.fields")
    try:
        return CODEC.from_json("Run", found["run"]), str(found["osgate"])[:40], found["verdict"]
    except (ValueError, RecursionError, Malformed) as error:
        place = str(error).partition(":")[0] if isinstance(error, Malformed) else "run"
        raise UsageError("run.malformed", place=place[:200]) from error


def again(run: Run) -> Verdict:
    """Return the verdict on a run, decided anew. What nobody asked then has no answer: no fact, no decision.

    Raises UsageError("run.senseless") where it says what no check could have been about.
    """
    posts = {_of(one): one.posts for one in run.facts if one.posts is not None}
    facts = {_of(one): one.facts for one in run.facts if one.facts is not None}
    held = {one.path: one.dependencies for one in run.held}
    views = {one.keys: one.view for one in run.looked}
    law = Law(
        run.view,
        run.policy,
        run.project,
        run.now,
        run.mode,
        {entry.key: entry for entry in run.baseline},
        known=lambda asked: posts.get(_key(asked, asked.version)),
        facts=lambda asked, version: facts.get(_key(asked, version)),
        sources=run.sources,
        lacks=run.lacks,
        held=lambda path: held.get(path, ()),
        pipeline=run.pipeline,
    )

    def look(keys: list[str]) -> LedgerView:
        view = views.get(tuple(keys), LedgerView({}, {}))
        if view is None:
            raise Undecided("snapshot.damaged", path="-")
        return view

    try:
        return pipeline.judged(run.intake, law, run.given, look if run.asked else None)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        # Right in every type and still senseless, as only an altered document is: a tier that nobody has.
        raise UsageError("run.senseless") from error


def schema() -> dict[str, Any]:
    """Return the JSON Schema of the document; the verdict's own stands beside it."""
    found = CODEC.schema({"run": "Run"})
    head = {"schema": {"const": SCHEMA}, "osgate": {"description": "version that kept it", "type": "string"}}
    run = {"run": found["properties"]["run"], "verdict": {"$ref": "urn:osgate:schema:verdict:1"}}
    whole = {**found, "properties": {**head, **run}, "required": [*head, *run]}
    about = {"$id": "urn:osgate:schema:run:1", "title": "`osgate check --record FILE`"}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **about, **whole}


def _key(asked: Dependency, version: str) -> Key:
    return asked.purl, asked.path, version, asked.licence, asked.install_code


def _of(one: Answered) -> Key:
    return one.purl, one.path, one.version, one.licence, one.install_code
