"""The schema set: what is installed, what it leaves alone, what it costs, and that threads do not meet in it."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import pytest
from lxml import etree

from adapter.errors import AdapterError
from adapter.lookups.packaged import schemas
from adapter.messages.findings import Finding
from adapter.messages.schemas import INDEX, MAX_CHILDREN, MAX_FINDINGS, SchemaSet
from adapter.messages.xml import parse
from tests.schemas.one_message import EVENT, GEN, MESSAGE, PATIENT, PAYLOAD, PL, PO

SET = SchemaSet(schemas())


def check(text: str) -> tuple[Finding, ...]:
    return SET.validate(parse(text.encode()))


def changed(document: str, old: str, new: str) -> str:
    assert old in document, old
    return document.replace(old, new, 1)


def test_a_payload_of_an_unknown_namespace_is_left_alone() -> None:
    """A payload no schema is installed for is no finding, while the head and other payloads are still checked."""
    foreign = '<x xmlns="urn:unknown"><anything a="b">text</anything></x>'
    assert not SET.covers("urn:unknown")
    assert SET.covers(PL)
    assert check(changed(MESSAGE, PAYLOAD, foreign)) == ()
    assert check(changed(MESSAGE, "<Content>", f"<Content>{foreign}")) == ()
    broken = changed(MESSAGE, "<Content>", f"<Content>{foreign}").replace("<Anslag>false</Anslag>", "")
    assert [finding.path.rpartition("/")[2] for finding in check(broken)] == ["TidsfestetHendelse"]
    assert check(
        changed(MESSAGE, "p1:Pasientlogistikk", "p1:Pasientlogistik").replace(
            "/p1:Pasientlogistikk", "/p1:Pasientlogistik"
        )
    )


def test_threads_do_not_see_each_other() -> None:
    """Two threads that check differently broken documents each get only the findings of their own."""
    documents = (
        parse(changed(MESSAGE, "<Anslag>false", "<Anslag>kanskje").encode()),
        parse(changed(MESSAGE, GEN, "i dag").encode()),
        parse(changed(MESSAGE, "<MIGversion>", "<Versjon/><MIGversion>").encode()),
    )
    alone = [SET.validate(document) for document in documents]
    assert len(set(alone)) == len(documents)
    wrong: list[int] = []

    def work(number: int) -> None:
        own = parse(etree.tostring(documents[number]))
        wrong.extend(number for _ in range(300) if SET.validate(own) != alone[number])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(documents))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_findings_are_bounded() -> None:
    """A document with very many mistakes gets the first of them and a finding that says there are more."""
    found = check(
        changed(MESSAGE, EVENT, EVENT.replace("false", "x")).replace(
            PATIENT, f"<Patient>{'<TeleCom/>' * 1000}</Patient>"
        )
    )
    assert len(found) == MAX_FINDINGS + 1
    assert "more than" in found[-1].message


def test_a_hostile_number_of_children_is_named() -> None:
    """A document with more children below one element than any message has is refused without a schema check."""
    (finding,) = check(changed(MESSAGE, PATIENT, f"<Patient>{'<TeleCom/>' * (MAX_CHILDREN + 1)}</Patient>"))
    assert f"more than {MAX_CHILDREN} elements" in finding.message


@pytest.mark.parametrize(
    ("old", "value"),
    [
        ("2.16.578.1.12.4.1.1.9051", "1" * 100_000 + "x"),
        (GEN, "i dag " * 1_000_000),
        (GEN, " is not a valid value of the atomic type '" * 100_000),
        (GEN, "[facet 'pattern'] " * 100_000),
    ],
    ids=["quadratic pattern", "long value", "imitated ending", "imitated facet"],
)
def test_a_hostile_value_costs_no_time(old: str, value: str) -> None:
    """A value of megabytes is refused in one short finding at once, also where the published pattern is quadratic."""
    (finding,) = check(changed(MESSAGE, old, value))
    assert len(finding.message) < 200


def test_the_index_names_what_is_installed() -> None:
    """The index tells namespace, version, message types, root and standard of every file, and every file is in it."""
    files = schemas()
    index = SET.index
    assert {entry.file for entry in index.entries} == {name for name in files if name.endswith(".xsd")}
    entry = index.entry(PL)
    assert entry is not None
    assert (entry.version, entry.roots, entry.standard) == ("1.6", ("Pasientlogistikk",), "HIS 1149:2014")
    assert [found.version for found in index.entries if "LOG_DOD" in found.types] == ["1.5", "1.6", "2.0"]
    assert index.entry("urn:unknown") is None
    for entry in index.entries:
        root = parse(files[entry.file]).getroot()
        assert root.get("targetNamespace") == entry.namespace
        declared = {child.get("name") for child in root if child.tag == "{http://www.w3.org/2001/XMLSchema}element"}
        assert set(entry.roots) <= declared


def _with(files: Mapping[str, bytes], **changes: bytes | None) -> dict[str, bytes]:
    new = dict(files)
    for name, content in changes.items():
        file = INDEX if name == "INDEX" else name.replace("_", "-") + ".xsd"
        if content is None:
            del new[file]
        else:
            new[file] = content
    return new


ENTRY = b'[[schema]]\nfile = "kith.xsd"\nnamespace = "urn:a"\nversion = "1"\nroots = []\ntypes = []\nstandard = "x"\n'


@pytest.mark.parametrize(
    ("index", "says"),
    [
        (None, "there is no INDEX.toml"),
        (b"[[schema", "INDEX.toml"),
        (b"\xff", "INDEX.toml"),
        (b"", "no [[schema]]"),
        (b"schema = [1]", "number 1 is no table"),
        (ENTRY.replace(b'version = "1"', b""), "number 1 needs the text `version`"),
        (ENTRY.replace(b"roots = []", b"roots = 1"), "number 1 needs the list `roots`"),
        (ENTRY + ENTRY, "a namespace twice"),
        (ENTRY.replace(b"kith.xsd", b"gone.xsd"), "gone.xsd"),
    ],
)
def test_a_bad_index_says_what_is_wrong(index: bytes | None, says: str) -> None:
    """An index that cannot be used names the file, the table and the key."""
    with pytest.raises(AdapterError) as raised:
        SchemaSet(_with(schemas(), INDEX=index))
    assert raised.value.id == "SCHEMAS-UNUSABLE"
    assert says in str(raised.value)


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"<xs:schema", ""), (b'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element/></xs:schema>', "")],
)
def test_a_schema_that_does_not_compile_says_so(content: bytes, says: str) -> None:
    """A schema file that is broken shows when the set is compiled, as an error of the operator."""
    broken = SchemaSet(_with(schemas(), kith=content))
    with pytest.raises(AdapterError) as raised:
        broken.compile()
    assert raised.value.id == "SCHEMAS-UNUSABLE"
    assert says in str(raised.value)


def test_a_missing_import_is_named() -> None:
    """A file that another one imports and that is not there is named, and is looked for nowhere else."""
    importing = b"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="http://www.kith.no/xmlstds">
      <xs:import namespace="urn:else" schemaLocation="http://127.0.0.1:9/folder/else.xsd"/></xs:schema>"""
    with pytest.raises(AdapterError, match=r"else\.xsd"):
        SchemaSet(_with(schemas(), kith=importing)).compile()


def test_a_site_may_have_its_own_set() -> None:
    """A set with other file names, imports by web address and ISO-8859-1 files gives the same verdicts."""
    own: dict[str, bytes] = {}
    for name, content in schemas().items():
        text = content.decode()
        if name == INDEX:
            text = text.replace('file = "', 'file = "KITH-')
        else:
            text = text.replace('schemaLocation="', 'schemaLocation="http://www.kith.no/xmlstds/KITH-')
            text = text.replace('encoding="UTF-8"', 'encoding="ISO-8859-1"').replace("§", "")
        own[name if name == INDEX else f"KITH-{name}"] = text.encode("utf-8" if name == INDEX else "iso-8859-1")
    site = SchemaSet(own)
    request = f'<Foresporsel xmlns="{PO}"><TypeForesp/><Formål/></Foresporsel>'
    assert site.validate(parse(MESSAGE.encode())) == ()
    assert site.validate(parse(request.encode())) == ()
    assert site.validate(parse(request.replace("Formål", "Formal").encode())) != ()


def test_a_smaller_set_covers_less() -> None:
    """What a site's index leaves out is not covered, and its payloads are left alone."""
    index = schemas()[INDEX].decode().split("[[schema]]")
    kept = [part for part in index[1:] if "po/" not in part]
    site = SchemaSet(_with(schemas(), INDEX="".join(f"[[schema]]{part}" for part in kept).encode()))
    assert not site.covers(PL)
    assert site.validate(parse(MESSAGE.replace("<Anslag>false", "<Anslag>kanskje").encode())) == ()
    assert site.validate(parse(MESSAGE.replace("<Type ", '<Type S="1" ').encode())) != ()


def test_schemas_are_whole_whatever_other_threads_parse() -> None:
    """Schemas that compile while other threads parse and compile know every namespace of the set."""
    files, content, done = schemas(), MESSAGE.encode(), threading.Event()

    def disturb() -> None:
        while not done.is_set():
            parse(content)

    threads = [threading.Thread(target=disturb) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        findings = [SchemaSet(files).validate(parse(content)) for _ in range(60)]
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert set(findings) == {()}
