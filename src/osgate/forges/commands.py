"""Commands in a note or in the text of an issue: `/osgate VERB [ID|PURL|CHANGE] key=value reason: words`. Pure.

A command begins a line that people read as the author's own words (`visible`). Below it, up to an empty line, stand
`key: value` lines, purls, and the rest of its reason; below a request, the form of an issue, up to the next command:
also as headings with the value beneath. Full-width punctuation and Chinese words count like the others. A command with
anything wrong in it is no command.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from itertools import islice
from typing import Any
from unicodedata import category

from osgate.forges import visible
from osgate.forges.command_words import ANSWERS, ASKS, KEY_WORDS, VERB_WORDS, VERBS, key, verb
from osgate.forges.visible import Line
from osgate.model.record import record

# Commands and mistakes that one note may hold; characters of a reason or value; purls of one command.
MOST, LONGEST_TEXT, MOST_PURLS = 20, 2000, 200
# Lines below a command that are looked at.
MOST_LINES = 1000
# Keys whose value may go on in the lines below.
_WORDY = ("reason", "purpose", "usage")
# Digits of an id that are enough to name a record.
LEAST_DIGITS = 12
# What GitHub writes below the heading of a form's field that was left empty.
_UNANSWERED = "_No response_"
_HEAD = re.compile(r" {0,3}[/／]osgate(?:\s+|(?=[^\x00-\x7f])|$)", re.IGNORECASE)
_VERB = re.compile(r"[^\s:：=＝]+")
_REASON = re.compile(r"(?:reason|理由|原因)\s*[:：]\s*", re.IGNORECASE)
_PAIR = re.compile(r"([^\s=＝\"“:：#/@]{1,40})\s?[=＝]\s?(\"[^\"]*\"|“[^”]*”|[^\s\"“]\S*|(?=[\"“\s]|$))")
_TOKEN = re.compile(r"\S+")
_DIGITS = re.compile(r"(?:#|sha256:)?([0-9a-f]+)\Z", re.IGNORECASE)
_CHANGE = re.compile(r"(?P<path>[\w.+-]+(?:/[\w.+-]+)+)[!#！](?P<number>[1-9][0-9]{0,9})\Z")
# A line of a form: `key: value`, `- **key**: value`, `**key：** value`.
_FIELD = re.compile(
    r" {0,3}(?:[-*+] +)?(?:\*\*|__)?([^\s:：*_`][^:：*`]{0,38}?)(?:\*\*|__)? ?[:：](?:\*\*|__)?[ \t\u3000]*(.*)"
)
# A line that names a key for what stands below it: `### key`, `**key**`.
_HEADING = re.compile(r" {0,3}(?:#{1,6} +|\*\*|__)([^#*_]{1,40}?)(?:\*\*|__| +#+)?[ \t]*[:：]?[ \t]*")
_PURL_LINE = re.compile(r" {0,3}(?:[-*+] +)?`?(pkg:[^\s`]+)`?[ \t]*\Z", re.IGNORECASE)
# Categories of characters that show nothing or steer what is shown; a tab is none of them.
_HIDDEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))


@record
class Command:
    """What somebody said. line: of the note, from 1; fields: key -> value as it was written, by our names of keys.

    id: hex digits of a record's id, empty where none is named; purls: as they were written; change: `PATH!NUMBER` of
    the change a request is about, with the sign that its forge writes.
    """

    verb: str
    line: int
    id: str = ""
    purls: tuple[str, ...] = ()
    change: str = ""
    fields: Mapping[str, str] = {}
    reason: str = ""


@record
class Mistake:
    """What is wrong with a command. code: key below `command.`; verb: the command's, empty where nobody can tell."""

    line: int
    code: str
    params: Mapping[str, Any]
    verb: str = ""


class _Wrong(Exception):
    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code, self.params = code, params


def parse(text: str, sign: str = "!") -> tuple[Command | Mistake, ...]:
    """Return the commands of a note and what is wrong with others, in the order of their lines, at most MOST.

    sign: what the forge writes before a change's number, whatever was written here: `!` or `#`.
    """
    found: list[Command | Mistake] = []
    for head, below in _blocks(visible.lines(text)):
        if len(found) == MOST:
            found[-1] = Mistake(head.number, "too-many", {"most": MOST})
            break
        found.append(_parsed(head, below, sign))
    return tuple(found)


def digits(text: str) -> str:
    """Return the hex digits of `#a1b2…`, `sha256:…` or bare ones; empty for what is no id."""
    found = _DIGITS.match(text)
    return found[1].lower() if found else ""


def _blocks(lines: Iterable[Line]) -> Iterator[tuple[Line, list[Line]]]:
    """Each line that begins a command, with the lines below it up to the next one."""
    head: Line | None = None
    below: list[Line] = []
    above = ""
    for line in lines:
        if line.kind in (visible.SAID, visible.LAZY) and _HEAD.match(line.text):
            if head is not None:
                yield head, below
            lazy = line.kind == visible.LAZY or visible.goes_on(above)
            head, below = Line(line.number, visible.LAZY, line.text) if lazy else line, []
        elif head is not None:
            below.append(line)
        above = f"{above}{line.text}\n" if line.kind == visible.SAID else ""
    if head is not None:
        yield head, below


def _parsed(head: Line, below: list[Line], sign: str) -> Command | Mistake:
    draft = _Draft(sign)
    try:
        if head.kind == visible.LAZY:
            raise _Wrong("after-quote")
        _must_show(head.text)
        draft.head(head.text[_HEAD.match(head.text).end() :])  # type: ignore[union-attr]
        if draft.verb not in ASKS:
            draft.below(below)
        return draft.command(head.number)
    except _Wrong as wrong:
        return Mistake(head.number, wrong.code, wrong.params, draft.verb)


def _must_show(text: str) -> None:
    for character in text:
        if character != "\t" and category(character) in _HIDDEN:
            raise _Wrong("hidden", character=f"U+{ord(character):04X}")


class _Draft:
    """A command while it is read. open: the key whose value goes on in the next line."""

    def __init__(self, sign: str) -> None:
        self.sign = sign
        self.verb = self.id = self.change = self.open = ""
        self.purls: list[str] = []
        self.fields: dict[str, list[str]] = {}
        self.titled = False

    def command(self, number: int) -> Command:
        """What was read. Raises _Wrong where a value is too long."""
        fields = {key: " ".join(" ".join(parts).split()) for key, parts in self.fields.items()}
        fields = {key: value for key, value in fields.items() if value}
        for name, value in fields.items():
            if len(value) > LONGEST_TEXT:
                raise _Wrong("too-long", key=name, most=LONGEST_TEXT)
        reason = fields.pop("reason", "")
        return Command(self.verb, number, self.id, tuple(dict.fromkeys(self.purls)), self.change, fields, reason)

    # -- the line of the command

    def head(self, text: str) -> None:
        """Read what stands behind `/osgate`."""
        word = _VERB.match(text)
        if word is None:
            raise _Wrong("no-verb", verbs=", ".join(VERBS))
        found = verb(word[0])
        if not found:
            close = get_close_matches(word[0].casefold(), VERB_WORDS, 1, 0.5)
            raise _Wrong("verb", found=word[0][:40], close=close[0] if close else "", verbs=", ".join(VERBS))
        self.verb = found
        at = word.end()
        while at < len(text):
            at = self._next(text, at)

    def _next(self, text: str, at: int) -> int:
        if text[at].isspace():
            return at + 1
        reason = _REASON.match(text, at)
        if reason:
            self._put("reason", "reason", text[reason.end() :])
            self.open = "reason"
            return len(text)
        pair = None if text[at : at + 4].lower() == "pkg:" else _PAIR.match(text, at)
        if pair:
            value = pair[2]
            if not value and text[pair.end() : pair.end() + 1] in ('"', "“"):
                raise _Wrong("quote", key=pair[1])
            self._put(self._key(pair[1]), pair[1], value.strip('"“”'))
            return pair.end()
        word = _TOKEN.match(text, at)
        self._word(word[0])  # type: ignore[index]
        return word.end()  # type: ignore[union-attr]

    def _word(self, word: str) -> None:
        change = _CHANGE.match(word)
        if word[:4].lower() == "pkg:":
            self._purl(word)
        elif change and self.verb in ("request", "status"):
            self.change = self._once("change", self.change, f"{change['path']}{self.sign}{change['number']}")
        elif digits(word):
            if len(digits(word)) < LEAST_DIGITS or len(digits(word)) > len("0" * 64):
                raise _Wrong("id-length", found=word[:80], least=LEAST_DIGITS)
            self.id = self._once("id", self.id, digits(word))
        else:
            name, colon, _ = word.replace("：", ":").partition(":")
            known = key(name, self.verb) if colon else ""
            if known:
                raise _Wrong("colon", key=known)
            raise _Wrong("word", found=word[:80])

    def _purl(self, text: str) -> None:
        if self.verb in ANSWERS:
            raise _Wrong("word", found=text[:80])
        if len(self.purls) == MOST_PURLS:
            raise _Wrong("too-many-purls", most=MOST_PURLS)
        self.purls.append(text)

    def _once(self, what: str, old: str, new: str) -> str:
        if old and old != new:
            raise _Wrong("twice", key=what)
        return new

    def _key(self, word: str) -> str:
        """The key that `word` names. Raises _Wrong for one this verb does not take."""
        found = key(word, self.verb)
        taken = [] if self.verb in ASKS else ["reason", *VERBS[self.verb]]
        if not found:
            usual = [known for known, name in KEY_WORDS.items() if name in taken]
            close = get_close_matches(word.casefold(), usual, 1, 0.6)
            raise _Wrong("key", key=word[:40], close=close[0] if close else "", keys=", ".join(taken))
        if found not in taken:
            raise _Wrong("key-of-other", key=found, verb=self.verb, keys=", ".join(taken))
        return found

    def _put(self, key: str, word: str, value: str) -> None:
        if key in self.fields:
            raise _Wrong("twice", key=word)
        self.fields[key] = [value]

    # -- what stands below it

    def below(self, lines: Iterable[Line]) -> None:
        """Read the lines below a command; of a request all of them, of others up to an empty one."""
        for line in islice(lines, MOST_LINES):
            if line.kind != visible.SAID:
                # What stands apart ends what is being said; only a heading waits for its value over an empty line.
                if not (line.kind == visible.BLANK and self.titled and not any(self.fields.get(self.open, ()))):
                    self.open, self.titled = "", False
                if self.verb != "request":
                    return
            elif line.text.strip() != _UNANSWERED and not self._line(line.text):
                self._more(line.text)

    def _line(self, text: str) -> bool:
        """Take a line that names a key or a package; False for any other."""
        purl = _PURL_LINE.match(text)
        if purl:
            _must_show(text)
            self._purl(purl[1])
            return True
        field, heading = _FIELD.fullmatch(text), _HEADING.fullmatch(text)
        for found, titled in ((heading, True), (field, False)):
            if found and key(found[1].strip(), self.verb):
                _must_show(text)
                named = self._key(found[1].strip())
                self._put(named, found[1].strip(), "" if titled else found[2])
                self.open, self.titled = named if titled or named in _WORDY else "", titled
                return True
        if field and not self.open:
            self._misspelt(field[1].strip())
        if heading:
            self.open = ""
        return heading is not None

    def _misspelt(self, word: str) -> None:
        """Raise _Wrong where a line begins with what is nearly a key; anything else is just words."""
        taken = ("reason", *VERBS[self.verb])
        usual = [known for known, name in KEY_WORDS.items() if name in taken]
        close = get_close_matches(word.casefold(), usual, 1, 0.8)
        if close:
            raise _Wrong("key", key=word[:40], close=close[0], keys=", ".join(taken))

    def _more(self, text: str) -> None:
        """One more line of the value that is open; words below a command that belong to nothing are just words."""
        if self.open:
            _must_show(text)
            self.fields[self.open].append(text)
