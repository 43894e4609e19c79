"""Run the command `adapter` many times, each time in a process of its own, paying for its imports once.

Standard input is a JSON list of `[arguments, standard input or null]`; standard output is a JSON list of
`[exit code, standard output, standard error]`.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

from adapter import cli
from adapter.cli import main

PROCESSES = 2


def one(arguments: list[str], text: str | None) -> tuple[int, str, str]:
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as error:
        given.write((text or "").encode())
        given.seek(0)
        child = os.fork()
        if child == 0:
            for number, file in enumerate((given, out, error)):
                os.dup2(file.fileno(), number)
            sys.argv = ["adapter", *arguments]
            try:
                main.main()
            except SystemExit as end:
                sys.stdout.flush()
                os._exit(end.code if isinstance(end.code, int) else 99)
            finally:
                os._exit(98)
        _, status = os.waitpid(child, 0)
        told = []
        for file in (out, error):
            file.seek(0)
            told.append(file.read().decode())
        return os.waitstatus_to_exitcode(status), told[0], told[1]


if __name__ == "__main__":
    for module in pkgutil.iter_modules(cli.__path__):
        importlib.import_module(f"adapter.cli.{module.name}")
    for name in ("adapter.messages.building", "adapter.service.desk", "adapter.service.offline"):
        importlib.import_module(name)
    with ThreadPoolExecutor(PROCESSES) as pool:
        json.dump(list(pool.map(lambda given: one(*given), json.load(sys.stdin))), sys.stdout)
