"""What is in force between two parties: the agreement id, how often to resend, and whether a message is agreed upon.

With an agreement of the register (CPA) it says so; without one, or when the only one may not be used any more, the
national defaults hold, and the id is the two HER-ids (`ebxml.md` §7.1, §8.4, §8.5). The rules of `ebxml.md` §10.4 about
agreements are here, each with the sentence that the sender hears.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from adapter.crypto.certificates import load_certificates
from adapter.crypto.refusal import RefusedError
from adapter.crypto.tolerated import tolerated
from adapter.envelope.cpa import MAY_RECEIVE, MAY_SEND, Binding, Can, Cpa, Reliability
from adapter.envelope.header import MessageHeader
from adapter.envelope.reported import place_of
from adapter.envelope.routing import Process
from adapter.errors import AGREEMENT_LACKS, CPA_UNREADABLE, ENVELOPE_INCONSISTENT, ENVELOPE_VALUE, AdapterError
from adapter.messages.findings import Finding
from adapter.values import EdiAddress, HerId

KITH_SERVICE = "kithService"
"""The eb:type of Service where no agreement says otherwise (HIS 1037 §6.2.1)."""

_AT = "/SOAP:Envelope/SOAP:Header/eb:MessageHeader/eb:CPAId"
_PAIR_ID = re.compile(r"[0-9]+_[0-9]+(_[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Agreement:
    """What a message is sent under. `binding` is what the receiver takes it by, None where there is no CPA."""

    cpa_id: str
    service_type: str = KITH_SERVICE
    binding: Binding | None = None
    address: EdiAddress | None = None

    @property
    def certificate(self) -> x509.Certificate | None:
        """The certificate to encrypt to; None where the agreement names none and the directory decides (§5.4).

        Raises `AdapterError` (CERTIFICATE_UNREADABLE).
        """
        if self.binding is None or not self.binding.encryption:
            return None
        (certificate,) = load_certificates(self.binding.encryption)
        return certificate


def without_cpa(one: HerId, other: HerId) -> Agreement:
    """The agreement of two parties that have no CPA: HIS 1037 §5.2 and §6.2.1."""
    return Agreement(pair_id(one, other))


def pair_id(one: HerId, other: HerId) -> str:
    """The CPAId of two parties without a CPA: the two HER-ids in *numerical* order (HIS 1037 §6.2.1)."""
    low, high = sorted((int(one.value), int(other.value)))
    return f"{low}_{high}"


def is_pair_id(cpa_id: str) -> bool:
    """Whether a CPAId is of the form of two parties without an agreement; some number such ids."""
    return _PAIR_ID.fullmatch(cpa_id) is not None


def in_force(agreements: tuple[Cpa, ...], one: HerId, other: HerId, at: datetime) -> Cpa | None:
    """The agreement that two parties send under at a moment: the one that began last, of those that may be used."""
    usable = [cpa for cpa in agreements if cpa.is_between(one, other) and cpa.status in MAY_SEND and cpa.holds(at)]
    return max(usable, key=lambda cpa: (cpa.first, cpa.id), default=None)


def to_send(
    agreements: tuple[Cpa, ...], sender: HerId, receiver: HerId, process: Process, version: str, at: datetime
) -> Agreement:
    """What a message goes under. `version` is that of the business document, `0` where it is not known.

    Raises `AdapterError` (AGREEMENT_LACKS, EB-256) when there is an agreement and this message is not in it: then it
    may not be sent electronically (HISD 1177 §6.1, §6.4).
    """
    cpa = in_force(agreements, sender, receiver, at)
    if cpa is None:
        return without_cpa(sender, receiver)
    ours, theirs = process.roles
    sending = cpa.bindings(sender, Can.SEND, process.service, process.action, ours)
    taking = cpa.bindings(receiver, Can.RECEIVE, process.service, process.action, theirs)
    versions = {one.version for one in sending} & {one.version for one in taking}
    about = f"{process.service} {process.action} in CPA {cpa.id}"
    if not versions:
        raise AdapterError(AGREEMENT_LACKS, f"{about} (EB-256)")
    # A receipt is agreed upon with the message that it is for, whose version it does not show.
    wanted = versions if process.receipt or version == "0" else versions & {version}
    if not wanted:
        raise AdapterError(
            AGREEMENT_LACKS,
            f"{about}: version {version}, agreed are {', '.join(sorted(versions, key=place_of))} (EB-256)",
        )
    chosen = max((one for one in taking if one.version in wanted), key=lambda one: place_of(one.version))
    party = cpa.party(receiver)
    address = party.address(chosen) if party is not None else None
    return Agreement(cpa.id, chosen.service_type or KITH_SERVICE, chosen, address)


def reliability(cpa: Cpa, sender: HerId, service: str, action: str, role: str) -> Reliability | None:
    """How often a sender resends under an agreement; None where it does not say (`ebxml.md` §7.1)."""
    party = cpa.party(sender)
    if party is None:
        return None
    bound = [one.channel for one in cpa.bindings(sender, Can.SEND, service, action, role)]
    channels = [party.channel(wanted) for wanted in (*bound, party.default_channel)]
    return next((one.reliability for one in channels if one is not None and one.reliability is not None), None)


def admit(header: MessageHeader, named: Cpa | None, *, register: bool) -> tuple[Finding, ...]:
    """Whether a received payload message stands under its agreement (EB-246 to EB-252).

    `named` is the agreement of its CPAId; `register` tells whether a register of agreements was asked for it. The two
    HER-ids as CPAId are in order also where an agreement exists (HITS 1172 §5.9.2). Who has no register cannot tell an
    unknown agreement from a wrong one, and remarks on it only. A resend is judged by its Timestamp, not its arrival.

    Raises `RefusedError`: ENVELOPE_VALUE with EB-246, ENVELOPE_INCONSISTENT with EB-247 to EB-252.
    """
    if named is None:
        if is_pair_id(header.cpa_id):
            return ()
        if register:
            raise RefusedError(ENVELOPE_VALUE, "EB-246", "the register knows no agreement of this CPAId", _AT)
        path = "Envelope/Header/MessageHeader/CPAId"
        return (tolerated("EB-246", path, "CPAId names an agreement that is not here", "HITS 1172 §5.9.2"),)
    made = header.timestamp.instant
    for rule, broken, says in (
        ("EB-247", named.party(header.sender.her) is None, "the sender is no party of the agreement"),
        ("EB-248", named.party(header.receiver.her) is None, "the receiver is no party of the agreement"),
        ("EB-249", made < named.first, "the agreement was not in force yet at Timestamp"),
        ("EB-250", made > named.last, "the agreement was not in force any more at Timestamp"),
        ("EB-251", named.status not in MAY_RECEIVE, f"the agreement is {named.status.name.lower()}"),
        ("EB-252", not _agreed(header, named), "Service, Action and Roles are not in the agreement"),
    ):
        if broken:
            raise RefusedError(ENVELOPE_INCONSISTENT, rule, says, _AT)
    return ()


def _agreed(header: MessageHeader, cpa: Cpa) -> bool:
    asked = (header.service.value, header.action)
    sending = cpa.bindings(header.sender.her, Can.SEND, *asked, header.sender.role)
    taking = cpa.bindings(header.receiver.her, Can.RECEIVE, *asked, header.receiver.role)
    return bool(sending and taking)


def usable_certificates(agreements: tuple[Cpa, ...], her: HerId) -> tuple[x509.Certificate, ...]:
    """What a party signs with under its agreements, each certificate once.

    Raises `AdapterError` (CPA_UNREADABLE).
    """
    octets = dict.fromkeys(one for cpa in agreements if (party := cpa.party(her)) is not None for one in party.signing)
    try:
        return tuple(certificate for one in octets for certificate in load_certificates(one))
    except AdapterError:
        raise AdapterError(CPA_UNREADABLE, "a certificate in an agreement cannot be read") from None
