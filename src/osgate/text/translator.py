"""Words for people, found by key in one flat JSON catalogue a language; dates and times as people read them.

A sentence is always one entry with `{named}` places, never built from pieces. A brace of its own is doubled: `{{`.
"""

from __future__ import annotations

import os.path

from osgate import light_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

LOCALES = ("en", "zh_CN")
VARIABLES = ("OSGATE_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
_READ: dict[str, Mapping[str, str]] = {}


def packaged(name: str) -> bytes:
    """Return the bytes of the file `name`, a relative path below this package; the loader reads a zipapp too.

    Raises OSError when there is no such file.
    """
    path = os.path.join(os.path.dirname(__file__), *name.split("/"))
    return bytes(__loader__.get_data(path))  # type: ignore[name-defined]


def _catalogue(locale: str) -> Mapping[str, str]:
    """The packaged words of one language, read once a process."""
    if locale not in _READ:
        _READ[locale] = dict(light_json.loads(packaged(f"{locale}.json")))
    return _READ[locale]


class Translator:
    """Finds the words of one language. `words` stands in for the packaged catalogue, for tests and extensions.

    Raises ValueError for a locale that is not in LOCALES.
    """

    __slots__ = ("_words", "locale")

    def __init__(self, locale: str, words: Mapping[str, str] | None = None) -> None:
        if locale not in LOCALES:
            raise ValueError(f"no catalogue for the locale {locale!r}")
        self.locale = locale
        self._words = words

    def __call__(self, key: str, /, **params: object) -> str:
        """Return the sentence `key` with its places filled; params the sentence does not name are ignored.

        Raises KeyError for a key that is not in the catalogue and for a place without its param.
        """
        if self._words is None:
            self._words = _catalogue(self.locale)
        return self._words[key].format_map(params)

    def known(self, key: str, otherwise: str, /, **params: object) -> str:
        """Return the sentence `key`, or `otherwise` where there is none, or a place of it has no param.

        For codes that come with data: another version of osgate, or whoever altered a file, may have others.
        """
        try:
            return self(key, **params)
        except KeyError:
            return self(otherwise, **params)

    def count(self, key: str, n: int, /, **params: object) -> str:
        """Return the sentence for `n` things, `key.one` or (always in Chinese) `key.other`; its place `{n}` is filled.

        Raises KeyError as a call does.
        """
        form = "one" if n == 1 and self.locale == "en" else "other"
        return self(f"{key}.{form}", **{"n": n, **params})


def choose(preferred: str | None, environment: Mapping[str, str]) -> str:
    """Return the locale to speak: the first that is set of `preferred` and VARIABLES decides, otherwise `en`.

    Any Chinese ("zh_CN.GBK", "zh-Hans") gives `zh_CN`, every other language `en`. The order of the variables is that
    of POSIX (Base Definitions, 8.2).
    """
    for wanted in (preferred, *[environment.get(name) for name in VARIABLES]):
        if wanted:
            language = wanted.replace("-", "_").replace(".", "_").partition("_")[0]
            return "zh_CN" if language.lower() == "zh" else "en"
    return "en"


def day(date_text: str) -> str:
    """Return `2026-11-21` for a date or for a UTC time (`2026-11-21T06:03:00Z`, the day being that of UTC).

    Raises ValueError for anything else.
    """
    midnight = f"{date_text}T00:00Z" if len(date_text) == len("2026-11-21") else date_text
    return _utc(midnight).date().isoformat()


def moment(utc_text: str, offset_minutes: int) -> str:
    """Return `2026-11-21 14:03 (UTC+8)` for a UTC time with `Z` and the reader's offset from UTC in minutes.

    Raises ValueError for a text that is no UTC time and for an offset of a day or more.
    """
    from datetime import timedelta, timezone

    try:
        local = _utc(utc_text).astimezone(timezone(timedelta(minutes=offset_minutes)))
    except OverflowError:
        raise ValueError(f"outside the calendar: {utc_text!r} at an offset of {offset_minutes} minutes") from None
    hours, minutes = divmod(abs(offset_minutes), 60)
    sign = "-" if offset_minutes < 0 else "+"
    zone = f"{sign}{hours}" if not minutes else f"{sign}{hours}:{minutes:02}"
    return f"{local.strftime('%Y-%m-%d %H:%M')} (UTC{zone if offset_minutes else ''})"


def _utc(text: str) -> datetime:
    """Read a time that says `Z`; raise ValueError for every other text."""
    from datetime import datetime

    try:
        if text.endswith("Z"):
            return datetime.fromisoformat(text)
    except ValueError:
        pass
    raise ValueError(f"not a UTC time: {text!r}")
