"""Header fields, and named values that may be repeated, as Flask's requests and responses have them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Generic, TypeVar

V = TypeVar("V")


def converted(value: Any, default: Any, type: Callable[[Any], Any] | None) -> Any:
    """`value` as `type`, or `default` where there is none or it is not of that type."""
    if value is None:
        return default
    try:
        return type(value) if type else value
    except (ValueError, TypeError):
        return default


class Values(dict[str, V], Generic[V]):
    """Of repeated names the first value counts; `getlist` has all."""

    def __init__(self, pairs: Iterable[tuple[str, V]] = ()) -> None:
        self._lists: dict[str, list[V]] = {}
        for name, value in pairs:
            self._lists.setdefault(name, []).append(value)
        super().__init__({name: values[0] for name, values in self._lists.items()})

    def get(self, name: str, default: Any = None, type: Callable[[Any], Any] | None = None) -> Any:
        return converted(super().get(name), default, type)

    def getlist(self, name: str) -> list[V]:
        return list(self._lists.get(name, ()))

    def to_dict(self, flat: bool = True) -> dict[str, Any]:
        return dict(self) if flat else {name: list(values) for name, values in self._lists.items()}


class Fields(dict[str, str]):
    """Header fields as a dict, looked up in any case."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__({name.title(): value for name, value in fields.items()})

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.title())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and super().__contains__(name.title())

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.title(), default)


class Headers:
    """Header fields in their order, some of them repeated, looked up in any case."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self._fields = [(name, str(value)) for name, value in fields.items()]

    def add(self, name: str, value: Any) -> None:
        self._fields.append((name, str(value)))

    def remove(self, name: str) -> None:
        self._fields = [field for field in self._fields if field[0].lower() != name.lower()]

    def set(self, name: str, value: Any) -> None:
        self.remove(name)
        self.add(name, value)

    def getlist(self, name: str) -> list[str]:
        return [value for other, value in self._fields if other.lower() == name.lower()]

    def get(self, name: str, default: Any = None, type: Callable[[Any], Any] | None = None) -> Any:
        return converted(next(iter(self.getlist(name)), None), default, type)

    def update(self, fields: Mapping[str, Any]) -> None:
        for name, value in fields.items():
            self.set(name, value)

    def keys(self) -> list[str]:
        return [name for name, _ in self._fields]

    def items(self) -> list[tuple[str, str]]:
        return list(self._fields)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.items())

    def __len__(self) -> int:
        return len(self._fields)

    def __contains__(self, name: str) -> bool:
        return bool(self.getlist(name))

    def __getitem__(self, name: str) -> str:
        for value in self.getlist(name):
            return value
        raise KeyError(name)

    __setitem__, __delitem__ = set, remove
