"""What is in force between two parties."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from adapter.crypto.refusal import RefusedError
from adapter.envelope.agreement import (
    Agreement,
    admit,
    in_force,
    is_pair_id,
    pair_id,
    reliability,
    to_send,
    usable_certificates,
    without_cpa,
)
from adapter.envelope.cpa import Binding, Can, Cpa, CpaStatus, Reliability
from adapter.envelope.header import MessageHeader, Party, Service
from adapter.envelope.routing import Process
from adapter.errors import AGREEMENT_LACKS, AdapterError, WireCode
from adapter.values import EdiAddress, HerId, MessageId, Moment

from .agreed import ANSWER, CPA_ID, FIRST, HOSPITAL, LAST, MUNICIPALITY, READINESS, STRANGER, agreed
from .conftest import World

SECOND = timedelta(seconds=1)


@pytest.fixture(scope="module")
def cpa(world: World) -> Cpa:
    return agreed(world.hospital, world.municipality)


def sent(cpas: tuple[Cpa, ...], process: Process, version: str) -> Agreement:
    return to_send(cpas, HOSPITAL, MUNICIPALITY, process, version, FIRST)


def test_the_pair_is_ordered_as_numbers() -> None:
    """Case 3: 9 comes before 10, whoever sends."""
    assert pair_id(HerId("10"), HerId("9")) == pair_id(HerId("9"), HerId("10")) == "9_10"
    assert is_pair_id("9_10")
    assert is_pair_id("9_10_2")
    assert not is_pair_id(CPA_ID)


def test_without_an_agreement_the_national_defaults_hold(world: World) -> None:
    """The two HER-ids, kithService, the directory's certificate (§6.2.1 of HIS 1037)."""
    agreement = without_cpa(HerId("10"), HerId("9"))
    assert (agreement.cpa_id, agreement.service_type, agreement.address) == ("9_10", "kithService", None)
    assert agreement.certificate is None


def test_a_message_goes_under_the_agreement_that_holds_it(cpa: Cpa, world: World) -> None:
    """CPAId, type of Service, address and encryption certificate are the agreement's."""
    agreement = sent((cpa,), Process(READINESS), "1.6")
    assert (agreement.cpa_id, agreement.service_type) == (CPA_ID, "string")
    assert agreement.address == EdiAddress("kommune@edi.example")
    theirs = world.municipality.encryption.certificate
    assert agreement.certificate == theirs


def test_what_the_agreement_lacks_is_not_sent(cpa: Cpa) -> None:
    """EB-256: another version, another message, or the wrong direction may not go electronically."""
    for process, version in ((Process(READINESS), "2.0"), (Process("LOG_DOD"), "1.6"), (Process(ANSWER), "1.1")):
        with pytest.raises(AdapterError, match="EB-256") as raised:
            sent((cpa,), process, version)
        assert raised.value.kind is AGREEMENT_LACKS


def having(cpa: Cpa, her: HerId, change: Callable[[tuple[Binding, ...]], Iterable[Binding]]) -> Cpa:
    """The agreement with other bindings of one party."""
    first, second = (
        replace(party, bindings=tuple(change(party.bindings))) if party.her == her else party for party in cpa.parties
    )
    return replace(cpa, parties=(first, second))


@pytest.mark.parametrize(("her", "can"), [(HOSPITAL, Can.SEND), (MUNICIPALITY, Can.RECEIVE)])
def test_both_parties_have_agreed_to_it(cpa: Cpa, her: HerId, can: Can) -> None:
    """§8.2: one may send it in its Role and the other receive it in the mirrored one, in a version that both have;
    what only one of them can is neither sent nor taken (EB-256, EB-252)."""
    process = Process(READINESS)
    without = having(cpa, her, lambda bindings: (one for one in bindings if one.can is not can))
    otherwise = having(cpa, her, lambda bindings: (replace(one, role=f"{READINESS}other") for one in bindings))
    for alone in (without, otherwise):
        with pytest.raises(AdapterError, match="EB-256"):
            sent((alone,), process, "1.6")
        with pytest.raises(RefusedError) as raised:
            admit(header(), alone, register=True)
        assert raised.value.rule == "EB-252"
    older = having(cpa, her, lambda bindings: (one for one in bindings if one.can is not can or one.version == "1.5"))
    with pytest.raises(AdapterError, match=r"version 1.6, agreed are 1.5 \(EB-256\)"):
        sent((older,), process, "1.6")
    binding = sent((older,), process, "0").binding
    assert binding is not None
    assert binding.version == "1.5"


def test_a_document_of_no_known_version_goes_by_the_newest_that_is_agreed(cpa: Cpa) -> None:
    """And what is chosen is what the receiver takes it by: its certificate and its address (§8.2)."""
    binding = sent((cpa,), Process(READINESS), "0").binding
    assert binding is not None
    assert (binding.version, binding.can) == ("1.6", Can.RECEIVE)


@pytest.mark.parametrize(
    ("versions", "newest"),
    [
        (("1.9", "1.10"), "1.10"),
        (("1.10", "1.9"), "1.10"),
        (("10.0", "9.9"), "10.0"),
        (("1.6", "1.6.1"), "1.6.1"),
        (("0.9a", "0.9b", "0.9"), "0.9b"),
        (("0.91", "0.9b"), "0.91"),
        (("1.6", "", "next"), "1.6"),
        (("1.2", "1.²"), "1.2"),
    ],
)
def test_the_newest_version_is_the_highest_number(cpa: Cpa, versions: tuple[str, ...], newest: str) -> None:
    """Versions are compared part by part as numbers: 1.10 comes after 1.9; what is no version comes before all."""
    agreed_to = cpa
    for her in (HOSPITAL, MUNICIPALITY):
        agreed_to = having(
            agreed_to, her, lambda bindings: [replace(one, version=said) for one in bindings for said in versions]
        )
    binding = sent((agreed_to,), Process(READINESS), "0").binding
    assert binding is not None
    assert binding.version == newest


def test_the_versions_agreed_are_told_in_their_order(cpa: Cpa) -> None:
    """The refusal lists them as numbers."""
    agreed_to = cpa
    for her in (HOSPITAL, MUNICIPALITY):
        agreed_to = having(
            agreed_to,
            her,
            lambda bindings: [replace(one, version=said) for one in bindings for said in ("1.10", "1.9")],
        )
    with pytest.raises(AdapterError, match=r"agreed are 1.9, 1.10"):
        sent((agreed_to,), Process(READINESS), "1.6")


def test_a_receipt_is_agreed_upon_with_its_message(cpa: Cpa) -> None:
    """An AppRec has a version of its own, which says nothing of the message that it is for."""
    assert sent((cpa,), Process(ANSWER, receipt=True), "1.1").cpa_id == CPA_ID
    with pytest.raises(AdapterError):
        sent((cpa,), Process("LOG_DOD", receipt=True), "1.1")


@pytest.mark.parametrize("status", [one for one in CpaStatus if one is not CpaStatus.VALID])
def test_only_a_valid_agreement_carries_a_message_out(cpa: Cpa, status: CpaStatus) -> None:
    """§8.4: proposed, revoked, expired and superseded ones do not; the message goes as if there were none (§8.5)."""
    assert sent((replace(cpa, status=status),), Process(READINESS), "2.0").cpa_id == "9_10"


def test_the_newest_agreement_of_the_day_is_taken(cpa: Cpa) -> None:
    """Of two that hold, the one that began last; outside its period none does."""
    newer = replace(cpa, id="newer", first=FIRST + SECOND)
    assert in_force((newer, cpa), MUNICIPALITY, HOSPITAL, FIRST + SECOND) is newer
    assert in_force((newer, cpa), MUNICIPALITY, HOSPITAL, FIRST) is cpa
    assert in_force((cpa,), MUNICIPALITY, HOSPITAL, FIRST - SECOND) is None
    assert in_force((cpa,), MUNICIPALITY, HOSPITAL, LAST) is cpa
    assert in_force((cpa,), MUNICIPALITY, HOSPITAL, LAST + SECOND) is None
    assert in_force((cpa,), MUNICIPALITY, STRANGER, FIRST) is None


def test_the_agreement_says_how_often_to_resend(cpa: Cpa) -> None:
    """Retries, interval and life are those of the channel of the binding, else of the default one (§7.1)."""
    asked = (f"S-{READINESS}", READINESS, f"{READINESS}sender")
    assert reliability(cpa, HOSPITAL, *asked) == Reliability(4, timedelta(hours=12), timedelta(days=4))
    assert reliability(cpa, HOSPITAL, "urn:other", "Acknowledgment", "") is not None
    assert reliability(cpa, STRANGER, *asked) is None


def test_the_channel_of_the_binding_is_asked_before_the_default_one(cpa: Cpa) -> None:
    """§8.2: the default channel is that of signals; a binding with a channel of its own follows that one."""
    party = cpa.party(HOSPITAL)
    assert party is not None
    own = Reliability(2, timedelta(hours=4), timedelta(days=2))
    channel = replace(party.channels[0], id="own", reliability=own)
    bindings = tuple(replace(one, channel="own") if one.can is Can.SEND else one for one in party.bindings)
    changed = replace(party, bindings=bindings, channels=(*party.channels, channel))
    other = next(one for one in cpa.parties if one.her != HOSPITAL)
    asked = (f"S-{READINESS}", READINESS, f"{READINESS}sender")
    assert reliability(replace(cpa, parties=(changed, other)), HOSPITAL, *asked) == own


def test_what_a_party_signs_with_is_in_its_agreements(cpa: Cpa, world: World) -> None:
    """Each certificate once, in two agreements as in one."""
    assert usable_certificates((cpa, replace(cpa, id="2")), HOSPITAL) == (world.hospital.signing.certificate,)
    assert usable_certificates((cpa,), STRANGER) == ()


def header(**changed: object) -> MessageHeader:
    """The header of a readiness message under the agreement."""
    whole = MessageHeader(
        sender=Party(HOSPITAL, f"{READINESS}sender"),
        receiver=Party(MUNICIPALITY, f"{READINESS}receiver"),
        cpa_id=CPA_ID,
        conversation_id="c",
        service=Service(f"S-{READINESS}", "string"),
        action=READINESS,
        message_id=MessageId("5f1d4b7a-93b1-4b0f-8a0c-2f4f7e1b9c55"),
        timestamp=Moment.at(FIRST),
    )
    return replace(whole, **changed)  # type: ignore[arg-type]


def test_a_message_under_its_agreement_is_admitted(cpa: Cpa) -> None:
    """Nothing is remarked, on the first and the last moment of the period, and under a superseded agreement."""
    assert admit(header(), cpa, register=True) == ()
    assert admit(header(timestamp=Moment.at(LAST)), cpa, register=True) == ()
    assert admit(header(), replace(cpa, status=CpaStatus.SUPERSEDED), register=True) == ()


BROKEN = (
    ("EB-247", {"sender": Party(STRANGER, f"{READINESS}sender")}, {}),
    ("EB-248", {"receiver": Party(STRANGER, f"{READINESS}receiver")}, {}),
    ("EB-249", {"timestamp": Moment.at(FIRST - SECOND)}, {}),
    ("EB-250", {"timestamp": Moment.at(LAST + SECOND)}, {}),
    ("EB-251", {}, {"status": CpaStatus.REVOKED}),
    ("EB-251", {}, {"status": CpaStatus.PROPOSED}),
    ("EB-251", {}, {"status": CpaStatus.EXPIRED}),
    ("EB-252", {"action": "LOG_DOD"}, {}),
    ("EB-252", {"sender": Party(HOSPITAL, f"{READINESS}receiver")}, {}),
)


@pytest.mark.parametrize(("rule", "in_header", "in_cpa"), BROKEN)
def test_what_the_agreement_does_not_hold_is_refused(
    cpa: Cpa, rule: str, in_header: dict[str, object], in_cpa: dict[str, object]
) -> None:
    """EB-247 to EB-252 are answered `Inconsistent`."""
    with pytest.raises(RefusedError) as raised:
        admit(header(**in_header), replace(cpa, **in_cpa), register=True)  # type: ignore[arg-type]
    assert (raised.value.rule, raised.value.kind.wire) == (rule, WireCode.INCONSISTENT)


def test_an_unknown_agreement_is_wrong_only_to_who_can_know() -> None:
    """EB-246: with a register an unknown CPAId is refused, without one it is remarked on."""
    with pytest.raises(RefusedError) as raised:
        admit(header(), None, register=True)
    assert (raised.value.rule, raised.value.kind.wire) == ("EB-246", WireCode.VALUE_NOT_RECOGNIZED)
    assert [one.rule for one in admit(header(), None, register=False)] == ["EB-246"]


def test_the_two_her_ids_are_always_in_order(cpa: Cpa) -> None:
    """HITS 1172 §5.9.2: the pair is legal as CPAId, with a register or without."""
    assert admit(header(cpa_id="9_10"), None, register=True) == ()


def test_der_of_a_certificate_is_the_one_in_the_agreement(cpa: Cpa, world: World) -> None:
    """The encryption certificate of a binding is the receiver's, octet for octet."""
    agreement = sent((cpa,), Process(READINESS), "1.5")
    assert agreement.binding is not None
    assert agreement.binding.encryption == world.municipality.encryption.certificate.public_bytes(Encoding.DER)
