"""What the desk writes at a forge: answers, the text of a request's issue, where a request stands. Pure.

What others chose (names of packages, reasons, words of a wrong command) stands in code spans alone, lines to paste in
fences: there no forge sees a mention, a reference, a quick action or HTML.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from osgate.errors import Mistake as Wrong
from osgate.errors import OsgateError
from osgate.forge_desk import opened, packages, ready_lines
from osgate.forge_desk.ready_lines import block
from osgate.forge_desk.station import Ledger, Unclear
from osgate.forges import commands
from osgate.forges.command_words import VERBS
from osgate.forges.protocol import Missing
from osgate.intake_desk import fences, joining
from osgate.intake_desk.intake_text import intake_lines
from osgate.intake_desk.states import state_line
from osgate.intake_desk.weigh import Refusal
from osgate.ledger import able, codec
from osgate.ledger.fold import RequestState, Sealed, State
from osgate.model.policy import Person
from osgate.model.record import record
from osgate.reports.detail import named
from osgate.reports.markdown.text import code, link
from osgate.reports.refusals import complaint, refusal, sentence
from osgate.text.translator import Translator

STATE_MARK = "<!-- osgate:state -->"
# Columns of one sentence in a code span; names in a line; lines to paste.
_LONG, _NAMES, _PASTED = 600, 10, 10
# Params of a refusal that are keys of words, not words.
_KEYS = ("stage", "why")
# Refusals whose words name a command of the terminal: here they name the comment that would do, empty where the one
# refused is to be said again in another way.
_AT_FORGE = {
    "assessment-missing": "/osgate assess {id} role={role} reason: …",
    "glass-broken": "/osgate assess {id} type=post-review role=ROLE reason: …",
    "intake-incomplete": "",
    "rests-on-revoked-key": "",
    "tier-changed": "",
}
# Why there is nothing to ask for, where an error says it in the terminal's words.
_NOT_ASKED = {"request.nothing": "heard.nothing-to-ask", "request.locks": "heard.locks"}


@record
class Origin:
    """The change that a request came from. named: `group/project!7`; url: its page; both empty where there is none, or
    nobody tells."""

    named: str = ""
    url: str = ""


def accepted(item: Sealed, about: Sealed, place: str, t: Translator) -> str:
    """What was recorded. about: the request it answers or is, or the record it names; place: the address where that is
    decided, empty for none."""
    body = item.body
    person, id = code(str(body["person"])), short(item.id)
    if body["verb"] == "request":
        other = link(short(str(body.get("joins", item.id))), place)
        key = "heard.joined" if "joins" in body else "heard.asked"
        return t.count(key, len(body["subjects"]), person=person, id=id, other=other)
    until = str(body.get("expires") or body.get("valid_until") or "")
    said = {"what": t(f"heard.noun-{body['verb']}"), "role": code(str(body["role"])), "until": until}
    key = "heard.recorded-until" if until else "heard.recorded"
    return t(key, **said, person=person, id=id, about=_about(body, about, place, t))


def _about(body: Mapping[str, Any], about: Sealed, place: str, t: Translator) -> str:
    """What a decision is on: a request or another record, packages, or whole projects."""
    if about.body["verb"] == "request":
        return t("heard.about-request", id=link(short(about.id), place))
    if body.get("subjects"):
        return packages.inline(body["subjects"], t)
    if body.get("projects") and about.body is body:
        return t("heard.about-projects", projects=t("join.items").join(map(code, body["projects"][:_NAMES])))
    return t("heard.about-record", id=short(about.id))


def stands(id: str, state: State, t: Translator) -> str:
    """Where the record `id` stands, in a line; empty where there is nothing to tell."""
    return capital(state_line(id, state, t))


def capital(sentence: str) -> str:
    """Return a sentence of the terminal's as one that stands by itself."""
    return sentence[:1].upper() + sentence[1:]


def refused(found: Refusal, t: Translator) -> str:
    """Why a record was not taken in, with the line that comes before it where one would do."""
    params = {key: _shown(key, value) for key, value in found.params.items()}
    if found.code == "not-from-here" and found.params.get("stage") == "rejected":
        what = t(f"heard.noun-{found.params['verb']}")
        return capital(t("heard.why-rejected", what=what, id=params["id"]))
    if found.code not in _AT_FORGE:
        return capital(" ".join(refusal(found.code, params, t, asking=False)))
    said, line = t(f"heard.why-{found.code}", **params), _AT_FORGE[found.code]
    role = str(found.params.get("roles", "")).partition(",")[0]
    ready = line.format(id=codec.short(str(found.params.get("id", ""))), role=role)
    return f"{said}\n\n{block(ready)}" if ready else said


def _shown(key: str, value: Any) -> Any:
    if key in _KEYS or not isinstance(value, str):
        return value
    return short(value) if value.startswith("sha256:") else code(value, _LONG)


def unclear(found: Unclear, t: Translator, named: str = "") -> str:
    """Why words could not be made a record. named: the change they are about, as they name it."""
    mistakes = found.params.get("mistakes")
    if mistakes:
        return "  \n".join(_complaint(one, t) for one in mistakes)
    error = found.params.get("error")
    if isinstance(error, Missing) and error.code == "forge.missing":
        return t("heard.not-there", what=code(named or str(error.params.get("what", "")), _LONG))
    if isinstance(error, OsgateError) and error.code in _NOT_ASKED:
        return t(_NOT_ASKED[error.code], **_coded(error.params))
    if isinstance(error, OsgateError):
        return code(capital(sentence(error, t)), _LONG)
    return t(f"heard.{found.code}", **_coded(found.params))


def nothing_new(found: Unclear) -> bool:
    """Return whether words were no request because nothing is left to ask for."""
    return found.code == "nothing-to-ask" or getattr(found.params.get("error"), "code", "") == "request.nothing"


def _complaint(one: Wrong, t: Translator) -> str:
    return code(capital(complaint(one.code, one.params, t)), _LONG)


def mistaken(found: commands.Mistake, t: Translator) -> str:
    """What is wrong with a command."""
    said = t(f"command.{found.code}", **_coded(found.params))
    close = str(found.params.get("close", ""))
    return capital(t("command.close", said=said, close=code(close)) if close else said)


def _coded(params: Mapping[str, Any]) -> dict[str, object]:
    return {key: code(value, _LONG) if isinstance(value, str) else value for key, value in params.items()}


def pasted(lines: Iterable[str]) -> str:
    """Lines to copy, each with a fence of its own."""
    return "\n\n".join(block(line) for line in dict.fromkeys(list(lines)[:_PASTED]))


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
    return f"{t('heard.help')}\n\n{block(lines)}"


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


def request_text(request: Sealed, change: Origin, t: Translator) -> str:
    """What a request asks for, and why."""
    body = request.body
    person, reason = code(str(body["person"])), code(str(body["reason"]), _LONG)
    head = t("heard.request-of", id=short(request.id), person=person, reason=reason)
    origin = [t("heard.origin", change=link(code(change.named), change.url))] if change.named else []
    about = [f"- {line}" for line in (*origin, *intake_lines(_worded(body), t))]
    return "\n\n".join([head, "\n".join(about), packages.table(body["subjects"], t)])


def _worded(body: Mapping[str, Any]) -> dict[str, Any]:
    """A request with what people wrote made code."""
    texts = ("purpose", "usage", "supplier", "contract", "owner", "backup")
    found = {key: code(value, _LONG) if key in texts else value for key, value in body.items()}
    found["alternatives"] = [code(word) for word in body.get("alternatives", ())[:_NAMES]]
    return found


def opening(request: Sealed, change: Origin, t: Translator) -> str:
    """The text of the issue that we open for a request."""
    return f"{opened.mark(request.id)}\n{request_text(request, change, t)}\n"


def state_text(
    told: RequestState,
    ledger: Ledger,
    change: Origin,
    now: str,
    t: Translator,
) -> str:
    """Where a request stands: what was decided, what is missing, who could, the lines to paste. now: UTC instant."""
    request, state = told.request, ledger.state
    said = [_said(one, t) for one in (*told.assessed, *told.broken, *told.counted)]
    rejected = ledger.sealed.get(told.ended_by) if told.status == "rejected" else None
    head = _rejected(told, rejected, t) if rejected else f"**{stands(request.id, state, t)}**"
    blocks = [head, "\n".join(said)]
    if rejected:
        ready = ready_lines.anew(told, change.named)
        blocks += [t("state.rejected-next"), block(ready)] if ready else []
    if told.status == "waiting":
        asked = [request.body, *(one.body for one in joining.asked_by(state.requests.values(), request.id))]
        blocks += _missing(told, able.others(ledger.books.valid.people.values(), asked), now, t)
    return "\n\n".join(filter(None, blocks))


def _rejected(told: RequestState, by: Sealed, t: Translator) -> str:
    """Who turned a request down, and why."""
    body = by.body
    said = {name: code(str(body[name]), _LONG) for name in ("person", "role", "reason")}
    text = t("state.rejected", id=short(told.request.id), on=by.sealed_at[:10], **said)
    instead = t("join.items").join(code(str(word)) for word in body.get("alternatives", ())[:_NAMES])
    return f"{text}  \n{t('state.rejected-instead', names=instead)}" if instead else text


def _said(one: Sealed, t: Translator) -> str:
    body = one.body
    how = "break-glass" if body.get("break_glass") else body["verb"]
    said = {"role": code(str(body["role"])), "person": code(str(body["person"]))}
    return "- " + t(f"state.said-{how}", **said, on=one.sealed_at[:10], id=short(one.id))


def _missing(told: RequestState, free: list[Person], now: str, t: Translator) -> Iterator[str]:
    """What a request waits for. free: who had no part in asking."""
    lines = list(_open(told, free, now, t))
    yield "\n".join(f"- {line}" for line, _ in lines)
    yield t("state.paste")
    yield pasted(ready for _, ready in lines)
    lost = able.lacking(told.roles, told.missing, free, [str(one.body["person"]) for one in told.counted], now)
    if lost:
        yield capital(t("request.stuck", roles=t("join.items").join(map(code, lost))))
    fenced = fences.request_lines(told.request.body, told.request.witness, t, approving=True)
    yield "\n".join(f"- {code(capital(line), _LONG)}" for line in fenced)


def _open(told: RequestState, free: list[Person], now: str, t: Translator) -> Iterator[tuple[str, str]]:
    """What is missing, assessments first: a line on who could, and the line they paste."""
    missing = [("assess", role, 0, 1) for role in told.missing]
    missing += [("approve", role, given, needed) for role, given, needed in told.roles if given < needed]
    spoken = {str(one.body["person"]) for one in told.counted}
    for verb, role, given, needed in missing:
        could = [one.id for one in free if role in one.holds(now) and (verb == "assess" or one.id not in spoken)]
        names = t("join.names").join(map(code, could[:_NAMES]))
        more = f" {t.count('list.more', len(could) - _NAMES)}" if len(could) > _NAMES else ""
        key = f"heard.open-{verb}" if could else f"heard.open-{verb}-nobody"
        line = t(key, role=code(role), given=given, needed=needed, persons=names + more)
        yield line, f"/osgate {verb} {codec.short(told.request.id)} role={role} reason: …"
