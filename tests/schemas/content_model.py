"""What the published content models accept: a checker that reads the JSON tables and never an XSD.

Particles are matched with sets of positions (from which places in the list of children can the particle begin, and
where can it end); simple types are judged by the little functions below. It is slow, plain, and independent of the
schemas under test.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from lxml import etree

XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
PROBE = "urn:probe"
UNBOUNDED = 10**9
Json = dict[str, Any]

PUBLISHED_ELSEWHERE = {"msghead-1.2-oslo-fork"}
"""A changed copy of MsgHead in one repository; the published form is the one that counts (`plo.md` §2.8)."""


class UndecidedError(Exception):
    """A value on which processors differ for the same schema: stray characters in base64, texts that are odd as URI."""


@dataclass(frozen=True)
class Scope:
    """One table: its namespace, its prefixes, and whether local elements and attributes are qualified."""

    namespace: str
    prefixes: dict[str, str]
    elements_qualified: bool
    attributes_qualified: bool

    def name(self, prefixed: str) -> tuple[str, str]:
        prefix, local = prefixed.split(":")
        return self.prefixes[prefix], local

    def tag(self, prefixed: str) -> str:
        namespace, local = self.name(prefixed)
        return f"{{{namespace}}}{local}"


@dataclass(frozen=True)
class Decl:
    """A declaration of the table (element, attribute, type or particle) together with its table."""

    scope: Scope
    json: Json


@dataclass(frozen=True)
class Type:
    """A type looked up: a built-in simple type by name, or a definition of a table."""

    scope: Scope
    built_in: str = ""
    simple: Json | None = None
    complex: Json | None = None

    @property
    def is_any(self) -> bool:
        return self.built_in == "anyType"

    @property
    def is_simple(self) -> bool:
        return self.complex is None and not self.is_any


@dataclass(frozen=True)
class Probe:
    """A named complex type and where it is from."""

    namespace: str
    name: str
    type: Type


@dataclass
class Model:
    """Every table together: the global declarations by name."""

    elements: dict[str, Decl] = field(default_factory=dict)
    types: dict[tuple[str, str], Type] = field(default_factory=dict)
    attributes: dict[str, Decl] = field(default_factory=dict)
    groups: dict[tuple[str, str], Decl] = field(default_factory=dict)
    _leaves: dict[tuple[int, ...], dict[str, Decl]] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> Model:
        model = cls()
        for path in sorted(folder.glob("*.json")):
            if path.stem in PUBLISHED_ELSEWHERE:
                continue
            table = json.loads(path.read_text("utf-8"))
            scope = Scope(
                table["namespace"],
                table["prefixes"],
                table["elementFormDefault"] == "qualified",
                table["attributeFormDefault"] == "qualified",
            )
            for name, decl in table.get("elements", {}).items():
                model.elements[f"{{{scope.namespace}}}{name}"] = Decl(scope, decl)
            for name, decl in table.get("complexTypes", {}).items():
                model.types[scope.namespace, name] = Type(scope, complex=decl)
            for name, decl in table.get("simpleTypes", {}).items():
                model.types[scope.namespace, name] = Type(scope, simple=decl)
            for name, decl in table.get("attributes", {}).items():
                model.attributes[f"{{{scope.namespace}}}{name}"] = Decl(scope, decl)
            for name, attributes in table.get("attributeGroups", {}).items():
                model.groups[scope.namespace, name] = Decl(scope, {"attributes": attributes})
        return model

    @cached_property
    def namespaces(self) -> tuple[str, ...]:
        found = {tag[1:].partition("}")[0] for tag in self.elements} | {namespace for namespace, _ in self.types}
        return tuple(sorted(found))

    @cached_property
    def probes(self) -> dict[str, Probe]:
        """Elements that no table has, one per named complex type, so that every type can be tried by itself."""
        return {
            f"{{{PROBE}}}{name}-{self.namespaces.index(namespace)}": Probe(namespace, name, type_)
            for (namespace, name), type_ in self.types.items()
            if type_.complex is not None and not type_.complex.get("abstract")
        }

    def roots(self, namespace: str) -> tuple[str, ...]:
        """Every element a document about this namespace can begin with."""
        elements = [tag for tag in self.elements if tag.startswith(f"{{{namespace}}}")]
        return (*sorted(elements), *sorted(tag for tag, probe in self.probes.items() if probe.namespace == namespace))

    # ── looking up ──

    def type_of(self, decl: Decl) -> Type:
        if "complex" in decl.json:
            return Type(decl.scope, complex=decl.json["complex"])
        if "simple" in decl.json:
            return Type(decl.scope, simple=decl.json["simple"])
        if "type" in decl.json:
            return self.named(decl.scope, decl.json["type"])
        return Type(decl.scope, built_in="anyType")

    def named(self, scope: Scope, prefixed: str) -> Type:
        if prefixed.startswith("xs:"):
            return Type(scope, built_in=prefixed[3:])
        return self.types[scope.name(prefixed)]

    def attributes_of(self, type_: Type) -> dict[str, Decl]:
        """The attributes a complex type takes, by tag; each with `use` and `fixed` of this use."""
        assert type_.complex is not None
        found: dict[str, Decl] = {}
        base = self.base_of(type_)
        if base is not None and base.complex is not None:
            found |= self.attributes_of(base)
        return found | dict(self._uses(type_.scope, type_.complex.get("attributes", [])))

    def _uses(self, scope: Scope, uses: list[Json]) -> Iterator[tuple[str, Decl]]:
        for use in uses:
            if use["a"] == "group":
                group = self.groups[scope.name(use["ref"])]
                yield from self._uses(group.scope, group.json["attributes"])
            elif "ref" in use:
                tag = scope.tag(use["ref"])
                global_ = self.attributes[tag]
                yield tag, Decl(global_.scope, global_.json | {k: use[k] for k in ("use", "fixed") if k in use})
            else:
                tag = f"{{{scope.namespace}}}{use['name']}" if scope.attributes_qualified else use["name"]
                yield tag, Decl(scope, use)

    def base_of(self, type_: Type) -> Type | None:
        derivation = (type_.complex or {}).get("derivation")
        if derivation is None or derivation["kind"] != "extension":
            return None
        return self.named(type_.scope, derivation["base"])

    def simple_content_of(self, type_: Type) -> Type | None:
        """The simple type of the text of an element of this type; None where it has none."""
        if type_.is_simple:
            return type_
        base = self.base_of(type_)
        return None if base is None else self.simple_content_of(base)

    def particles_of(self, type_: Type) -> list[Decl]:
        """The content of a complex type: the base's particle, then its own."""
        assert type_.complex is not None
        base = self.base_of(type_)
        found = [] if base is None or base.complex is None else self.particles_of(base)
        content = type_.complex.get("content")
        return [*found, Decl(type_.scope, content)] if content else found

    # ── judging ──

    def accepts(self, root: etree._Element) -> bool:
        """Whether the document is valid. Raises `UndecidedError` where processors differ."""
        tag = str(root.tag)
        ids: set[str] = set()
        if tag in self.probes:
            return self._fits_type(root, self.probes[tag].type, ids)
        decl = self.elements.get(tag)
        return decl is not None and self._fits(root, decl, ids)

    def _fits(self, element: etree._Element, decl: Decl, ids: set[str]) -> bool:
        type_ = self.type_of(decl)
        fixed, default = decl.json.get("fixed"), decl.json.get("default")
        if (fixed is not None or default is not None) and not len(element) and not element.text:
            return not element.attrib
        if fixed is not None and text_of(element) != fixed:
            return False
        return self._fits_type(element, type_, ids)

    def _fits_type(self, element: etree._Element, type_: Type, ids: set[str]) -> bool:
        if type_.is_any:
            return self._fits_anything(element, ids)
        if type_.is_simple:
            return not own_attributes(element) and not len(element) and self._fits_simple(text_of(element), type_, ids)
        if not self._fits_attributes(element, type_, ids):
            return False
        text = self.simple_content_of(type_)
        if text is not None:
            return not len(element) and self._fits_simple(text_of(element), text, ids)
        assert type_.complex is not None
        particles = self.particles_of(type_)
        if not type_.complex.get("mixed") and text_of(element).strip(" \t\r\n"):
            return False
        children = list(element)
        if not particles:
            return not children and (bool(type_.complex.get("mixed")) or not text_of(element))
        positions = {0}
        for particle in particles:
            positions = {end for start in positions for end in self._ends(particle, children, start)}
        if len(children) not in positions:
            return False
        leaves = self.leaves(particles)
        return all(self._child_fits(child, leaves, ids) for child in children)

    def _ends(self, particle: Decl, children: list[etree._Element], start: int) -> set[int]:
        least, most = particle.json["min"], particle.json["max"]
        most = UNBOUNDED if most == "unbounded" else most
        reached = {start} if least == 0 else set()
        current, seen, count = {start}, {start}, 0
        while current and count < most:
            count += 1
            current = {end for at in current for end in self._ends_once(particle, children, at)}
            if count >= least:
                reached |= current
                current -= seen
                seen |= current
        return reached

    def _ends_once(self, particle: Decl, children: list[etree._Element], start: int) -> set[int]:
        kind = particle.json["p"]
        if kind in {"element", "any"}:
            if start < len(children) and self._is_for(particle, children[start]):
                return {start + 1}
            return set()
        items = [Decl(particle.scope, item) for item in particle.json["items"]]
        if kind == "choice":
            return {end for item in items for end in self._ends(item, children, start)}
        positions = {start}
        for item in items:
            positions = {end for at in positions for end in self._ends(item, children, at)}
        return positions

    def _is_for(self, particle: Decl, child: etree._Element) -> bool:
        if particle.json["p"] == "any":
            other = particle.json["namespace"] == "##other"
            return not other or namespace_of(child) not in {"", particle.scope.namespace}
        return child.tag == self.tag_of(particle)

    def tag_of(self, particle: Decl) -> str:
        if "ref" in particle.json:
            return particle.scope.tag(particle.json["ref"])
        name: str = particle.json["name"]
        return f"{{{particle.scope.namespace}}}{name}" if particle.scope.elements_qualified else name

    def leaves(self, particles: list[Decl]) -> dict[str, Decl]:
        """The element and wildcard particles at the bottom, by tag; a wildcard under its own position."""
        key = tuple(id(particle.json) for particle in particles)
        if key not in self._leaves:
            found: dict[str, Decl] = {}
            rest = list(reversed(particles))
            while rest:
                particle = rest.pop()
                if particle.json["p"] == "element":
                    found.setdefault(self.tag_of(particle), particle)
                elif particle.json["p"] == "any":
                    found[f"any {len(found)}"] = particle
                else:
                    rest.extend(Decl(particle.scope, item) for item in reversed(particle.json["items"]))
            self._leaves[key] = found
        return self._leaves[key]

    def declaration_of(self, particle: Decl) -> Decl:
        return self.elements[self.tag_of(particle)] if "ref" in particle.json else particle

    def _child_fits(self, child: etree._Element, leaves: dict[str, Decl], ids: set[str]) -> bool:
        named = leaves.get(str(child.tag))
        if named is not None:
            return self._fits(child, self.declaration_of(named), ids)
        wildcard = next(leaf for leaf in leaves.values() if leaf.json["p"] == "any" and self._is_for(leaf, child))
        if wildcard.json["processContents"] == "strict":
            decl = self.elements.get(str(child.tag))
            return decl is not None and self._fits(child, decl, ids)
        return self._fits_laxly(child, ids)

    def _fits_laxly(self, element: etree._Element, ids: set[str]) -> bool:
        decl = self.elements.get(str(element.tag))
        return self._fits(element, decl, ids) if decl is not None else self._fits_anything(element, ids)

    def _fits_anything(self, element: etree._Element, ids: set[str]) -> bool:
        for tag, value in own_attributes(element).items():
            decl = self.attributes.get(tag)
            if decl is not None and not self._fits_attribute(value, decl, ids):
                return False
        return all(self._fits_laxly(child, ids) for child in element)

    def _fits_attributes(self, element: etree._Element, type_: Type, ids: set[str]) -> bool:
        there, declared = own_attributes(element), self.attributes_of(type_)
        if any(decl.json.get("use") == "required" and tag not in there for tag, decl in declared.items()):
            return False
        return all(tag in declared and self._fits_attribute(value, declared[tag], ids) for tag, value in there.items())

    def _fits_attribute(self, value: str, decl: Decl, ids: set[str]) -> bool:
        type_ = self.type_of(decl)
        fixed = decl.json.get("fixed")
        if fixed is not None and value != fixed:
            return False
        return self._fits_simple(value, type_, ids)

    def _fits_simple(self, value: str, type_: Type, ids: set[str]) -> bool:
        if type_.built_in:
            if type_.built_in == "ID":
                fresh = value not in ids
                ids.add(value)
                return fresh and NCNAME.fullmatch(value) is not None
            return BUILT_IN[type_.built_in](value)
        assert type_.simple is not None
        if "union" in type_.simple:
            return any(self._fits_simple(value, self.named(type_.scope, name), ids) for name in type_.simple["union"])
        base = self.named(type_.scope, type_.simple["restriction"])
        if not self._fits_simple(value, base, ids):
            return False
        value = value if self.root_type(base) == "string" else " ".join(value.split())
        patterns, words = type_.simple.get("pattern"), type_.simple.get("enumeration")
        if patterns and not any(re.fullmatch(pattern, value) for pattern in patterns):
            return False
        return words is None or value in words

    def root_type(self, type_: Type) -> str:
        if type_.built_in or type_.simple is None or "restriction" not in type_.simple:
            return type_.built_in
        return self.root_type(self.named(type_.scope, type_.simple["restriction"]))


def own_attributes(element: etree._Element) -> dict[str, str]:
    """The attributes that are the document's own: without xsi:schemaLocation and its like."""
    return {str(tag): str(value) for tag, value in element.attrib.items() if not str(tag).startswith(XSI)}


def text_of(element: etree._Element) -> str:
    """The text directly in the element, between its children too."""
    return (element.text or "") + "".join(child.tail or "" for child in element)


def namespace_of(element: etree._Element) -> str:
    return etree.QName(element).namespace or ""


# ── the built-in simple types that the tables use ──

NCNAME = re.compile(r"[A-Za-z_][A-Za-z0-9._-]*")
_ZONE = r"(?:Z|[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00))?"
_DATE = re.compile(rf"(\d{{4}})-(\d\d)-(\d\d){_ZONE}")
_CLOCK = re.compile(rf"(?:([01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?|24:00:00(?:\.0+)?){_ZONE}")
_YEAR = re.compile(rf"\d{{4}}{_ZONE}")
_MONTH = re.compile(rf"\d{{4}}-(?:0[1-9]|1[0-2]){_ZONE}")
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)")


def _is_date(value: str) -> bool:
    match = _DATE.fullmatch(value.strip())
    if match is None:
        return False
    try:
        date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return False
    return True


def _is_moment(value: str) -> bool:
    day, mark, clock = value.strip().partition("T")
    return bool(mark) and _DATE.fullmatch(day) is not None and len(day) == 10 and _is_date(day) and _is_clock(clock)


def _is_clock(value: str) -> bool:
    return _CLOCK.fullmatch(value.strip()) is not None


def _is_double(value: str) -> bool:
    value = value.strip()
    mantissa, _, exponent = value.upper().partition("E")
    if value in {"INF", "-INF", "NaN"}:
        return True
    return _NUMBER.fullmatch(mantissa) is not None and (
        "E" not in value.upper() or re.fullmatch(r"[+-]?\d+", exponent) is not None
    )


def _is_base64(value: str) -> bool:
    packed = "".join(value.split())
    if re.fullmatch(r"[A-Za-z0-9+/]*={0,2}", packed) is None:
        raise UndecidedError
    return len(packed) % 4 == 0


def _is_uri(value: str) -> bool:
    if re.fullmatch(r"[A-Za-z]+:[A-Za-z0-9/?=.+@]*|[A-Za-z0-9.-]*", value.strip()) is None:
        raise UndecidedError
    return True


BUILT_IN: dict[str, Callable[[str], bool]] = {
    "string": lambda _: True,
    "token": lambda _: True,
    "anyURI": _is_uri,
    "NMTOKEN": lambda value: re.fullmatch(r"[A-Za-z0-9._:-]+", value.strip()) is not None,
    "boolean": lambda value: value.strip() in {"true", "false", "1", "0"},
    "integer": lambda value: re.fullmatch(r"[+-]?\d+", value.strip()) is not None,
    "decimal": lambda value: _NUMBER.fullmatch(value.strip()) is not None,
    "double": _is_double,
    "base64Binary": _is_base64,
    "date": _is_date,
    "dateTime": _is_moment,
    "time": _is_clock,
    "gYear": lambda value: _YEAR.fullmatch(value.strip()) is not None,
    "gYearMonth": lambda value: _MONTH.fullmatch(value.strip()) is not None,
}
"""Whether a text is of a built-in type."""
