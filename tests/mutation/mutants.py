"""Which small mistakes can be made in a module: one mutant for each, found in its syntax tree.

    comparison    < <= > >= == != in is     turned round, or moved by one
    arithmetic    + - * // %                another operation
    constant      numbers, True, words      one more, the contrary, another word
    boolean       and or not if while any   the contrary
    return        return value              None
    choice        min max                   the other one
    statement     calls, +=, break          left out, or the other one
    words         parts of such sentences   another word
    text          sentences for people      another sentence

A `return` of None or False is left as it is: None in its place says the same. Docstrings, annotations, decorators,
assertions and the texts of `raise` are left alone too.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

Change = Callable[[], None]

COMPARED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
REACHED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
SWAPPED = {"min": "max", "max": "min", "any": "all", "all": "any"}
LISTS = ("body", "orelse", "finalbody")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mistake in a module: its number there, what kind, where, and the line before and after."""

    module: Path
    number: int
    kind: str
    line: int
    function: str
    """The name of the function it lies in, with its class; empty at the level of the module."""
    name: str
    """What it does in which function: by this it is known however the lines of the module move."""

    def __str__(self) -> str:
        return f"{self.module.name}:{self.line} {self.kind}"


def _shared(one: str, other: str) -> int:
    """How many signs two lines begin with alike."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def tree_of(module: Path) -> ast.Module:
    return ast.parse(module.read_text("utf-8"))


def mutants(module: Path) -> list[Mutant]:
    """Every mutant of a module that can be implanted: in a function, or in the value of a name of the module."""
    found = []
    seen: Counter[str] = Counter()
    for number, (kind, line, function, _) in enumerate(_sites(tree_of(module))):
        _, change = _changed(module, number)
        name = f"{function or '-'}: {change}"
        seen[name] += 1
        again = f" ({seen[name]})" if seen[name] > 1 else ""
        found.append(Mutant(module, number, kind, line, function, name + again))
    return found


def mutated(mutant: Mutant) -> ast.Module:
    """The tree of the module with the mistake in it."""
    return _changed(mutant.module, mutant.number)[0]


def _changed(module: Path, number: int) -> tuple[ast.Module, str]:
    """The tree with one mistake in it, and the words that the mistake has changed."""
    tree = tree_of(module)
    for other, (_, line, _, change) in enumerate(_sites(tree)):
        if other == number:
            around = next(one for one in tree.body if one.lineno <= line <= (one.end_lineno or one.lineno))
            before = ast.unparse(around).splitlines()
            change()
            ast.fix_missing_locations(tree)
            return tree, difference(before, ast.unparse(around).splitlines())
    raise ValueError(f"{module.name} has no mutant {number}")


AROUND = 48
"""How many signs of a line are shown before and after what has changed in it."""


def difference(before: list[str], after: list[str]) -> str:
    """What is other in a piece of code, without its place: the line before and after, cut to what is near."""
    place = next(number for number, (a, b) in enumerate(zip(before, after, strict=False)) if a != b)
    old, new = before[place].strip(), after[place].strip()
    same = _shared(old, new)
    rest = min(_shared(old[::-1], new[::-1]), len(old) - same, len(new) - same)
    start = max(0, same - AROUND)
    return f"{old[start : len(old) - rest + AROUND]}  →  {new[start : len(new) - rest + AROUND]}"


def _sites(tree: ast.Module) -> Iterator[tuple[str, int, str, Change]]:
    words = _words(tree)
    for kind, line, function, change, node in _all_sites(tree):
        yield "words" if kind == "constant" and id(node) in words else kind, line, function, change


WORDED = {"Mistake", "_clash", "quoted"}
"""Functions that are given words for people."""


def _words(tree: ast.Module) -> set[int]:
    """The texts that stand within a sentence for people: parts of f-strings and of mistakes, and what joins a list."""
    found = set()
    for node in ast.walk(tree):
        within: list[ast.AST] = []
        match node:
            case ast.JoinedStr() | ast.Call(func=ast.Attribute(attr="wrong")):
                within = list(ast.walk(node))
            case ast.Call(func=ast.Name(id=name)) if name in WORDED:
                within = list(ast.walk(node))
            case ast.Call(func=ast.Attribute(value=ast.Constant() as glue, attr="join")):
                within = [glue]
        found |= {id(one) for one in within if isinstance(one, ast.Constant) and isinstance(one.value, str)}
    return found


def _all_sites(tree: ast.Module) -> Iterator[tuple[str, int, str, Change, ast.AST]]:
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef):
            yield from _function(statement, statement.name)
        elif isinstance(statement, ast.ClassDef):
            for member in statement.body:
                if isinstance(member, ast.FunctionDef):
                    yield from _function(member, f"{statement.name}.{member.name}")
        elif isinstance(statement, ast.Assign | ast.AnnAssign) and isinstance(statement.value, ast.expr):
            for kind, line, change, node in _within(statement.value):
                yield kind, line, "", change, node


def _function(function: ast.FunctionDef, name: str) -> Iterator[tuple[str, int, str, Change, ast.AST]]:
    body = function.body
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]
    for statement in body:
        for kind, line, change, node in _within(statement):
            yield kind, line, name, change, node
    for kind, line, change in _left_out(function, len(function.body) - len(body)):
        yield kind, line, name, change, function


def _within(node: ast.AST) -> Iterator[tuple[str, int, Change, ast.AST]]:
    """The mutants of a node and of everything in it, each with the node that it changes."""
    for kind, line, change in _of(node):
        yield kind, line, change, node
    for name, value in ast.iter_fields(node):
        if name in {"annotation", "returns", "decorator_list"}:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not isinstance(child, ast.Assert | ast.Raise):
                yield from _within(child)
    if isinstance(node, ast.stmt):
        for kind, line, change in _left_out(node, 0):
            yield kind, line, change, node


def _of(node: ast.AST) -> Iterator[tuple[str, int, Change]]:
    line = getattr(node, "lineno", 0)
    match node:
        case ast.Compare():
            for index, op in enumerate(node.ops):
                for other in COMPARED[type(op)]:
                    yield "comparison", line, _put_in(node.ops, index, other())
        case ast.BinOp() if type(node.op) in REACHED:
            yield "arithmetic", line, _put(node, "op", REACHED[type(node.op)]())
        case ast.BoolOp():
            yield "boolean", line, _put(node, "op", ast.Or() if isinstance(node.op, ast.And) else ast.And())
        case ast.UnaryOp(op=ast.Not()):
            yield "boolean", line, _put(node, "operand", _denied(node.operand))
        case ast.Constant(value=bool(value)):
            yield "constant", line, _put(node, "value", not value)
        case ast.Constant(value=int(value) | float(value)):
            yield "constant", line, _put(node, "value", value + 1)
        case ast.Constant(value=str(value)):
            yield "text" if " " in value.strip() else "constant", line, _put(node, "value", f"{value}?")
        case ast.If() | ast.IfExp() | ast.While():
            yield "boolean", getattr(node.test, "lineno", line), _put(node, "test", _denied(node.test))
        case ast.comprehension():
            for index, test in enumerate(node.ifs):
                yield "boolean", test.lineno, _put_in(node.ifs, index, _denied(test))
        case ast.Return(value=ast.expr() as value) if not _is_nothing(value):
            yield "return", line, _put(node, "value", ast.Constant(None))
        case ast.Call(func=ast.Name(id=name)) if name in SWAPPED:
            yield "choice", line, _put(node.func, "id", SWAPPED[name])


def _left_out(node: ast.AST, skipped: int) -> Iterator[tuple[str, int, Change]]:
    for name in LISTS:
        statements = getattr(node, name, None)
        if not isinstance(statements, list):
            continue
        for index, one in enumerate(statements[skipped:], skipped):
            if isinstance(one, ast.AugAssign) or (isinstance(one, ast.Expr) and isinstance(one.value, ast.Call)):
                yield "statement", one.lineno, _put_in(statements, index, ast.Pass())
            elif isinstance(one, ast.Break | ast.Continue):
                other = ast.Continue() if isinstance(one, ast.Break) else ast.Break()
                yield "statement", one.lineno, _put_in(statements, index, other)


def _is_nothing(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and (value.value is None or value.value is False)


def _denied(test: ast.expr) -> ast.expr:
    return ast.UnaryOp(ast.Not(), test)


def _put(node: ast.AST, name: str, value: object) -> Change:
    return lambda: setattr(node, name, value)


def _put_in(
    items: list[object] | list[ast.cmpop] | list[ast.expr] | list[ast.stmt], index: int, value: object
) -> Change:
    def put() -> None:
        items[index] = value  # type: ignore[assignment,call-overload]

    return put
