"""The generated pages of `docs/`: `make docs` writes them, a test fails when they are out of date."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from adapter.errors import catalogue as errors
from adapter.messages.rules import RULES
from adapter.messages.rules.rule import Rule
from adapter.observe.events import catalogue as events

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
    """Every rule that messages are judged by, and how far each is implemented."""
    state = Counter("judged by another rule" if rule.judged_as else standing(rule) for rule in RULES)
    counts = "\n".join(f"- {name}: {count}" for name, count in sorted(state.items()))
    rows = (
        (
            rule.id,
            rule.text,
            rule.send.value if rule.send is not None else None,
            rule.receive.value if rule.receive is not None else None,
            rule.code.value if rule.code is not None else None,
            standing(rule),
            rule.source,
        )
        for rule in RULES
    )
    heads = ("id", "rule", "sending", "receiving", "AppRec", "standing", "source")
    return f"""# Rules

Every rule of the standards that messages are judged by, as `adapter rules` lists them. *Sending* and *receiving* say
what follows when the rule is broken on that side; *AppRec* is the code of a refusal.

{counts}

{table(heads, rows)}
"""


def standing(rule: Rule) -> str:
    """Whether a rule is judged from the document, under another rule, or where what it needs exists."""
    if rule.check is not None:
        return "judged from the document"
    if rule.judged_as:
        return f"judged by {', '.join(rule.judged_as)}"
    return f"needs {rule.needs.value}" if rule.needs is not None else "not judged"


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
`took_ms` (those that apply), `level` and `timestamp`. No line holds patient data.

{table(("event", "level", "means", "what to do"), rows)}
"""


PAGES = {"rules.md": rules_page, "errors.md": errors_page, "events.md": events_page}


def main() -> None:
    DOCS.mkdir(exist_ok=True)
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
