"""Ways around the gate that somebody tried: each is closed, in every form of check that sees it."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cli.kit import Done, lockfile

if TYPE_CHECKING:
    from conftest import App

JSON = ("--format", "json")
EVIL = lockfile("evil@1.0.0")


def entry(purl: str = "pkg:npm/evil@1.0.0", path: str = "package-lock.json", *rules: str) -> dict[str, Any]:
    return {"purl": purl, "path": path, "rules": list(rules or ("OSG101",)), "owner": "li.si", "due": "2099-01-01"}


def baseline(*entries: dict[str, Any]) -> str:
    return json.dumps({"schema": "osgate.baseline/1", "entries": entries})


def manifest(**dependencies: str) -> str:
    return json.dumps({"name": "app", "version": "1.0.0", "dependencies": dependencies})


def told(done: Done) -> list[tuple[str, str]]:
    """(rule, place) of every finding of a check that blocks; what passes must have none."""
    findings = json.loads(done.out)["findings"]
    assert done.code == (1 if any(finding["severity"] == "error" for finding in findings) else 0), done
    return [(finding["rule"], finding["path"]) for finding in findings]


def staged(app: App) -> list[tuple[str, str]]:
    return told(app.check("--staged", *JSON))


def ranged(app: App, base: str) -> list[tuple[str, str]]:
    return told(app.check("--base", base, "--head", app.commit(), *JSON))


# -- the baseline


def test_a_first_baseline_lists_only_what_the_base_holds(app: App) -> None:
    app.publish("approved")
    app.write("package-lock.json", lockfile("legacy@1.0.0"))
    app.commit()
    app.write(".osgate/baseline.json", baseline(entry("pkg:npm/legacy@1.0.0")))
    assert staged(app) == []
    app.write(".osgate/baseline.json", baseline(entry("pkg:npm/legacy@1.0.0"), entry()))
    assert staged(app) == [("OSG401", ".osgate/baseline.json")]
    # Not even where the same change brings it.
    app.write("package-lock.json", EVIL)
    assert ("OSG401", ".osgate/baseline.json") in staged(app)


def test_no_entry_lets_our_own_files_change(app: App) -> None:
    app.publish("approved")
    own = (".osgate/baseline.json", ".osgate/osgate.lock", ".osgate/config.toml")
    app.write(".osgate/baseline.json", baseline(*(entry("", path, "OSG401", "OSG403") for path in own)))
    app.commit()
    app.write(".osgate/baseline.json", baseline(entry()))
    app.git("rm", "--quiet", *own[1:])
    assert staged(app) == [("OSG401", path) for path in sorted(own)]


def test_no_entry_excuses_what_a_change_does_to_a_file(app: App) -> None:
    app.publish("approved")
    app.write("package.json", manifest())
    listed = entry("", "package.json", "OSG303"), entry("", "package-lock.json", "OSG301", "OSG302", "OSG304")
    app.write(".osgate/baseline.json", baseline(*listed))
    app.commit()
    app.write("package.json", manifest(evil="*"))
    assert staged(app) == [("OSG303", "package.json")]
    app.write("package-lock.json", "{")
    assert ("OSG301", "package-lock.json") in staged(app)
    app.git("rm", "--quiet", "--cached", "package-lock.json")
    assert ("OSG304", "package-lock.json") in staged(app)


def test_what_is_listed_is_not_covered_from_elsewhere(app: App) -> None:
    app.publish("approved")
    app.write("package-lock.json", EVIL)
    app.write("requirements.txt", "legacy>=1\n")
    app.write(".osgate/baseline.json", baseline(entry(), entry("pkg:pypi/legacy", "requirements.txt")))
    app.commit()
    assert told(app.check("--all", "--mode", "enforce-all", *JSON)) == []
    app.write("package-lock.json", EVIL.replace("packages.example.com", "evil.test"))
    assert staged(app) == [("OSG101", "package-lock.json")]
    app.write("package-lock.json", EVIL.replace("AAAA", "BBBB", 1))
    assert staged(app) == [("OSG101", "package-lock.json"), ("OSG205", "package-lock.json")]
    app.write("package-lock.json", EVIL)
    app.write("requirements.txt", "legacy>=2\n")
    assert staged(app) == [("OSG101", "requirements.txt")]


def test_a_baseline_with_a_path_no_git_could_tell_is_a_clear_error(app: App) -> None:
    app.publish("approved")
    app.write(".osgate/baseline.json", baseline(entry("a", "\ud800")))
    assert staged(app) == [("OSG401", ".osgate/baseline.json")]
    app.commit()
    done = app.check("--all")
    app.write("package-lock.json", EVIL)
    assert (app.check("--staged").code, "\\ud800" in done.err) == (2, False)


# -- files that others take something from


@pytest.mark.parametrize("name", ["prod.deps", "deps", "deep/er/base.list"])
def test_a_file_of_any_name_that_a_requirements_file_includes(name: str, app: App) -> None:
    app.publish("approved")
    app.write("requirements.txt", f"-r {name}\n")
    app.write(name, "\n")
    base = app.commit()
    app.write(name, "evil==1.0.0\n")
    assert told(app.check("--worktree", *JSON)) == [("OSG101", name)]
    assert ranged(app, base) == [("OSG101", name)]


def pom(name: str, inside: str = "") -> str:
    about = f"<groupId>g</groupId><artifactId>{name}</artifactId><version>1</version><packaging>pom</packaging>"
    return f"<project><modelVersion>4.0.0</modelVersion>{about}{inside}</project>"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_parent_pom_of_any_name(encoding: str, app: App) -> None:
    app.publish("approved")
    above = "<groupId>g</groupId><artifactId>parent</artifactId><version>1</version>"
    app.write("pom.xml", pom("app", f"<parent>{above}<relativePath>build/base.xml</relativePath></parent>"))
    app.write("build/base.xml", pom("parent"))
    base = app.commit()
    one = "<dependency><groupId>evil</groupId><artifactId>evil</artifactId><version>1</version></dependency>"
    app.write("build/base.xml", pom("parent", f"<dependencies>{one}</dependencies>").encode(encoding))
    found = staged(app)
    assert found
    assert found == ranged(app, base)


def test_what_is_included_reaches_as_far_as_who_includes_it(app: App) -> None:
    app.publish("approved")
    app.write("requirements.txt", "-r dev-requirements.txt\n")
    app.write("dev-requirements.txt", "evil==1\n")
    (brought,) = json.loads(app.check("--staged", *JSON).out)["introduced"]
    assert (brought["path"], brought["scope"]) == ("dev-requirements.txt", "runtime")


# -- locks and manifests


def test_a_lock_that_goes_although_another_one_stands_above(app: App) -> None:
    app.publish("approved")
    app.write("package.json", manifest())
    app.write("web/package.json", manifest(**{"left-pad": "*"}))
    app.write("web/package-lock.json", lockfile("left-pad@1.3.0"))
    app.commit()
    app.git("rm", "--quiet", "web/package-lock.json")
    assert staged(app) == [("OSG304", "web/package-lock.json")]


def test_a_lock_that_moves_away_from_its_manifest(app: App) -> None:
    app.publish("approved")
    app.write("package.json", manifest())
    app.commit()
    (app.path / "attic").mkdir()
    app.git("mv", "package-lock.json", "attic/package-lock.json")
    assert staged(app) == [("OSG304", "package-lock.json")]
    app.git("mv", "package.json", "attic/package.json")
    assert staged(app) == []


def test_a_manifest_that_hides_behind_a_link(app: App) -> None:
    app.publish("approved")
    app.write("package.json", manifest())
    base = app.commit()
    app.write("real.json", manifest(evil="*"))
    (app.path / "package.json").unlink()
    (app.path / "package.json").symlink_to("real.json")
    app.git("add", "package.json")
    assert staged(app) == told(app.check("--worktree", *JSON)) == [("OSG301", "package.json")]
    assert ranged(app, base) == [("OSG301", "package.json")]


def test_an_address_of_git_in_disguise_is_no_registry(app: App) -> None:
    app.publish("approved")
    approved = lockfile("left-pad@1.3.0")
    app.write("package-lock.json", approved)
    assert staged(app) == []
    there = "https://packages.example.com/left-pad/-/left-pad-1.3.0.tgz"
    for url in ("git@evil.test:x/left-pad.git", "//evil.test/left-pad.tgz"):
        app.write("package-lock.json", approved.replace(there, url))
        assert staged(app) == [("OSG102", "package-lock.json")], url


# -- over many trees

LOCKS = (
    lockfile(),
    lockfile("left-pad@1.3.0"),
    EVIL,
    lockfile("evil@1.0.0", "left-pad@1.3.0").replace("packages.example.com", "evil.test"),
    EVIL.replace("AAAA", "BBBB"),
    "{",
    "{}",
)
MANIFESTS = (manifest(), manifest(evil="*"), manifest(**{"left-pad": "*"}), "{")
# What each path may hold; None is a symbolic link.
FILES: dict[str, tuple[str | None, ...]] = {
    "package-lock.json": (*LOCKS, None),
    "web/package-lock.json": (*LOCKS, None),
    "npm-shrinkwrap.json": LOCKS,
    "package.json": (*MANIFESTS, None),
    "web/package.json": (*MANIFESTS, None),
    "requirements.txt": (
        "-r reqs/base.txt\n",
        "evil==1\n",
        "-c constraints.txt\nevil\n",
        "-r gone.txt\n",
        "\xff",
        None,
    ),
    "reqs/base.txt": ("evil==1\n", "\n", "-r ../requirements.txt\n", "evil @ https://evil.test/x.whl\n", None),
    "constraints.txt": ("evil==1\n", "evil==2\n"),
    "pom.xml": (pom("app"), "<project>", "<a/>", None),
    "Dockerfile": ("FROM evil:1\n", "FROM scratch\n", "ARG X\nFROM $X\n"),
    ".osgate/baseline.json": ("{}", baseline(), baseline(entry()), baseline(entry("", "package.json", "OSG303"))),
}
Tree: TypeAlias = "dict[str, str | None]"
TREES = st.fixed_dictionaries({}, optional={path: st.sampled_from(ways) for path, ways in FILES.items()})
FEW = settings(
    max_examples=12,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=(HealthCheck.function_scoped_fixture, HealthCheck.too_slow),
)


def lay(app: App, tree: Tree) -> None:
    """Let the work tree and the index hold `tree` and what stands under no name of FILES."""
    for path in FILES:
        (app.path / path).unlink(missing_ok=True)
    for path, content in tree.items():
        file = app.path / path
        file.parent.mkdir(exist_ok=True)
        if content is None:
            file.symlink_to("elsewhere")
        else:
            file.write_bytes(content.encode("latin-1"))
    app.git("add", "--all")


def verdict(done: Done) -> tuple[object, ...]:
    """What must not depend on where a check is made; never a bug."""
    assert done.code in (0, 1, 2), done
    if done.code == 2:
        return done.code, done.err
    found = json.loads(done.out) if done.out else {"verdict": {}}
    found = found.get("verdict", found)
    parts = ("introduced", "findings", "baselined")
    return done.code, *(json.dumps(found.get(part, []), sort_keys=True) for part in parts)


def received(app: App, old: str, new: str) -> Done:
    """What a server's hook would say of a push."""
    lines = io.TextIOWrapper(io.BytesIO(f"{old} {new} refs/heads/main\n".encode()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", lines)
        return app.check("--pushed", *JSON)


@FEW
@given(TREES, TREES)
def test_every_form_of_check_tells_the_same(
    app: App, before: dict[str, str | None], after: dict[str, str | None]
) -> None:
    app.publish("approved")
    lay(app, before)
    old = app.commit()
    lay(app, after)
    said = [verdict(app.check("--staged", *JSON)), verdict(app.check("--worktree", *JSON))]
    new = app.commit()
    said.append(verdict(app.check("--base", old, "--head", new, *JSON)))
    app.git("reset", "--quiet", "--soft", old)
    said.append(verdict(received(app, old, new)))
    app.git("reset", "--quiet", "--hard", new)
    assert said == said[:1] * 4
    assert verdict(app.check("--all", *JSON)) == verdict(app.check(".", *JSON))


CONFIGS = st.builds(
    "".join,
    st.tuples(
        st.just('project = "payments/app"\n'),
        st.sampled_from(("", 'mode = "observe"\n', 'mode = "enforce-new"\n', 'mode = "enforce-all"\n')),
        st.sampled_from(("", 'language = "zh_CN"\n')),
    ),
)
FLAGS = st.lists(st.sampled_from(("--offline", "--mode=observe", "--mode=enforce-all", "--verbose")), unique=True)
# What an entry of the baseline may be about; none of it is what the changes below bring in.
ENTRIES = st.lists(
    st.builds(
        entry,
        st.sampled_from(("", "pkg:npm/evil", "pkg:npm/evil@1.0.1", "pkg:npm/%65vil@1.0.0", "pkg:npm/Evil@1.0.0")),
        st.sampled_from((*FILES, ".osgate/osgate.lock", "./package-lock.json")),
        st.sampled_from(("OSG101", "OSG301", "OSG303", "OSG304", "OSG401")),
    ),
    unique_by=lambda one: (one["purl"], one["path"]),
    max_size=6,
)
BLOCKED: dict[str, dict[str, str | None]] = {
    "new": {"package-lock.json": EVIL},
    "unreadable": {"package-lock.json": "{"},
    "out of step": {"package.json": manifest(evil="*")},
    "lock deleted": {"package-lock.json": None},
    "own file": {".osgate/osgate.lock": None},
}


@pytest.mark.parametrize("way", BLOCKED)
@FEW
@given(CONFIGS, ENTRIES, FLAGS)
def test_nothing_local_turns_a_block_into_a_pass(
    app: App, way: str, config: str, entries: list[dict[str, Any]], flags: list[str]
) -> None:
    app.publish("approved")
    app.git("checkout", "--quiet", "--force", "--detach", "main")
    assert app.check("--all").code == 0  # The snapshot is at hand.
    own = {".osgate/config.toml": config, ".osgate/baseline.json": baseline(*entries)}
    for path, content in {**own, "package.json": manifest(), "package-lock.json": lockfile()}.items():
        app.write(path, content)
    app.commit()
    for path, change in BLOCKED[way].items():
        if change is None:
            app.git("rm", "--quiet", path)
        else:
            app.write(path, change)
    flags = [flag for flag in flags if not flag.startswith("--mode") or flag == max(flags)]
    done = app.check("--staged", *flags)
    assert done.code == 1, (done, Path.cwd())
