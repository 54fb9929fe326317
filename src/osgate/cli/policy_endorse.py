"""`osgate policy endorse`: one person's signed word for a written policy, after it was shown what it changes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping

from osgate import wiring
from osgate.cli import console, error_text, flags, records
from osgate.cli.identity import OPTIONS, Identity, identity, policy_repository
from osgate.errors import BLOCKED, Mistakes, UsageError
from osgate.intake_desk import endorsing, governed
from osgate.intake_desk.endorsing import Guard
from osgate.intake_desk.governed import Step, Unendorsed
from osgate.intake_desk.policy_clone import PolicyClone
from osgate.intake_desk.sealing import policy_digest
from osgate.ledger import codec, signatures, store_git
from osgate.model.finding import SLUGS
from osgate.policy.differences import Difference, differences
from osgate.policy.valid import ValidPolicy, validate
from osgate.text.names import namer
from osgate.text.translator import Translator
from osgate.text.width import printable


def endorse(argv: list[str]) -> int:
    """Endorse the policy proposed: on main and not in force, on the one branch that changes it, or at `--head`."""
    asked = flags.read("policy", argv, ("help", "print"), (*OPTIONS, "head", "role", "reason", "language"))
    t = console.speak(asked.get("language", ""))
    if "help" in asked:
        console.say(t("help.policy"))
        return 0
    if asked[""]:
        raise console.usage("policy endorse", t("usage.extra", words=asked[""].replace("\0", " ")))
    for flag in ("role", "reason"):
        if not asked.get(flag):
            raise console.usage("policy endorse", t("usage.missing", what=f"--{flag}"))
    moment = wiring.now()
    found = records.configured(moment)
    t = console.speak(asked.get("language") or found.config.language)
    who = identity(asked, "policy endorse")
    where = policy_repository(asked, found.config.policy_repository, "policy endorse")
    with PolicyClone(where, wiring.cache_folder(), moment.instant) as clone:
        if not clone.valid.policy.governance:
            raise UsageError("policy.nobody-guards")
        step = proposed(clone, asked.get("head", ""))
        new = _read(step)
        gaps = endorsing.unfilled(Guard(new.policy.governance, new.people), moment.instant)
        if gaps:
            raise UsageError("policy.nobody-governs", roles=", ".join(gaps))
        for line in shown(clone, step, new, t):
            console.say(line, sys.stderr)
        if not _may(clone, step, who, t):
            return BLOCKED
        fields = {
            "policy": step.digest,
            "previous": clone.force.digest,
            "role": asked["role"],
            "reason": asked["reason"],
        }
        record = records.make("endorse", who, fields, moment, clone)
        return records.hand_in(record, clone, who, moment, print_only="print" in asked)


def proposed(clone: PolicyClone, head: str) -> Step:
    """Return the written policy to endorse. head: a branch or commit; empty for the one proposal there is.

    Raises UsageError: `policy.not-proposed`, `policy.several-proposed`, `policy.same`, `git.revision`.
    """
    force = clone.force
    if head:
        step = _at(clone, clone.commit(head))
        if step.digest == force.digest:
            raise UsageError("policy.same", head=head)
        return step
    if force.unendorsed is not None:
        return force.unendorsed.step
    steps = {name: _at(clone, commit) for name, commit in clone.branches().items()}
    other = {name: step for name, step in steps.items() if step.digest != force.digest}
    if len({step.digest for step in other.values()}) > 1:
        raise UsageError("policy.several-proposed", branches=", ".join(sorted(other)))
    if not other:
        raise UsageError("policy.not-proposed")
    return next(iter(other.values()))


def _at(clone: PolicyClone, commit: str) -> Step:
    files = store_git.policy(clone.repository, commit).policy
    return Step(commit, policy_digest(files), files)


def _read(step: Step) -> ValidPolicy:
    """The proposed policy. Raises Mistakes: what is not valid cannot be endorsed."""
    try:
        return validate(step.files, SLUGS)
    except Mistakes:
        console.say(console.words()("endorse.invalid"), sys.stderr)
        raise


def shown(clone: PolicyClone, step: Step, new: ValidPolicy, t: Translator) -> Iterator[str]:
    """Yield the lines that say what `step` changes of the policy in force: its files, then who and what gains or loses.

    new: the policy of `step`.
    """
    old = clone.force
    yield t("endorse.about", policy=codec.short(step.digest), commit=step.commit[:12], previous=codec.short(old.digest))
    for path in governed.differing(old.files, step.files):
        change = "new" if path not in old.files else "gone" if path not in step.files else "changed"
        yield "  " + printable(t(f"endorse.file-{change}", path=path))
    name = namer({**clone.valid.people, **new.people}, clone.valid.names, "terminal")
    for one in differences(clone.valid, new):
        yield "  " + printable(t(f"differs.{one.code}", **_said(one, name, t)))


def _said(one: Difference, name: Callable[[str], str], t: Translator) -> dict[str, object]:
    """The params of a difference as people read them: a person's name, a key's fingerprint, a period in words."""
    said = dict(one.params)
    if "person" in said:
        said["person"] = name(str(said["person"]))
    if "key" in said:
        said["key"] = signatures.fingerprint(str(said["key"]))
    if "value" in said:
        said["value"] = said["value"] or t("differs.none")
    if "start" in said:
        ends = "-".join(end for end in ("start", "end") if said[end]) or "open"
        said["period"] = t(f"differs.period-{ends}", start=said["start"], end=said["end"])
    return said


def _may(clone: PolicyClone, step: Step, who: Identity, t: Translator) -> bool:
    """True unless git names who endorses as an author of the change; then it is said."""
    addresses = clone.repository.authors(clone.force.commit, step.commit, *governed.PATHS)
    person = clone.valid.people.get(who.person)
    own = {id.lower() for forge, id in person.accounts if forge == "git"} if person else set()
    both = sorted(own & set(addresses))
    if both:
        console.say(t("endorse.author", person=who.person, account=both[0]), sys.stderr)
    return not both


def unendorsed_lines(waits: Unendorsed, guard: Guard, names: Mapping[str, str], t: Translator) -> Iterator[str]:
    """Yield what the desk says of a policy on main that is not in force: what changed, who is missing, the command.

    One that is not valid cannot be endorsed: of that only what to mend is said. guard: of the policy in force; names:
    how it names persons, by surface.
    """
    name = namer(guard.people, names, "terminal")
    items = t("join.items")
    step, quorum = waits.step, waits.quorum
    yield printable(t("desk.policy-unendorsed", commit=step.commit[:12], paths=items.join(waits.paths)))
    for mistake in waits.mistakes[:1]:
        said = error_text.complaint(mistake.code, mistake.params, t)
        yield "  " + printable(t("desk.policy-invalid", place=f"{mistake.path}:{mistake.line}", said=said))
        yield "  " + t("desk.policy-mend")
    if waits.mistakes:
        return
    for role, person in quorum.given:
        yield "  " + t("desk.policy-given", role=role, person=name(person))
    for role in quorum.missing:
        able = items.join(map(name, quorum.able.get(role, ())))
        yield "  " + t("desk.policy-missing" if able else "desk.policy-nobody", role=role, persons=able)
    if quorum.authors:
        yield "  " + t("desk.policy-authors", persons=items.join(map(name, quorum.authors)))
    roles = quorum.missing or guard.roles
    yield "  " + t("desk.policy-command", command=f'osgate policy endorse --role {roles[0]} --reason "..."')
