"""The way a user gets the hook: pre-commit or prek clones this repository and builds an environment of its own for it.

Needs a package index. Where there is none this fails; it is never skipped.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.real

ROOT = Path(__file__).resolve().parents[2]
FRAMEWORKS = {
    "pre-commit": ((sys.executable, "-m", "pre_commit"), "install", "--install-hooks"),
    "prek": ((str(Path(sys.executable).with_name("prek")),), "install", "--prepare-hooks"),
}
LOCK = {
    "name": "app",
    "version": "1.0.0",
    "lockfileVersion": 3,
    "packages": {
        "": {"name": "app", "version": "1.0.0", "dependencies": {"left-pad": "^1.3.0"}},
        "node_modules/left-pad": {"version": "1.3.0", "resolved": "https://packages.example.com/left-pad-1.3.0.tgz"},
    },
}


@pytest.fixture
def published(tmp_path: Path) -> tuple[Path, str]:
    """This working tree as a repository with one commit, and the commit's id."""
    folder = tmp_path / "osgate"
    argv = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    for args in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "-m", "release"]):
        subprocess.run(["git", *args], cwd=folder, check=True)
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=folder, capture_output=True, text=True, check=True)
    return folder, head.stdout.strip()


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_clone_installed_by_the_framework_itself_checks_a_commit(repository, published, framework):
    url, revision = published
    config = {"repos": [{"repo": str(url), "rev": revision, "hooks": [{"id": "osgate"}]}]}
    repository.write(".pre-commit-config.yaml", json.dumps(config))
    assert repository.commit().returncode == 0
    program, *arguments = FRAMEWORKS[framework]
    installed = repository.run(*program, *arguments)
    assert installed.returncode == 0, installed.stdout + installed.stderr

    repository.write("src/main.py", "print()\n")
    untouched = repository.commit()
    assert untouched.returncode == 0, untouched.stdout + untouched.stderr
    assert "no files to check" in untouched.stdout + untouched.stderr

    # Without `.osgate/` a check observes: it lets the commit through and says what it would block.
    repository.write("package-lock.json", json.dumps(LOCK, indent=2) + "\n")
    observed = repository.commit()
    said = observed.stdout + observed.stderr
    assert observed.returncode == 0, said
    assert "left-pad" in said
    assert "OSG101" in said

    (record,) = Path.home().glob(".cache/pre-commit/repo*/py_env-*/lib/python*/site-packages/osgate-*.dist-info/RECORD")
    files = [line.partition(",")[0] for line in record.read_text(encoding="utf-8").splitlines()]
    assert "osgate/cli/__init__.py" in files
    assert "osgate/text/zh_CN.json" in files
    assert [name for name in files if name.endswith(".pth") or name.startswith("tests/")] == []
