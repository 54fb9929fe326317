"""The first draft of approved sources, from the package managers' own configuration and existing locks."""

from __future__ import annotations

import tomllib

import pytest

from osgate.model.finding import SLUGS
from osgate.policy import found_sources
from osgate.policy.found_sources import FoundSource, drafted, in_environment, in_file, in_lock
from osgate.policy.schema import shape_of
from osgate.policy.shape import complaints

NPM, PYPI = "https://packages.example.com/npm/", "https://packages.example.com/pypi/simple"

YARNRC = f'yarnPath: x.cjs\nnpmRegistryServer: "{NPM}"\nnpmScopes:\n  corp:\n    npmRegistryServer: {NPM}corp\n'
PIP_CONF = f"""
[global]
index-url = {PYPI}
extra-index-url =
    {PYPI}/a
    {PYPI}/b
[install]
index-url={PYPI}/c
"""
UV = f'index-url = "{PYPI}"\n[[index]]\nname = "x"\nurl = "{PYPI}/x"\n[pip]\nextra-index-url = ["{PYPI}/y"]\n'
SETTINGS = """
<settings xmlns="urn:example:settings"><proxies><proxy><host>p</host></proxy></proxies>
<mirrors><mirror><id>m</id><url>https://packages.example.com/maven</url></mirror></mirrors>
<profiles><profile><repositories><repository><url>https://packages.example.com/m2</url></repository></repositories>
</profile></profiles></settings>
"""
ODD = [b"", b"\xff\xfe", b"[", b"<a>", b"= =\n[x", b"index = 7\n[tool]\nuv = 3\n", b"[pip]\nx"]

FILES = [
    ("npmrc", f"; ours\nregistry={NPM}\n@corp:registry = 'https://corp.example.com/npm'\n//x/:_authToken=abc\n", 2),
    ("npmrc", "registry=${REGISTRY}\nregistry\n", 0),
    (
        "yarnrc",
        f'yarnPath: x.cjs\nnpmRegistryServer: "{NPM}"\nnpmScopes:\n  corp:\n    npmRegistryServer: {NPM}corp\n',
        2,
    ),
    (
        "pip",
        f"[global]\nindex-url = {PYPI}\nextra-index-url =\n    {PYPI}/a\n    {PYPI}/b\n[install]\nindex-url={PYPI}/c\n",
        4,
    ),
    (
        "uv",
        f'index-url = "{PYPI}"\n[[index]]\nname = "x"\nurl = "{PYPI}/x"\n[pip]\nextra-index-url = ["{PYPI}/y"]\n',
        3,
    ),
    ("pyproject", f'[project]\nname = "a"\n[[tool.uv.index]]\nurl = "{PYPI}"\n', 1),
    ("pyproject", "[project]\nname = 'a'\n", 0),
    (
        "maven",
        SETTINGS,
        2,
    ),
]


@pytest.mark.parametrize(("way", "text", "count"), FILES)
def test_every_address_of_a_configuration_is_found(way: str, text: str, count: int) -> None:
    found = list(in_file(text.encode(), way, "~/x"))
    assert len({source.address for source in found}) == count
    assert {source.type for source in found} <= {found_sources._WAYS[way][0]}
    assert all(source.address.startswith(("https://packages.", "https://corp.")) for source in found)


@pytest.mark.parametrize("way", sorted(found_sources._WAYS))
@pytest.mark.parametrize(
    "data", [b"", b"\xff\xfe", b"[", b"<a>", b"= =\n[x", b"index = 7\n[tool]\nuv = 3\n", b"[pip]\nx"]
)
def test_a_file_that_is_not_what_it_is_called_yields_nothing(way: str, data: bytes) -> None:
    assert list(in_file(data, way, "x")) == []


def test_credentials_and_queries_are_left_behind() -> None:
    data = b"registry=https://user:secret@packages.example.com:8443/npm/?token=1#x\n"
    assert list(in_file(data, "npmrc", "~/.npmrc")) == [
        FoundSource("npm", "https://packages.example.com:8443/npm/", "~/.npmrc")
    ]


def test_variables_may_hold_several_addresses_and_names() -> None:
    found = list(
        in_environment({"PIP_EXTRA_INDEX_URL": f"{PYPI} {PYPI}/b", "UV_INDEX": f"corp={PYPI}", "PATH": "/bin"})
    )
    assert [(source.address, source.found) for source in found] == [
        (PYPI, "$PIP_EXTRA_INDEX_URL"),
        (f"{PYPI}/b", "$PIP_EXTRA_INDEX_URL"),
        (PYPI, "$UV_INDEX"),
    ]


def test_of_a_lock_the_hosts_are_told() -> None:
    odd = ["../local", "https://[", "//", "git@git.example.com:x/y"]
    urls = [f"{NPM}a/-/a-1.tgz", f"{NPM}b/-/b-1.tgz", "git+https://git.example.com/x/y.git#abc", *odd]
    assert [source.address for source in in_lock("npm", urls, "package-lock.json")] == [
        "https://packages.example.com/",
        "https://packages.example.com/",
        "https://git.example.com/",
    ]


def test_the_draft_is_a_policy_file_that_approves_nothing() -> None:
    twice = [FoundSource("npm", NPM, "~/.npmrc"), FoundSource("npm", NPM.rstrip("/"), "电商/.npmrc")]
    text = drafted([*twice, FoundSource("pypi", PYPI, '"quoted"')])
    read = tomllib.loads(text)
    shape = shape_of("policy/sources.toml")
    assert shape is not None
    assert list(complaints(read, shape)) == []
    assert [(s["type"], s["address"], s["found"], s["confirmed_by"]) for s in read["source"]] == [
        ("npm", NPM, "~/.npmrc", ""),
        ("pypi", PYPI, '"quoted"', ""),
    ]
    assert tomllib.loads(drafted([])) == {}
    assert "OSG204" in SLUGS


@pytest.mark.parametrize("way", ["npmrc", "yarnrc", "pip", "uv", "pyproject", "maven"])
@pytest.mark.parametrize(
    "data",
    [b"\xff", b"x = " + b"[" * 100_000, b"registry=https://[\n", b"[global]\nindex-url = https://[\n", b"<a>" * 9000],
    ids=["no text", "deep", "no address", "no index", "cut off"],
)
def test_what_is_no_configuration_names_nothing(way: str, data: bytes) -> None:
    assert list(in_file(data, way, "somewhere")) == []
    assert list(in_environment({"PIP_INDEX_URL": "https://["})) == []
