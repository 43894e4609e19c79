"""An inbox that is claimed over HTTP, for being killed at every moment. Run as a program by `test_claim_kill.py`.

python claim_life.py FOLDER    die at every moment of a claim, its confirmation and the sending of the AppRec in turn

The adapter is the child that dies; the application is the parent, lives on, and does what a careful one does: it asks
again. A moment is a statement that writes, the beginning of a commit, and either side of handing a mail over.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from death import Death, born, ended, mortal, opened, put_back

from adapter.api.serving import ApiServer
from adapter.config import Api, Scope
from adapter.service.access import new_token
from adapter.service.daemon import Daemon
from adapter.service.installation import Installation
from adapter.testing import scenarios
from adapter.testing.neighbours import Neighbour, World
from adapter.testing.place import prepare
from adapter.transports.port import Accepted, OutgoingMail, ReceivedMail

START = datetime(2024, 3, 5, 9, 0, tzinfo=UTC)
LEASE = timedelta(minutes=5)
INBOX = "/api/v1/inbox"


class RoadOnDisk:
    """A road whose mails outlive the process that sent them."""

    def __init__(self, folder: Path, death: Death) -> None:
        self._folder = folder
        self._death = death

    async def send(self, mail: OutgoingMail) -> Accepted:
        self._death()
        number = len(list(self._folder.iterdir()))
        (self._folder / f"{number:03}").write_bytes(mail.content)
        self._death()
        return Accepted("250 taken")

    async def close(self) -> None:
        """Nothing is held open."""


@dataclass(frozen=True, slots=True)
class Case:
    """Both sides after a message has arrived, their stores at that time, the application's token, and the road."""

    world: World
    stores: dict[Path, bytes]
    token: str
    road: Path

    @property
    def sides(self) -> tuple[Neighbour, Neighbour]:
        return self.world.hospital, self.world.municipality

    def client(self, port: int) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.token}"}
        where = f"http://127.0.0.1:{port}"
        return httpx.Client(base_url=where, headers=headers, trust_env=False, verify=False, timeout=20)


def made(folder: Path) -> Case:
    place = prepare(folder / "place", scenarios.HOSPITAL, scenarios.MUNICIPALITY, key_size=2048)
    config = place.municipality.config
    way = 'folder = "inbox"\nby = "api"\napprec = "when_taken"'
    config.write_text(config.read_text("utf-8").replace('folder = "inbox"', way) + "\n[api]\n", "utf-8")
    world = World(place, START)
    world.hospital.submit(world.hospital.build("discharge-ready"))
    asyncio.run(world.settle())
    own = world.municipality.installation
    _, token = new_token(own.store, START, "ehr", frozenset({Scope.READ, Scope.SUBMIT}), frozenset(), None)
    asyncio.run(world.close())
    paths = [side.settings.store.path for side in (world.hospital, world.municipality)]
    road = folder / "road"
    road.mkdir()
    return Case(world, {path: path.read_bytes() for path in paths}, token, road)


@asynccontextmanager
async def serving(installation: Installation) -> AsyncIterator[int]:
    """Let the interface listen on a free port, and say which."""
    server = ApiServer(installation, Api().model_copy(update={"port": 0}))
    await server.start()
    running = asyncio.create_task(server.run())
    while server._server is None or not server._server.started:  # noqa: ASYNC110 (uvicorn has no event for it)
        await asyncio.sleep(0.002)
    yield server.port
    server.stop()
    await running


def live(case: Case, death: Death, tell: int, go: int) -> None:
    """Serve until the application has done, and then send what is to be sent."""

    async def all_of_it() -> None:
        alive = mortal(case.world.municipality.installation, death)
        async with serving(alive) as port:
            os.write(tell, b"%d\n" % port)
            await asyncio.to_thread(os.read, go, 1)
        await Daemon(alive, RoadOnDisk(case.road, death)).settle()

    asyncio.run(all_of_it())


@dataclass
class Heard:
    """What the application knows: the number of its claim, and whether it was told that the message is its own."""

    exchange: str = ""
    claim: int = 0
    confirmed: bool = False


def use(client: httpx.Client, heard: Heard) -> list[str]:
    """Claim what waits and confirm it; says what was not as it has to be."""
    answered = client.post(f"{INBOX}/claim", json={"lease_seconds": int(LEASE.total_seconds())})
    for item in answered.raise_for_status().json()["items"]:
        if heard.confirmed:
            return ["given again after its confirmation"]
        heard.exchange, heard.claim = item["exchange"], item["claim"]
        client.get(item["message"]).raise_for_status()
        confirm(client, heard)
    return []


def confirm(client: httpx.Client, heard: Heard) -> None:
    client.post(f"{INBOX}/{heard.exchange}/confirm", json={"claim": heard.claim}).raise_for_status()
    heard.confirmed = True


def kill_once(case: Case, moment: int) -> tuple[bool, Heard]:
    """Let the adapter live until its moment and use it meanwhile; whether it ended by itself, and what was heard."""
    (listen, tell), (go, say) = os.pipe(), os.pipe()
    child = born(lambda death: live(case, death, tell, go), moment)
    os.close(tell)
    os.close(go)
    heard = Heard()
    port = os.read(listen, 100)
    if port:
        with suppress(httpx.TransportError), case.client(int(port)) as client:
            use(client, heard)
        with suppress(BrokenPipeError):
            os.write(say, b".")
    os.close(listen)
    os.close(say)
    return ended(child), heard


async def after_death(case: Case, heard: Heard, *, patient: bool) -> list[str]:
    """What does not hold when the adapter is started again; empty when everything does. Who is `patient` lets the lease
    end and claims anew; who is not confirms once more what it had claimed."""
    world, municipality = case.world, case.world.municipality
    for side in case.sides:
        side._settle_in(opened(side.installation))
    for mail in sorted(case.road.iterdir()):
        await world.hospital.daemon.keep(ReceivedMail(mail.read_bytes(), "a@b", (world.place.hospital.address,)))
        mail.unlink()
    (message,) = municipality.received("LOG_UTSKRIVNINGSKLAR")
    taken = municipality.journal(message.id).count("delivered to the application")
    problems = [] if len(municipality.sent("APPREC")) == taken else ["the AppRec and its cause are not one"]
    problems += ["confirmed and not kept"] if heard.confirmed and not taken else []

    async with serving(municipality.installation) as port:

        def ask() -> list[str]:
            with case.client(port) as client:
                if heard.claim and not patient:
                    confirm(client, heard)
                world.clock.advance(LEASE)
                return use(client, heard)

        problems += await asyncio.to_thread(ask)
    await world.settle()
    if not heard.confirmed and not taken:
        problems.append("the message is never given again")
    if municipality.journal(message.id).count("delivered to the application") != 1:
        problems.append("not delivered once")
    arrived = len(world.hospital.received("APPREC"))
    if (len(municipality.sent("APPREC")), arrived) != (1, 1):
        problems.append(f"{len(municipality.sent('APPREC'))} AppRecs were made, {arrived} came")
    if [row.apprec for row in world.hospital.listing() if row.id == world.hospital.sent()[0].id] != ["ok"]:
        problems.append("the sender does not have its AppRec")
    await world.close()
    return problems


def die_everywhere(case: Case) -> dict[str, object]:
    wrong: list[str] = []
    moment, whole = 0, False
    while not whole:
        moment += 1
        case.world.clock.set(START)
        for path, content in case.stores.items():
            put_back(path, content)
        whole, heard = kill_once(case, moment)
        found = asyncio.run(after_death(case, heard, patient=moment % 2 == 0))
        wrong += (f"moment {moment}: {problem}" for problem in found)
    return {"moments": moment, "wrong": wrong}


def main() -> None:
    os.write(1, json.dumps(die_everywhere(made(Path(sys.argv[1])))).encode())


if __name__ == "__main__":
    main()
