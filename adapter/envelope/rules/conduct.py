"""How a message handler behaves: EB-601 to EB-636. Each is kept by a part of the adapter and held by its tests."""

from __future__ import annotations

from typing import Final

from adapter.envelope.rules.rule import Needs, RuleBook

BOOK: Final = RuleBook()

_ROWS: Final = (
    ("EB-601", "A payload message gets exactly one ebXML answer, or a Fault", "HITS 1172 §4.2.2",
     "adapter.service.payloads.take_payload"),
    ("EB-602", "It is answered at once, before the application has it", "HITS 1171 §8.1; HIS 1037 §9.1.2",
     "adapter.service.payloads.take_payload"),
    ("EB-603", "It is acknowledged only when signature and decryption have succeeded and it is durable",
     "HIS 1037 §4.3; HITS 1172 ch. 3", "adapter.service.payloads.take_payload"),
    ("EB-604", "A true duplicate gets the same answer again and is not delivered",
     "HIS 1037 §6.2.1; HITS 1171 §5.2.1.11", "adapter.delivery.duplicates.judge"),
    ("EB-605", "A duplicate without AckRequested is ignored", "HIS 1037 §6.2.1",
     "adapter.service.payloads.take_payload"),
    ("EB-606", "A duplicate is told by MessageId and all DigestValues", "HITS 1172 §5.8.2",
     "adapter.delivery.duplicates.judge"),
    ("EB-607", "A resend is the identical message in a new mail", "HITS 1172 §4.2.3.2; ebMS 6.5.4",
     "adapter.service.transmission.transmit_due"),
    ("EB-608", "5 resends, 12 hours apart, unless agreed otherwise", "HIS 1037 §5.2", "adapter.delivery.sender.step"),
    ("EB-609", "The mailbox is looked into before a resend", "HITS 1171 §8.1", "adapter.service.timers"),
    ("EB-610", "After the last resend the system or person that sent is told", "HIS 1037 §5.2",
     "adapter.delivery.sender.step"),
    ("EB-611", "A Fault, a bounce or an Error ends the resends", "HITS 1172 §4.2.3.2", "adapter.delivery.sender.step"),
    ("EB-612", "After an Error the corrected message has a new MessageId", "HITS 1171 §9.7; HITS 1172 §5.8.2",
     "adapter.service.sealing.seal_one"),
    ("EB-613", "A signal is never answered", "HIS 1037 §9.1; HITS 1171 §8.1", "adapter.envelope.respond.answer"),
    ("EB-614", "Signals are signed", "HIS 1037 §5.5, §7.2.5", "adapter.envelope.seal.Sealer.acknowledge"),
    ("EB-615", "A signal goes to the EDI address of the From HER-id", "HITS 1172 §4.2.2.3",
     "adapter.service.answers.signal_response"),
    ("EB-616", "A Fault goes to Reply-To or From, with In-Reply-To and References", "HITS 1172 §4.2.2.3, §4.2.3.2",
     "adapter.service.answers.answer_by_fault"),
    ("EB-617", "A bounce is matched by ENVID, a Fault by Message-ID, a signal by RefToMessageId", "HITS 1172 §4.2.3",
     "adapter.service.signals.take_bounce"),
    ("EB-618", "What cannot be signed or is not valid is not sent", "HITS 1171 §5.1",
     "adapter.envelope.seal.Sealer.seal"),
    ("EB-619", "ConversationId is the same through a conversation", "HIS 1037 §6.2.1",
     "adapter.service.sealing.seal_one"),
    ("EB-620", "An AppRec has the Service of the original, Action APPREC, mirrored roles", "HISD 1209 §3.2-3.3",
     "adapter.envelope.routing.Process"),
    ("EB-621", "The same mail and the same register give the same findings", "HITS 1172 §4.2.5",
     "adapter.envelope.rules.judge"),
    ("EB-622", "An old decryption key is kept for 84 hours after a change of certificates", "HISD 1177 §5.3",
     "adapter.crypto.keys.DecryptionKeys"),
    ("EB-624", "A Warning has the Service of signals and the Action MessageError", "HITS 1171 §8.4",
     "adapter.envelope.seal.Sealer.object_to"),
    ("EB-625", "A refused message is not delivered", "HITS 1171 §8.3", "adapter.service.payloads.take_payload"),
    ("EB-626", "Test messages carry the test mark where it is switched on", "HITS 1172 §5.15.2",
     "adapter.envelope.seal.Sealer"),
    ("EB-627", "A finding does not end the validation; all are reported together", "HITS 1172 §4.2, ch. 5",
     "adapter.envelope.rules.judge"),
    ("EB-628", "An ErrorList as soon as both HER-ids can be read, a Fault only before that", "HITS 1172 §4.2.2.3, §5.8",
     "adapter.envelope.respond.refusal"),
    ("EB-629", "With a bad signature the header is still read, to answer; a Fault does not mention the signature",
     "HITS 1172 §5.7.2", "adapter.envelope.header.return_address"),
    ("EB-630", "MessageId, DigestValues and time of every mail are kept, of repeats too", "HITS 1172 §5.8.2, §4.2.5",
     "adapter.service.intake.keep"),
    ("EB-631", "A CPAId of two HER-ids is accepted also where there is a CPA", "HITS 1172 §5.9.2",
     "adapter.envelope.header.read_header"),
    ("EB-632", "PartyIds of other types beside the HER-id are accepted", "HITS 1172 §5.8.4",
     "adapter.envelope.header.read_header"),
    ("EB-633", "Acknowledgment, error and payload are messages of their own; a mix is judged by Service and Action",
     "HITS 1172 §4.2.2, §5.11.3", "adapter.envelope.classify.kind_of"),
    ("EB-634", "Ping, Pong and status messages are recognised, and no type rules are run on them",
     "HITS 1172 §5.11.1-5.11.2", "adapter.envelope.classify.kind_of"),
    ("EB-636", "The identifiers of every mail that is sent are kept", "HITS 1172 §4.2.3.1",
     "adapter.service.transmission.transmit_due"),
)  # fmt: skip

for _id, _text, _source, _by in _ROWS:
    BOOK.elsewhere(Needs.CONDUCT, _id, _text, _source, by=_by)

BOOK.elsewhere(
    Needs.CONDUCT,
    "EB-623",
    "The clock is synchronised",
    "HITS 1216 §2.1.6",
    why="needs the time service of the machine, which is the operating system's; a clock that was set is noticed, and "
    "a partner's Timestamp in the future is remarked on (EB-211)",
)
