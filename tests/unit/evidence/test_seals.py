"""Mails in a package that was honestly signed by somebody who was not honest about what is in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from played_stay import Exporter, failures

from adapter.evidence.dossier import Attachment, Dossier, Letter, Sealed
from adapter.evidence.report import Outcome
from adapter.evidence.verify import verify


def number_of(dossier: Dossier, type_: str, *, received: bool) -> int:
    """The number of the first message of a type and direction."""
    for number, letter in enumerate(dossier.letters, 1):
        if letter.record.type == type_ and letter.sealed[0].received is received:
            return number
    raise ValueError(type_)


def with_letter(dossier: Dossier, number: int, letter: Letter) -> Dossier:
    letters = list(dossier.letters)
    letters[number - 1] = letter
    return replace(dossier, letters=tuple(letters))


@pytest.fixture
def readiness(municipality: Exporter) -> tuple[int, Letter]:
    """The readiness message that the municipality received."""
    number = number_of(municipality.dossier, "LOG_UTSKRIVNINGSKLAR", received=True)
    return number, municipality.dossier.letters[number - 1]


def test_a_mail_that_is_not_what_was_signed(municipality: Exporter, readiness: tuple[int, Letter]) -> None:
    """A sealed mail with another ciphertext fails by its signature, and the fact that it proves fails with it."""
    number, letter = readiness
    mail = letter.sealed[0].octets
    at = mail.index(b"smime-type") + 200
    changed = mail[:at] + (b"A" if mail[at : at + 1] != b"A" else b"B") + mail[at + 1 :]
    dossier = with_letter(municipality.dossier, number, replace(letter, sealed=(Sealed(changed, received=True),)))
    found = failures(municipality.pack(dossier))
    assert ("signature", f"messages/{number:03}/mail.eml") in found
    assert "fact" in {check for check, _ in found}


@pytest.mark.parametrize("octets", [b"", b"hello", b"MIME-Version: 1.0\r\nContent-Type: text/xml\r\n\r\n<a/>"])
def test_what_is_no_mail(municipality: Exporter, readiness: tuple[int, Letter], octets: bytes) -> None:
    """Octets in the place of a mail that hold no signed envelope fail."""
    number, letter = readiness
    dossier = with_letter(municipality.dossier, number, replace(letter, sealed=(Sealed(octets, received=True),)))
    assert ("signature", f"messages/{number:03}/mail.eml") in failures(municipality.pack(dossier))


def test_a_signal_in_the_place_of_a_message(municipality: Exporter, readiness: tuple[int, Letter]) -> None:
    """A signed envelope without a payload is no message."""
    number, letter = readiness
    signal = Sealed(letter.answers[0].octets, received=True)
    dossier = with_letter(municipality.dossier, number, replace(letter, sealed=(signal,)))
    assert ("signature", f"messages/{number:03}/mail.eml") in failures(municipality.pack(dossier))


def test_a_document_that_the_mail_does_not_decrypt_to(municipality: Exporter, readiness: tuple[int, Letter]) -> None:
    """A document with another ready date than the signed mail holds fails, though the package is honestly signed."""
    number, letter = readiness
    content = letter.attachments[0]
    forged = content.octets.replace(b"2024-03-05", b"2024-03-04")
    assert forged != content.octets
    changed = replace(letter, attachments=(Attachment(forged, content.content_key),))
    found = failures(municipality.pack(with_letter(municipality.dossier, number, changed)))
    assert ("plaintext", f"messages/{number:03}/document-1.xml") in found


@pytest.mark.parametrize("key", [b"\x00" * 32, b"x", b"\x00" * 24], ids=["another", "one octet", "another length"])
def test_a_key_that_does_not_open(municipality: Exporter, readiness: tuple[int, Letter], key: bytes) -> None:
    """A content key that does not open the mail fails."""
    number, letter = readiness
    changed = replace(letter, attachments=(Attachment(letter.attachments[0].octets, key),))
    found = failures(municipality.pack(with_letter(municipality.dossier, number, changed)))
    assert ("plaintext", f"messages/{number:03}/document-1.xml") in found


def test_a_document_whose_key_is_not_kept(municipality: Exporter, readiness: tuple[int, Letter]) -> None:
    """Without the content key the plaintext is the exporter's word, and the line says so; nothing fails."""
    number, letter = readiness
    changed = replace(letter, attachments=(Attachment(letter.attachments[0].octets),))
    package = municipality.pack(with_letter(municipality.dossier, number, changed))
    assert failures(package) == []
    (line,) = (line for line in verify(package).lines if line.member.startswith(f"messages/{number:03}/document"))
    assert line.outcome is Outcome.NOTED
    assert "the exporter's word" in line.says


def test_a_document_that_is_missing(municipality: Exporter, readiness: tuple[int, Letter]) -> None:
    """A mail without its document fails."""
    number, letter = readiness
    package = municipality.pack(with_letter(municipality.dossier, number, replace(letter, attachments=())))
    assert ("plaintext", f"messages/{number:03}/document-1.xml") in failures(package)


def test_a_sent_plaintext_is_said_to_be_attested(hospital: Exporter) -> None:
    """What we encrypted to somebody else cannot be decrypted again, and the package says honestly that it cannot."""
    number = number_of(hospital.dossier, "LOG_UTSKRIVNINGSKLAR", received=False)
    lines = verify(hospital.package).lines
    (line,) = (line for line in lines if line.member == f"messages/{number:03}/document-1.xml")
    assert line.outcome is Outcome.NOTED
    assert "cannot be decrypted here" in line.says


def test_an_acknowledgment_of_another_message(hospital: Exporter) -> None:
    """An acknowledgment that was put to another message of the same receiver fails."""
    first = number_of(hospital.dossier, "LOG_INNLAGT", received=False)
    other = number_of(hospital.dossier, "LOG_UTSKREVET", received=False)
    letter = hospital.dossier.letters[first - 1]
    answers = hospital.dossier.letters[other - 1].answers
    package = hospital.pack(with_letter(hospital.dossier, first, replace(letter, answers=answers)))
    assert ("acknowledgment", f"messages/{first:03}/answer-1.eml") in failures(package)


def test_an_acknowledgment_of_another_party(hospital: Exporter) -> None:
    """An acknowledgment that somebody else than the receiver signed fails."""
    first = number_of(hospital.dossier, "LOG_INNLAGT", received=False)
    other = number_of(hospital.dossier, "LOG_UTSKRIVNINGSKLAR", received=False)
    letter = hospital.dossier.letters[first - 1]
    answers = hospital.dossier.letters[other - 1].answers
    package = hospital.pack(with_letter(hospital.dossier, first, replace(letter, answers=answers)))
    assert ("acknowledgment", f"messages/{first:03}/answer-1.eml") in failures(package)


def test_an_acknowledgment_that_is_a_message(hospital: Exporter) -> None:
    """A payload message of the receiver is no acknowledgment."""
    first = number_of(hospital.dossier, "LOG_UTSKRIVNINGSKLAR", received=False)
    answer = number_of(hospital.dossier, "DIALOG_HELSEFAGLIG", received=True)
    letter = hospital.dossier.letters[first - 1]
    sealed = hospital.dossier.letters[answer - 1].sealed
    package = hospital.pack(with_letter(hospital.dossier, first, replace(letter, answers=sealed)))
    assert ("acknowledgment", f"messages/{first:03}/answer-1.eml") in failures(package)


def test_no_acknowledgment_is_noted(municipality: Exporter, readiness: tuple[int, Letter]) -> None:
    """A message that nobody acknowledged proves what it proves; its line says that there is no acknowledgment."""
    number, letter = readiness
    package = municipality.pack(with_letter(municipality.dossier, number, replace(letter, answers=())))
    assert failures(package) == []
    noted = [line for line in verify(package).lines if line.check.value == "acknowledgment" and "no ack" in line.says]
    assert [line.member for line in noted] == [f"messages/{number:03}/mail.eml"]


def test_no_sealed_mail_is_noted_and_its_facts_fail(hospital: Exporter) -> None:
    """A message whose sealed octets are gone is named; the facts that rested on it are not believed."""
    number = number_of(hospital.dossier, "DIALOG_HELSEFAGLIG", received=True)
    letter = replace(hospital.dossier.letters[number - 1], sealed=())
    package = hospital.pack(with_letter(hospital.dossier, number, letter))
    assert {check for check, _ in failures(package)} == {"fact", "apprec"}
    assert any(line.member == f"messages/{number:03}/record.json" for line in verify(package).lines)


def test_an_apprec_about_nothing_in_the_package(hospital: Exporter) -> None:
    """An AppRec whose message was left out fails."""
    number = number_of(hospital.dossier, "LOG_UTSKREVET", received=False)
    letters = tuple(one for position, one in enumerate(hospital.dossier.letters, 1) if position != number)
    found = failures(hospital.pack(replace(hospital.dossier, letters=letters)))
    assert "apprec" in {check for check, _ in found}


def test_the_envelope_is_judged_at_its_own_time(municipality: Exporter) -> None:
    """A package checked long after its certificates have expired holds: each is judged at the moment of its use."""
    later = replace(municipality.dossier, made_at=municipality.dossier.made_at + timedelta(days=365 * 15))
    assert failures(municipality.pack(later), municipality.roots) == []
