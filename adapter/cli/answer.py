"""`adapter answer`: can the municipality take the patient?"""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path

import click

from adapter.cli.output import options, print_json


@click.command("answer")
@click.argument("id_", metavar="ID")
@click.option("--accept", is_flag=True, help="An offer is ready now.")
@click.option("--later", "later", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="Not now; expected then.")
@click.option("--refuse", is_flag=True, help="Cannot, and no date is known.")
@click.option("--withdraw", is_flag=True, help="An earlier yes no longer holds.")
@click.option("--unclear", is_flag=True, help="Hospital only: it cannot be told what it means.")
@click.option("--text", default="", help="Municipality only: words for the people at the hospital, after our own line.")
@options
def command(
    id_: str,
    accept: bool,
    later: datetime | None,
    refuse: bool,
    withdraw: bool,
    unclear: bool,
    text: str,
    config: Path,
    as_json: bool,
) -> None:
    """Answer a readiness message, or say what a received answer means.

    In the municipality ID is the readiness message received: the answer is built and handed to the daemon. In the
    hospital ID is a received answer, which gets this classification, or the readiness message sent, for an answer that
    came by telephone.

    \b
    Examples:
      adapter answer 5f1d4b7a --later 2024-03-08
      adapter answer 5f1d4b7a --accept
    """
    said_so = {
        "accept": accept,
        "later": later is not None,
        "refuse": refuse,
        "withdraw": withdraw,
        "unclear": unclear,
    }
    words = [word for word, said in said_so.items() if said]
    if len(words) != 1:
        raise click.UsageError("give one of --accept, --later DATE, --refuse, --withdraw, --unclear")

    from adapter.cli.findings import print_findings
    from adapter.cli.operating import write_down
    from adapter.facts import AnswerKind
    from adapter.service import desk
    from adapter.service.access import Did
    from adapter.service.asking import Said, Sent, answer
    from adapter.service.submission import NotTaken

    said = Said(AnswerKind(words[0]), later.date() if later is not None else None, text)
    with desk.installation(config) as installation:
        exchange = installation.store.read_now(lambda reader: desk.find_exchange(reader, id_))
        write_down(installation.store, Did.ANSWERED, exchange.id)
        outcome = answer(installation, exchange, said)
    if isinstance(outcome, NotTaken):
        print_findings(id_, outcome.findings, as_json=as_json)
        sys.exit(1)
    done = "sent" if isinstance(outcome, Sent) else "classified"
    if as_json:
        print_json({"exchange": outcome.exchange_id, "done": done, "answer": said.answer.value, "day": _text(said.day)})
    else:
        click.echo(f"{done}: {said.answer.value} ({outcome.exchange_id})")


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
