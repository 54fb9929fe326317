"""dev.py makes, repairs and keeps its environment; uv is stood in for by a script, so that nothing is fetched."""

from __future__ import annotations

import ast
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.real

ROOT = Path(__file__).resolve().parents[2]
# Makes a folder that looks like an environment and notes each call. FAKE_UV=kill: dies half-way; fail: refuses.
FAKE_UV = """#!/bin/sh
[ "$1" = --version ] && exit 0
echo "$*" >> "{log}"
case "$*" in
venv*)
  for folder; do :; done
  mkdir -p "$folder/bin" && ln -s "{python}" "$folder/bin/python" && echo "#!/bin/sh
echo the tour" > "$folder/bin/osgate" && chmod +x "$folder/bin/osgate" ;;
"pip compile"*)
  [ "$FAKE_UV" = fail ] && exit 1
  echo "demo==1.0 # $*"
  exit 0 ;;
*install*)
  [ "$FAKE_UV" = kill ] && kill -9 $PPID
  [ "$FAKE_UV" = fail ] && exit 1
  [ "$FAKE_UV" = wait ] && echo waiting >> "{log}" && exec sleep 30
  exit 0 ;;
esac
"""


class Checkout:
    """A folder with dev.py, and a search path with the stand-in for uv, git and little else."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "checkout"
        self.log = folder / "log"
        (self.root / "src").mkdir(parents=True)
        shutil.copy(ROOT / "dev.py", self.root)
        (self.root / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
        programs = folder / "bin"
        programs.mkdir()
        for name in ("mkdir", "ln", "chmod", "sleep", "sh"):
            (programs / name).symlink_to(shutil.which(name) or "")
        uv = programs / "uv"
        uv.write_text(FAKE_UV.format(log=self.log, python=sys.executable), encoding="utf-8")
        uv.chmod(0o755)
        self.environment = {**os.environ, "PATH": str(programs)}

    def start(self, *args: str, fake: str = "", prelude: str = "") -> subprocess.Popen[str]:
        """Start dev.py; `prelude` is run first in the same interpreter."""
        call = f"import runpy, sys; sys.argv = ['dev.py', *{args!r}]; runpy.run_path('dev.py', run_name='__main__')"
        argv = [sys.executable, "-c", f"{prelude}\n{call}"]
        environment = {**self.environment, "FAKE_UV": fake}
        pipe = subprocess.PIPE
        return subprocess.Popen(
            argv, cwd=self.root, env=environment, stdout=pipe, stderr=pipe, text=True, start_new_session=True
        )

    def demo(self, fake: str = "", prelude: str = "") -> tuple[int, str, str]:
        """Run `dev.py demo`: exit code and both outputs."""
        process = self.start("demo", fake=fake, prelude=prelude)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    @property
    def steps(self) -> list[str]:
        """What uv was asked for since the last look: `venv`, `pip`, or its whole words for anything else."""
        lines = self.log.read_text(encoding="utf-8").splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return [line.split()[0] for line in lines]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_it_makes_the_environment_once_and_then_only_runs(checkout):
    code, out, err = checkout.demo()
    assert (code, out) == (0, "the tour\n")
    assert err.count("\n") == 2
    assert checkout.steps == ["venv", "pip"]
    assert checkout.demo() == (0, "the tour\n", "")
    assert checkout.steps == []


def test_a_changed_pyproject_installs_again_into_the_same_environment(checkout):
    checkout.demo()
    assert checkout.steps == ["venv", "pip"]
    (checkout.root / "pyproject.toml").write_text("[project] # changed\n", encoding="utf-8")
    assert checkout.demo()[0] == 0
    assert checkout.steps == ["pip"]
    assert checkout.demo()[0] == 0
    assert checkout.steps == []


def killed_while_installing(checkout: Checkout) -> None:
    assert checkout.demo(fake="kill")[0] != 0


def interpreter_gone(checkout: Checkout) -> None:
    checkout.demo()
    (checkout.root / ".venv/bin/python").unlink()


def empty_folder(checkout: Checkout) -> None:
    (checkout.root / ".venv").mkdir()


def stamp_cut_short(checkout: Checkout) -> None:
    checkout.demo()
    (checkout.root / ".venv/osgate-dev.stamp").write_text('{"digest": "', encoding="utf-8")


def made_by_somebody_else(checkout: Checkout) -> None:
    checkout.demo()
    (checkout.root / ".venv/osgate-dev.stamp").unlink()


@pytest.mark.parametrize(
    ("harm", "steps"),
    [
        (killed_while_installing, ["venv", "pip"]),
        (interpreter_gone, ["venv", "pip"]),
        (empty_folder, ["venv", "pip"]),
        (stamp_cut_short, ["pip"]),
        (made_by_somebody_else, ["pip"]),
    ],
)
def test_a_half_made_environment_is_repaired_and_one_that_works_is_kept(checkout, harm, steps):
    harm(checkout)
    checkout.log.unlink(missing_ok=True)
    code, out, _ = checkout.demo()
    assert (code, out) == (0, "the tour\n")
    assert checkout.steps == steps
    assert checkout.demo()[2] == ""


def test_an_installation_that_fails_is_not_taken_for_done(checkout):
    without_others = "import sys; sys.modules.update(dict.fromkeys(('venv', 'ensurepip', 'virtualenv', 'pip')))"
    code, out, err = checkout.demo(fake="fail", prelude=without_others)
    assert (code, out) == (2, "")
    assert "python3-venv" in err
    assert checkout.demo()[1] == "the tour\n"


def test_where_nothing_can_make_an_environment_it_names_the_package_to_install(checkout):
    (Path(checkout.environment["PATH"]) / "uv").unlink()
    without = "import sys; sys.modules.update(dict.fromkeys(('ensurepip', 'virtualenv', 'pip')))"
    code, out, err = checkout.demo(prelude=without)
    assert (code, out) == (2, "")
    assert "apt-get install python3-venv" in err
    assert "Traceback" not in err


def test_a_python_that_is_too_old_is_told_so(checkout):
    code, _, err = checkout.demo(prelude="import sys; sys.version_info = (3, 10, 14, 'final', 0)")
    assert code == 1
    assert err.startswith("dev.py needs Python 3.11 or newer")
    assert checkout.steps == []


def test_a_python_far_too_old_can_read_the_file_up_to_that_point():
    ast.parse((ROOT / "dev.py").read_text(encoding="utf-8"), feature_version=(3, 7))
    assert "from __future__ import annotations\n" not in (ROOT / "dev.py").read_text(encoding="utf-8")


def test_interrupting_it_ends_with_130_and_the_next_run_repairs(checkout):
    process = checkout.start("demo", fake="wait")
    for _ in range(600):
        if checkout.log.exists() and "waiting" in checkout.log.read_text(encoding="utf-8"):
            break
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert "venv" in checkout.steps
    assert checkout.demo()[1] == "the tour\n"
    assert checkout.steps == ["venv", "pip"]


def test_a_link_in_the_place_of_the_environment_is_not_followed(checkout, tmp_path):
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious/file").touch()
    (checkout.root / ".venv").symlink_to(tmp_path / "precious")
    code, _, err = checkout.demo()
    assert code == 2
    assert "not a folder" in err
    assert (tmp_path / "precious/file").exists()


@pytest.mark.parametrize(("args", "code"), [((), 2), (("nonsense",), 2), (("--help",), 0)])
def test_a_wrong_call_shows_the_commands(checkout, args, code):
    process = checkout.start(*args)
    out, err = process.communicate(timeout=60)
    assert process.returncode == code
    assert "python3 dev.py test" in out + err


def test_pins_are_written_for_each_set_of_needs_and_not_where_uv_finds_none(checkout):
    kept = checkout.root / "actions/requirements"
    for fake, code in (("fail", 1), ("", 0)):
        assert not kept.exists()
        process = checkout.start("pins", fake=fake)
        process.communicate(timeout=60)
        assert process.returncode == code
    texts = {path.stem: path.read_text(encoding="utf-8") for path in kept.iterdir()}
    assert texts.keys() == {"base", "github"}
    for name, text in texts.items():
        assert text.startswith("# Written by `python3 dev.py pins`.\ndemo==1.0 ")
        assert "--generate-hashes" in text
        assert ("--extra github" in text) == (name == "github")
