"""The text of each rule, in both languages: what it does, why, an example, what to do."""

from __future__ import annotations

import os

from osgate.errors import UsageError
from osgate.text.translator import packaged

HEADINGS = {
    "en": ("What it does", "Why", "Example", "What to do"),
    "zh_CN": ("作用", "原因", "示例", "处理办法"),
}
_SUFFIX = ".en.md"
_LONGEST_NAME = 64


def _ids() -> tuple[str, ...]:
    """List the rules that have a text, in order; inside a zipapp the archive is listed."""
    folder = os.path.join(os.path.dirname(__file__), "rules")
    try:
        names = os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        from zipfile import ZipFile

        archive: str = __loader__.archive  # type: ignore[name-defined]
        inside = os.path.relpath(folder, archive).replace(os.sep, "/") + "/"
        with ZipFile(archive) as packed:
            names = [name.removeprefix(inside) for name in packed.namelist() if name.startswith(inside)]
    return tuple(sorted(name.removesuffix(_SUFFIX) for name in names if name.endswith(_SUFFIX)))


RULE_IDS = _ids()


def rule_text(rule: str, locale: str) -> str:
    """Return the Markdown text of a rule named by id (`OSG101`) or slug (`unapproved`), in any case of letters.

    Raises UsageError `rule.unknown` (rule, close: id and slug of the nearest one) for a name close to a rule's,
    `rule.neither` (rule) for any other, and ValueError for a locale without rule texts.
    """
    if locale not in HEADINGS:
        raise ValueError(f"no rule texts for the locale {locale!r}")
    wanted = rule.strip()
    if wanted.upper() not in RULE_IDS:
        wanted = _by_slug(rule, wanted.lower())
    return _read(wanted.upper(), locale)


def slug(rule_id: str) -> str:
    """Return the short name of a rule of RULE_IDS: `unapproved` for `OSG101`."""
    return _read(rule_id, "en").partition(":")[0].split()[-1]


def sections(text: str) -> dict[str, str]:
    """Return what stands below each second-level heading of a rule's text, in order; code blocks hold no headings."""
    found: dict[str, list[str]] = {}
    inside: list[str] = []
    code = False
    for line in text.splitlines():
        code ^= line.startswith("```")
        if line.startswith("## ") and not code:
            inside = found.setdefault(line[3:].strip(), [])
        else:
            inside.append(line)
    return {heading: "\n".join(lines).strip() for heading, lines in found.items()}


def _read(rule_id: str, locale: str) -> str:
    return packaged(f"rules/{rule_id}.{locale}.md").decode("utf-8")


def _by_slug(rule: str, wanted: str) -> str:
    """Return the id of the rule with the slug `wanted`; raise UsageError naming the nearest rule."""
    slugs = {slug(rule_id): rule_id for rule_id in RULE_IDS}
    if wanted in slugs:
        return slugs[wanted]
    from difflib import get_close_matches

    names = [*slugs, *[rule_id.lower() for rule_id in RULE_IDS]]
    close = get_close_matches(wanted[:_LONGEST_NAME], names, n=1, cutoff=0 if wanted.startswith("osg") else 0.6)
    if not close:
        raise UsageError("rule.neither", rule=rule)
    nearest = close[0]
    found = slugs.get(nearest, nearest.upper())
    raise UsageError("rule.unknown", rule=rule, close=f"{found} {slug(found)}")
