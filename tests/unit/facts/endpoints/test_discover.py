"""From a machine's files, variables and clients to endpoints, their dangers, and the draft of approved sources."""

from __future__ import annotations

import tomllib

import pytest

import audit
from osgate.facts.endpoints.discover import Machine, Project, discover
from osgate.facts.endpoints.draft import drafted, of_lock
from osgate.facts.endpoints.endpoint import Configured, Endpoint
from osgate.facts.endpoints.places import MANAGERS, paths
from osgate.facts.endpoints.risks import covers, risks
from osgate.facts.endpoints.told import Cell, table
from osgate.model.fact import Fact, Unknown
from osgate.policy.schema import shape_of
from osgate.policy.shape import complaints
from unit.facts.endpoints.configs import HOST, told

FILES = {
    "/home/ann/.npmrc": f"registry={HOST}/npm/\n//packages.example.com/:_authToken=sekret\n",
    "/home/ann/.config/pip/pip.conf": f"[global]\nindex-url = {HOST}/home\n",
    "/etc/pip.conf": f"[global]\nindex-url = {HOST}/etc\ntrusted-host = packages.example.com\n",
    "/work/app/.npmrc": f"@bank:registry={HOST}/bank/\n//packages.example.com/bank/:_authToken=sekret\n",
    "/work/app/pyproject.toml": f'[[tool.uv.index]]\nurl = "{HOST}/py"\n'
    f'[[tool.poetry.source]]\nname = "x"\nurl = "{HOST}/po"\n',
    "/work/ui/uv.toml": f'[[index]]\nurl = "{HOST}/ui"\ndefault = true\n',
    "/work/ui/pyproject.toml": f'[[tool.uv.index]]\nurl = "{HOST}/unseen"\n',
}


def machine(environment: dict[str, str] | None = None, said: dict[str, str] | None = None) -> Machine:
    def run(command: tuple[str, ...]) -> bytes | None:
        return said[command[0]].encode() if said and command[0] in said else None

    files = {path: text.encode() for path, text in FILES.items()}
    return Machine(files.get, environment or {}, "/home/ann", None if said is None else run)


APP = Project("/work/app", tracked=lambda path: True)


def found(*args: object, **named: object) -> Configured:
    with audit.no_io():
        return discover(*args, **named)  # type: ignore[arg-type]


def test_files_of_machine_user_and_project_are_found() -> None:
    seen = found(machine(), [APP], ["pip", "uv", "poetry", "npm"])
    assert told(seen) == [
        ("/home", "pkg:pypi/*", "~/.config/pip/pip.conf:2"),
        ("/py", "pkg:pypi/*", "pyproject.toml:2", "extra"),
        ("/po", "pkg:pypi/*", "pyproject.toml:5"),
        ("/npm/", "pkg:npm/*", "~/.npmrc:1"),
        ("/bank/", "pkg:npm/%40bank/*", ".npmrc:1"),
    ]
    assert [(one.code, one.origin) for one in seen.risks] == [
        ("no-verify", "/etc/pip.conf:3"),
        ("credential-in-file", ".npmrc:2"),
    ]


def test_without_a_project_only_the_machine_speaks() -> None:
    seen = found(machine(), (), ["npm", "uv"])
    assert told(seen) == [("/npm/", "pkg:npm/*", "~/.npmrc:1")]
    assert seen.risks == ()


def test_several_projects_are_told_apart_and_what_they_share_is_told_once() -> None:
    seen = found(machine(), [Project("/work/app/", "app"), Project("/work/ui", "ui")], ["npm", "uv"])
    assert [(one[0], one[2]) for one in told(seen)] == [
        ("/py", "app/pyproject.toml:2"),
        ("/ui", "ui/uv.toml:2"),
        ("/npm/", "~/.npmrc:1"),
        ("/bank/", "app/.npmrc:1"),
    ]
    assert seen.risks == ()


def test_a_file_of_its_own_takes_the_place_of_the_users() -> None:
    seen = found(machine({"PIP_CONFIG_FILE": "/dev/null", "XDG_CONFIG_HOME": "/home/ann/.config"}), (), ["pip"])
    assert told(seen) == [("/etc", "pkg:pypi/*", "/etc/pip.conf:2")]


def test_clients_are_asked_for_what_no_file_tells() -> None:
    said = {"npm": '{"registry": "https://no.example.com/"}', "go": f'{{"GOPROXY": "{HOST}/go"}}', "pip": "x"}
    seen = found(machine(said=said), (), ["npm", "go"])
    assert told(seen) == [("/npm/", "pkg:npm/*", "~/.npmrc:1"), ("/go", "pkg:golang/*", "go env")]
    bare = Machine(lambda path: None, {}, "", machine(said={"pip": "junk", "python3": f"{HOST}/simple\n"}).run)
    assert told(found(bare, (), ["pip"])) == [("/simple", "pkg:pypi/*", "pip")]
    assert told(found(Machine(lambda path: None, {}, "", machine(said={}).run), (), ["pip", "conan"])) == []


@pytest.mark.parametrize("manager", MANAGERS, ids=lambda manager: manager.name)
def test_every_place_is_a_path_and_has_a_name(manager: object) -> None:
    places = manager.places  # type: ignore[attr-defined]
    named = {"APPDATA": "/a", "VIRTUAL_ENV": "/v", "MAVEN_HOME": "/m", "CONAN_HOME": "/home/ann/c", "GOENV": "/g/env"}
    for environment in ({}, named):
        for _, path, shown in paths(places, environment, "/home/ann", "/work/app"):
            assert path.startswith("/")
            assert "$" not in path
            assert shown == path.replace("/home/ann", "~").replace("/work/app/", "")
    assert all(path.startswith("/") and "work" not in path for _, path, _ in paths(places, {}, "", ""))


def endpoint(type: str, applies: str, address: str = f"{HOST}/", *, extra: bool = False) -> Endpoint:
    return Endpoint(type, address, applies, "f:1", extra)


def codes(endpoints: list[Endpoint], internal: tuple[str, ...] = (), own: tuple[str, ...] = ()) -> list[str]:
    return [risk.code for risk in risks(Configured(tuple(endpoints), own=own), internal)]


def test_an_index_beside_the_main_one_is_a_risk_where_clients_mix() -> None:
    assert codes([endpoint("pypi", "pkg:pypi/*"), endpoint("pypi", "pkg:pypi/*", extra=True)]) == ["extra-index"]
    assert codes([endpoint("gem", "pkg:gem/*", extra=True)]) == ["extra-index"]
    assert codes([endpoint("maven", "pkg:maven/*", extra=True), endpoint("pypi", "pkg:pypi/bank-core")]) == []


@pytest.mark.parametrize(
    ("address", "plain"),
    [
        ("http://packages.example.com/", True),
        *((address, False) for address in ("https://x.example.com/", "http://localhost:8081/", "http://127.0.0.1/x")),
        ("http://[::1]:80/", False),
        ("http://localhost.example.com/", True),
    ],
)
def test_an_address_without_encryption_is_a_risk_outside_of_this_machine(address: str, plain: bool) -> None:
    assert codes([endpoint("npm", "pkg:npm/*", address)]) == (["plain-http"] if plain else [])


def test_internal_names_need_a_registry_of_their_own() -> None:
    everything, scope = endpoint("npm", "pkg:npm/*"), endpoint("npm", "pkg:npm/%40bank/*")
    assert codes([everything], ("pkg:npm/%40bank/*",)) == ["scope-without-registry"]
    assert codes([everything, scope], ("pkg:npm/%40bank/*", "pkg:npm/%40bank/core")) == []
    assert codes([everything, scope], ("pkg:npm/%40bank2/*",)) == ["scope-without-registry"]
    assert codes([scope], ("pkg:npm/%40bank2/*",)) == []
    assert codes([endpoint("pypi", "pkg:pypi/*")], ("pkg:pypi/bank-*", "nonsense")) == []
    names = ("pkg:golang/git.bank.example/*",)
    assert codes([endpoint("golang", "pkg:golang/*")], names) == ["scope-without-registry"]
    assert codes([endpoint("golang", "pkg:golang/*")], names, own=names) == []


def test_a_pattern_covers_what_is_narrower() -> None:
    assert covers("pkg:nuget/Bank.*", "pkg:nuget/Bank.Core")
    assert covers("pkg:nuget/*", "pkg:nuget/Bank.*")
    assert not covers("pkg:nuget/Bank.Core", "pkg:nuget/Bank.*")
    assert not covers("", "pkg:nuget/x")


def test_of_a_lock_the_hosts_are_told() -> None:
    odd = ["../local", "https://[", "//", "git@git.example.com:x/y", "https://x\u200b.example.com/a"]
    urls = [
        f"{HOST}/npm/a/-/a-1.tgz",
        "git+https://ann:pw@git.example.com/x/y.git#abc",
        "ssh://git@x.example.com/y",
        *odd,
    ]
    assert [one.address for one in of_lock("npm", urls, "package-lock.json")] == [
        f"{HOST}/",
        "https://git.example.com/",
        "ssh://x.example.com/",
    ]


def test_the_draft_is_a_policy_file_that_approves_nothing() -> None:
    npm = f"{HOST}/npm/"
    twice = [Endpoint("npm", npm, "pkg:npm/*", "~/.npmrc:1"), Endpoint("npm", npm[:-1], "", "电商/.npmrc:2")]
    read = tomllib.loads(drafted([*twice, Endpoint("pypi", f"{HOST}/py", "pkg:pypi/*", '"quoted"')]))
    shape = shape_of("policy/sources.toml")
    assert shape is not None
    assert list(complaints(read, shape)) == []
    assert [(s["type"], s["address"], s["found"], s["confirmed_by"]) for s in read["source"]] == [
        ("npm", npm, "~/.npmrc:1", ""),
        ("pypi", f"{HOST}/py", '"quoted"', ""),
    ]
    assert tomllib.loads(drafted([])) == {}


def fact(name: str, value: str | Unknown, source: str = "m.example.com (npm)", purl: str = "pkg:npm/a@1") -> Fact:
    return Fact(purl, name, value, source, "2026-11-20")


def test_what_a_mirror_tells_and_drops_is_counted_by_package() -> None:
    other, dropped, times = "f.example.com (npm)", Unknown("not-served"), Unknown("mirror-time")
    sources, cells = table(
        [
            *(fact("licence", "MIT"), fact("licence", dropped, purl="pkg:npm/b@1"), fact("yanked", "")),
            *(fact("publisher", "ann", other), fact("publisher", "bob", other)),
            *(fact("published", times), fact("published", times, purl="pkg:npm/b@1"), fact("trust", dropped)),
            *(fact("digest", Unknown("timeout")), fact("cycle", "{}"), fact("licence", "MIT", "curations 2026.jsonl")),
        ]
    )
    mirror = "m.example.com (npm)"
    assert sources == (other, mirror)
    assert cells == {
        ("licence", mirror): Cell(1, 1, 0, 0),
        ("yanked", mirror): Cell(1),
        ("publisher", other): Cell(1),
        ("published", mirror): Cell(0, 2, 2, 0),
        ("trust", mirror): Cell(0, 1),
        ("digest", mirror): Cell(0, 0, 0, 1),
    }
    assert [cells[name, mirror].state for name in ("licence", "published", "trust", "digest")] == [
        "yes",
        "no",
        "no",
        "unknown",
    ]
    assert table([]) == ((), {})
