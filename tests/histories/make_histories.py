"""Make the data of this folder anew: `PYTHONPATH=tests python -m histories.make_histories` (needs npm, git, a network).

Each history is a project whose manifests the real tools change step by step. Kept are the states (data/<name>.json.xz:
a list of {step, files: {path: text}}) and, in expected/<name>.json, what each step introduces by the word of the tools
themselves (oracle.py). Hosts of registries become example domains; nothing else of the files is touched.
The tools look for packages only up to fixed dates, so that a second run gives nearly the same; which versions of them
wrote the data stands in `tools`. The workflow history is written by hand, data and expectations.
"""

from __future__ import annotations

import json
import lzma
import sys
import tempfile
from pathlib import Path
from typing import Any

from histories import npm_history, pip_history
from histories.oracle import Below, Row, Seen, introduced

HERE = Path(__file__).parent
MAKERS = {"npm": npm_history, "pip": pip_history}

State = dict[str, Any]
Told = dict[str, list[Seen]]


def main(names: list[str]) -> None:
    """Make the histories called `names`, all where there are none."""
    for name in names or MAKERS:
        maker = MAKERS[name]
        with tempfile.TemporaryDirectory(prefix="histories-") as work:
            folder = Path(work).resolve()
            states, told = maker.make(folder)
            tools = maker.versions(folder)
        check(states)
        packed = lzma.compress(json.dumps(states, ensure_ascii=False).encode(), preset=9 | lzma.PRESET_EXTREME)
        (HERE / f"data/{name}.json.xz").write_bytes(packed)
        write(HERE / f"expected/{name}.json", tools, expectations(states, told, maker.below))


def check(states: list[State]) -> None:
    """Refuse to write a path of this machine."""
    for state in states:
        for path, text in state["files"].items():
            if tempfile.gettempdir() + "/" in text or str(Path.home()) + "/" in text:
                raise SystemExit(f"{state['step']}: {path} names a path of this machine")


def expectations(states: list[State], told: list[Told], below: Below) -> dict[str, list[Row]]:
    """Return the rows by "from..to": each step, the first to the last that has files, the first to the last."""
    last = len(states) - 1
    full = max(at for at, roles in enumerate(told) if roles)
    pairs = [(-1, 0), *((at, at + 1) for at in range(last)), (0, full), (0, last)]
    found = {}
    for old, new in pairs:
        before: Told = told[old] if old >= 0 else {}
        rows = [row for role, after in told[new].items() for row in introduced(before.get(role, []), after, below)]
        label = f"{states[old]['step'] if old >= 0 else ''}..{states[new]['step']}"
        found[label] = sorted(rows, key=lambda row: (row["path"], row["line"], row["purl"]))
    return found


def write(path: Path, tools: dict[str, str], rows: dict[str, list[Row]]) -> None:
    """Write one row a line, so that a change of the data can be read."""
    blocks = []
    for label, found in rows.items():
        inner = ",\n".join(f"   {json.dumps(row)}" for row in found)
        blocks.append(f"  {json.dumps(label)}: [\n{inner}\n  ]" if found else f"  {json.dumps(label)}: []")
    text = f'{{\n "tools": {json.dumps(tools)},\n "introduced": {{\n' + ",\n".join(blocks) + "\n }\n}\n"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
