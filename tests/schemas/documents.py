"""Documents to judge: valid ones drawn from the content models, and copies of them broken in one place."""

from __future__ import annotations

import random
from collections.abc import Iterator
from copy import deepcopy
from itertools import count

from content_model import UNBOUNDED, Decl, Model, Type, namespace_of, own_attributes
from lxml import etree

GOOD: dict[str, tuple[str, ...]] = {
    "string": ("", "tekst", "å & <b>", "  to  ord "),
    "token": ("K1", "HER", " Norge ", ""),
    "anyURI": ("", "urn:x", "http://example.test/a?b=c", "cid:1@x", "tel:+4755500123"),
    "NMTOKEN": ("B64", "TXT", "NI"),
    "boolean": ("true", "false", "1", "0", " true "),
    "integer": ("0", "-12", "+7", "12345678901234567890"),
    "decimal": ("1.5", "-0.25", "7", ".5"),
    "double": ("1.5", "-2E3", "7", "INF", "NaN"),
    "base64Binary": ("", "QUJD", "QQ==", "QUI=", "QUJD QUJD"),
    "date": ("2018-01-31", "2020-02-29", "2018-01-31Z", "2018-01-31+01:00"),
    "dateTime": ("2018-01-31T10:00:00", "2018-01-31T24:00:00", "2018-01-31T10:00:00.123Z", "2018-01-31T10:00:00+01:00"),
    "time": ("10:00:00", "23:59:59.9", "10:00:00Z"),
    "gYear": ("2018", "1999Z"),
    "gYearMonth": ("2018-01", "2018-12+01:00"),
}

BAD = (
    "", " ", "x", "i dag", "TRUE", "yes", "2", "-", "1,5", "1.2.3.", ".1", "2.16", "2.16.578.1", "urn:oid:2.16", "A",
    "AAAAA", "Ab=c", "2018", "2018-13", "2018-01", "2018-02-30", "2018-01-31", "31.01.2018", "2018-01-31T10:00",
    "2018-01-31 10:00:00", "2018-01-31T24:00:00", "2018-01-31T25:00:00", "2018-01-31T10:00:00+15:00", "10:00",
    "10:00:00", "24:00:01", "EPJ sak", "EPJ Sak", "Mappe", "Uspesifisert", "v1.2 2006-05-24", " v1.2 2006-05-24",
    "text/plain", "SHA-1", "DF", "NI", "true", "1",
)  # fmt: skip

DEEP = 3
FOREIGN = "urn:example:unknown"
_ids = count()


class Draw:
    """Draws valid documents. `leaves_out` grows with depth, so that recursive types end."""

    def __init__(self, model: Model, chance: random.Random) -> None:
        self.model = model
        self.chance = chance
        self.payloads = sorted(tag for tag, decl in model.elements.items() if self._is_message_root(tag))

    @staticmethod
    def _is_message_root(tag: str) -> bool:
        return any(
            part in tag for part in ("}Pasientlogistikk", "}Dialogmelding", "}Base64Container", "}MeldingFravar")
        )

    def document(self, tag: str) -> etree._Element:
        element = etree.Element(tag)
        if tag in self.model.probes:
            self._fill(element, self.model.probes[tag].type, 0)
        else:
            self._fill_declared(element, self.model.elements[tag], 0)
        return element

    def _fill_declared(self, element: etree._Element, decl: Decl, depth: int) -> None:
        constraint = decl.json.get("fixed") or decl.json.get("default")
        if constraint is not None and self.chance.random() < 0.8:
            element.text = self.chance.choice((constraint, None))
            return
        if "fixed" in decl.json:
            element.text = decl.json["fixed"]
            return
        self._fill(element, self.model.type_of(decl), depth)

    def _fill(self, element: etree._Element, type_: Type, depth: int) -> None:
        if type_.is_any:
            self._fill_anything(element, depth)
            return
        if type_.is_simple:
            element.text = self.value(type_)
            return
        for tag, decl in self.model.attributes_of(type_).items():
            if decl.json.get("use") == "required" or self.chance.random() < 0.5:
                element.set(tag, decl.json.get("fixed") or self.value(self.model.type_of(decl)))
        text = self.model.simple_content_of(type_)
        if text is not None:
            element.text = self.value(text)
            return
        for particle in self.model.particles_of(type_):
            self.grow(element, particle, depth)
        if type_.complex is not None and type_.complex.get("mixed") and self.chance.random() < 0.4:
            self._scatter(element, "fri tekst")
        elif len(element) and self.chance.random() < 0.3:
            self._scatter(element, "\n  ")

    def _scatter(self, element: etree._Element, text: str) -> None:
        if len(element) and self.chance.random() < 0.5:
            self.chance.choice(list(element)).tail = text
        else:
            element.text = text

    def _fill_anything(self, element: etree._Element, depth: int) -> None:
        element.text = self.chance.choice(("", "fri tekst"))
        if self.chance.random() < 0.3:
            element.set("vilkårlig", "x")
        if depth < DEEP and self.chance.random() < 0.5:
            paragraph = etree.SubElement(element, "{http://www.w3.org/1999/xhtml}p")
            paragraph.text = "avsnitt"
            self._fill_wildcard(element, depth)

    def _fill_wildcard(self, parent: etree._Element, depth: int) -> None:
        tag = self.chance.choice(self.payloads)
        self._fill_declared(etree.SubElement(parent, tag), self.model.elements[tag], depth + 3)

    def grow(self, parent: etree._Element, particle: Decl, depth: int) -> None:
        least = particle.json["min"]
        most = UNBOUNDED if particle.json["max"] == "unbounded" else particle.json["max"]
        times = least
        if depth < DEEP + self.chance.randrange(2) and most > least:
            times = min(most, least + self.chance.choice((0, 0, 1, 1, 1, 2)))
        for _ in range(times):
            kind = particle.json["p"]
            if kind == "element":
                child = etree.SubElement(parent, self.model.tag_of(particle))
                self._fill_declared(child, self.model.declaration_of(particle), depth + 1)
            elif kind == "any":
                self._grow_any(parent, particle, depth)
            elif kind == "choice":
                self.grow(parent, Decl(particle.scope, self.chance.choice(particle.json["items"])), depth)
            else:
                for item in particle.json["items"]:
                    self.grow(parent, Decl(particle.scope, item), depth)

    def _grow_any(self, parent: etree._Element, particle: Decl, depth: int) -> None:
        lax = particle.json["processContents"] == "lax"
        if lax and self.chance.random() < 0.5:
            etree.SubElement(parent, f"{{{FOREIGN}}}noe").text = "tekst"
        else:
            self._fill_wildcard(parent, depth)

    def value(self, type_: Type) -> str:
        if type_.built_in == "ID":
            return f"id{next(_ids)}"
        if type_.built_in:
            return self.chance.choice(GOOD[type_.built_in])
        assert type_.simple is not None
        if "union" in type_.simple:
            return self.value(self.model.named(type_.scope, self.chance.choice(type_.simple["union"])))
        if "enumeration" in type_.simple:
            return self.chance.choice(type_.simple["enumeration"])
        if type_.simple.get("pattern") == ["true|false"]:
            return self.chance.choice(("true", "false"))
        if "pattern" in type_.simple:
            return self.chance.choice(("2.16.578.1.12.4.1.1.9051", "1", " 2.16 "))
        return self.value(self.model.named(type_.scope, type_.simple["restriction"]))


class Vary:
    """Tries one by one everything a content model says of one type: each child and each attribute, there or not.

    Every child stands once (of a choice, the branch that is tried), itself as small as it may be; then the child in
    question is taken away, doubled, moved or given other values.
    """

    VALUES = ("x", "1", "2018-01-31", "AAAAA")

    def __init__(self, model: Model, chance: random.Random) -> None:
        self.model = model
        self.draw = Draw(model, chance)

    def documents(self, tag: str) -> Iterator[tuple[str, etree._Element]]:
        probe = self.model.probes.get(tag)
        return self._vary(tag, self.model.type_of(self.model.elements[tag]) if probe is None else probe.type)

    def _vary(self, tag: str, type_: Type) -> Iterator[tuple[str, etree._Element]]:
        yield "empty", etree.Element(tag)
        if type_.complex is None:
            return
        particles = self.model.particles_of(type_)
        for leaf in self.model.leaves(particles).values():
            root = self._once(tag, type_, leaf)
            tried = next((child for child in root if self._is(child, leaf)), None)
            yield "once", root
            if tried is not None:
                yield from self._around(root, root.index(tried))
            if tried is not None and "complex" in leaf.json:
                for way, inner in self._vary(str(tried.tag), self.model.type_of(leaf)):
                    copy = deepcopy(root)
                    copy.replace(copy[root.index(tried)], inner)
                    yield f"inside {way}", copy
        yield from self._attributes(tag, type_)

    def _is(self, child: etree._Element, leaf: Decl) -> bool:
        return leaf.json["p"] == "any" or child.tag == self.model.tag_of(leaf)

    def _once(self, tag: str, type_: Type, leaf: Decl) -> etree._Element:
        root = etree.Element(tag)
        for name, decl in self.model.attributes_of(type_).items():
            if decl.json.get("use") == "required":
                root.set(name, decl.json.get("fixed") or self.draw.value(self.model.type_of(decl)))
        for particle in self.model.particles_of(type_):
            self._add(root, particle, leaf)
        return root

    def _add(self, root: etree._Element, particle: Decl, leaf: Decl) -> None:
        if particle.json["p"] in {"element", "any"}:
            lean = Decl(particle.scope, particle.json | {"min": 1, "max": 1})
            if particle.json["p"] == "element" or particle.json is leaf.json:
                self.draw.grow(root, lean, DEEP + 2)
            return
        items = [Decl(particle.scope, item) for item in particle.json["items"]]
        if particle.json["p"] == "choice":
            items = [next((item for item in items if self._holds(item, leaf)), items[0])]
        for item in items:
            self._add(root, item, leaf)

    def _holds(self, particle: Decl, leaf: Decl) -> bool:
        return particle.json is leaf.json or any(
            self._holds(Decl(particle.scope, item), leaf) for item in particle.json.get("items", ())
        )

    def _around(self, root: etree._Element, at: int) -> Iterator[tuple[str, etree._Element]]:
        removed, doubled, later, twice, only = (deepcopy(root) for _ in range(5))
        removed.remove(removed[at])
        yield "removed", removed
        doubled[at].addnext(deepcopy(doubled[at]))
        yield "doubled", doubled
        if at + 1 < len(later):
            later[at + 1].addnext(later[at])
            yield "later", later
        twice.extend([deepcopy(child) for child in root])
        yield "twice", twice
        for child in list(only):
            if child.tag != root[at].tag:
                only.remove(child)
        yield "only", only
        if not len(root[at]) and not root[at].attrib:
            for value in self.VALUES:
                changed = deepcopy(root)
                changed[at].text = value
                yield "value", changed

    def _attributes(self, tag: str, type_: Type) -> Iterator[tuple[str, etree._Element]]:
        declared = self.model.attributes_of(type_)
        leaves = list(self.model.leaves(self.model.particles_of(type_)).values())
        root = self._once(tag, type_, leaves[0]) if leaves else self._once(tag, type_, Decl(type_.scope, {}))
        for name, decl in declared.items():
            attribute = self.model.type_of(decl)
            words = (attribute.simple or {}).get("enumeration", ())
            for value in (*words, *self.VALUES, self.draw.value(attribute)):
                changed = deepcopy(root)
                changed.set(name, value)
                yield "attribute", changed
            if name in root.attrib:
                changed = deepcopy(root)
                del changed.attrib[name]
                yield "attribute removed", changed


class Break:
    """Breaks a document in one place. The result may still be valid: the checker says."""

    def __init__(self, model: Model, chance: random.Random) -> None:
        self.model = model
        self.chance = chance
        self.tags = sorted(model.elements)

    def copies(self, document: etree._Element, number: int) -> Iterator[tuple[str, etree._Element]]:
        ways = (
            self.missing, self.doubled, self.out_of_order, self.misspelt, self.other_namespace, self.other_value,
            self.other_value, self.text, self.attribute_missing, self.attribute_unknown, self.attribute_qualified,
            self.intruder,
        )  # fmt: skip
        for _ in range(number):
            copy = deepcopy(document)
            way = self.chance.choice(ways)
            copy = way(copy, self.chance.choice(list(copy.iter())))
            yield way.__name__, copy

    def missing(self, document: etree._Element, element: etree._Element) -> etree._Element:
        if element is not document:
            parent = element.getparent()
            assert parent is not None
            parent.remove(element)
        return document

    def doubled(self, document: etree._Element, element: etree._Element) -> etree._Element:
        if element is not document:
            element.addnext(deepcopy(element))
        return document

    def out_of_order(self, document: etree._Element, element: etree._Element) -> etree._Element:
        following = element.getnext()
        if following is not None:
            following.addnext(element)
        return document

    def misspelt(self, document: etree._Element, element: etree._Element) -> etree._Element:
        name = etree.QName(element)
        element.tag = f"{{{name.namespace}}}{name.localname}e" if name.namespace else f"{name.localname}e"
        return document

    def other_namespace(self, document: etree._Element, element: etree._Element) -> etree._Element:
        local = etree.QName(element).localname
        namespace = self.chance.choice((*self.model.namespaces, FOREIGN, ""))
        element.tag = f"{{{namespace}}}{local}" if namespace else local
        return document

    def other_value(self, document: etree._Element, element: etree._Element) -> etree._Element:
        names = list(own_attributes(element))
        if names and self.chance.random() < 0.8:
            element.set(self.chance.choice(names), self.chance.choice(BAD))
        else:
            leaf = self.chance.choice([node for node in document.iter() if not len(node)])
            leaf.text = self.chance.choice(BAD)
        return document

    def text(self, document: etree._Element, element: etree._Element) -> etree._Element:
        if len(element) and self.chance.random() < 0.5:
            self.chance.choice(list(element)).tail = "løs tekst"
        else:
            element.text = "løs tekst"
        return document

    def attribute_missing(self, document: etree._Element, element: etree._Element) -> etree._Element:
        carriers = [node for node in document.iter() if own_attributes(node)]
        if carriers:
            carrier = self.chance.choice(carriers)
            del carrier.attrib[self.chance.choice(list(own_attributes(carrier)))]
        return document

    def attribute_unknown(self, document: etree._Element, element: etree._Element) -> etree._Element:
        element.set(self.chance.choice(("V", "S", "DN", "U", "Id", "v", "ukjent")), self.chance.choice(BAD))
        return document

    def attribute_qualified(self, document: etree._Element, element: etree._Element) -> etree._Element:
        carriers = [node for node in document.iter() if own_attributes(node)]
        if carriers:
            carrier = self.chance.choice(carriers)
            tag = self.chance.choice(list(own_attributes(carrier)))
            value = str(carrier.attrib.pop(tag))
            local = tag.rpartition("}")[2]
            carrier.set(local if tag.startswith("{") else f"{{{namespace_of(carrier) or FOREIGN}}}{local}", value)
        return document

    def intruder(self, document: etree._Element, element: etree._Element) -> etree._Element:
        element.insert(self.chance.randint(0, len(element)), etree.Element(self.chance.choice(self.tags)))
        return document
