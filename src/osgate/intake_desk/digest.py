"""One list for whoever keeps an eye on everything (Article 4: the group's secretary), as Markdown. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from osgate.model.agenda import Item
from osgate.reports import agenda
from osgate.reports.markdown.text import code, link, plain
from osgate.text.translator import Translator

# Sections in their order, each with the kinds it lists; what is overdue stands in one of its own before them.
SECTIONS = (
    ("blocks", ("block",)),
    ("reviews", ("review",)),
    ("ending", ("renewing", "approval", "taken-over", "waiver", "pre-approval", "paper", "retirement")),
    ("people", ("desk-key", "person", "role", "key")),
    ("waiting", ("waiting",)),
)
# Items that one section lists; the rest is counted.
LISTED = 20


# The page on which an item is decided, empty for none, and the lines that are said there; none for the terminal's.
There = tuple[str, tuple[str, ...]]


def nowhere(item: Item) -> There:
    """Tell of no page."""
    return "", ()


def render(
    items: Iterable[Item],
    unused: int,
    t: Translator,
    name: Callable[[str], str],
    institution: str,
    today: str,
    there: Callable[[Item], There] = nowhere,
) -> str:
    """Return what is to be done as one Markdown text.

    unused: endings that nobody is asked about; name: how persons are named; today: ISO date; there: where an item is
    decided at a forge.
    """
    found = list(items)
    parts = [f"# {t('digest.title', institution=plain(institution), day=today)}", _counts(found, t)]
    for section, listed in _sorted_out(found):
        parts.append(f"## {t(f'digest.{section}', n=len(listed))}")
        lines = [_line(item, t, name, *there(item)) for item in listed[:LISTED]]
        more = len(listed) - LISTED
        parts.append("\n".join([*lines, *([f"- {t('digest.more', n=more)}"] if more > 0 else [])]))
    if unused:
        parts.append(t.count("due.unused", unused))
    return "\n\n".join(parts) + "\n"


def _sorted_out(items: list[Item]) -> Iterator[tuple[str, list[Item]]]:
    over = [item for item in items if item.overdue]
    if over:
        yield "overdue", over
    for section, kinds in SECTIONS:
        listed = [item for item in items if item.kind in kinds and not item.overdue]
        if listed:
            yield section, listed


def _counts(items: list[Item], t: Translator) -> str:
    """How much there is of each, in one sentence."""
    if not items:
        return t("digest.nothing")
    found = {section: len(listed) for section, listed in _sorted_out(items)}
    return t("digest.counts", **{name: found.get(name, 0) for name in ("overdue", *(name for name, _ in SECTIONS))})


def _line(item: Item, t: Translator, name: Callable[[str], str], page: str, said_there: tuple[str, ...]) -> str:
    id = agenda.short(item.id)

    def shown(value: str) -> str:
        return link(code(value), page) if value == id else code(value)

    line = t("due.line", when=agenda.when(item, t), said=agenda.sentence(item, t, name, shown))
    do = said_there or tuple(filter(None, [agenda.command(item)]))
    about = agenda.about(item, t, code)
    parts = [line, *([about] if about else []), *(code(one, 300) for one in do)]
    return "- " + "  \n  ".join([*parts, *([] if do else [agenda.action(item, t)])])
