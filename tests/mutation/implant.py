"""How a mutant comes alive in the process that runs the tests, and goes again: no import, no file, no second process.

A function keeps its identity and gets the code that the mutated module has for it. The value of a name of the module is
worked out anew and put in every module that has taken the name over; so are the values that a mutated function has made
when the module was read.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import CodeType, FunctionType, ModuleType

from tests.mutation.mutants import Mutant


class NotImplantable(Exception):  # noqa: N818
    """The mutated code is no code for this function, or the value of the name cannot be worked out."""


@contextmanager
def implanted(mutant: Mutant, tree: ast.Module, module: ModuleType) -> Iterator[None]:
    """Let a mutant live for a while. Raises `NotImplantable`."""
    if mutant.function:
        function = _function(module, mutant.function)
        code = _code(compile(tree, str(mutant.module), "exec", dont_inherit=True), mutant.function.split("."))
        original = function.__code__
        if code.co_freevars != original.co_freevars:
            raise NotImplantable(str(mutant))
        function.__code__ = code
        try:
            with ExitStack() as stack:
                for name, value in _made_by(mutant.function, tree, module):
                    stack.enter_context(_held(module, name, value))
                yield
        finally:
            function.__code__ = original
        return
    name, value = _value(mutant, tree, module)
    with _held(module, name, value):
        yield


@contextmanager
def _held(module: ModuleType, name: str, value: object) -> Iterator[None]:
    """Let a name of the module have another value, wherever it was taken over."""
    original = getattr(module, name)
    holders = [one for one in tuple(sys.modules.values()) if vars(one).get(name) is original]
    for holder in holders:
        setattr(holder, name, value)
    try:
        yield
    finally:
        for holder in holders:
            setattr(holder, name, original)


def _made_by(function: str, tree: ast.Module, module: ModuleType) -> Iterator[tuple[str, object]]:
    """The names of the module whose values this function has made, with what it makes of them now."""
    for statement in tree.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
            target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
            calls = (one.func for one in ast.walk(statement.value) if isinstance(one, ast.Call))
            if isinstance(target, ast.Name) and any(isinstance(one, ast.Name) and one.id == function for one in calls):
                yield target.id, _worked_out(statement.value, module)


def _worked_out(value: ast.expr, module: ModuleType) -> object:
    try:
        return eval(compile(ast.Expression(value), str(module.__file__), "eval", dont_inherit=True), dict(vars(module)))
    except Exception as error:
        raise NotImplantable(str(module)) from error


def functions(module: ModuleType) -> Iterator[FunctionType]:
    """Every function of a module that was written there, those of its classes included."""
    for one in tuple(vars(module).values()):
        if getattr(one, "__module__", None) != module.__name__:
            continue
        for member in (one, *(vars(one).values() if isinstance(one, type) else ())):
            found = _bare(member)
            if found is not None and found.__code__.co_filename == module.__file__:
                yield found


def _bare(member: object) -> FunctionType | None:
    member = getattr(member, "fget", None) or getattr(member, "__func__", None) or member
    member = getattr(member, "__wrapped__", member)
    return member if isinstance(member, FunctionType) else None


def _function(module: ModuleType, name: str) -> FunctionType:
    for function in functions(module):
        if function.__qualname__ == name:
            return function
    raise NotImplantable(name)


def _code(code: CodeType, path: list[str]) -> CodeType:
    for constant in code.co_consts:
        if isinstance(constant, CodeType) and constant.co_name == path[0]:
            return constant if len(path) == 1 else _code(constant, path[1:])
    raise NotImplantable(".".join(path))


def _value(mutant: Mutant, tree: ast.Module, module: ModuleType) -> tuple[str, object]:
    for statement in tree.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
            target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
            if statement.lineno <= mutant.line <= (statement.end_lineno or 0) and isinstance(target, ast.Name):
                return target.id, _worked_out(statement.value, module)
    raise NotImplantable(str(mutant))
