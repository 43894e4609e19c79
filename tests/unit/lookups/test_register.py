"""The address register and the register of agreements, and what happens while they are away."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest

from adapter.crypto.certificates import Usage
from adapter.errors import CONFIG_INVALID, PARTNER_UNKNOWN, REGISTER_UNREACHABLE, AdapterError
from adapter.lookups.directory import load
from adapter.lookups.planned import Planned
from adapter.lookups.register import HttpRegister
from adapter.lookups.register_cache import RegisterCache
from adapter.lookups.register_directory import Patience, RegisterDirectory, RegisterNews
from adapter.testing.agreements import Agreeing, cpa_xml
from adapter.testing.pki import ThrowAwayPki
from adapter.testing.registry import MISBEHAVIOURS, Registry, serve
from adapter.testing.responder import authority_server, dripping, status
from adapter.values import EdiAddress, HerId

HER, OURS, OTHER = HerId("8140022"), HerId("8140011"), HerId("8140099")
START = datetime(2024, 3, 5, 9, 0, tzinfo=UTC)
CPA_ID = "7a0f9f0e-0a63-4f1f-8d3a-4d7f1f8a9b10"


@pytest.fixture(scope="module")
def pki() -> ThrowAwayPki:
    return ThrowAwayPki(2048)


@pytest.fixture
def registry(pki: ThrowAwayPki) -> Iterator[Registry]:
    keys = pki.organisation("Kommunen", "974744570")
    with serve() as served:
        served.enter(str(HER), "kommune@edi.example", keys.signing.certificate, keys.encryption.certificate)
        yield served


class Desk:
    """A directory with a register behind it, a clock that can be moved, and what was told."""

    def __init__(self, registry: Registry, folder: Path, *, agreements: bool = True) -> None:
        self.now = START
        self.news: list[RegisterNews] = []
        self.registry = registry
        self.folder = folder
        (folder / "partners").mkdir(exist_ok=True)
        (folder / "token").write_text("secret-of-today\n")
        (folder / "partners" / "a.toml").write_text(
            f'her = "{HER}"\nname = "Tildeling"\nrole = "municipality"\norganisation = {{ her = "81", name = "K" }}\n'
        )
        self.agreements = agreements
        self.directory = self.open()

    def open(self) -> RegisterDirectory:
        """The directory as a new process would open it."""
        register = HttpRegister(
            f"{self.registry.url}/ar",
            f"{self.registry.url}/cppa" if self.agreements else None,
            token_file=self.folder / "token",
            timeout_seconds=0.6,
        )
        return RegisterDirectory(
            load(self.folder / "partners", register=True),
            register,
            RegisterCache(self.folder / "cache"),
            Patience(timedelta(hours=12), timedelta(seconds=60)),
            lambda: self.now,
            lambda news, detail: self.news.append(news),
        )


@pytest.fixture
def desk(registry: Registry, tmp_path: Path) -> Desk:
    return Desk(registry, tmp_path)


def test_what_the_file_leaves_out_is_asked_for(desk: Desk) -> None:
    """Address and both certificates come from the register, the role from the file; the token goes along."""
    partner = desk.directory.find(HER)
    assert partner is not None
    assert (partner.address, partner.role) == (EdiAddress("kommune@edi.example"), "municipality")
    assert partner.signing == (Planned(desk.registry.certificates[str(HER), "signing"]),)
    assert partner.encryption == (Planned(desk.registry.certificates[str(HER), "encryption"]),)
    assert partner.source == "partner file a.toml and the address register"
    assert set(desk.registry.tokens) == {"Bearer secret-of-today"}
    assert desk.directory.all() == (partner,)


def test_every_partner_is_asked_about_beside_the_traffic(desk: Desk) -> None:
    """Also one that nobody has written to yet; then about twice a day, so that no message has to wait for an answer."""
    assert desk.directory.renew((OURS,)).asked == 2
    asked = len(desk.registry.asked)
    assert f"/cppa/Agreements/HerIds/{OURS}/{HER}" in desk.registry.asked
    desk.now += timedelta(hours=11)
    assert desk.directory.renew((OURS,)).asked == 0
    desk.now += timedelta(minutes=30)
    assert desk.directory.renew((OURS,)).asked == 2
    desk.now += timedelta(hours=11)
    before = len(desk.registry.asked)
    assert desk.directory.find(HER) is not None
    assert len(desk.registry.asked) == before == 2 * asked


def test_a_new_process_asks_for_nothing_that_is_kept(desk: Desk) -> None:
    """What was answered before the start is fresh for as long."""
    desk.directory.renew((OURS,))
    assert desk.open().renew((OURS,)).asked == 0


def test_what_the_register_says_anew_is_told_and_used(desk: Desk, pki: ThrowAwayPki) -> None:
    """An address, a certificate, an agreement that is revoked: each is told once, and is what holds from then on."""
    theirs, ours = pki.organisation("Kommunen", "974744570"), pki.organisation("Sykehuset", "983974929")
    assert desk.directory.renew((OURS,)).changed == ()
    desk.now += timedelta(hours=11.5)
    signing = desk.registry.certificates[str(HER), "signing"]
    desk.registry.enter(str(HER), "flyttet@edi.example", signing, theirs.encryption.certificate)
    document = cpa_xml(
        CPA_ID,
        Agreeing(OURS, "a@edi.example", ours, (("LOG_DOD", "1.6"),)),
        Agreeing(HER, "b@edi.example", theirs, ()),
        START - timedelta(days=1),
        START + timedelta(days=9),
    ).decode()
    for standing, told in ((2, ((HER, "entry"), (HER, "agreement"))), (3, ((HER, "agreement"),)), (3, ())):
        desk.registry.agreements[f"{OURS}/{HER}"] = json.dumps({"agreement": document, "status": standing}).encode()
        assert desk.directory.renew((OURS,)).changed == told
        [agreement] = desk.directory.agreements(OURS, HER)
        assert agreement.status == standing
        desk.now += timedelta(hours=11.5)
    partner = desk.directory.find(HER)
    assert partner is not None
    assert partner.address == EdiAddress("flyttet@edi.example")


@pytest.mark.parametrize("behaves", MISBEHAVIOURS)
def test_a_register_that_is_away_is_left_alone(desk: Desk, behaves: str) -> None:
    """Nothing is believed, nobody is kept waiting, what was known before holds; it is asked again after the pause."""
    desk.directory.renew((OURS,))
    known = desk.directory.find(HER)
    desk.registry.behaves = behaves
    for _ in range(3):
        desk.now += timedelta(days=1)
        before = time.monotonic()
        for _ in range(5):
            assert desk.directory.renew((OURS,)).changed == ()
        assert time.monotonic() - before < 5
        assert desk.directory.find(HER) == known
    assert desk.news == [RegisterNews.AWAY]
    desk.registry.behaves = ""
    desk.now += timedelta(minutes=2)
    assert desk.directory.renew((OURS,)).asked == 2
    assert desk.news == [RegisterNews.AWAY, RegisterNews.BACK]


def test_many_partners_are_asked_about_a_few_at_a_time(desk: Desk) -> None:
    """Each round asks for no more than twenty things, until all are known."""
    file = (desk.folder / "partners" / "a.toml").read_text()
    for number in range(30):
        (desk.folder / "partners" / f"b{number}.toml").write_text(file.replace(str(HER), str(9000000 + number)))
    directory = desk.open()
    rounds = []
    while asked := directory.renew((OURS,)).asked:
        rounds.append(asked)
    assert (max(rounds), sum(rounds)) == (20, 62)


def test_what_a_file_pins_is_not_asked_for(tmp_path: Path, pki: ThrowAwayPki) -> None:
    """A folder without a register asks nobody."""
    assert load(tmp_path).renew((OURS,)).asked == 0


def test_without_a_register_a_file_names_everything(tmp_path: Path) -> None:
    """What is missing is a mistake, each key by its name."""
    (tmp_path / "a.toml").write_text(f'her = "{HER}"\nname = "T"\norganisation = {{ her = "81", name = "K" }}\n')
    with pytest.raises(AdapterError) as raised:
        load(tmp_path)
    assert raised.value.kind is CONFIG_INVALID
    for key in ("address", "signing_certificates", "encryption_certificate"):
        assert f"{key}: is missing, and there is no [register] to ask" in raised.value.detail


def test_an_answer_is_fresh_for_twelve_hours(desk: Desk) -> None:
    """Asked once in twelve hours, also by a process that was started anew, then again."""
    desk.directory.find(HER)
    asked = len(desk.registry.asked)
    desk.now += timedelta(hours=12)
    desk.directory.find(HER)
    desk.open().find(HER)
    assert len(desk.registry.asked) == asked
    desk.now += timedelta(seconds=1)
    desk.directory.find(HER)
    assert len(desk.registry.asked) == 2 * asked


def test_an_answer_out_of_the_future_is_asked_again(desk: Desk) -> None:
    """The clock was ahead when it was kept: it would else be fresh until that moment and twelve hours more."""
    desk.now += timedelta(days=40)
    desk.directory.find(HER)
    asked = len(desk.registry.asked)
    desk.now -= timedelta(days=40)
    desk.directory.find(HER)
    assert len(desk.registry.asked) == 2 * asked


@pytest.mark.parametrize("head", [True, False])
def test_a_register_that_drips_is_one_that_does_not_answer(head: bool) -> None:
    """An octet now and then resets no deadline, neither in the head of an answer nor in its body."""
    with authority_server(status(503)) as server:
        server.answering = dripping(0.05, server.stop, head=head)
        began = time.monotonic()
        with pytest.raises(AdapterError, match="takes too long"):
            HttpRegister(server.address, None, timeout_seconds=0.2).party(HER)
        assert time.monotonic() - began < 10


@pytest.mark.parametrize("cpa_id", ["../../ar/api/v1/certificate/1?x=#", "a\nb", "a b", "æ%2f"])
def test_an_id_of_a_stranger_is_one_step_of_a_path(desk: Desk, cpa_id: str) -> None:
    """What a message names as its agreement leads nowhere else in the register."""
    assert desk.directory.agreement(cpa_id) is None
    (asked,) = desk.registry.asked
    assert asked == f"/cppa/Agreements/{quote(cpa_id, safe='')}"
    assert not desk.news


@pytest.mark.parametrize("cpa_id", ["", ".", "..", "x" * 70_000])
def test_an_id_that_no_register_has_is_not_asked_for(desk: Desk, cpa_id: str) -> None:
    """And nobody takes the register to be away for it."""
    assert desk.directory.agreement(cpa_id) is None
    assert (desk.registry.asked, desk.news) == ([], [])


@pytest.mark.parametrize("behaves", MISBEHAVIOURS)
def test_days_without_the_register_stop_nobody(desk: Desk, behaves: str) -> None:
    """However it fails, the last answer holds; told once when it goes and once when it comes back."""
    before = desk.directory.find(HER)
    desk.registry.behaves = behaves
    for _ in range(3):
        desk.now += timedelta(days=3)
        assert desk.directory.find(HER) == before
        assert desk.open().find(HER) == before
    assert desk.news.count(RegisterNews.AWAY) >= 1
    desk.registry.behaves = ""
    desk.now += timedelta(days=1)
    assert desk.directory.find(HER) == before
    assert desk.news[-1] is RegisterNews.BACK


@pytest.mark.parametrize("behaves", MISBEHAVIOURS)
def test_a_party_never_asked_for_waits(desk: Desk, behaves: str) -> None:
    """Nothing is kept and nobody answers: neither known nor unknown, and it may pass."""
    desk.registry.behaves = behaves
    with pytest.raises(AdapterError) as raised:
        desk.directory.find(HER)
    assert raised.value.kind is REGISTER_UNREACHABLE
    assert raised.value.kind.may_pass


def test_after_a_failure_nobody_asks_for_a_while(desk: Desk) -> None:
    """A register that fails slowly does not slow down every message."""
    desk.registry.behaves = "error 500"
    for _ in range(5):
        with pytest.raises(AdapterError):
            desk.directory.find(HER)
    assert len(desk.registry.asked) == 1
    desk.now += timedelta(seconds=61)
    with pytest.raises(AdapterError):
        desk.directory.find(HER)
    assert len(desk.registry.asked) == 2


def test_unknown_to_the_register_is_not_the_same_as_no_answer(desk: Desk) -> None:
    """A 404 is the register's word; it is asked again after an hour, for the party may just have been entered."""
    del desk.registry.parties[str(HER)]
    assert desk.directory.find(HER) is None
    assert desk.directory.find(HerId("1")) is None
    asked = len(desk.registry.asked)
    assert asked == 1
    desk.now += timedelta(minutes=59)
    desk.directory.find(HER)
    assert len(desk.registry.asked) == asked
    desk.now += timedelta(minutes=2)
    desk.directory.find(HER)
    assert len(desk.registry.asked) == asked + 1


@pytest.mark.parametrize("kind", ["Organization", "Department", "Person", ""])
def test_only_services_and_persons_of_organisations_are_addressed(desk: Desk, kind: str) -> None:
    """EB-243 and EB-244: another type of party is no party to write to."""
    desk.registry.parties[str(HER)]["type"] = kind
    with pytest.raises(AdapterError, match="OrganizationPerson") as raised:
        desk.directory.find(HER)
    assert raised.value.kind is PARTNER_UNKNOWN


def test_what_the_register_lacks_is_named(desk: Desk) -> None:
    """EB-245, EB-253: without address or certificate the party cannot be written to or believed."""
    desk.registry.parties[str(HER)]["ediAddress"] = ""
    del desk.registry.certificates[str(HER), "signing"]
    with pytest.raises(AdapterError, match="no EDI address, no signing certificate") as raised:
        desk.directory.find(HER)
    assert raised.value.kind is PARTNER_UNKNOWN


def test_a_surprise_is_asked_about_once(desk: Desk, pki: ThrowAwayPki) -> None:
    """HITS 1216 §2.1.4: a new certificate is found before the twelve hours are over; not twice in a minute."""
    assert desk.directory.find(HER) is not None
    desk.now += timedelta(hours=1)
    new = pki.pair("Kommunen", "974744570", Usage.SIGNING).certificate
    desk.registry.certificates[str(HER), "signing"] = new
    assert desk.directory.refresh(HER)
    partner = desk.directory.find(HER)
    assert partner is not None
    assert partner.signing == (Planned(new),)
    asked = len(desk.registry.asked)
    assert not desk.directory.refresh(HER)
    assert len(desk.registry.asked) == asked
    desk.now += timedelta(minutes=2)
    assert not desk.directory.refresh(HER)
    assert not desk.directory.refresh(HerId("1"))


def test_what_a_file_names_is_pinned(desk: Desk) -> None:
    """An address in the file is taken, whatever the register says."""
    with (desk.folder / "partners" / "a.toml").open("a") as file:
        file.write('address = "annet@edi.example"\n')
    partner = desk.open().find(HER)
    assert partner is not None
    assert partner.address == EdiAddress("annet@edi.example")


def test_a_broken_cache_is_as_good_as_none(desk: Desk) -> None:
    """A file that cannot be read is asked for again."""
    desk.directory.find(HER)
    for path in (desk.folder / "cache").iterdir():
        path.write_bytes(b'{"asked": "yesterday"')
    assert desk.open().find(HER) is not None


# ── agreements ──────────────────────────────────────────────────────────────────────────────────────────────────────


def agreed(pki: ThrowAwayPki, one: HerId = OURS, other: HerId = HER, cpa_id: str = CPA_ID) -> bytes:
    keys = pki.organisation("A", "974744570")
    return cpa_xml(
        cpa_id,
        Agreeing(one, "a@edi.example", keys, (("LOG_DOD", "1.6"),)),
        Agreeing(other, "b@edi.example", keys, ()),
        START,
        START + timedelta(days=365),
    )


def test_an_agreement_is_found_by_its_parties_and_then_by_its_id(desk: Desk, pki: ThrowAwayPki) -> None:
    """What was answered about the pair is known by its id too, also while the register is away."""
    desk.registry.agreements[f"{OURS}/{HER}"] = agreed(pki)
    assert [cpa.id for cpa in desk.directory.agreements(OURS, HER)] == [CPA_ID]
    desk.registry.behaves = "error 500"
    for directory in (desk.directory, desk.open()):
        kept = directory.kept_agreement(CPA_ID)
        assert kept is not None
        assert directory.agreement(CPA_ID) == kept
    desk.now += timedelta(days=5)
    assert [cpa.id for cpa in desk.open().agreements(OURS, HER)] == [CPA_ID]


@pytest.mark.parametrize(
    ("number", "standing"), list(enumerate(["PROPOSED", "VALID", "REVOKED", "EXPIRED", "SUPERSEDED"], start=1))
)
def test_the_standing_of_an_agreement_is_the_registers(
    desk: Desk, pki: ThrowAwayPki, number: int, standing: str
) -> None:
    """As JSON the answer has the number of the standing with it (HISD 1177 §6.2)."""
    desk.registry.agreements[CPA_ID] = json.dumps({"status": number, "agreement": agreed(pki).decode()}).encode()
    cpa = desk.directory.agreement(CPA_ID)
    assert cpa is not None
    assert cpa.status.name == standing


@pytest.mark.parametrize("status", [0, 6, None, "valid"])
def test_a_standing_that_nobody_knows_is_no_answer(desk: Desk, pki: ThrowAwayPki, status: object) -> None:
    """Neither a reason to send under the agreement nor one to refuse its messages."""
    desk.registry.agreements[CPA_ID] = json.dumps({"status": status, "agreement": agreed(pki).decode()}).encode()
    with pytest.raises(AdapterError) as raised:
        desk.directory.agreement(CPA_ID)
    assert raised.value.kind is REGISTER_UNREACHABLE


def test_an_agreement_of_others_is_no_answer(desk: Desk, pki: ThrowAwayPki) -> None:
    """The wrong document under a question is a register that did not answer."""
    desk.registry.agreements[CPA_ID] = agreed(pki, cpa_id="another")
    with pytest.raises(AdapterError) as raised:
        desk.directory.agreement(CPA_ID)
    assert raised.value.kind is REGISTER_UNREACHABLE
    desk.now += timedelta(minutes=2)
    desk.registry.agreements[f"{OURS}/{HER}"] = agreed(pki, other=OTHER)
    assert desk.directory.agreements(OURS, HER) == ()


def test_who_never_asked_sends_without_agreement(desk: Desk) -> None:
    """Sending needs no agreement, so an absent register stops nobody; an unknown id that came in has to wait."""
    desk.registry.behaves = "error 500"
    assert desk.directory.agreements(OURS, HER) == ()
    with pytest.raises(AdapterError):
        desk.directory.agreement(CPA_ID)


def test_without_a_register_of_agreements_none_is_asked(registry: Registry, tmp_path: Path) -> None:
    """Only the address register is configured."""
    desk = Desk(registry, tmp_path, agreements=False)
    assert desk.directory.agreement(CPA_ID) is None
    assert desk.directory.agreements(OURS, HER) == ()
    assert not desk.directory.asks_register
    assert registry.asked == []
