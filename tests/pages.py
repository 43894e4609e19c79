"""The generated pages of `docs/`: `make docs` writes them, a test fails when they are out of date."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from adapter.cli.registers import RuleRow, Standing, rule_rows
from adapter.errors import catalogue as errors
from adapter.messages.choices import CONTRADICTIONS
from adapter.observe.events import catalogue as events
from adapter.observe.metrics import CATALOGUE
from tests.commands_page import commands_page
from tests.configuration_page import configuration_page

DOCS = Path(__file__).parents[1] / "docs"


def cell(text: str | None) -> str:
    """Text that stands in a cell of a table."""
    return "" if text is None else text.replace("|", "\\|").replace("\n", " ")


def table(heads: tuple[str, ...], rows: Iterator[tuple[str | None, ...]]) -> str:
    """A table."""
    lines = [" | ".join(heads), " | ".join("---" for _ in heads)]
    lines += [" | ".join(cell(text) for text in row) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


def rules_page() -> str:
    """Every rule of every register, and how far each is implemented."""
    all_rows = rule_rows()
    families = sorted({family_of(row) for row in all_rows}, key=[family_of(row) for row in all_rows].index)
    standings = Counter((family_of(row), row.standing) for row in all_rows)
    counts = ((family, *(str(standings[family, standing]) for standing in Standing)) for family in families)
    rows = (
        (row.id, row.text, row.send, row.receive, row.apprec, row.standing.value, row.by, row.source)
        for row in all_rows
    )
    heads = ("id", "rule", "sending", "receiving", "AppRec", "standing", "by, or why not", "source")
    return f"""# Rules

Every rule that is judged by, as `adapter rules` lists them. *Sending* and *receiving* say what follows when the rule
is broken on that side; *AppRec* is the code of a refusal. What is *implemented* is followed by what judges it: the
document itself, other rules that find the same fault, or the part of the adapter that knows what the rule needs. What
is *deferred* or *not checkable* is followed by the reason.

{table(("family", *(standing.value for standing in Standing)), counts)}

{table(heads, iter(rows))}
"""


def family_of(row: RuleRow) -> str:
    """The letters before the number."""
    return row.id.partition("-")[0]


def errors_page() -> str:
    """Every error of the catalogue with its remedy."""
    rows = (
        (
            kind.id,
            kind.says,
            kind.blame.value,
            kind.wire.value if kind.wire is not None else None,
            kind.apprec.value if kind.apprec is not None else None,
            "yes" if kind.retryable else None,
            kind.remedy,
        )
        for kind in errors()
    )
    heads = ("id", "says", "whose fault", "ebXML code", "AppRec", "tried again", "what to do")
    return f"""# Errors

Every error that a command, a log line or an answer can name.

{table(heads, rows)}
"""


def events_page() -> str:
    """Every event of the log."""
    rows = ((event.name, event.level.value, event.means, event.do) for event in events())
    return f"""# Log events

One JSON line a step on stderr, with the fields `event`, `exchange`, `message_id`, `type`, `partner`, `state`, `rule`,
`took_ms` (of the step), `waited_ms` (from the first sending to the partner's answer) as far as they apply, `level` and
`timestamp`. No line holds patient data.

{table(("event", "level", "means", "what to do"), rows)}
"""


def choices_page() -> str:
    """Every contradiction of the sources with what was decided."""
    rows = ((one.id, one.about, one.decided, f"`{one.key}`" if one.key else one.why) for one in CONTRADICTIONS)
    return f"""# Choices

The national documents contradict each other. Each contradiction is decided once; where conduct can decide it
otherwise, the last column names the key of the configuration, whose values stand in `config.toml`.

{table(("id", "about", "decided", "key, or why there is none"), rows)}
"""


def metrics_page() -> str:
    """Every figure."""
    rows = ((f"`{one.name}`", one.kind.value, ", ".join(one.labels), one.means) for one in CATALOGUE)
    return f"""# Metrics

`GET /metrics` gives these figures to Prometheus, for who has the scope `operate`. Counters and histograms are those of
the running process, gauges are read when they are asked for. `deploy/alerts.yml` has alerts for them. No label holds
more than ids and codes, and the names and versions of the software of partners.

{table(("figure", "kind", "labels", "what it says"), rows)}
"""


PAGES = {
    "rules.md": rules_page,
    "choices.md": choices_page,
    "errors.md": errors_page,
    "events.md": events_page,
    "metrics.md": metrics_page,
    "configuration.md": configuration_page,
    "commands.md": commands_page,
}


def main() -> None:
    DOCS.mkdir(exist_ok=True)
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
