"""A webhook that is told of what arrives, for being killed at every moment. Run as a program by `test_hook_kill.py`.

python hook_life.py FOLDER    die at every moment of telling the application what arrived in turn

The receiver is a process of its own, which lives on and writes down each call before it answers; each third it does not
take. One of the messages is held first, and a person accepts it in that life. A moment is a statement that writes, the
beginning of a commit, and either side of a call.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import groupby
from pathlib import Path

from death import Death, born, ended, mortal, opened, put_back

from adapter.config import Webhook
from adapter.service import holding, webhooks
from adapter.service.installation import Installation
from adapter.service.letters import IN_THE_INBOX, NOT_IMPORTED
from adapter.service.operating import By
from adapter.service.webhooks import HookCaller
from adapter.testing import scenarios
from adapter.testing.neighbours import World
from adapter.testing.place import prepare

START = datetime(2024, 3, 5, 9, 0, tzinfo=UTC)
MESSAGES = 4


@dataclass(frozen=True, slots=True)
class Case:
    """A municipality that has received messages, one of them held, and told nobody; its webhook, and where the calls to
    it are written."""

    world: World
    fresh: bytes
    hook: Webhook
    calls: Path

    @property
    def base(self) -> Installation:
        return self.world.municipality.installation


def receive(server: HTTPServer, calls: Path) -> None:
    """Write down every call, and take two of three."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with calls.open("ab") as file:
                file.write(body + b"\n")
            is_third = len(calls.read_bytes().splitlines()) % 3 == 0
            self.send_response(503 if is_third else 204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing is written."""

    server.RequestHandlerClass = Handler
    server.serve_forever()


def made(folder: Path, server: HTTPServer, calls: Path) -> Case:
    place = prepare(folder / "place", scenarios.HOSPITAL, scenarios.MUNICIPALITY, key_size=2048)
    world = World(place, START)
    for _ in range(MESSAGES - 1):
        world.hospital.submit(world.hospital.build("discharge-ready"))
    forged = world.hospital.build("discharge-ready")
    world.hospital.send_unjudged(forged.replace(b"8140010", b"8160010").replace(b"8140011", b"8160011"), forged)
    secret = folder / "secret"
    secret.write_bytes(b"a secret of more than sixteen octets")
    url = f"http://127.0.0.1:{server.server_address[1]}/"
    told = {"name": "ehr", "url": url, "secret_file": str(secret), "pauses_seconds": (5, 5, 5)}
    hook = Webhook.model_validate(told)

    async def until_received() -> None:
        await HookCaller(world.municipality.installation, hook).start()
        await world.settle()
        await world.close()

    asyncio.run(until_received())
    return Case(world, world.municipality.settings.store.path.read_bytes(), hook, calls)


async def work(case: Case, alive: Installation) -> None:
    """Accept what is held; tell until nothing is left to tell and no pause is waited for."""
    for held in holding.held(alive):
        holding.accept(alive, held.exchange.id, By("Kari", "it is theirs"))
    caller = HookCaller(alive, case.hook)
    await caller.start()
    while await caller.turn() or is_put_off(case, alive):
        case.world.clock.advance(timedelta(seconds=5))


def is_put_off(case: Case, alive: Installation) -> bool:
    state = alive.store.read_now(lambda reader: reader.hook(case.hook.name))
    return state is not None and state.due is not None


def live(case: Case, death: Death) -> None:
    call = webhooks.call

    async def dying_call(*arguments):  # type: ignore[no-untyped-def]
        death()
        reason = await call(*arguments)
        death()
        return reason

    webhooks.call = dying_call
    asyncio.run(work(case, mortal(case.base, death)))


def after_death(case: Case) -> list[str]:
    """What does not hold when the adapter is started again and has told what it had to; empty when everything does."""
    alive = opened(case.base)
    asyncio.run(work(case, alive))
    entries = alive.store.read_now(lambda reader: reader.journal_after(0, 1000))
    wanted = [entry.seq for entry in entries if entry.what in {IN_THE_INBOX, NOT_IMPORTED}]
    letters = alive.store.read_now(lambda reader: reader.dead_letters(case.hook.name))
    alive.store.close()
    told = [json.loads(line)["id"] for line in case.calls.read_bytes().splitlines()]
    # Each message that came to the inbox, and the alarm about the one that was held first.
    problems = [] if len(wanted) == MESSAGES + 1 else [f"{len(wanted)} notices"]
    # Calls that follow each other may be one that was repeated; any other order is a notice told again too late.
    if [seq for seq, _ in groupby(told)] != wanted:
        problems.append(f"to be told: {wanted}, told: {told}")
    if letters:
        problems.append(f"{len(letters)} set aside")
    return problems


def die_everywhere(case: Case) -> dict[str, object]:
    wrong: list[str] = []
    moment, whole = 0, False
    while not whole:
        moment += 1
        put_back(case.base.settings.store.path, case.fresh)
        case.world.clock.set(START)
        case.calls.write_bytes(b"")
        whole = ended(born(lambda death: live(case, death), moment))
        wrong += (f"moment {moment}: {problem}" for problem in after_death(case))
    return {"moments": moment, "wrong": wrong}


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(exist_ok=True)
    calls = folder / "calls"
    calls.touch()
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        receiver = os.fork()
        if receiver == 0:
            receive(server, calls)
        try:
            os.write(1, json.dumps(die_everywhere(made(folder, server, calls))).encode())
        finally:
            os.kill(receiver, signal.SIGKILL)
            os.waitpid(receiver, 0)


if __name__ == "__main__":
    main()
