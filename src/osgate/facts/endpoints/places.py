"""Where the package managers keep their configuration, and what they are asked for where it is silent.

A place is a path: `~` is the home folder, `$NAME` a variable (without it the place is none), `.` the project's folder;
of several with `|` between them the first that is one. Sources: the managers' documentation, as in their readers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from osgate.facts.endpoints import cargo, composer, conan, go, maven, npm, nuget, pip, pipfile, poetry, ruby, uv, yarn
from osgate.facts.endpoints.endpoint import Configured
from osgate.facts.endpoints.reading import File
from osgate.model.record import record


def _config(name: str) -> str:
    """A file below the folder for configuration (XDG Base Directory Specification)."""
    return f"$XDG_CONFIG_HOME/{name}|~/.config/{name}"


@record
class Manager:
    """A package manager. type: purl type of what it fetches. read: its reader. places: (way, place), the weakest first.

    asks: (way, name for people, command) whose answer counts for what no file says, the first that tells anything.
    """

    name: str
    type: str
    read: Callable[[Sequence[File], Mapping[str, str]], Configured]
    places: tuple[tuple[str, str], ...]
    asks: tuple[tuple[str, str, tuple[str, ...]], ...] = ()


_PIP_DEFAULT = "from pip._internal.models.index import PyPI; print(PyPI.simple_url)"
MANAGERS = (
    Manager(
        "pip",
        "pypi",
        pip.read,
        (
            ("pip", "/etc/xdg/pip/pip.conf"),
            ("pip", "/etc/pip.conf"),
            ("pip", "/Library/Application Support/pip/pip.conf"),
            ("pip", "~/.pip/pip.conf"),
            ("pip", "~/pip/pip.ini"),
            ("pip", "$APPDATA/pip/pip.ini"),
            ("pip", _config("pip/pip.conf")),
            ("pip", "~/Library/Application Support/pip/pip.conf"),
            ("pip", "$VIRTUAL_ENV/pip.conf"),
            ("pip", "$PIP_CONFIG_FILE"),
            ("requirements", "./requirements.txt"),
        ),
        (
            ("pip-answer", "pip config list", ("pip", "config", "list")),
            ("pip-default", "pip", ("python3", "-c", _PIP_DEFAULT)),
        ),
    ),
    Manager(
        "uv",
        "pypi",
        uv.read,
        (
            ("uv", "/etc/uv/uv.toml"),
            ("uv", _config("uv/uv.toml")),
            ("pyproject", "./pyproject.toml"),
            ("uv", "./uv.toml"),
        ),
    ),
    Manager("poetry", "pypi", poetry.read, (("pyproject", "./pyproject.toml"),)),
    Manager("pipenv", "pypi", pipfile.read, (("pipfile", "./Pipfile"),)),
    Manager(
        "npm",
        "npm",
        npm.read,
        (
            ("npmrc", "/etc/npmrc"),
            ("npmrc", "/usr/etc/npmrc"),
            ("npmrc", "/usr/local/etc/npmrc"),
            ("npmrc", _config("pnpm/rc")),
            ("yarnrc-1", "~/.yarnrc"),
            ("npmrc", "$npm_config_userconfig|$NPM_CONFIG_USERCONFIG|~/.npmrc"),
            ("yarnrc-1", "./.yarnrc"),
            ("npmrc", "./.npmrc"),
        ),
        (("npm-answer", "npm config ls", ("npm", "config", "ls", "--json")),),
    ),
    Manager("yarn", "npm", yarn.read, (("yarnrc", "~/.yarnrc.yml"), ("yarnrc", "./.yarnrc.yml"))),
    Manager(
        "maven",
        "maven",
        maven.read,
        (
            ("maven", "$MAVEN_HOME/conf/settings.xml"),
            ("maven", "~/.m2/settings.xml"),
            ("maven", "./.mvn/settings.xml"),
            ("pom", "./pom.xml"),
        ),
    ),
    Manager(
        "nuget",
        "nuget",
        nuget.read,
        (
            ("nuget", "$APPDATA/NuGet/NuGet.Config"),
            ("nuget", "~/.config/NuGet/NuGet.Config"),
            ("nuget", "~/.nuget/NuGet/NuGet.Config"),
            ("nuget", "./nuget.config"),
            ("nuget", "./NuGet.config"),
            ("nuget", "./NuGet.Config"),
        ),
    ),
    Manager(
        "go",
        "golang",
        go.read,
        (("goenv", "$GOENV|" + _config("go/env")),),
        (("go-answer", "go env", ("go", "env", "-json")),),
    ),
    Manager(
        "cargo",
        "cargo",
        cargo.read,
        tuple(
            ("cargo", place)
            for name in ("config", "config.toml", "credentials.toml")
            for place in (f"$CARGO_HOME/{name}|~/.cargo/{name}", f"./.cargo/{name}")
        ),
    ),
    Manager(
        "bundler",
        "gem",
        ruby.read,
        (
            ("gemrc", "~/.gemrc"),
            ("bundle", "~/.bundle/config"),
            ("bundle", "./.bundle/config"),
            ("gemfile", "./Gemfile"),
        ),
    ),
    Manager(
        "composer",
        "composer",
        composer.read,
        (
            ("composer", "$COMPOSER_HOME/config.json|" + _config("composer/config.json")),
            ("composer", "$COMPOSER_HOME/auth.json|" + _config("composer/auth.json")),
            ("composer", "./composer.json"),
            ("composer", "./auth.json"),
        ),
    ),
    Manager(
        "conan",
        "conan",
        conan.read,
        (("conan", "$CONAN_HOME/remotes.json|~/.conan2/remotes.json"),),
        (("conan-answer", "conan remote list", ("conan", "remote", "list", "--format", "json")),),
    ),
)


def paths(
    places: Sequence[tuple[str, str]], environment: Mapping[str, str], home: str, project: str
) -> Iterator[tuple[str, str, str]]:
    """Yield (way, path, name for people) of each place that there can be. project: its folder, empty for none."""
    for way, place in places:
        if _passed_over(place, environment):
            continue
        found = ((path, choice) for choice in place.split("|") if (path := _path(choice, environment, home, project)))
        for path, choice in list(found)[:1]:
            yield way, path, _shown(choice, path, home)


def _passed_over(place: str, environment: Mapping[str, str]) -> bool:
    """With a file of its own named, pip leaves the user's alone ("Configuration", PIP_CONFIG_FILE)."""
    own = "/pip" in place and place.startswith(("~", "$XDG", "$APPDATA"))
    return own and "PIP_CONFIG_FILE" in environment


def _path(choice: str, environment: Mapping[str, str], home: str, project: str) -> str:
    base, _, rest = choice.partition("/")
    folder = {"~": home, ".": project, "": "/"}.get(base) if base[:1] != "$" else environment.get(base[1:])
    if not folder:
        return ""
    return f"{folder.rstrip('/')}/{rest}" if rest else folder


def _shown(choice: str, path: str, home: str) -> str:
    """A place as people know it: in the project its name there, else with `~` for the home folder."""
    if choice.startswith("./"):
        return choice[2:]
    inside = home and path.startswith(home.rstrip("/") + "/")
    return "~" + path[len(home.rstrip("/")) :] if inside else path
