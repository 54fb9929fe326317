"""The class decorator behind every record of the model.

The standard library's dataclasses cost more at start-up than everything else a commit check does, so the model has its
own: frozen, slotted, keyword or positional, with field defaults. Type checkers see an ordinary frozen dataclass.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar, dataclass_transform

    T = TypeVar("T")


class _Frozen:
    """What every record inherits at run time: equality by value, a readable repr, no assignment."""

    __slots__ = ()
    _fields: tuple[str, ...] = ()

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable; use replace()")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable")

    def _values(self) -> tuple[Any, ...]:
        return tuple([getattr(self, name) for name in self._fields])

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash(self._values())

    def __repr__(self) -> str:
        inside = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._fields)
        return f"{type(self).__name__}({inside})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self._values()


def _build(cls: type) -> type:
    """Return `cls` rebuilt with slots and a generated `__init__`; fields are its annotations, in order."""
    fields = tuple(cls.__annotations__)
    space = {k: v for k, v in cls.__dict__.items() if k not in ("__dict__", "__weakref__", *fields)}
    defaults = {name: cls.__dict__[name] for name in fields if name in cls.__dict__}
    space["__slots__"] = fields
    space["_fields"] = fields
    made = type(cls.__name__, (_Frozen,), space)
    arguments = ", ".join(f"{n}=_default_{n}" if n in defaults else n for n in fields)
    # Slot descriptors are called directly: they pass by the refusing __setattr__ and cost 50 ns a field.
    body = "\n".join(f"    _set_{n}(self, {n})" for n in fields) or "    pass"
    scope: dict[str, Any] = {f"_default_{n}": v for n, v in defaults.items()}
    scope.update({f"_set_{n}": made.__dict__[n].__set__ for n in fields})
    exec(f"def __init__(self, {arguments}):\n{body}", scope)  # noqa: S102 - text is made from identifiers only
    made.__init__ = scope["__init__"]  # type: ignore[misc]
    made.__qualname__ = cls.__qualname__
    return made


if TYPE_CHECKING:

    @dataclass_transform(frozen_default=True)
    def record(cls: type[T]) -> type[T]:
        """Make `cls` an immutable record of its annotated fields."""
        return cls
else:
    record = _build


def replace(item: T, **changes: Any) -> T:
    """Return a copy of the record `item` with the named fields changed.

    Raises TypeError for a field the record does not have.
    """
    values = {name: getattr(item, name) for name in item._fields}  # type: ignore[attr-defined]
    return type(item)(**{**values, **changes})
