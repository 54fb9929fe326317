"""What all readers of registries share: answers, their JSON within bounds, and the texts in them made fit to keep.

Everything that comes from a registry is hostile: each function here takes any value of any size, in time proportional
to it, and says what is wrong as an Unknown instead of raising.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, NoReturn

from osgate.model.fact import Fact, Unknown
from osgate.model.record import record
from osgate.purl import quote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from osgate.licences.expression import Expression

    # A path below the endpoint's address and the value of Accept. The path is a relative reference (RFC 3986, 5.2)
    # against the address with a slash at its end: `../x` lies beside it, an empty one is the address itself; one that
    # an answer names may be absolute, and on another host it is Unknown("redirect"). 404 and 410 are Answers, without
    # data; other failures Unknown.
    Get = Callable[[str, str], "Answer | Unknown"]
    Value = str | Unknown

# Bytes of one answer, marks of structure in it (commas and brackets), and levels of nesting.
MAX_BYTES, MAX_MARKS, MAX_DEPTH = 64 << 20, 3_000_000, 64
# Characters of one line, of a declared licence, of an address; accounts of one version or component.
LINE, DECLARED, ADDRESS, ACCOUNTS = 300, 300, 2_000, 100
NOT_SERVED, ABSENT = Unknown("not-served"), Unknown("absent")
JSON = "application/json"
_GONE = (404, 410)
_DETAIL = 80
_BRACES = bytes.maketrans(b"[]", b"{}")
_NOT_STRUCTURE = bytes(byte for byte in range(256) if byte not in b'[]{}"')
_INSTANT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:[.,]\d{1,12})?(?:[Zz]|([+-])(\d\d):?(\d\d)|)\Z", re.ASCII
)
_HEX = {"md5": 32, "sha1": 40, "sha256": 64, "sha384": 96, "sha512": 128}
_USER = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*:)?//[^/?#\\]*@")
_SCP = re.compile(r"(?:[\w.-]+@)([\w.-]+):(?!/)(\S+)\Z", re.ASCII)


@record
class Answer:
    """What a registry answered. digest: `sha256:` and hex of `data`. status: HTTP's; 404 and 410 come without data."""

    data: bytes
    digest: str
    status: int = 200


class Sheet:
    """What one source tells of one purl, gathered name by name. date: UTC instant."""

    def __init__(self, purl: str, source: str, date: str) -> None:
        self._head = (purl, source, date)
        self._told: dict[str, tuple[tuple[Value, ...], str]] = {}

    def tell(self, name: str, value: Value | Iterable[Value], digest: str = "") -> None:
        """Note the value or values of fact `name`, none of them as `""`; digest: of the raw answer they stand in."""
        values = (value,) if isinstance(value, (str, Unknown)) else tuple(dict.fromkeys(value))
        self._told[name] = (values or ("",), digest)

    def facts(self, names: Iterable[str], otherwise: Unknown = NOT_SERVED) -> tuple[Fact, ...]:
        """Return the facts of `names`, in order; what was not told is `otherwise`."""
        purl, source, date = self._head
        found = [(name, *self._told.get(name, ((otherwise,), ""))) for name in names]
        return tuple(Fact(purl, name, one, source, date, digest) for name, told, digest in found for one in told)


def without(reason: Unknown, sheets: Iterable[tuple[Sheet, Iterable[str]]]) -> tuple[Fact, ...]:
    """Return all facts of `sheets` and their names where a source had no data: not `present`, or nothing is known."""
    told = list[Fact]()
    for sheet, names in sheets:
        sheet.tell("present", "no" if reason == ABSENT else reason)
        told += sheet.facts(names, reason)
    return tuple(told)


def too_many(texts: Iterable[str]) -> Unknown:
    """Return why nobody reads that many licences."""
    return Unknown("licence.too-large", (("length", str(sum(map(len, texts)))),))


def data_in(answer: Answer | Unknown, most: int = MAX_BYTES) -> bytes | Unknown:
    """Return the bytes of a good answer, else why there are none: `absent` (404, 410), `status`, `too-large`."""
    if isinstance(answer, Unknown):
        return answer
    if answer.status in _GONE:
        return ABSENT
    if not 200 <= answer.status < 300:
        return Unknown("status", (("code", str(answer.status)),))
    return Unknown("too-large") if len(answer.data) > most else answer.data


def digest_in(answer: Answer | Unknown) -> str:
    """Return the digest of an answer, empty where there is none."""
    return "" if isinstance(answer, Unknown) else answer.digest


def json_in(answer: Answer | Unknown) -> Any | Unknown:
    """Return the value of an answer in JSON (UTF-8, RFC 8259; of equal keys the last one, as registries' clients read).

    Unknown: what `data_in` says, `html` (a page instead), `malformed`, `too-large` (more marks than MAX_MARKS).
    """
    data = data_in(answer)
    if isinstance(data, Unknown):
        return data
    if is_page(data):
        return Unknown("html")
    if sum(map(data.count, (b",", b"[", b"{", b"]", b"}"))) > MAX_MARKS:
        return Unknown("too-large")
    if _depth(data) > MAX_DEPTH:
        return malformed("nested too deeply")
    try:
        return json.loads(data.decode("utf-8-sig"), parse_constant=_no_number)
    except UnicodeDecodeError:
        return malformed("UTF-8")
    except json.JSONDecodeError as error:
        return malformed(f"JSON, line {error.lineno}" if data.strip() else "empty")
    except (ValueError, RecursionError):
        return malformed("JSON")


def is_page(data: bytes) -> bool:
    """Tell whether `data` is HTML, or other markup where JSON is expected."""
    return data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def malformed(detail: str) -> Unknown:
    """Return Unknown("malformed") with what is wrong, cut short and on one line."""
    return Unknown("malformed", (("detail", line(detail, _DETAIL)),))


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _depth(data: bytes) -> int:
    """How deep the brackets of JSON text nest; those inside of strings do not count."""
    if b"\\" in data:
        data = data.replace(b"\\\\", b"").replace(b'\\"', b"")
    # Removing two neighbouring quotes leaves every other one opening or closing as it was.
    rest = data.translate(_BRACES, _NOT_STRUCTURE).replace(b'""', b"")
    if b'"' in rest:
        rest = b"".join(rest.split(b'"')[::2])
    deepest = depth = 0
    for brace in rest:
        depth += 1 if brace == 0x7B else -1
        deepest = max(deepest, depth)
    return deepest


def mapping(value: object) -> dict[str, Any]:
    """Return `value` if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def listing(value: object, most: int = 100_000) -> list[Any]:
    """Return the first `most` of `value` if it is a JSON array, else an empty one."""
    return value[:most] if isinstance(value, list) else []


def line(value: object, most: int = LINE) -> str:
    """Return a text on one line, at most `most` characters, without what cannot be printed; empty for what is none."""
    if not isinstance(value, str):
        return ""
    text = " ".join(value[: 4 * most].split())
    if not text.isprintable():
        text = "".join([character for character in text if character.isprintable()])
    return text if len(text) <= most else f"{text[: most - 1]}…"


def version_text(value: object) -> str:
    """Return `value` if it can be a version: 1 to 256 printable characters, no blank, more than dots; else empty."""
    good = (
        isinstance(value, str) and len(value) <= 256 and value.isprintable() and " " not in value and value.strip(".")
    )
    return str(value) if good else ""


def path(*names: str) -> str | None:
    """Return names as a path, each one segment with what is special in it encoded; None where it would lead elsewhere.

    A segment of dots alone does, encoded or not: clients decode it and climb.
    """
    if not all(name.strip(".") and name.isprintable() for name in names):
        return None
    return "/".join(map(quote, names))


def message(value: object, bare: str) -> str:
    """Return what is said of something that is so or not (`yanked`, `deprecated`); `bare` where no words are given."""
    return line(value) or bare if value is True or isinstance(value, str) else ""


def instant(value: object) -> str:
    """Return an RFC 3339 time as UTC instant `YYYY-MM-DDTHH:MM:SSZ`, without a zone it is UTC; empty for others."""
    found = _INSTANT.match(value) if isinstance(value, str) and len(value) < 64 else None
    if not found:
        return ""
    *parts, sign, hours, minutes = found.groups()
    try:
        ahead = timedelta(hours=int(hours or 0), minutes=int(minutes or 0)) * (-1 if sign == "-" else 1)
        moment = datetime(*map(int, parts), tzinfo=timezone(ahead)).astimezone(UTC)  # type: ignore[misc, arg-type]
    except (ValueError, OverflowError):
        return ""
    return f"{moment.year:04}-{moment:%m-%dT%H:%M:%SZ}"


def digest(algorithm: object, value: object) -> str:
    """Return `algorithm:hex` in lower case; empty for what is none (only md5, sha1, sha256, sha384, sha512)."""
    if not isinstance(algorithm, str) or not isinstance(value, str) or len(value) > 128:
        return ""
    name, text = algorithm.lower().replace("-", ""), value.lower()
    good = len(text) == _HEX.get(name) and all(character in "0123456789abcdef" for character in text)
    return f"{name}:{text}" if good else ""


def accounts(values: Iterable[object]) -> tuple[str, ...]:
    """Return names of accounts: each once, at most ACCOUNTS, without what is no name."""
    return tuple(dict.fromkeys(filter(None, map(line, values))))[:ACCOUNTS]


def declared(value: object) -> str | Unknown:
    """Return what a source wrote as licence, as it wrote it; Unknown("licence.text") where it is longer than a name."""
    if not isinstance(value, str):
        return "" if value is None else line(json.dumps(value, ensure_ascii=False)[:DECLARED], DECLARED)
    if len(value) > DECLARED:
        return Unknown("licence.text", (("length", str(len(value))),))
    return line(value, DECLARED)


def licence(found: Expression | Unknown) -> str | Unknown:
    """Return a licence as a fact's value: the expression's text, `""` where none is stated, else why it is unknown."""
    if not isinstance(found, Unknown):
        return str(found)
    return "" if found.reason in ("licence.empty", "licence.none") else found


def address(value: object) -> str:
    """Return the address of a source repository: scheme, host and path, without user, password, query or fragment.

    `git+` and `scm:git:` before it go, an address as scp takes it becomes `ssh://`; empty for what is no address.
    """
    if not isinstance(value, str) or len(value) > ADDRESS or not value.isprintable():
        return ""
    text = re.sub(r"\A(?:scm:)?(?:git|hg|svn)[+:](?=[a-z+]+:|[\w.-]+@)", "", value.strip())
    found = _SCP.match(text)
    text = f"ssh://{found[1]}/{found[2]}" if found else _USER.sub(r"\1//", text, count=1)
    text = re.split(r"[?#]", text, maxsplit=1)[0]
    # An @ that is still there may end another user and password: paths of repositories have none.
    good = re.match(r"[a-z][a-z0-9+.-]{1,15}://[^/@ ][^@ ]*\Z", text)
    return text.removesuffix("/").removesuffix(".git") if good else ""
