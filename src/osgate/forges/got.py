"""What a forge answered, read by the types it should have: anything else is an answer that cannot be used."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from osgate.forges.protocol import Unreachable


class Got:
    """A JSON object of an answer. address: of the forge, for what is said of a wrong shape: `forge.strange`."""

    def __init__(self, value: object, address: str) -> None:
        self._address = address
        if not isinstance(value, dict):
            raise self._strange("an object", value)
        self._value: dict[str, Any] = value

    def has(self, name: str) -> bool:
        """Return whether there is such a member, with anything but null in it."""
        return self._value.get(name) is not None

    def text(self, name: str, default: str | None = None) -> str:
        """Return a string; `default`, if there is one, where it is missing or null."""
        found = self._value.get(name)
        if found is None and default is not None:
            return default
        if not isinstance(found, str):
            raise self._strange(name, found)
        return found

    def id(self, name: str = "id") -> str:
        """Return an id: a number or a string, as text."""
        found = self._value.get(name)
        if isinstance(found, bool) or not isinstance(found, (int, str)) or found == "":
            raise self._strange(name, found)
        return str(found)

    def number(self, name: str, default: int | None = None) -> int:
        """Return an integer; `default`, if there is one, where it is missing or null."""
        found = self._value.get(name)
        if found is None and default is not None:
            return default
        if isinstance(found, bool) or not isinstance(found, int):
            raise self._strange(name, found)
        return found

    def flag(self, name: str, default: bool = False) -> bool:
        """Return a truth value; `default` where it is missing or null."""
        found = self._value.get(name)
        if found is not None and not isinstance(found, bool):
            raise self._strange(name, found)
        return default if found is None else found

    def instant(self, name: str) -> str:
        """Return an instant in UTC, whole seconds, `Z`."""
        try:
            moment = datetime.fromisoformat(self.text(name))
            if moment.tzinfo is None:
                raise ValueError
            return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        except (ValueError, OverflowError):
            raise self._strange(name, self._value[name]) from None

    def inner(self, name: str) -> Got:
        """Return an object; an empty one where it is missing or null, for what then reads its defaults."""
        found = self._value.get(name)
        return Got({} if found is None else found, self._address)

    def many(self, name: str) -> list[Got]:
        """Return a list of objects; none where it is missing or null."""
        found = self._value.get(name)
        if found is None:
            return []
        if not isinstance(found, list):
            raise self._strange(name, found)
        return [Got(item, self._address) for item in found]

    def _strange(self, name: str, found: object) -> Unreachable:
        return Unreachable("forge.strange", address=self._address, detail=f"{name}: {type(found).__name__}")
