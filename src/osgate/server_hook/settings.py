"""What a packed hook was told when it was packed: `osgate-hook.json` inside the file that the server runs.

It stands for all that a repository may not say for itself at a push: the trust root, which refs are guarded, how long
judging may take. It is read at every push, so it is checked without the modules that check policy files.
"""

from __future__ import annotations

from osgate import light_json
from osgate.errors import Mistake, Mistakes, UsageError
from osgate.ledger import lock as locks
from osgate.ledger.lock import Lock
from osgate.model.policy import MODES
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

FILE = "osgate-hook.json"
SCHEMA = "osgate.hook/1"
HOOKS = ("pre-receive", "post-receive")
PLATFORMS = ("gitlab", "ghes", "gitea", "git")
LANGUAGES = ("zh_CN+en", "en+zh_CN", "zh_CN", "en")
STALE = ("refuse", "warn")
REFS = ("HEAD", "refs/heads/main", "refs/heads/master", "refs/heads/release/*")
# Seconds. All hooks of a GitHub Enterprise Server share five.
DEADLINE, DEADLINES = 20.0, {"ghes": 4.0}
_DEADLINE_LEAST, _DEADLINE_MOST = 0.5, 600.0


@record
class Caps:
    """The most that one push may make a hook read: manifests, lock files among them, and their bytes together.

    memory: bytes that judging may take.
    """

    manifests: int = 5_000
    bytes: int = 256_000_000
    memory: int = 1_500_000_000


@record
class Settings:
    """How one packed hook behaves.

    hook: `pre-receive` or `post-receive`. platform: whose variables say who pushes, and how lines are marked. lock:
    the trust root, handed in by whoever enforces; no push can change it. snapshot: absolute path of the folder with the
    verified snapshot (a path in the file that is not absolute begins at the folder of the hook itself). refs: patterns
    of the refs that are guarded, `HEAD` for the default branch, where `*` stands for any characters, `/` among them.
    deadline: seconds from start to answer. mode: empty, or one of MODES, which may only tighten what the policy says.
    language: one of LANGUAGES. spool: folder for event lines, empty for none. stale: whether a push is refused or only
    warned where the snapshot is missing, stale or not to be trusted. break_glass: names, as the server tells them, that
    may break the glass. contact: whom a refused push is sent to. policy_url: address of the project where requests are
    made, for those who have no osgate at hand.
    """

    lock: Lock
    snapshot: str
    hook: str = "pre-receive"
    platform: str = "git"
    refs: tuple[str, ...] = REFS
    deadline: float = DEADLINE
    mode: str = ""
    language: str = "en"
    spool: str = ""
    stale: str = "refuse"
    break_glass: tuple[str, ...] = ()
    caps: Caps = Caps()
    contact: str = ""
    policy_url: str = ""

    @property
    def languages(self) -> tuple[str, ...]:
        """The locales to speak, first the one that is spoken first."""
        return tuple(self.language.split("+"))


def parse(data: bytes, path: str = FILE, beside: str = "") -> Settings:
    """Read the settings of a packed hook. beside: where paths begin that are not absolute; empty leaves them so.

    Raises Mistakes with everything that is wrong, UsageError `lock.malformed` for the lock inside.
    """
    try:
        found = light_json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise UsageError("hook.settings-malformed", path=path, detail=str(error)[:200]) from error
    return of_json(found, path, beside)


def of_json(found: Any, path: str = FILE, beside: str = "", called: Mapping[str, str] | None = None) -> Settings:
    """Return the settings that a JSON value holds. called: what a setting is called where it comes from, if not `path`.

    Raises Mistakes and UsageError as `parse` does.
    """
    names = called or {}
    mistakes = tuple([Mistake(names.get(key, path), 0, code, params) for key, code, params in _complaints(found)])
    if mistakes:
        raise Mistakes(mistakes)
    values = {**found, "lock": locks.of_json(found["lock"], path), "caps": Caps(**found.get("caps", {}))}
    del values["schema"]
    for name in ("refs", "break_glass"):
        if name in values:
            values[name] = tuple(values[name])
    for name in ("snapshot", "spool"):
        if values.get(name):
            values[name] = _absolute(values[name], beside)
    values["deadline"] = float(values.get("deadline", DEADLINES.get(values.get("platform", ""), DEADLINE)))
    return Settings(**values)


def printed(settings: Settings) -> bytes:
    """Return the settings as they are packed; `parse` takes them back."""
    import json

    values: dict[str, Any] = {"schema": SCHEMA}
    values.update({name: getattr(settings, name) for name in _CHECKS if name not in ("schema", "lock", "caps")})
    values["caps"] = {name: getattr(settings.caps, name) for name in _CAPS}
    values["lock"] = json.loads(locks.printed(settings.lock))
    return (json.dumps(values, indent=2, ensure_ascii=False) + "\n").encode("utf-8")


def _absolute(path: str, beside: str) -> str:
    return path if path.startswith("/") or not beside else f"{beside.rstrip('/')}/{path}"


def _complaints(found: Any) -> Iterator[tuple[str, str, dict[str, object]]]:
    """Yield (setting, code, params) of everything that is wrong with the settings but for the lock inside."""
    if not isinstance(found, dict):
        yield from [("", *each) for each in _typed(dict, FILE, found)]
        return
    yield from [("", *each) for each in _keys(found, _CHECKS)]
    for name in ("schema", "lock", "snapshot"):
        if name not in found:
            yield name, "missing-key", {"key": name}
    for name, check in _CHECKS.items():
        if name in found:
            yield from [(name, *each) for each in check(name, found[name])]
    if found.get("platform") == "ghes" and found.get("hook") == "post-receive":
        yield "hook", "hook-not-on-platform", {"hook": "post-receive", "platform": "ghes"}


def _keys(found: dict[str, object], known: dict[str, Any]) -> Iterator[tuple[str, dict[str, object]]]:
    for name in found:
        if name not in known:
            from osgate.policy.shape import near

            yield "unknown-key", {"key": name, **near(name, known)}


def _typed(kind: type, name: str, value: object) -> Iterator[tuple[str, dict[str, object]]]:
    # A boolean is an integer to Python, and no number to anybody else.
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        yield "wrong-type", {"wanted": _KINDS[kind], "found": _KINDS.get(type(value), "NoneType"), "at": name}


def _text(name: str, value: object) -> Iterator[tuple[str, dict[str, object]]]:
    yield from _typed(str, name, value)
    if isinstance(value, str) and "\0" in value:
        yield "hook-nul", {"key": name}


def _filled(name: str, value: object) -> Iterator[tuple[str, dict[str, object]]]:
    yield from _text(name, value)
    if value == "":
        yield "empty", {"key": name}


def _texts(name: str, value: object) -> Iterator[tuple[str, dict[str, object]]]:
    yield from _typed(list, name, value)
    if isinstance(value, list):
        for item in value:
            yield from _filled(name, item)


def _refs(name: str, value: object) -> Iterator[tuple[str, dict[str, object]]]:
    yield from _texts(name, value)
    if isinstance(value, list):
        if not value:
            yield "empty", {"key": name}
        for item in value:
            # `main` guards nothing: a server names refs in full.
            if isinstance(item, str) and item != "HEAD" and not item.startswith(("refs/", "*")):
                yield "hook-not-a-ref", {"found": item}


def _one_of(*choices: str) -> Callable[[str, object], Iterator[tuple[str, dict[str, object]]]]:
    def check(name: str, value: object) -> Iterator[tuple[str, dict[str, object]]]:
        if value not in choices:
            yield "not-one-of", {"found": value, "choices": ", ".join(filter(None, choices)), "close": ""}

    return check


def _between(name: str, value: object, least: float, most: float) -> Iterator[tuple[str, dict[str, object]]]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        yield "wrong-type", {"wanted": "float", "found": _KINDS.get(type(value), "NoneType"), "at": name}
    elif not value >= least:
        yield "too-small", {"found": value, "least": least}
    elif value > most:
        yield "more-than", {"found": value, "most": most}


def _deadline(name: str, value: object) -> Iterator[tuple[str, dict[str, object]]]:
    return _between(name, value, _DEADLINE_LEAST, _DEADLINE_MOST)


def _caps(name: str, value: object) -> Iterator[tuple[str, dict[str, object]]]:
    yield from _typed(dict, name, value)
    if isinstance(value, dict):
        yield from _keys(value, _CAPS)
        for key, least in _CAPS.items():
            if key in value:
                yield from _typed(int, key, value[key])
                if isinstance(value[key], int):
                    yield from _between(key, value[key], least, 1 << 40)


# The least that each cap may be.
_CAPS = {"manifests": 1, "bytes": 1, "memory": 100_000_000}
_KINDS: dict[type, str] = {str: "text", list: "list", dict: "table", int: "integer", bool: "boolean", float: "float"}
_CHECKS: dict[str, Callable[[str, object], Iterator[tuple[str, dict[str, object]]]]] = {
    "schema": _one_of(SCHEMA),
    "hook": _one_of(*HOOKS),
    "platform": _one_of(*PLATFORMS),
    "snapshot": _filled,
    "refs": _refs,
    "deadline": _deadline,
    "mode": _one_of("", *MODES),
    "language": _one_of(*LANGUAGES),
    "spool": _text,
    "stale": _one_of(*STALE),
    "break_glass": _texts,
    "caps": _caps,
    "contact": _text,
    "policy_url": _text,
    "lock": lambda name, value: _typed(dict, name, value),
}
