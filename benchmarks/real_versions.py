"""Orders and ranges against the real tools: random pairs, what they answer, and where osgate answers otherwise.

    python benchmarks/real_versions.py [--pairs 20000] [--seed 1] [--node-semver FOLDER] [--maven JAR[:JAR...]]
                                       [--dpkg] [--conan PYTHON]

FOLDER is where `npm install semver` put the package, JAR is maven-artifact (and what it needs), PYTHON an interpreter
with Conan 2. Each tool named is asked once, in one process; a table says how many answers differ and shows the first.
Where the tool refuses a range, osgate must say that no version satisfies it, or refuse it as well. Ends with 1 where an
answer differs.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from osgate.errors import UsageError
from osgate.versions import compare, npm_range, satisfies

Row = list[Any]
# name, the rows that were asked, what the tool answered, what osgate answers to a row
Trial = tuple[str, list[Row], list[Any], Callable[..., Any]]

WORDS = (
    "alpha", "beta", "rc", "RC", "a", "b", "m", "M", "milestone", "cr", "SNAPSHOT", "snapshot", "ga", "final", "Final",
    "RELEASE", "sp", "pre", "dev", "x", "jre", "android", "Alpha", "pfd", "redhat", "v", "incubating", "noneautotype",
)  # fmt: skip
NUMBERS = (
    "0",
    "0",
    "1",
    "1",
    "2",
    "3",
    "10",
    "11",
    "20",
    "00",
    "01",
    "007",
    "20240101",
    "2147483648",
    "9" * 19,
    "9" * 25,
)


def main() -> int:
    """Ask the tools named, print the table; 1 where an answer differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=20_000, help="pairs for each question")
    parser.add_argument("--seed", type=int, default=1, help="where the random pairs begin")
    parser.add_argument("--node-semver", metavar="FOLDER", help="folder of the npm package semver")
    parser.add_argument("--maven", metavar="JAR", help="maven-artifact.jar, more jars after a colon")
    parser.add_argument("--dpkg", action="store_true", help="ask dpkg (a process for each question: a tenth as many)")
    parser.add_argument("--conan", metavar="PYTHON", help="interpreter with Conan 2")
    asked = parser.parse_args()
    dice = random.Random(asked.seed)
    trials: list[Trial] = []
    if asked.node_semver:
        trials += node_semver(dice, asked.pairs, asked.node_semver)
    if asked.maven:
        trials += maven(dice, asked.pairs, asked.maven)
    if asked.dpkg:
        trials += dpkg(dice, asked.pairs // 10)
    if asked.conan:
        trials += conan(dice, asked.pairs, asked.conan)
    print(f"{'question':44}{'asked':>8}{'refused':>9}{'differ':>8}")
    return 1 if sum(map(shown, trials)) else 0


def shown(trial: Trial) -> int:
    """Print the row of one trial and its first differences; return how many there are."""
    name, rows, answers, ours = trial
    differ = [(row, theirs, mine) for row, theirs in zip(rows, answers, strict=True) if (mine := ours(*row)) != theirs]
    print(f"{name:44}{len(rows):8}{sum(a is None for a in answers):9}{len(differ):8}", flush=True)
    for row, theirs, mine in differ[:12]:
        print(f"    {row}: the tool {theirs}, osgate {mine}")
    return len(differ)


def run(command: list[str], rows: object) -> Any:
    """Hand `rows` to a process as JSON, return the JSON it prints. Raises CalledProcessError."""
    done = subprocess.run(command, input=json.dumps(rows), capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{command[0]}: {done.stderr[-2000:]}")
    return json.loads(done.stdout)


# --- node-semver

NODE = """
const semver = require(process.argv[1]); const rows = JSON.parse(require('fs').readFileSync(0, 'utf8'))
const valid = (r, o) => { try { return new semver.Range(r, o).range || '*' } catch { return null } }
process.stdout.write(JSON.stringify({
  version: require(process.argv[1] + '/package.json').version,
  order: rows.order.map(([a, b]) => { try { return semver.compare(a, b) } catch { return null } }),
  range: rows.range.map(([r, v]) => semver.satisfies(v, r)),
  prerelease: rows.range.map(([r, v]) => semver.satisfies(v, r, { includePrerelease: true })),
  loose: rows.range.map(([r, v]) => semver.satisfies(v, r, true)),
  both: rows.range.map(([r, v]) => semver.satisfies(v, r, { loose: true, includePrerelease: true })),
  normal: rows.range.map(([r]) => valid(r)),
  normalLoose: rows.range.map(([r]) => valid(r, true)),
  normalBoth: rows.range.map(([r]) => valid(r, { loose: true, includePrerelease: true })),
}))
"""


def node_semver(dice: random.Random, pairs: int, folder: str) -> list[Trial]:
    """Order of versions, and ranges with and without node-semver's two options."""
    order = [[semver(dice), semver(dice)] for _ in range(pairs * 9 // 4)]
    ranges = [[npm_text(dice), semver(dice)] for _ in range(pairs)]
    told = run(["node", "-e", NODE, str(Path(folder).resolve())], {"order": order, "range": ranges})
    name = f"node-semver {told['version']}"
    texts = [[text] for text, _ in ranges]
    trials: list[Trial] = [
        (f"{name} compare", *both_read(order, told["order"], pairs), lambda a, b: compare("npm", a, b)),
        (f"{name} satisfies", ranges, told["range"], lambda r, v: satisfies("npm", r, v)),
    ]
    for key, loose, pre in (("loose", True, False), ("prerelease", False, True), ("both", True, True)):
        trials.append((f"{name} satisfies, {key}", ranges, told[key], fitting(loose, pre)))
    for key, loose, pre in (("normal", False, False), ("normalLoose", True, False), ("normalBoth", True, True)):
        trials.append((f"{name} range, {key}", texts, told[key], spelling(loose, pre)))
    return trials


def both_read(rows: list[Row], answers: list[Any], pairs: int) -> tuple[list[Row], list[Any]]:
    """Leave out the pairs that the tool does not read: osgate orders these too."""
    kept = [(row, answer) for row, answer in zip(rows, answers, strict=True) if answer is not None][:pairs]
    return [row for row, _ in kept], [answer for _, answer in kept]


def fitting(loose: bool, prereleases: bool) -> Callable[[str, str], bool]:
    """The question whether a version fits a range, with these options."""
    return lambda text, version: npm_range.satisfies(text, version, loose=loose, prereleases=prereleases)


def spelling(loose: bool, prereleases: bool) -> Callable[[str], str | None]:
    """The question what a range is written out, with these options."""
    return lambda text: npm_range.normal(text, loose=loose, prereleases=prereleases)


def semver(dice: random.Random) -> str:
    """A version for npm, mostly good."""
    pick = dice.choice
    numbers = [pick(("0", "0", "1", "1", "2", "3", "10", "9007199254740991")) for _ in range(3)]
    if dice.random() < 0.03:
        numbers = numbers[: dice.randint(1, 2)] if dice.random() < 0.5 else [*numbers, "1"]
    pre = "".join(
        pick("-.") + pick(("0", "1", "alpha", "beta", "rc", "a1", "01", "1a", "-", "x"))
        for _ in range(dice.randint(1, 3))
    )
    text = ".".join(numbers)
    text += "-" * (dice.random() < 0.95) + pre[1:] if dice.random() < 0.45 else ""
    text += pick(("+b", "+1.x", "+", "+a-b")) if dice.random() < 0.1 else ""
    return pick(("", "", "", "", "", "", "v", " ", "=", "= v")) + text + pick(("", "", "", "", "", " "))


def npm_text(dice: random.Random) -> str:
    """A range for npm: what people write, and what they write wrongly."""
    pick = dice.choice
    union = pick((" || ", "||", "|| ", " ||", "  ||\t", "\n||\n", " | "))
    return pick(("", "", "", " ")) + union.join(npm_set(dice) for _ in range(pick((1, 1, 1, 2, 3))))


def npm_set(dice: random.Random) -> str:
    pick = dice.choice
    if dice.random() < 0.2:
        return partial(dice) + pick((" - ", " - ", " - ", "  -  ", " -", "- ", "\t- ")) + partial(dice)
    space = pick((" ", " ", " ", "  ", "\t", ",", ""))
    marks = ("", "", "", "^", "~", ">", ">=", "<", "<=", "=", "~>", "==", "=>", "!", "~=", "^=", "<>", "~ ^")
    return space.join(
        pick(marks) + pick(("", "", "", " ", "  ")) + partial(dice) for _ in range(pick((0, 1, 1, 1, 2, 2, 3)))
    )


def partial(dice: random.Random) -> str:
    pick = dice.choice
    parts = [
        pick(("0", "0", "1", "1", "2", "3", "10", "x", "X", "*", "01", "9007199254740991"))
        for _ in range(pick((1, 2, 3, 3, 3, 4)))
    ]
    if len(parts) == 4 and dice.random() < 0.8:
        del parts[3]
    if dice.random() < 0.6:
        parts = [pick("0123") if part in ("x", "X", "*", "01", "9007199254740991") else part for part in parts]
    tail = pick(("", "", "", "", "", "-0", "-alpha", "-rc.1", "-01", "beta", "-a+b", "+b", "-x", "-1.", "+"))
    return pick(("", "", "", "", "", "", "v", "=", "v=", "V")) + ".".join(parts) + tail


# --- Maven

JAVA = """
import java.nio.charset.StandardCharsets; import org.apache.maven.artifact.versioning.*;
public class Ask {
  public static void main(String[] a) throws Exception {
    StringBuilder out = new StringBuilder();
    for (String line : new String(System.in.readAllBytes(), StandardCharsets.UTF_8).split("\\n")) {
      String[] row = line.split("\\t", -1);
      if (row[0].equals("order"))
        out.append(Integer.signum(new ComparableVersion(row[1]).compareTo(new ComparableVersion(row[2]))));
      else try {
        VersionRange range = VersionRange.createFromVersionSpec(row[1]);
        out.append(range.getRecommendedVersion() != null || range.containsVersion(new DefaultArtifactVersion(row[2])));
      } catch (InvalidVersionSpecificationException e) { out.append("null"); }
      out.append('\\n');
    }
    System.out.print(out);
  }
}
"""


def maven(dice: random.Random, pairs: int, jars: str) -> list[Trial]:
    """Order of versions (random, and neighbours that differ in one place), and version ranges."""
    order = [["order", maven_text(dice), maven_text(dice)] for _ in range(pairs)]
    near = [["order", text, changed(dice, text)] for text in (maven_text(dice) for _ in range(pairs))]
    ranges = [["range", maven_set(dice), maven_text(dice)] for _ in range(pairs)]
    rows = [*order, *near, *ranges]
    with tempfile.TemporaryDirectory(prefix="osgate-maven-") as folder:
        source = Path(folder, "Ask.java")
        source.write_text(JAVA, "utf-8")
        text = "\n".join("\t".join(row) for row in rows)
        done = subprocess.run(
            ["java", "-cp", jars, str(source)], input=text, capture_output=True, text=True, check=False
        )
    if done.returncode:
        sys.exit(done.stderr[-2000:])
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    name = Path(jars.split(":")[0]).stem
    sets = (("compare", order, 0), ("compare, near", near, pairs))
    trials: list[Trial] = [
        (f"{name} {what}", [row[1:] for row in part], answers[at : at + pairs], lambda a, b: compare("maven", a, b))
        for what, part, at in sets
    ]
    return [*trials, (f"{name} range", [row[1:] for row in ranges], answers[2 * pairs :], inside)]


def inside(text: str, version: str) -> bool | None:
    """What osgate says to a Maven range; None where it refuses it."""
    try:
        return satisfies("maven", text, version)
    except UsageError:
        return None


def maven_text(dice: random.Random) -> str:
    """A version for Maven: nothing is forbidden there."""
    pick = dice.choice
    text = pick(("1", "1", "2", "0", "10", "v1", "r", "1.0", "2.0.0", "1.2.3"))
    for _ in range(dice.randint(0, 4)):
        text += pick(("", ".", ".", "-", "-", "_", "+", "--", "..", ".-")) + pick((*WORDS, *NUMBERS, *NUMBERS, ""))
    return text


def changed(dice: random.Random, text: str) -> str:
    """The text with one piece put in, taken out or put in place of another."""
    at = dice.randint(0, len(text))
    piece = dice.choice((*WORDS, *NUMBERS, ".", "-", ".0", "-0", "-1", ".ga", ""))
    return text[:at] + piece + text[at + dice.randint(0, 2) :]


def maven_set(dice: random.Random) -> str:
    """A version requirement, mostly one or two sets."""
    pick = dice.choice
    found = []
    for _ in range(pick((1, 1, 1, 2, 2, 3))):
        low, high = (
            pick(("", "1", "1.0", "1.5", "2", "2.0-alpha", "1-SNAPSHOT", "3", "1.2.3", "2.0.ga")) for _ in "ab"
        )
        body = pick((f"{low},{high}", f"{low},{high}", f"{low},{high}", low, f"{low}, {high}", f"{low},,{high}"))
        found.append(pick("[(") + pick(("", "", " ")) + body + pick("])"))
    return pick((",", ",", ",", " , ", " ", "")).join(found) if dice.random() < 0.95 else maven_text(dice)


# --- dpkg and Conan


def dpkg(dice: random.Random, pairs: int) -> list[Trial]:
    """Order of versions, as `dpkg --compare-versions` says it."""
    rows = [[deb_text(dice), deb_text(dice)] for _ in range(pairs)]
    answers = [0 if told(a, "eq", b) else 1 if told(a, "gt", b) else -1 for a, b in rows]
    return [("dpkg compare", rows, answers, lambda a, b: compare("deb", a, b))]


def told(a: str, operator: str, b: str) -> bool:
    return (
        subprocess.run(["dpkg", "--compare-versions", a, operator, b], capture_output=True, check=False).returncode == 0
    )


def deb_text(dice: random.Random) -> str:
    pick = dice.choice
    text = pick(("", "", "", "0:", "1:")) + pick(("0", "1", "2", "10", "1.0"))
    for _ in range(dice.randint(0, 4)):
        text += pick((".", ".", "~", "+", "a", "rc", "~rc", "dfsg", "~~", ".0", "z")) + pick(
            ("0", "1", "2", "10", "01", "")
        )
    return text + pick(("", "", "-1", "-0", "-0ubuntu1", "-1~bpo1", "-1+b1"))


CONAN = """
import json, sys
from conan.internal.model.version import Version
def sign(a, b):
    a, b = Version(a), Version(b)
    return 0 if a == b else -1 if a < b else 1
print(json.dumps([sign(a, b) for a, b in json.load(sys.stdin)]))
"""


def conan(dice: random.Random, pairs: int, python: str) -> list[Trial]:
    """Order of versions, those whose items are all numbers or all words (see osgate.versions.conan)."""
    rows = [[conan_text(dice), conan_text(dice)] for _ in range(pairs)]
    return [("conan compare", rows, run([python, "-c", CONAN], rows), lambda a, b: compare("conan", a, b))]


def conan_text(dice: random.Random) -> str:
    def items(most: int) -> str:
        return ".".join(
            dice.choice(("0", "0", "1", "2", "10", "01", "a", "rc", "cci")) for _ in range(dice.randint(1, most))
        )

    pre, build = (mark + items(2) if dice.random() < 0.25 else "" for mark in "-+")
    return items(4) + pre + build


if __name__ == "__main__":
    sys.exit(main())
