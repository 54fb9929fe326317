"""No `.pth` file comes with us: each one is run at every start of Python in its environment."""

from __future__ import annotations

from importlib.metadata import Distribution, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def closure(name: str) -> dict[str, Distribution]:
    """The distribution `name` and everything it needs at run time here, by canonical name."""
    found: dict[str, Distribution] = {}
    wanted = [Requirement(name)]
    while wanted:
        requirement = wanted.pop()
        key = canonicalize_name(requirement.name)
        extras = {"", *requirement.extras}
        if key in found and not requirement.extras:
            continue
        found[key] = distribution(requirement.name)
        for line in found[key].requires or ():
            needed = Requirement(line)
            if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in extras):
                wanted.append(needed)
    return found


def test_nothing_we_install_runs_at_every_start_of_python():
    ours = closure("osgate")
    assert {"osgate", "packaging", "pyyaml", "tomli", "cryptography"} <= set(ours)
    del ours["osgate"]  # an editable installation is a .pth file; the wheel is looked at in tests/hooks, with --real
    started = {}
    for name, found in ours.items():
        assert found.files, f"{name} has no record of its files"
        started[name] = [str(file) for file in found.files if file.suffix == ".pth"]
    assert {name: files for name, files in started.items() if files} == {}
