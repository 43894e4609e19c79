"""Handing messages in: to be sent, or only to be judged."""

from __future__ import annotations

from adapter.api.findings import FindingModel
from adapter.api.operation import Answer, Call, Given, Key, Model, Operation, Taken
from adapter.config import Scope
from adapter.envelope.shown import shown_type
from adapter.errors import EXCHANGE_UNKNOWN, INPUT_NOT_UNDERSTOOD, AdapterError
from adapter.messages.findings import Finding, Severity, has_errors
from adapter.messages.read import read
from adapter.messages.rules.rule import Side
from adapter.service.build_json import is_json
from adapter.service.bundle import unbundle
from adapter.service.handing_in import built, hand_in
from adapter.service.submission import NotTaken, Submission, judge, refusal

MESSAGE = Taken(("application/xml", "application/json"), build_json=True)


class Submitted(Model):
    """The message is kept and will be sent: as which exchange, with which ids."""

    exchange: str
    type: str
    sender: str
    receiver: str
    msg_id: str


class Verdict(Model):
    """What would become of a message: nothing was kept."""

    valid: bool
    kind: str
    type: str | None
    findings: tuple[FindingModel, ...]


class NotTakenError(AdapterError):
    """A message that may not be sent, with everything that speaks against it."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        self.findings = findings
        rules = ", ".join(dict.fromkeys(one.rule for one in findings if one.severity is Severity.ERROR))
        super().__init__(INPUT_NOT_UNDERSTOOD, f"the message breaks {rules}")


def _body(call: Call) -> bytes:
    """The body, of whichever of the two forms it is. Raises `AdapterError` (INPUT_NOT_UNDERSTOOD) for what is said to
    be JSON and is neither."""
    if call.media_type == "application/json" and not (is_json(call.body) or call.body.lstrip().startswith(b"<")):
        raise AdapterError(INPUT_NOT_UNDERSTOOD, "the body is no JSON object")
    return call.body


def _submit(call: Call) -> Answer:
    done = hand_in(call.installation, call.caller, call.headers["idempotency-key"], _body(call))
    if isinstance(done, NotTaken):
        raise NotTakenError(done.findings)
    exchange = call.installation.store.read_now(lambda reader: reader.exchange(done.exchange_id))
    if exchange is None or exchange.msg_id is None:
        raise AdapterError(EXCHANGE_UNKNOWN)
    submitted = Submitted(
        exchange=exchange.id,
        type=exchange.type,
        sender=exchange.sender.value,
        receiver=exchange.receiver.value,
        msg_id=exchange.msg_id.value,
    )
    headers = {"Location": f"/api/v1/exchanges/{exchange.id}"}
    return Answer(submitted, 201, headers=headers | ({"Idempotency-Replayed": "true"} if done.again else {}))


def _validate(call: Call) -> Answer:
    installation = call.installation
    try:
        bundle = unbundle(_body(call), None)
        content = built(installation, bundle.content)
    except AdapterError as error:
        return Answer(Verdict(valid=False, kind="input", type=None, findings=(_as_finding(error),)))
    reading = read(content, installation.schemas, installation.context(Side.SEND))
    findings = reading.findings if reading.refusal is None else refusal(reading).findings
    if not has_errors(findings):
        try:
            judged = judge(installation, content, bundle.beside)
        except AdapterError as error:
            return Answer(_verdict(False, reading.recognised.value, reading.type, findings, error))
        findings = judged.findings if isinstance(judged, NotTaken) else (*findings, *_around(judged, findings))
    return Answer(_verdict(not has_errors(findings), reading.recognised.value, reading.type, findings))


def _around(judged: Submission, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """The warnings of the rules that need store or directory."""
    return tuple(one for one in judged.warnings if one not in findings)


def _verdict(
    valid: bool, kind: str, type_: str | None, findings: tuple[Finding, ...], error: AdapterError | None = None
) -> Verdict:
    told = tuple(FindingModel.of(finding) for finding in findings)
    more = () if error is None else (_as_finding(error),)
    shown = None if type_ is None else shown_type(type_)
    return Verdict(valid=valid, kind=kind, type=shown, findings=told + more)


def _as_finding(error: AdapterError) -> FindingModel:
    """An error of the catalogue among the findings of a verdict."""
    return FindingModel.of(Finding(error.id, Severity.ERROR, "", None, error.sentence(), "adapter"))


OPERATIONS = (
    Operation(
        "POST",
        "/api/v1/messages",
        "submitMessage",
        "messages",
        "Hand a message in, to be sent.",
        "The body is a business message as XML, build-JSON with its `kind`, or a finished `message` in JSON. Either "
        "JSON may have payload parts `beside` it, each as base64. It is judged at once: with an error in "
        "it nothing is kept and every finding is told; otherwise it is durable before this is answered.",
        Scope.SUBMIT,
        _submit,
        (Given(201, "It is kept, now or when the key came first, and will be sent.", Submitted),),
        refuses=(409, 422),
        takes=MESSAGE,
        keyed=Key.NEEDED,
    ),
    Operation(
        "POST",
        "/api/v1/messages/validate",
        "validateMessage",
        "messages",
        "Judge a message as before sending, and keep nothing.",
        "Every finding is told: schema, rules, and whether sender and receiver are known here.",
        Scope.SUBMIT,
        _validate,
        (Given(200, "The verdict.", Verdict),),
        takes=MESSAGE,
    ),
)
