"""Which column of an old ledger means what: from a map file, or by the headings that people usually write. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence

from osgate.errors import Mistake, Mistakes, UsageError
from osgate.model.record import record
from osgate.policy.schema import KINDS
from osgate.policy.shape import Field, complaints, near
from osgate.policy.toml_document import Document, read
from osgate.versions import schemes

# The headings people usually write, the likeliest first; compared without case, blanks and what stands in brackets.
HEADINGS: Mapping[str, tuple[str, ...]] = {
    "purl": ("purl", "packageurl", "组件purl"),
    "component": (
        "组件名称", "开源组件名称", "开源软件名称", "软件名称", "组件名", "组件", "开源组件", "开源软件", "构件名称",
        "构件", "依赖名称", "依赖", "包名", "名称", "component", "componentname", "artifactid", "artifact",
        "packagename", "package", "library", "name",
    ),
    "group": ("groupid", "group", "namespace", "组织", "命名空间"),
    "version": (
        "版本号", "版本", "组件版本", "软件版本", "当前版本", "使用版本", "引入版本", "version", "versions",
        "versionnumber",
    ),
    "kind": ("对象类型", "类别", "对象类别", "组件类别", "分类", "kind", "category"),
    "type": (
        "语言", "开发语言", "编程语言", "生态", "包管理器", "技术栈", "language", "ecosystem", "packagetype",
        "packagemanager",
    ),
    "owner": ("责任人", "负责人", "维护人", "管理员", "owner", "responsible", "maintainedby"),
    "approver": ("审批人", "批准人", "审核人", "审批者", "approver", "approvedby"),
    "date": (
        "审批日期", "批准日期", "审批时间", "批准时间", "审核日期", "日期", "approvaldate", "approvedon", "approvedat",
        "date",
    ),
    "remarks": ("备注", "说明", "备注说明", "remarks", "remark", "notes", "note", "comments", "comment"),
}  # fmt: skip
# These mean a kind or a type of package; what stands below them tells.
EITHER = ("类型", "组件类型", "软件类型", "type")
KIND_WORDS: Mapping[str, tuple[str, ...]] = {
    "code": ("code", "代码", "源代码", "源码", "开源代码", "代码片段"),
    "component": ("component", "组件", "开源组件", "依赖", "依赖库", "库", "第三方库", "框架", "library"),
    "software": (
        "software", "软件", "开源软件", "基础软件", "中间件", "数据库", "操作系统", "工具", "开源工具", "工具软件",
    ),
    "cloud-service": ("cloud-service", "cloudservice", "云服务", "开源云服务", "基于开源的云服务", "saas"),
}  # fmt: skip
TYPE_WORDS: Mapping[str, tuple[str, ...]] = {
    "maven": ("java", "kotlin", "scala", "gradle", "后端", "jar"),
    "npm": ("javascript", "js", "typescript", "ts", "node", "nodejs", "node.js", "前端"),
    "pypi": ("python", "python3", "pip"),
    "golang": ("go",),
    "nuget": ("c#", ".net", "dotnet"),
    "gem": ("ruby",),
    "composer": ("php",),
    "cargo": ("rust",),
    "generic": ("c", "c++", "c/c++", "其他", "其它", "通用", "other"),
}
_TEXT = Field("text", empty=False)
_SHAPE: Mapping[str, Field] = {
    "columns": Field("table", of=dict.fromkeys(HEADINGS, _TEXT)),
    "kinds": Field("map", of=Field("text", choices=KINDS)),
    "types": Field("map", of=Field("text", check=lambda value: _no_type(value))),
}
_BRACKETS = re.compile(r"[(\[【].*?[)\]】]")
_BETWEEN = re.compile(r"[\s*:_\-.]+")


@record
class Columns:
    """What the table means. fields: field of HEADINGS -> heading; kinds, types: word of a cell, in lower case -> what
    it means; default_type: of rows that do not say it, empty for none. unused: headings that mean nothing here.
    """

    fields: Mapping[str, str]
    kinds: Mapping[str, str]
    types: Mapping[str, str]
    default_type: str = ""
    unused: tuple[str, ...] = ()


def _no_type(value: str) -> tuple[str, dict[str, object]] | None:
    return None if schemes.known(value) else ("not-one-of", {"found": value, "choices": _known_types()})


def _known_types() -> str:
    return ", ".join(type for type in (*TYPE_WORDS, "deb", "rpm", "github", "docker") if schemes.known(type))


def parse(data: bytes, path: str) -> Document:
    """Return a map file (TOML). Raises Mistakes naming every mistake in it with its line."""
    document = read(path, data)
    if isinstance(document, Mistake):
        raise Mistakes((document,))
    found = tuple(
        Mistake(path, document.line(place), code, p) for place, code, p in complaints(document.values, _SHAPE)
    )
    if found:
        raise Mistakes(found)
    return document


def columns(headings: Sequence[str], cells: Mapping[str, Iterable[str]], written: Document | None = None) -> Columns:
    """Return what the columns with these headings mean.

    cells: heading -> the texts below it, which are asked where a heading may mean two things. written: a map file; the
    columns it names are the only ones. Raises UsageError: `import.no-column` where it names one that is not there,
    `import.no-component` where no column tells the component.
    """
    values = written.values if written else {}
    kinds = {word: kind for kind, words in KIND_WORDS.items() for word in words}
    types = {word: type for type, words in TYPE_WORDS.items() for word in (type, *words)}
    said = {word: str(type) for word, type in values.get("types", {}).items() if word != "default"}
    kinds.update({_plain(word): str(kind) for word, kind in values.get("kinds", {}).items()})
    types.update({_plain(word): type for word, type in said.items()})
    fields = _named(headings, values["columns"]) if values.get("columns") else _usual(headings, cells, kinds)
    if "component" not in fields and "purl" not in fields:
        raise UsageError("import.no-component", headings=", ".join(headings))
    unused = tuple(heading for heading in headings if heading not in fields.values())
    return Columns(fields, kinds, types, str(values.get("types", {}).get("default", "")), unused)


def _named(headings: Sequence[str], wanted: Mapping[str, str]) -> dict[str, str]:
    """The columns a map file names: as written, or as people would take them for the same."""
    alike = {normal(heading): heading for heading in reversed(headings)}
    found = {}
    for field, name in wanted.items():
        heading = name if name in headings else alike.get(normal(name), "")
        if not heading:
            raise UsageError(
                "import.no-column", field=field, heading=name, headings=", ".join(headings), **near(name, headings)
            )
        found[field] = heading
    return found


def _usual(headings: Sequence[str], cells: Mapping[str, Iterable[str]], kinds: Mapping[str, str]) -> dict[str, str]:
    alike = {normal(heading): heading for heading in reversed(headings)}
    found = {}
    for field, usual in HEADINGS.items():
        heading = next((alike[name] for name in usual if name in alike), "")
        if heading:
            found[field] = heading
    for heading in (alike[name] for name in EITHER if name in alike):
        texts = [_plain(text) for text in cells.get(heading, ()) if text]
        field = "kind" if sum(text in kinds for text in texts) * 2 > len(texts) else "type"
        found.setdefault(field, heading)
    return found


def heads(written: Document | None = None) -> Callable[[Sequence[str]], bool]:
    """Return what tells the row of headings from a title above it: two headings of the map file, or usual ones."""
    named = {normal(str(name)) for name in written.values.get("columns", {}).values()} if written else set()
    known = {name: field for field, usual in HEADINGS.items() for name in usual}
    known = dict.fromkeys(named, "named") or known

    def found(texts: Sequence[str]) -> bool:
        hits = {text: known[text] for text in map(normal, texts) if text in known}
        if named:
            return len(hits) >= min(2, len(named))
        return len(set(hits.values())) > 1 and bool({"component", "purl"} & set(hits.values()))

    return found


def normal(heading: str) -> str:
    """Return a heading without case, width, blanks and what stands in brackets: `组件名称（必填）` is `组件名称`."""
    text = unicodedata.normalize("NFKC", heading).lower()
    return _BETWEEN.sub("", _BRACKETS.sub("", text)) or _BETWEEN.sub("", text)


def _plain(word: str) -> str:
    return unicodedata.normalize("NFKC", word).strip().lower()


def meaning(word: str, words: Mapping[str, str]) -> str:
    """Return what the text of a cell means by `words` (kinds or types); empty where it means nothing."""
    return words.get(_plain(word), "")
