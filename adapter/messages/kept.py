"""A value that is worked out when it is first asked for, and then kept in its object.

As `functools.cached_property`, which in Python 3.11 takes a lock that costs more than most of the values do. Two
threads that ask at once work it out twice, which does no harm to what depends on nothing but the object.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

Owner = TypeVar("Owner")
Value = TypeVar("Value")


class kept(Generic[Owner, Value]):  # noqa: N801
    """Decorates a method of a class without slots."""

    def __init__(self, find: Callable[[Owner], Value]) -> None:
        self._find = find
        self._name = find.__name__
        self.__doc__ = find.__doc__

    def __get__(self, owner: Owner, _: type[Owner]) -> Value:
        value = owner.__dict__[self._name] = self._find(owner)
        return value
