"""Run the command `adapter` many times, each time in a process of its own, paying for its imports once.

Each line of standard input is a JSON list of `[arguments, standard input or null, seconds]` with the environment that
they share before it; the line of standard output that answers it is a JSON list of `[exit code, standard output,
standard error]`. A command that takes longer than its seconds is killed.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import signal
import sys
import tempfile
import traceback
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from adapter import cli
from adapter.cli import main

PROCESSES = 2


def one(arguments: list[str], text: str | None, seconds: int, environment: Mapping[str, str]) -> tuple[int, str, str]:
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as error:
        given.write((text or "").encode())
        given.seek(0)
        child = os.fork()
        if child == 0:
            for number, file in enumerate((given, out, error)):
                os.dup2(file.fileno(), number)
            live(arguments, seconds, environment)
        _, status = os.waitpid(child, 0)
        told = []
        for file in (out, error):
            file.seek(0)
            told.append(file.read().decode())
        return os.waitstatus_to_exitcode(status), told[0], told[1]


def live(arguments: list[str], seconds: int, environment: Mapping[str, str]) -> None:
    """Be the command, and end."""
    try:
        signal.alarm(seconds)
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = ["adapter", *arguments]
        main.main()
    except SystemExit as end:
        sys.stdout.flush()
        os._exit(end.code if isinstance(end.code, int) else 99)
    except BaseException:  # noqa: BLE001 (told, and the child ends in every case)
        traceback.print_exc()
    finally:
        os._exit(98)


if __name__ == "__main__":
    for module in pkgutil.iter_modules(cli.__path__):
        importlib.import_module(f"adapter.cli.{module.name}")
    for name in ("adapter.messages.building", "adapter.service.desk", "adapter.service.offline"):
        importlib.import_module(name)
    with ThreadPoolExecutor(PROCESSES) as pool:
        for line in sys.stdin:
            environment, calls = json.loads(line)
            results = pool.map(lambda call: one(*call, environment), calls)  # noqa: B023 (read before the next line)
            print(json.dumps(list(results)), flush=True)  # noqa: T201
