"""Break the governor on purpose: one small change to its source, planted and taken out again.

A mutant is planted by giving the function the code of its changed source, so that whoever
imported it meets the change. What a mutant changes is found in the source by its meaning, not by
its place; where it is no longer found, or found twice, planting fails, so that no list of mutants
can go stale.
"""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

PRODUCT = "crm_api"


class NoLongerApplies(LookupError):
    """The source has not what the mutant would change: mend the mutant, or drop it."""


@dataclass(frozen=True)
class Mutant:
    """One change: in a function, these words become others. `nth` tells two alike apart."""

    module: str
    function: str
    was: str
    becomes: str
    nth: int | None = None

    def __str__(self) -> str:
        place = f"{self.module.rsplit('.', 1)[-1]}.{self.function}"
        which = f" #{self.nth}" if self.nth else ""
        return f"{place}: {self.was} -> {self.becomes}{which}"


@dataclass(frozen=True)
class Constant:
    """Another value for a name of a module, and for whoever imported it."""

    module: str
    name: str
    becomes: Any

    def __str__(self) -> str:
        return f"{self.module.rsplit('.', 1)[-1]}.{self.name} -> {self.becomes}"


def generated(module: str) -> list[Mutant]:
    """Return every small mistake that could be made in a module: at each boundary and turn."""
    found: list[Mutant] = []
    for name, function in _functions(_tree(module)):
        seen: dict[tuple[str, str], int] = {}
        for node in _code_of(function):
            for changed in _mistakes(node):
                key = ast.unparse(node), ast.unparse(changed)
                seen[key] = nth = seen.get(key, -1) + 1
                found.append(Mutant(module, name, *key, nth))
    return found


def _mistakes(node: ast.AST) -> Iterator[ast.AST]:  # noqa: PLR0912 - one for each kind
    """Return what somebody might have written in a piece of code's place."""
    match node:
        case ast.Compare(left, operators, comparators):
            for place, operator in enumerate(operators):
                for other in _CONFUSED.get(type(operator), ()):
                    ops = [*operators[:place], other(), *operators[place + 1 :]]
                    yield ast.Compare(left, ops, comparators)
        case ast.BoolOp(ast.And(), values):
            yield ast.BoolOp(ast.Or(), values)
        case ast.BoolOp(ast.Or(), values):
            yield ast.BoolOp(ast.And(), values)
        case ast.UnaryOp(ast.Not(), operand):
            yield operand
        case ast.BinOp(left, ast.Add() | ast.Sub() as operator, right):
            other = ast.Sub() if isinstance(operator, ast.Add) else ast.Add()
            yield ast.BinOp(left, other, right)
            if isinstance(right, ast.Constant):
                yield left
        case ast.Call(ast.Name(name), arguments, keywords) if name in _MISTAKEN:
            yield ast.Call(ast.Name(_MISTAKEN[name], ast.Load()), arguments, keywords)


_CONFUSED: dict[type, tuple[type, ...]] = {
    ast.Lt: (ast.LtE,),
    ast.LtE: (ast.Lt,),
    ast.Gt: (ast.GtE,),
    ast.GtE: (ast.Gt,),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_MISTAKEN = {"min": "max", "max": "min", "any": "all", "all": "any"}


@contextmanager
def planted(mutant: Mutant | Constant) -> Iterator[None]:
    """Let the product make a mistake for a while.

    :raises NoLongerApplies: if its source has not what should be changed
    """
    swap = _swapped_constant if isinstance(mutant, Constant) else _swapped_code
    with swap(mutant):
        forget()
        try:
            yield
        finally:
            forget()


def forget() -> None:
    """Forget what the product remembers of earlier answers."""
    for name, module in list(sys.modules.items()):
        if name.startswith(f"{PRODUCT}.contact_frequency"):
            for known in vars(module).values():
                if hasattr(known, "cache_clear"):
                    known.cache_clear()
    frames = importlib.import_module(f"{PRODUCT}.contact_frequency.queries.frames")
    frames._catalogs.clear()  # noqa: SLF001 - it knows the mutant's own frames


@contextmanager
def _swapped_code(mutant: Mutant) -> Iterator[None]:
    changed = _changed(mutant)
    function = _function(importlib.import_module(mutant.module), mutant.function)
    own, function.__code__ = function.__code__, changed
    try:
        yield
    finally:
        function.__code__ = own


def _changed(mutant: Mutant) -> CodeType:
    tree = _tree(mutant.module)
    function = dict(_functions(tree)).get(mutant.function)
    if function is None:
        raise NoLongerApplies(str(mutant))
    change = _Change(mutant)
    function.body = [
        node for statement in function.body for node in _listed(change.visit(statement))
    ] or [ast.Pass()]
    if change.found != 1:
        told = f"{mutant}: found {change.found} times"
        raise NoLongerApplies(told)
    file = importlib.import_module(mutant.module).__file__
    whole = compile(ast.fix_missing_locations(tree), str(file), "exec")
    return next(code for code in _codes(whole) if code.co_qualname == mutant.function)


def _listed(visited: Any) -> list[ast.stmt]:
    return visited if isinstance(visited, list) else [visited]


class _Change(ast.NodeTransformer):
    """Puts new words in the place of old ones, and counts where it could."""

    def __init__(self, mutant: Mutant) -> None:
        self.was = _dump(_parse(mutant.was))
        self.becomes = _parse(mutant.becomes)
        self.nth = mutant.nth
        self.seen = self.found = 0

    def visit(self, node: ast.AST) -> Any:
        if _dump(node) == self.was:
            here, self.seen = self.seen, self.seen + 1
            if self.nth is None or here == self.nth:
                self.found += 1
                return self.becomes
        return self.generic_visit(node)


def _parse(words: str) -> ast.AST:
    """Read an expression or a statement; no words at all are a statement that does nothing."""
    statement = ast.parse(words or "pass").body[0]
    return statement.value if isinstance(statement, ast.Expr) else statement


def _dump(node: ast.AST) -> str:
    return ast.dump(node)


def _code_of(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """Return the pieces of a function's body in the order in which they are visited."""
    for statement in function.body:
        yield from _inside(statement)


def _inside(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _inside(child)


@functools.cache
def _source(module: str) -> str:
    return Path(str(importlib.import_module(module).__file__)).read_text(encoding="utf-8")


def _tree(module: str) -> ast.Module:
    return ast.parse(_source(module))


def _functions(tree: ast.AST, prefix: str = "") -> Iterator[tuple[str, ast.FunctionDef]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef):
            yield from _functions(node, f"{prefix}{node.name}.")
        elif isinstance(node, ast.FunctionDef):
            yield f"{prefix}{node.name}", node


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _function(module: ModuleType, name: str) -> FunctionType:
    owner: Any = module
    for part in name.split("."):
        found = inspect.getattr_static(owner, part)
        owner = getattr(found, "fget", None) or found
    return inspect.unwrap(owner)


@contextmanager
def _swapped_constant(constant: Constant) -> Iterator[None]:
    own = getattr(importlib.import_module(constant.module), constant.name, None)
    holders = [
        module
        for name, module in list(sys.modules.items())
        if name.startswith(PRODUCT) and vars(module).get(constant.name) is own
    ]
    if own is None or own == constant.becomes:
        raise NoLongerApplies(str(constant))
    for module in holders:
        setattr(module, constant.name, constant.becomes)
    try:
        yield
    finally:
        for module in holders:
            setattr(module, constant.name, own)
