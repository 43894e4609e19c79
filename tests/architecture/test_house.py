"""The house of design §2 as a test: who may import whom, what the core may not touch, where XML is parsed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ADAPTER = Path(__file__).parents[2] / "adapter"

CORE = ("values", "errors", "facts", "messages", "envelope", "crypto", "delivery", "liability", "evidence")

MAY_IMPORT: dict[str, set[str]] = {
    "values": set(),
    "errors": set(),
    "facts": {"values"},
    "messages": {"values", "errors"},
    "crypto": {"values", "errors", "messages"},
    "envelope": {"values", "errors", "messages", "crypto"},
    "delivery": {"values", "errors", "messages", "crypto", "envelope", "facts"},
    "liability": {"values", "errors", "facts"},
    "evidence": set(CORE) - {"evidence"},
    "transports": {"values", "errors"},
    "lookups": set(CORE),
    "store": set(CORE),
    "observe": {"values", "errors"},
    "config": {"values", "errors", "lookups"},
    "service": {*CORE, "transports", "lookups", "store", "observe", "config"},
    "testing": {*CORE, "transports", "lookups", "store", "observe", "config", "service"},
    "api": {*CORE, "transports", "lookups", "store", "observe", "config", "service"},
    "client": set(),
    "cli": {*CORE, "transports", "lookups", "store", "observe", "config", "service", "testing", "api"},
    "__main__": {"cli"},
    "__init__": set(),
}

NOT_IN_THE_CORE = {
    "asyncio", "glob", "importlib", "io", "logging", "os", "pathlib", "random", "secrets", "shutil", "socket", "ssl",
    "structlog", "subprocess", "sys", "tempfile", "threading", "time", "uuid", "sqlalchemy", "aiosmtplib", "aiosmtpd",
    "click", "rich",
}  # fmt: skip
"""Modules that read a clock, randomness, the environment, sockets or files, or that log."""

CORE_EXCEPTIONS = {("messages/schemas.py", "threading")}
"""A compiled schema belongs to one thread (`engineering-facts.md` §1); threading.local keeps it there."""

CLOCK_CALLS = {"now", "today", "utcnow"}
DRAWS = {"generate_key", "generate_private_key", "urandom"}
"""Functions of libraries that draw random octets for their caller."""

PARSERS = {"fromstring", "XML", "HTML", "XMLParser", "parse", "iterparse", "fromstringlist", "XMLPullParser"}


NAMES = [path.relative_to(ADAPTER).as_posix() for path in sorted(ADAPTER.rglob("*.py"))]


@cache
def parsed(name: str) -> ast.Module:
    """A module by its path in the house."""
    return ast.parse((ADAPTER / name).read_text("utf-8"))


def package_of(name: str) -> str:
    return name.partition("/")[0].removesuffix(".py")


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide where a name comes from"
            assert node.module is not None
            if node.module == "adapter":
                yield from (f"adapter.{alias.name}" for alias in node.names)
            else:
                yield node.module


@pytest.mark.parametrize("name", NAMES)
def test_imports_point_down_only(name: str) -> None:
    """A module imports only what lies below it in the house."""
    package = package_of(name)
    inside = {module.split(".")[1] for module in imported(parsed(name)) if module.startswith("adapter.")} - {package}
    if name == "__init__.py":
        return
    assert inside <= MAY_IMPORT[package] | {"__version__"}, f"{name} reaches up to {inside - MAY_IMPORT[package]}"


@pytest.mark.parametrize("name", [name for name in NAMES if package_of(name) in CORE])
def test_the_core_does_no_io(name: str) -> None:
    """The core imports nothing that reads a clock, chance, the environment, a socket or a file, and calls no clock."""
    tree = parsed(name)
    roots = {module.split(".")[0] for module in imported(tree)}
    allowed = {module for file, module in CORE_EXCEPTIONS if file == name}
    assert not (roots & NOT_IN_THE_CORE) - allowed
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Name):
                assert called.id not in {"open", "print", "input"}, f"{name}:{node.lineno}"
            if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
                clock = called.value.id in {"datetime", "date"} and called.attr in CLOCK_CALLS
                assert not clock, f"{name}:{node.lineno} reads the clock"
            drawn = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            assert drawn not in DRAWS, f"{name}:{node.lineno} draws random octets"


def test_xml_is_parsed_in_one_module() -> None:
    """Only `messages/xml.py` calls a parser of lxml."""
    callers = {
        name
        for name in NAMES
        for node in ast.walk(parsed(name))
        if isinstance(node, ast.Attribute)
        and node.attr in PARSERS
        and isinstance(node.value, ast.Name)
        and node.value.id in {"etree", "objectify", "html"}
    }
    assert callers <= {"messages/xml.py"}


CERTIFICATE_LOADERS = {
    "load_der_x509_certificate": "crypto/certificates.py",
    "load_pem_x509_certificate": "crypto/certificates.py",
    "load_pem_x509_certificates": "crypto/certificates.py",
    "load_der_pkcs7_certificates": "crypto/certificates.py",
    "load_pem_pkcs7_certificates": "crypto/certificates.py",
    "load_key_and_certificates": "crypto/keys.py",
}
"""Loaders of the library, and the one module that may call each: it looks at what the library lets through."""


def test_certificates_are_read_in_one_place() -> None:
    """Nobody but `crypto/certificates.py`, and for PKCS #12 `crypto/keys.py`, names a certificate loader."""
    for name in NAMES:
        tree = parsed(name)
        named = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        named |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("cryptography"):
                named |= {alias.name for alias in node.names}
        wrong = {one for one in named & CERTIFICATE_LOADERS.keys() if CERTIFICATE_LOADERS[one] != name}
        assert not wrong, f"{name} calls {wrong}; use load_certificates"


def test_nothing_but_the_service_catches_everything() -> None:
    """`except Exception`, `except BaseException` and a bare `except` stand in `service/` only, or re-raise."""
    for name in NAMES:
        for node in ast.walk(parsed(name)):
            if not isinstance(node, ast.ExceptHandler) or name.startswith("service/"):
                continue
            caught = node.type.id if isinstance(node.type, ast.Name) else None
            broad = node.type is None or caught in {"Exception", "BaseException"}
            reraises = any(isinstance(inner, ast.Raise) and inner.exc is None for inner in node.body)
            assert not broad or reraises, f"{name}:{node.lineno}"


def test_no_module_has_a_name_that_says_nothing() -> None:
    """No module is called utils, helpers, common or manager."""
    said = {part.removesuffix(".py") for name in NAMES for part in name.split("/")}
    assert not said & {"utils", "util", "helpers", "helper", "common", "manager", "misc", "base"}


def test_every_module_says_its_question_in_its_first_line() -> None:
    """Each module has a docstring whose first line is a sentence."""
    for name in NAMES:
        said = ast.get_docstring(parsed(name))
        assert said, name
        assert said.splitlines()[0].rstrip().endswith((".", ":", "?", ",")), f"{name}: {said.splitlines()[0]}"
