"""Which small mistakes can be made in a module: one mutant for each, found in its syntax tree.

    comparison    < <= > >= == != in is     turned round, or moved by one
    arithmetic    + - * // %                another operation
    constant      numbers, True, words      one more, the contrary, another word
    boolean       and or not if while any   the contrary
    return        return value              None
    choice        min max                   the other one
    statement     calls, +=, break          left out, or the other one
    text          sentences for people      another sentence

Docstrings, annotations, decorators, assertions and the texts of `raise` are left alone.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
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

    def __str__(self) -> str:
        return f"{self.module.name}:{self.line} {self.kind}"


def tree_of(module: Path) -> ast.Module:
    return ast.parse(module.read_text("utf-8"))


def mutants(module: Path) -> list[Mutant]:
    """Every mutant of a module that can be implanted: in a function, or in the value of a name of the module."""
    return [
        Mutant(module, number, kind, line, function)
        for number, (kind, line, function, _) in enumerate(_sites(tree_of(module)))
    ]


def mutated(mutant: Mutant) -> tuple[ast.Module, str, str]:
    """The tree of the module with the mistake in it, and the statement before and after."""
    tree = tree_of(mutant.module)
    for number, (_, line, _, change) in enumerate(_sites(tree)):
        if number == mutant.number:
            statement = _statement_at(tree, line)
            before = ast.unparse(statement)
            change()
            ast.fix_missing_locations(tree)
            return tree, before, ast.unparse(statement)
    raise ValueError(f"{mutant} is not there")


def _statement_at(tree: ast.Module, line: int) -> ast.AST:
    """The innermost node with a line of its own that holds the line: a statement, or the block it stands in."""
    found: ast.AST = tree
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or node.lineno):
            found = node
    return found


def _sites(tree: ast.Module) -> Iterator[tuple[str, int, str, Change]]:
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef):
            yield from _function(statement, statement.name)
        elif isinstance(statement, ast.ClassDef):
            for member in statement.body:
                if isinstance(member, ast.FunctionDef):
                    yield from _function(member, f"{statement.name}.{member.name}")
        elif isinstance(statement, ast.Assign | ast.AnnAssign) and isinstance(statement.value, ast.expr):
            for kind, line, change in _within(statement.value):
                yield kind, line, "", change


def _function(function: ast.FunctionDef, name: str) -> Iterator[tuple[str, int, str, Change]]:
    body = function.body
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]
    for statement in body:
        for kind, line, change in _within(statement):
            yield kind, line, name, change
    for kind, line, change in _left_out(function, len(function.body) - len(body)):
        yield kind, line, name, change


def _within(node: ast.AST) -> Iterator[tuple[str, int, Change]]:
    """The mutants of a node and of everything in it."""
    yield from _of(node)
    for name, value in ast.iter_fields(node):
        if name in {"annotation", "returns", "decorator_list"}:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not isinstance(child, ast.Assert | ast.Raise):
                yield from _within(child)
    if isinstance(node, ast.stmt):
        yield from _left_out(node, 0)


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
        case ast.Return(value=ast.expr()):
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
