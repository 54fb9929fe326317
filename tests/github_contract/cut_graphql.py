"""Cut GitHub's GraphQL schema down to the types of types.txt: `schema.graphql.gz` beside this file.

    npm pack @octokit/graphql-schema@15.26.1 && tar xzf octokit-graphql-schema-15.26.1.tgz
    python tests/github_contract/cut_graphql.py package/schema.graphql

Of these types every field is kept whose own type is among them, a scalar or an enum, with all that its arguments need;
of mutations those whose payload is. Prose is left out.
"""

from __future__ import annotations

import gzip
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import graphql
from graphql.language import ast

HERE = Path(__file__).parent
PLAIN: dict[str, Any] = {"directives": (), "description": None}


def named(kind: Any) -> str:
    """Return the name at the bottom of a type: `[Issue!]!` -> Issue."""
    while not isinstance(kind, ast.NamedTypeNode):
        kind = kind.type
    return str(kind.name.value)


class Cut:
    """The schema while it is taken apart. whole: by name; kept: what stays."""

    def __init__(self, whole: dict[str, Any], wanted: Iterable[str]) -> None:
        self.whole, self.wanted = whole, set(wanted)
        self.kept: dict[str, Any] = {}

    def leaf(self, name: str) -> bool:
        """Whether a name is a scalar or an enum."""
        return name not in self.whole or isinstance(
            self.whole[name], ast.ScalarTypeDefinitionNode | ast.EnumTypeDefinitionNode
        )

    def keep(self, name: str) -> None:
        """Keep a type, and what its fields lead to."""
        found = self.whole.get(name)
        if found is None or name in self.kept:
            return
        self.kept[name] = found
        bare = dict(PLAIN)
        if isinstance(found, ast.ObjectTypeDefinitionNode | ast.InterfaceTypeDefinitionNode):
            fields = [f for f in found.fields if named(f.type) in self.wanted or self.leaf(named(f.type))]
            bare["fields"] = tuple(replace(f, **PLAIN, arguments=self._led(f.arguments)) for f in fields)
            bare["interfaces"] = tuple(i for i in found.interfaces or () if i.name.value in self.wanted)
            self._follow(fields)
        elif isinstance(found, ast.InputObjectTypeDefinitionNode):
            bare["fields"] = self._led(found.fields)
        elif isinstance(found, ast.UnionTypeDefinitionNode):
            bare["types"] = tuple(t for t in found.types if t.name.value in self.wanted)
        elif isinstance(found, ast.EnumTypeDefinitionNode):
            bare["values"] = tuple(replace(v, **PLAIN) for v in found.values)
        self.kept[name] = replace(found, **bare)

    def _led(self, given: Iterable[Any] | None) -> tuple[Any, ...]:
        """Return arguments or inputs without prose, their types kept."""
        rows = tuple(replace(one, **PLAIN) for one in given or ())
        self._follow(rows)
        return rows

    def _follow(self, rows: Iterable[Any]) -> None:
        for one in rows:
            self.keep(named(one.type))


def main(source: str) -> None:
    """Read the schema and write the slice, the same bytes each time."""
    text = Path(source).read_text(encoding="utf-8")
    whole = {d.name.value: d for d in graphql.parse(text).definitions if hasattr(d, "name") and d.name}
    wanted = (HERE / "types.txt").read_text(encoding="utf-8").split()
    absent = sorted(set(wanted) - set(whole))
    if absent:
        raise SystemExit(f"the schema has no {', '.join(absent)}")
    cut = Cut(whole, wanted)
    for name in wanted:
        cut.keep(name)
    document = ast.DocumentNode(definitions=tuple(cut.kept[name] for name in sorted(cut.kept)))
    made = graphql.strip_ignored_characters(graphql.print_ast(document)).encode()
    (HERE / "schema.graphql.gz").write_bytes(gzip.compress(made, 9, mtime=0))
    print(f"{len(cut.kept)} types, {len(made)} bytes")


if __name__ == "__main__":
    main(sys.argv[1])
