"""The class decorator behind every record of the model.

The standard library's dataclasses cost more at start-up than everything else a commit check does, so the model has its
own: frozen, slotted, positional or by keyword, with field defaults. Type checkers see an ordinary frozen dataclass.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar, dataclass_transform

    T = TypeVar("T")

# A record made this often gets an initialiser of its own, compiled; most are made a few times in a run, and compiling
# one costs as much as making hundreds the general way.
_OFTEN = 32


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
    """Return `cls` rebuilt with slots and an initialiser; fields are its annotations, in order."""
    fields = tuple(cls.__annotations__)
    space = {k: v for k, v in cls.__dict__.items() if k not in ("__dict__", "__weakref__", *fields)}
    defaults = {name: cls.__dict__[name] for name in fields if name in cls.__dict__}
    made = type(cls.__name__, (_Frozen,), {**space, "__slots__": fields, "_fields": fields})
    made.__qualname__ = cls.__qualname__
    made.__init__ = _general(made, fields, defaults)  # type: ignore[misc]
    return made


def _general(made: type, fields: tuple[str, ...], defaults: dict[str, Any]) -> Callable[..., None]:
    """An initialiser that costs nothing to make; it replaces itself by a compiled one when it is used often."""
    # Slot descriptors are called directly: they pass by the refusing __setattr__ and cost 50 ns a field.
    setters = {name: made.__dict__[name].__set__ for name in fields}
    times = 0

    def __init__(self: object, *args: Any, **named: Any) -> None:
        nonlocal times
        times += 1
        if times == _OFTEN:
            made.__init__ = _compiled(fields, defaults, setters)  # type: ignore[misc]
        values = {**defaults, **dict(zip(fields, args, strict=False)), **named}
        twice = named and not named.keys().isdisjoint(fields[: len(args)])
        if twice or len(args) > len(fields) or len(values) != len(fields) or not values.keys() <= setters.keys():
            raise TypeError(_mistaken(made.__name__, fields, args, {**defaults, **named}))
        for name, value in values.items():
            setters[name](self, value)

    return __init__


def _mistaken(name: str, fields: tuple[str, ...], args: tuple[Any, ...], named: dict[str, Any]) -> str:
    strange = [key for key in named if key not in fields]
    missing = [key for key in fields[len(args) :] if key not in named]
    return f"{name}: {len(args)} of {len(fields)} by position, strange {strange}, missing {missing}"


def _compiled(
    fields: tuple[str, ...], defaults: dict[str, Any], setters: dict[str, Callable[..., None]]
) -> Callable[..., None]:
    """The same initialiser as a function of its own."""
    arguments = ", ".join(f"{n}=_default_{n}" if n in defaults else n for n in fields)
    body = "\n".join(f"    _set_{n}(self, {n})" for n in fields) or "    pass"
    scope: dict[str, Any] = {f"_default_{n}": v for n, v in defaults.items()}
    scope.update({f"_set_{n}": setters[n] for n in fields})
    exec(f"def __init__(self, {arguments}):\n{body}", scope)  # noqa: S102 - made of field names alone
    initialiser: Callable[..., None] = scope["__init__"]
    return initialiser


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
