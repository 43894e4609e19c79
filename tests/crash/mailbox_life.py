"""The reading of a mailbox in steps, for being killed between every two of them. Run as a program by `test_mailbox.py`.

python mailbox_life.py CASE    die at every step of a reading in turn

A step is a command to the mail server with its answer, a statement of the store, the beginning or the end of a commit.
CASE is a JSON file: the configuration, the settings of a mailbox, and the Maildir in which its mails lie.
"""

from __future__ import annotations

import imaplib
import json
import os
import poplib
import signal
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from changes import before_each_change

from adapter.config import Mailbox, load
from adapter.delivery.receiver import ReceptionState
from adapter.observe.log import Silent
from adapter.service import mailboxes
from adapter.service.clock import RandomIds
from adapter.service.installation import Installation, open_installation, open_own_store
from adapter.service.mailboxes import MailboxReader
from adapter.service.running import open_mailbox
from adapter.testing.clock import DrivenClock

START = datetime(2024, 3, 5, 9, 0, tzinfo=UTC)
OWNER = 65534
MAILS = [b"Return-Path: <a@b.example>\nSubject: %d\n\n%s\n" % (n, b"x" * n) for n in range(1, 4)]


@dataclass(frozen=True, slots=True)
class Case:
    """A mailbox, and where its mails lie on the server's disk."""

    mailbox: Mailbox
    maildir: Path


class Death:
    """Kills this process at the n-th step."""

    def __init__(self, step: int) -> None:
        self._left = step

    def __call__(self, *_: object) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def dying(method: Callable[..., Any], death: Death) -> Callable[..., Any]:
    """The same method, with a step before it and one after it."""

    def call(*arguments: Any, **named: Any) -> Any:
        death()
        result = method(*arguments, **named)
        death()
        return result

    return call


def opened(base: Installation) -> Installation:
    """The installation over its store as it is now; keys and schemas are read once."""
    return replace(base, store=open_own_store(base.settings))


def live(base: Installation, case: Case, step: int) -> None:
    """One reading in a child process, until death."""
    death = Death(step)
    mailboxes.MAILS_AT_ONCE = 2
    poplib.POP3._shortcmd = dying(poplib.POP3._shortcmd, death)  # type: ignore[attr-defined]
    poplib.POP3._longcmd = dying(poplib.POP3._longcmd, death)  # type: ignore[attr-defined]
    imaplib.IMAP4._command = dying(imaplib.IMAP4._command, death)  # type: ignore[attr-defined]
    imaplib.IMAP4._command_complete = dying(imaplib.IMAP4._command_complete, death)  # type: ignore[attr-defined]
    alive = opened(base)
    before_each_change(alive.store._engine, death)  # type: ignore[attr-defined]
    MailboxReader(alive, case.mailbox, lambda: open_mailbox(case.mailbox)).read()
    os._exit(0)


def kill_once(base: Installation, case: Case, step: int) -> bool:
    """Fork, live, die; whether life ended by itself."""
    child = os.fork()
    if child == 0:
        try:
            live(base, case, step)
        finally:
            os._exit(3)
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status) and os.WEXITSTATUS(status) != 0:
        raise RuntimeError(f"a reading failed at step {step}")
    return not os.WIFSIGNALED(status)


def fill(case: Case, step: int) -> None:
    for number, content in enumerate(MAILS):
        draft = case.maildir / "tmp" / f"{step}-{number}"
        draft.write_bytes(content)
        os.chown(draft, OWNER, OWNER)
        draft.rename(case.maildir / "new" / f"{step}-{number}")


def lying(case: Case) -> list[bytes]:
    return [file.read_bytes() for part in ("new", "cur") for file in (case.maildir / part).iterdir()]


def kept(alive: Installation) -> list[bytes]:
    mails = alive.store.read_now(lambda reader: reader.mails(tuple(ReceptionState), limit=1000))
    return [alive.store.read_now(lambda reader, raw=one.raw: reader.blob(raw)) for one in mails]


def after_death(base: Installation, case: Case, step: int) -> list[str]:
    """What does not hold after a death and a restart; empty when everything does."""
    expected = Counter(content.replace(b"\n", b"\r\n") for content in MAILS)
    alive = opened(base)
    safe = {*kept(alive), *(content.replace(b"\n", b"\r\n") for content in lying(case))}
    problems = [] if safe == set(expected) else [f"step {step}: {len(expected) - len(safe)} mails are nowhere"]
    reader = MailboxReader(alive, case.mailbox, lambda: open_mailbox(case.mailbox))
    reader.read()
    reader.close()
    if Counter(kept(alive)) != expected:
        problems.append(f"step {step}: kept {sorted(Counter(kept(alive)).values())} times")
    if lying(case):
        problems.append(f"step {step}: {len(lying(case))} mails are left on the server")
    alive.store.close()
    return problems


def die_everywhere(config: Path, case: Case) -> dict[str, object]:
    """Die at each step of a reading in turn, each time over a new store."""
    base = open_installation(settings := load(config), DrivenClock(START), RandomIds(), Silent())
    base.store.close()
    fresh = settings.store.path.read_bytes()
    wrong: list[str] = []
    step, ended = 0, False
    while not ended:
        step += 1
        for file in settings.store.path.parent.glob(f"{settings.store.path.name}*"):
            file.unlink()
        settings.store.path.write_bytes(fresh)
        fill(case, step)
        ended = kill_once(base, case, step)
        wrong += after_death(base, case, step)
    return {"steps": step, "wrong": wrong}


def main() -> None:
    told = json.loads(Path(sys.argv[1]).read_bytes())
    case = Case(Mailbox.model_validate(told["mailbox"]), Path(told["maildir"]))
    os.write(1, json.dumps(die_everywhere(Path(told["config"]), case)).encode())


if __name__ == "__main__":
    main()
