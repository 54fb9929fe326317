"""What the desk writes at a forge: answers, the text of a request's issue, where a request stands. Pure.

What others chose (names of packages, reasons, words of a wrong command) stands in code spans alone, lines to paste in
fences: there no forge sees a mention, a reference, a quick action or HTML.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from osgate.errors import Mistake as Wrong
from osgate.errors import OsgateError
from osgate.forge_desk import opened
from osgate.forge_desk.station import Unclear
from osgate.forges import commands
from osgate.forges.command_words import VERBS
from osgate.intake_desk import fences, joining
from osgate.intake_desk.intake_text import intake_lines
from osgate.intake_desk.states import state_line
from osgate.intake_desk.weigh import Refusal
from osgate.ledger import able, codec
from osgate.ledger.fold import RequestState, Sealed, State
from osgate.model.policy import Person
from osgate.reports.detail import named
from osgate.reports.markdown.text import cell, code, link
from osgate.reports.refusals import complaint, refusal, sentence
from osgate.text.translator import Translator
from osgate.text.width import printable

STATE_MARK = "<!-- osgate:state -->"
# Columns of one sentence in a code span; rows of a table; names in a line; lines to paste.
_LONG, _ROWS, _NAMES, _PASTED = 600, 100, 10, 10
# Params of a refusal that are keys of words, not words.
_KEYS = ("stage", "why")


def accepted(item: Sealed, about: Sealed | None, place: str, t: Translator) -> str:
    """What was recorded. about: the request it answers or is; place: the address where that is decided."""
    body = item.body
    said = {"verb": t(f"verb.{body['verb']}"), "id": short(item.id), "person": code(str(body["person"]))}
    if body["verb"] == "request":
        joined = "joins" in body
        key = "heard.joined" if joined else "heard.asked"
        other = short(str(body.get("joins", item.id)))
        where = link(other, place) if place else other
        return t.count(key, len(body["subjects"]), **said, other=where)
    until = str(body.get("expires") or body.get("valid_until") or "")
    target = short(about.id) if about else "-"
    key = "heard.recorded-until" if until else "heard.recorded"
    return t(key, **said, role=code(str(body["role"])), about=target, until=until)


def stands(id: str, state: State, t: Translator) -> str:
    """Where the record `id` stands, in a line; empty where there is nothing to tell."""
    return state_line(id, state, t)


def refused(found: Refusal, t: Translator) -> str:
    """Why a record was not taken in."""
    params = {key: _shown(key, value) for key, value in found.params.items()}
    return " ".join(refusal(found.code, params, t))


def _shown(key: str, value: Any) -> Any:
    if key in _KEYS or not isinstance(value, str):
        return value
    return short(value) if value.startswith("sha256:") else code(value, _LONG)


def unclear(found: Unclear, t: Translator) -> str:
    """Why words could not be made a record."""
    mistakes = found.params.get("mistakes")
    if mistakes:
        return "  \n".join(_complaint(one, t) for one in mistakes)
    error = found.params.get("error")
    if isinstance(error, OsgateError):
        return code(sentence(error, t), _LONG)
    return t(f"heard.{found.code}", **_coded(found.params))


def _complaint(one: Wrong, t: Translator) -> str:
    return code(complaint(one.code, one.params, t), _LONG)


def mistaken(found: commands.Mistake, t: Translator) -> str:
    """What is wrong with a command."""
    said = t(f"command.{found.code}", **_coded(found.params))
    close = str(found.params.get("close", ""))
    return t("command.close", said=said, close=code(close)) if close else said


def _coded(params: Mapping[str, Any]) -> dict[str, object]:
    return {key: code(value, _LONG) if isinstance(value, str) else value for key, value in params.items()}


def pasted(lines: Iterable[str]) -> str:
    """Lines to copy, each with a fence of its own."""
    return "\n\n".join(_block(line) for line in dict.fromkeys(list(lines)[:_PASTED]))


def _block(lines: str) -> str:
    """Lines as one block of code."""
    shown = "\n".join(printable(line).replace("```", "` ` `") for line in lines.split("\n"))
    return f"```text\n{shown}\n```"


def help_text(t: Translator) -> str:
    """What can be said, with the form of each command."""
    forms = {
        "request": '/osgate request [GROUP/PROJECT!NUMBER | pkg:…] purpose="…" reason: …',
        "approve": "/osgate approve ID role=ROLE [expires=YYYY-MM-DD] reason: …",
        "assess": "/osgate assess ID role=ROLE [type=security] reason: …",
        "reject": "/osgate reject ID role=ROLE [alternatives=…] reason: …",
        "renew": "/osgate renew ID role=ROLE [expires=YYYY-MM-DD] reason: …",
        "revoke": "/osgate revoke ID role=ROLE reason: …",
        "waive": "/osgate waive pkg:… rules=OSG… expires=YYYY-MM-DD role=ROLE reason: …",
        "block": "/osgate block pkg:… [confirms=ID] reason: …",
        "unblock": "/osgate unblock ID reason: …",
        "suspend": "/osgate suspend pkg:… role=ROLE reason: …",
        "restrict": "/osgate restrict pkg:… projects=… role=ROLE reason: …",
        "status": "/osgate status [ID]",
    }
    lines = "\n".join(forms[verb] for verb in VERBS if verb in forms)
    return f"{t('heard.help')}\n\n{_block(lines)}"


def short(id: str) -> str:
    """An id's first digits, as code."""
    return code(codec.short(id))


# -- a request


def title(request: Sealed, t: Translator) -> str:
    """The title of the issue for a request: its first package, how many more."""
    subjects = request.body["subjects"]
    first = _plain(named(str(subjects[0]["purl"])))
    said = {"first": first, "id": codec.short(request.id)}
    return t.count("heard.title", len(subjects) - 1, **said) if len(subjects) > 1 else t("heard.title-one", **said)


def _plain(text: str) -> str:
    """Text for a title, where nothing is marked up and everything may be a reference."""
    return "".join(c if c.isalnum() or c in "-._/:+* " else "" for c in text)[:100]


def request_text(request: Sealed, change: str, t: Translator) -> str:
    """What a request asks for, and why. change: the address of the change it came from, empty for none."""
    body = request.body
    person, reason = code(str(body["person"])), code(str(body["reason"]), _LONG)
    head = t("heard.request-of", id=short(request.id), person=person, reason=reason)
    origin = [t("heard.origin", change=link(code(change), change))] if change else []
    about = [f"- {line}" for line in (*origin, *intake_lines(_worded(body), t))]
    return "\n\n".join([head, "\n".join(about), _table(body["subjects"], t)])


def _worded(body: Mapping[str, Any]) -> dict[str, Any]:
    """A request with what people wrote made code."""
    texts = ("purpose", "usage", "supplier", "contract", "owner", "backup")
    found = {key: code(value, _LONG) if key in texts else value for key, value in body.items()}
    found["alternatives"] = [code(word) for word in body.get("alternatives", ())[:_NAMES]]
    return found


def _table(subjects: Iterable[Mapping[str, Any]], t: Translator) -> str:
    listed = list(subjects)
    heads = [t(f"heard.column-{name}") for name in ("package", "range", "versions", "seen")]
    rows = [f"| {' | '.join(heads)} |", "|---|---|---|---|"]
    rows += [f"| {' | '.join(map(cell, _row(one)))} |" for one in listed[:_ROWS]]
    more = [t.count("list.more", len(listed) - _ROWS)] if len(listed) > _ROWS else []
    return "\n".join(rows) + "".join(f"\n\n{one}" for one in more)


def _row(subject: Mapping[str, Any]) -> list[str]:
    found = [code(str(subject["purl"])), code(str(subject.get("range", "")))]
    return [*found, *(_few(subject.get(key, ())) for key in ("versions", "seen_in"))]


def _few(words: Iterable[str]) -> str:
    listed = list(words)
    return ", ".join([*map(code, listed[:3]), *(["…"] if len(listed) > 3 else [])]) or "–"


def opening(request: Sealed, change: str, t: Translator) -> str:
    """The text of the issue that we open for a request."""
    return f"{opened.mark(request.id)}\n{request_text(request, change, t)}\n"


def state_text(told: RequestState, state: State, people: Iterable[Person], now: str, t: Translator) -> str:
    """Where a request stands: what was decided, what is missing, who of `people` could, the lines to paste."""
    request = told.request
    blocks = [f"**{stands(request.id, state, t)}**"]
    asked = [request.body, *(one.body for one in joining.asked_by(state.requests.values(), request.id))]
    said = [_said(one, t) for one in (*told.assessed, *told.broken, *told.counted)]
    blocks += ["\n".join(said)] if said else []
    if told.status != "waiting":
        return "\n\n".join(blocks)
    free = able.others(people, asked)
    lines = list(_open(told, free, now, t))
    blocks += ["\n".join(f"- {line}" for line, _ in lines), t("waiting.paste"), pasted(ready for _, ready in lines)]
    lost = able.lacking(told.roles, told.missing, free, [str(one.body["person"]) for one in told.counted], now)
    blocks += [t("request.stuck", roles=t("join.items").join(map(code, lost)))] if lost else []
    fenced = fences.request_lines(request.body, request.witness, t, approving=True)
    blocks += ["\n".join(f"- {code(line, _LONG)}" for line in fenced)]
    return "\n\n".join(filter(None, blocks))


def _said(one: Sealed, t: Translator) -> str:
    body = one.body
    said = {"verb": t(f"verb.{body['verb']}"), "role": code(str(body["role"])), "person": code(str(body["person"]))}
    return "- " + t("heard.said", **said, on=one.sealed_at[:10], id=short(one.id))


def _open(told: RequestState, free: list[Person], now: str, t: Translator) -> Iterator[tuple[str, str]]:
    """What is missing, assessments first: a line on who could, and the line they paste."""
    missing = [("assess", role, 0, 1) for role in told.missing]
    missing += [("approve", role, given, needed) for role, given, needed in told.roles if given < needed]
    spoken = {str(one.body["person"]) for one in told.counted}
    for verb, role, given, needed in missing:
        could = [one.id for one in free if role in one.holds(now) and (verb == "assess" or one.id not in spoken)]
        names = t("join.names").join(map(code, could[:_NAMES])) or "–"
        more = f" {t.count('list.more', len(could) - _NAMES)}" if len(could) > _NAMES else ""
        line = t(f"heard.open-{verb}", role=code(role), given=given, needed=needed, persons=names + more)
        yield line, f"/osgate {verb} {codec.short(told.request.id)} role={role} reason: …"
