"""Cut GitHub's OpenAPI description down to what osgate asks: `openapi.json.gz` beside this file.

    npm pack @octokit/openapi@23.0.2 && tar xzf octokit-openapi-23.0.2.tgz
    python tests/github_contract/cut_openapi.py package/generated/api.github.com.json

Kept are the operations of operations.txt and all schemas they lead to, without prose and examples; OpenAPI 3.0's
`nullable` becomes a type of JSON Schema.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
# What says nothing about validity.
PROSE = ("description", "example", "examples", "title", "externalDocs", "deprecated", "readOnly", "default", "xml")
PREFIX = "#/components/"
# Where GitHub answers otherwise than it describes: a head whose fork is gone; a suspended account of a GHES; a comment
# on a line that today's diff does not show. In the list of an app's installations an account is described as a user and
# an enterprise at once, which none is; everywhere else it is either.
GONE = {"anyOf": [{"$ref": "#/$defs/repository"}, {"type": "null"}]}
SUSPENDED = {"type": ["string", "null"], "format": "date-time"}


def corrected(operations: dict[str, Any], parts: dict[str, Any]) -> None:
    """Mend what is described wrongly."""
    operations["GET /app/installations"]["answers"]["200"]["items"] = {"$ref": "#/$defs/installation"}
    for name in ("pull-request", "pull-request-simple"):
        parts[name]["properties"]["head"]["properties"]["repo"] = GONE
    for name in ("public-user", "private-user"):
        parts[name]["properties"]["suspended_at"] = SUSPENDED
    for name in ("line", "position"):
        parts["pull-request-review-comment"]["properties"][name] = {"type": ["integer", "null"]}


def schema(given: Any) -> Any:
    """Return a schema as JSON Schema has it, its references short."""
    if isinstance(given, list):
        return [schema(part) for part in given]
    if not isinstance(given, dict):
        return given
    if "$ref" in given:
        return {"$ref": given["$ref"].replace(f"{PREFIX}schemas/", "#/$defs/")}
    made = {}
    for key, value in given.items():
        if key == "properties":
            made[key] = {name: schema(part) for name, part in value.items()}
        elif key not in (*PROSE, "nullable", "discriminator") and not key.startswith("x-"):
            made[key] = value if key in ("enum", "required") else schema(value)
    return nullable(made) if given.get("nullable") else made


def nullable(made: dict[str, Any]) -> dict[str, Any]:
    """Return a schema that takes null as well."""
    if "type" in made and not {"anyOf", "oneOf", "allOf"} & set(made):
        more = {"enum": [*made["enum"], None]} if "enum" in made and None not in made["enum"] else {}
        return {**made, "type": [made["type"], "null"], **more}
    return {"anyOf": [made, {"type": "null"}]}


class Cut:
    """The description while it is taken apart. parts: the schemas needed so far, by name."""

    def __init__(self, whole: dict[str, Any]) -> None:
        self.whole = whole
        self.parts: dict[str, Any] = {}

    def real(self, given: dict[str, Any]) -> dict[str, Any]:
        """Return what a reference to a parameter or response means."""
        while "$ref" in given:
            kind, name = given["$ref"].removeprefix(PREFIX).split("/")
            given = self.whole["components"][kind][name]
        return given

    def schema(self, given: Any) -> Any:
        """Return a schema, with all that it names among `parts`."""
        made = schema(given)
        self._follow(made)
        return made

    def _follow(self, made: Any) -> None:
        if isinstance(made, list):
            for part in made:
                self._follow(part)
        elif isinstance(made, dict):
            name = made.get("$ref", "")
            if isinstance(name, str) and name.startswith("#/$defs/") and name[8:] not in self.parts:
                self.parts[name[8:]] = None
                self.parts[name[8:]] = self.schema(self.whole["components"]["schemas"][name[8:]])
            for part in made.values():
                self._follow(part)

    def operation(self, line: str) -> dict[str, Any]:
        """Return one operation: its parameters, its body, its answers by status (None: no JSON)."""
        method, path = line.split()
        found = self.whole["paths"][path][method.lower()]
        rows = [self.real(row) for row in (*self.whole["paths"][path].get("parameters", ()), *found["parameters"])]
        made: dict[str, Any] = {"answers": {s: self.json(a) for s, a in found["responses"].items()}}
        made["query"] = {r["name"]: self.schema(r.get("schema", {})) for r in rows if r["in"] == "query"}
        if "requestBody" in found:
            made |= {"body": self.json(found["requestBody"]), "needed": found["requestBody"].get("required", False)}
        return made

    def json(self, given: dict[str, Any]) -> Any:
        """Return the schema of a body that is JSON, None for any other."""
        content = self.real(given).get("content", {})
        kind = next((name for name in content if name == "application/json"), None)
        return self.schema(content[kind]["schema"]) if kind else None


def main(source: str) -> None:
    """Read the description and write the slice, the same bytes each time."""
    cut = Cut(json.loads(Path(source).read_text(encoding="utf-8")))
    lines = (HERE / "operations.txt").read_text(encoding="utf-8").splitlines()
    made = {"operations": {line: cut.operation(line) for line in lines}}
    corrected(made["operations"], cut.parts)
    made["$defs"] = dict(sorted(cut.parts.items()))
    text = json.dumps(made, separators=(",", ":"), ensure_ascii=False).encode()
    (HERE / "openapi.json.gz").write_bytes(gzip.compress(text, 9, mtime=0))
    print(f"{len(lines)} operations, {len(cut.parts)} schemas, {len(text)} bytes")


if __name__ == "__main__":
    main(sys.argv[1])
