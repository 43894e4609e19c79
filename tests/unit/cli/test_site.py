"""Validating with the schemas and the mode of a site, and without any configuration."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from adapter.cli.main import group

FIXTURES = Path(__file__).parents[3] / "fixtures/messages"
INDEX = """
[[schema]]
file = "epikrise.xsd"
namespace = "urn:example:epikrise"
version = "1.2"
roots = ["Epikrise"]
types = ["EPIKRISE"]
standard = "the site's own Epikrise"
"""
SCHEMA = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:example:epikrise">
  <xs:element name="Epikrise" type="xs:boolean"/>
</xs:schema>"""


@pytest.fixture
def message(tmp_path: Path) -> Path:
    """A discharge summary whose content is no boolean."""
    ready = (FIXTURES / "discharge-ready.xml").read_text("utf-8")
    typed = ready.replace("LOG_UTSKRIVNINGSKLAR", "EPIKRISE")
    content = '<Content><e:Epikrise xmlns:e="urn:example:epikrise">kanskje</e:Epikrise></Content>'
    path = tmp_path / "epikrise.xml"
    path.write_text(re.sub(r"<Content>.*</Content>", content, typed, flags=re.DOTALL), "utf-8")
    return path


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The configuration that ships, with a folder of schemas."""
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "INDEX.toml").write_text(INDEX, "utf-8")
    (folder / "epikrise.xsd").write_text(SCHEMA, "utf-8")
    path = tmp_path / "config.toml"
    shipped = (Path(__file__).parents[3] / "config.toml").read_text("utf-8")
    path.write_text(shipped + '\n[schemas]\npath = "own"\n', "utf-8")
    return path


def validate(*arguments: str | Path) -> Result:
    return CliRunner().invoke(group, ["validate", *map(str, arguments)])


def findings(result: Result) -> list[tuple[str, str]]:
    [verdict] = json.loads(result.stdout)
    return [(finding["rule"], finding["severity"]) for finding in verdict["findings"] if finding["rule"] == "XSD"]


def test_without_a_schema_the_content_is_a_warning(message: Path) -> None:
    """Content nobody here has a schema for is carried, and the verdict says that only the head was judged."""
    result = validate(message, "--json")
    assert (result.exit_code, findings(result)) == (0, [("XSD", "warning")])


def test_the_schemas_of_the_site_judge(message: Path, config: Path) -> None:
    """With `--config` the site's schema finds what is wrong with the content, and ours still judge the head."""
    result = validate(message, "--config", config, "--json")
    assert (result.exit_code, findings(result)) == (1, [("XSD", "error")])


def test_schemas_that_cannot_be_used_are_a_sentence(message: Path, config: Path) -> None:
    """A folder without an index is exit 2, with what to do."""
    (config.parent / "own" / "INDEX.toml").unlink()
    result = validate(message, "--config", config)
    assert result.exit_code != 0
    assert "INDEX.toml" in str(result.exception)


def test_a_synthetic_patient_is_refused_by_a_configuration_of_production(config: Path) -> None:
    """What may be sent in a test may not be in production, and the same command says so with the site's file."""
    ready = FIXTURES / "discharge-ready.xml"
    assert validate(ready).exit_code == 0
    config.write_text(config.read_text("utf-8").replace('mode = "test"', 'mode = "production"'), "utf-8")
    result = validate(ready, "--config", config)
    assert (result.exit_code, "ID-006" in result.output) == (1, True)


def test_many_files_are_judged_in_their_order_on_every_core(tmp_path: Path, message: Path, config: Path) -> None:
    """A folder of many files gives the verdicts of single ones, in the order of the names, with the site's schemas."""
    content = message.read_bytes()
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(70):
        (folder / f"{number:03}.xml").write_bytes(content if number % 2 else b"not xml")
    verdicts = json.loads(validate(folder, "--config", config, "--json").stdout)
    assert [Path(verdict["file"]).stem for verdict in verdicts] == [f"{number:03}" for number in range(70)]
    assert {verdict["valid"] for verdict in verdicts} == {False}
    assert [verdict["findings"][0]["rule"] for verdict in verdicts[:2]] == ["MH-001", "XSD"]


def test_an_empty_folder_is_an_empty_list(tmp_path: Path) -> None:
    """Nothing to judge is an empty JSON list and exit 0."""
    folder = tmp_path / "empty"
    folder.mkdir()
    result = validate(folder, "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (0, [])
