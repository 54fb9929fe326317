"""OSG208: the address that a lock gives for a dependency is that of another package, or of another version.

Each registry's own form of address is read from its end, for mirrors put any path before it. What is not in that form
(Composer's archives, a registry's base address, a mirror that names files by digest) says nothing, and nothing is said
of it. Forms: npm's registry API and what Artifactory and GitLab make of scoped names; the wheel and source archive file
names (PEP 427, PEP 625 and the laxer ones before it); Maven's repository layout; RubyGems' file names; cargo's
download addresses; NuGet's flat container.
"""

from __future__ import annotations

from osgate import purl as purls
from osgate.rules.case import Case
from osgate.rules.told import of_manifest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.rules.case import Params

_SDISTS = (".tar.gz", ".zip", ".tar.bz2", ".tgz", ".tar.xz")
_JAVA = (".jar", ".pom", ".aar", ".war", ".ear", ".module")
# How the platforms of gems begin.
_PLATFORMS = frozenset(
    (
        *("aarch64", "arm", "arm64", "armv6", "armv7", "armv8", "dalvik", "i386", "i686", "java", "jruby", "mswin"),
        *("mswin32", "mswin64", "powerpc", "ppc", "riscv64", "s390x", "universal", "x64", "x86", "x86_64"),
    )
)


def check(case: Case) -> Params | None:
    """Complain about the first address that is in the form of the type's registries and names something else.

    A dependency known by an alias is judged by its real name. A plain address (which another rule speaks of) is judged
    only where it is in npm's form: elsewhere file names are free.
    """
    dependency = case.item.dependency
    type, _, path = dependency.component.removeprefix("pkg:").partition("/")
    judged = dependency.source.kind == "registry" or (dependency.source.kind == "url" and type == "npm")
    fits = _FORMS.get(type)
    if not judged or fits is None or "?" in path:
        return None
    name = purls.unquote(path)
    for url in (dependency.source.url or "").split():
        steps = _steps(url)
        if steps and not fits(steps, name, dependency.version):
            return of_manifest(case, "source", url)
    return None


def _steps(url: str) -> list[str]:
    """The steps of an address' path as clients walk them, decoded; host, query and fragment left out."""
    path = url.partition("#")[0].partition("?")[0].partition("://")[2].replace("\\", "/").partition("/")[2]
    steps: list[str] = []
    for step in purls.unquote(path).split("/"):
        if step == "..":
            del steps[-1:]
        elif step not in ("", "."):
            steps.append(step)
    return steps


def _npm(steps: list[str], name: str, version: str) -> bool:
    """`NAME/-/BASE-VERSION.tgz`; the file may carry the scope, and the registry knows no build metadata."""
    before, file = _around(steps)
    if not file:
        return True
    scope, _, base = name.rpartition("/")
    wanted = [scope, base] if scope else [base]
    if before[-len(wanted) :] != wanted or file[:-1] not in ([], [scope]):
        return False
    if not scope and before[-2:-1] and before[-2].startswith("@"):
        return False
    return _is_file(file[-1], f"{base}-", (version, version.partition("+")[0]), ".tgz")


def _around(steps: list[str]) -> tuple[list[str], list[str]]:
    """What stands before the `-` of npm's form, and the file behind it; no file where an address is not in the form."""
    if steps[-2:-1] == ["-"]:
        return steps[:-2], steps[-1:]
    scoped = steps[-3:-2] == ["-"] and steps[-2].startswith("@")
    return (steps[:-3], steps[-2:]) if scoped else (steps, [])


def _is_file(file: str, start: str, versions: tuple[str, ...], end: str) -> bool:
    """True if the file is called `start`, one of the versions (anything, where none is locked) and `end`."""
    if not versions[0]:
        return file.startswith(start) and file.endswith(end)
    return file in [f"{start}{version}{end}" for version in versions]


def _pypi(steps: list[str], name: str, version: str) -> bool:
    """`NAME-VERSION-….whl` or `NAME-VERSION.tar.gz`, the name in any spelling, the version in any of PEP 440."""
    file = steps[-1].lower()
    end = next((end for end in (".whl", *_SDISTS) if file.endswith(end)), "")
    if not end:
        return True
    parts = file.removesuffix(end).split("-")
    if end == ".whl":
        return len(parts) in (5, 6) and _is_python(parts[0], parts[1], name, version)
    return any(_is_python("-".join(parts[:at]), "-".join(parts[at:]), name, version) for at in range(1, len(parts)))


def _is_python(told: str, its: str, name: str, version: str) -> bool:
    if purls.normalise_pypi(told) != name:
        return False
    return not version or its == version.lower() or _same("pypi", its.replace("_", "-"), version)


def _same(type: str, one: str, other: str) -> bool:
    from osgate import versions
    from osgate.errors import UsageError

    try:
        return versions.compare(type, one, other) == 0
    except UsageError:
        return False


def _maven(steps: list[str], name: str, version: str) -> bool:
    """`GROUP/AS/STEPS/ARTIFACT/VERSION/ARTIFACT-VERSION[-CLASSIFIER].EXT`; a snapshot's file has a time in it."""
    if not steps[-1].endswith(_JAVA):
        return True
    group, _, artifact = name.rpartition("/")
    wanted = [*group.split("."), artifact]
    folder, its = steps[:-2], steps[-2:-1]
    if folder[-len(wanted) :] != wanted or (version and its != [version]):
        return False
    start = f"{artifact}-{its[0].removesuffix('-SNAPSHOT')}"
    return steps[-1].startswith((f"{start}-", f"{start}."))


def _gem(steps: list[str], name: str, version: str) -> bool:
    """`NAME-VERSION[-PLATFORM].gem`."""
    file = steps[-1]
    if not file.endswith(".gem"):
        return True
    start = f"{name}-{version}"
    rest = file.removesuffix(".gem").removeprefix(start)
    if not version or rest == "":
        return file.startswith(start)
    return file.startswith(f"{start}-") and rest[1:].partition("-")[0] in _PLATFORMS


def _cargo(steps: list[str], name: str, version: str) -> bool:
    """`NAME/VERSION/download` or `NAME-VERSION.crate`."""
    if steps[-1] == "download" and len(steps) > 2:
        return steps[-3] == name and (not version or steps[-2] == version)
    return not steps[-1].endswith(".crate") or _is_file(steps[-1], f"{name}-", (version,), ".crate")


def _nuget(steps: list[str], name: str, version: str) -> bool:
    """`NAME/VERSION/NAME.VERSION.nupkg`, in any case of letters, or the file alone."""
    file, name = steps[-1].lower(), name.lower()
    if not file.endswith(".nupkg"):
        return True
    its = file.removesuffix(".nupkg").removeprefix(f"{name}.")
    folders = [step.lower() for step in steps[-3:-1]]
    if not file.startswith(f"{name}.") or (folders[-1:] == [its] and folders[:-1] not in ([], [name])):
        return False
    return not version or its == version.lower() or _same("nuget", its, version)


_FORMS = {"npm": _npm, "pypi": _pypi, "maven": _maven, "gem": _gem, "cargo": _cargo, "nuget": _nuget}
