"""pip and npm as transport. What they print is after their manuals, and after what pip 25 and npm 11 printed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.facts.registries import clients
from osgate.facts.registries.npm import COMPONENT as NPM_WHOLE
from osgate.facts.registries.npm import VERSION as NPM_ONE
from osgate.facts.registries.pypi import COMPONENT as PYPI_WHOLE
from osgate.facts.registries.pypi import VERSION as PYPI_ONE
from osgate.model.fact import Unknown
from unit.facts.registries.served import NOW, SOURCE, Told

SUM = "ab" * 32
PAD = "pkg:pypi/string-tools"
LISTED = "string-tools (2.0.0)\nAvailable versions: 2.0.0, 1.1.0, 1.0.0\n  INSTALLED: 1.0.0\n  LATEST:    2.0.0\n"
REPORT = {
    "version": "1",
    "install": [
        {
            "download_info": {
                "url": "https://user:secret@packages.example.com/string_tools-1.1.0-py3-none-any.whl",
                "archive_info": {"hash": f"sha256={SUM}", "hashes": {"sha256": SUM}},
            },
            "is_yanked": False,
            "metadata": {
                "name": "string-tools",
                "version": "1.1.0",
                "license_expression": "MIT",
                "project_url": ["Source, https://git.example.com/string-tools"],
            },
        }
    ],
}


class Client:
    """A client that prints what the test says: the last argument -> exit code, output, errors."""

    def __init__(self, printed: dict[str, Any]) -> None:
        self.printed, self.started = printed, list[tuple[str, ...]]()

    def __call__(self, arguments: tuple[str, ...]) -> tuple[int, bytes, bytes] | Unknown:
        self.started.append(arguments)
        found = self.printed.get(arguments[-1], (1, "", "ERROR: No matching distribution found for x"))
        if isinstance(found, Unknown):
            return found
        code, out, err = found if isinstance(found, tuple) else (0, found, "")
        return code, out.encode() if isinstance(out, str) else json.dumps(out).encode(), err.encode()


def told(component: str, versions: list[str], printed: dict[str, Any] | Client) -> Told:
    client = printed if isinstance(printed, Client) else Client(printed)
    return Told(component, clients.facts(component, tuple(versions), client, SOURCE, NOW))


PIP = {"string-tools": LISTED, "string-tools==1.1.0": REPORT}


def test_pip_tells_what_an_index_would():
    client = Client(PIP)
    found = told(PAD, ["1.1.0"], client)
    assert (found["present"], found["latest"], found["releases"]) == ("yes", "2.0.0", "3")
    assert (found["1.1.0", "present"], found["1.1.0", "licence"]) == ("yes", "MIT")
    assert (found["1.1.0", "yanked"], found["1.1.0", "install-code"]) == ("", "no")
    assert found["1.1.0", "digest"] == f"sha256:{SUM}"
    assert found["1.1.0", "repository"] == "https://git.example.com/string-tools"
    assert found["1.1.0", "published"] == found["released"] == found["status"] == Unknown("not-served")
    assert found.names() == set(PYPI_WHOLE)
    assert found.names("1.1.0") == set(PYPI_ONE)


def test_pip_never_builds_anything_and_takes_no_name_for_an_option():
    client = Client(PIP)
    told(PAD, ["1.1.0"], client)
    for arguments in client.started:
        assert arguments[-2] == "--"
    (install,) = [arguments for arguments in client.started if "install" in arguments]
    assert {"--dry-run", "--no-deps"} <= set(install)
    assert install[install.index("--only-binary") + 1] == ":all:"


@pytest.mark.parametrize(
    ("field", "errors", "yanked"),
    [
        ({"is_yanked": True}, "", "yanked"),
        ({"is_yanked": False}, "", ""),
        ({}, "WARNING: The candidate selected for download or install is a yanked version: 'x'", "yanked"),
        # A pip that does not report it proves nothing by its silence.
        ({}, "", Unknown("not-served")),
        ({"is_yanked": None}, "", Unknown("not-served")),
    ],
)
def test_pip_tells_a_yanked_version_where_it_tells_of_yanking_at_all(field, errors, yanked):
    entry = {name: value for name, value in REPORT["install"][0].items() if name != "is_yanked"} | field
    report = (0, {"install": [entry]}, errors)
    assert told(PAD, ["1.1.0"], PIP | {"string-tools==1.1.0": report})["1.1.0", "yanked"] == yanked


def test_a_pip_that_tells_of_one_yanked_version_proves_nothing_of_another():
    silent = {name: value for name, value in REPORT["install"][0].items() if name != "is_yanked"}
    other = silent | {"metadata": {"version": "1.0.0"}} | {"download_info": {"url": "https://x/string_tools-1.0.0.whl"}}
    printed = PIP | {
        "string-tools==1.1.0": (0, {"install": [silent]}, "WARNING: ... is a yanked version: ..."),
        "string-tools==1.0.0": {"install": [other]},
    }
    found = told(PAD, ["1.1.0", "1.0.0"], printed)
    assert (found["1.1.0", "yanked"], found["1.0.0", "yanked"]) == ("yanked", Unknown("not-served"))


def test_a_version_without_a_wheel_is_there_and_no_more_is_known():
    found = told(PAD, ["1.0.0"], PIP)
    assert found["1.0.0", "present"] == "yes"
    licence = found["1.0.0", "licence"]
    assert isinstance(licence, Unknown)
    assert licence.reason == "client"
    assert found["1.0.0", "install-code"] == Unknown("not-served")


def test_a_report_of_another_version_proves_nothing():
    found = told(PAD, ["1.0.0"], PIP | {"string-tools==1.0.0": REPORT})
    assert isinstance(found["1.0.0", "licence"], Unknown)
    assert found.all("digest", "1.0.0") == (Unknown("not-served"),)


def test_pip_that_finds_nothing_without_trouble_says_absent_and_with_trouble_nothing():
    note = "WARNING: pip index is currently an experimental command. It may be removed/changed without prior warning."
    none = f"{note}\nERROR: No matching distribution found for string-tools"
    assert told(PAD, ["1.0.0"], {"string-tools": (1, "", none)})["present"] == "no"
    trouble = f"WARNING: Retrying (Retry(total=4)) after connection broken\n{none}"
    value = told(PAD, ["1.0.0"], {"string-tools": (1, "", trouble)})["present"]
    assert isinstance(value, Unknown)
    assert value.reason == "client"


def test_what_a_client_prints_of_addresses_is_left_out():
    value = told(PAD, [], {"string-tools": (1, "", "ERROR: https://user:secret@packages.example.com refused")})[
        "present"
    ]
    assert value == Unknown("client", (("detail", "ERROR: … refused"),))


@pytest.mark.parametrize("reason", ["timeout", "too-large", "unreachable"])
def test_a_client_that_was_ended_is_told_with_the_reason(reason):
    assert told(PAD, ["1.0.0"], {"string-tools": Unknown(reason)})["1.0.0", "licence"] == Unknown(reason)
    assert told("pkg:npm/pad", ["1.0.0"], {"pad": Unknown(reason)})["1.0.0", "licence"] == Unknown(reason)


NPM = {
    "name": "@bank/pad",
    "versions": ["1.0.0", "1.1.0"],
    "time": {"created": "2023-01-01T00:00:00Z", "1.0.0": "2023-01-01T00:00:00Z", "1.1.0": "2024-01-01T00:00:00Z"},
    "maintainers": ["li.si <li.si@example.com>"],
}
ONE = {
    "version": "1.1.0",
    "license": "MIT",
    "scripts": {"postinstall": "node x.js"},
    "deprecated": "use another",
    "dist": {"shasum": "cd" * 20, "integrity": "sha512-" + "qw" * 42 + "qw=="},
    "_npmUser": "wang.wu <wang.wu@example.com>",
}
VIEW = {"@bank/pad": NPM, "@bank/pad@1.1.0": NPM | ONE}


def test_npm_tells_what_a_registry_would():
    found = told("pkg:npm/%40bank/pad", ["1.1.0"], VIEW)
    # The newest is warned of, so it is not what anybody should take.
    assert (found["present"], found["latest"], found["releases"]) == ("yes", "1.0.0", "2")
    assert (found["begun"], found["maintainer"]) == ("2023-01-01T00:00:00Z", "li.si")
    assert found["1.1.0", "licence"] == "MIT"
    assert (found["1.1.0", "install-code"], found["1.1.0", "deprecated"]) == ("yes", "use another")
    assert found["1.1.0", "publisher"] == "wang.wu"
    assert found["1.1.0", "published"] == "2024-01-01T00:00:00Z"
    # The other versions were not looked at, so nothing is said of all of them.
    assert found["status"] == Unknown("not-served")
    assert found.names() == set(NPM_WHOLE)
    assert found.names("1.1.0") == set(NPM_ONE)


def test_npm_says_that_a_name_or_version_is_not_there():
    error = {"error": {"code": "E404", "summary": "Not Found"}}
    assert told("pkg:npm/pad", ["1.0.0"], {"pad": (1, error, "npm error code E404")})["1.0.0", "present"] == "no"
    assert told("pkg:npm/%40bank/pad", ["9.9.9"], VIEW)["9.9.9", "present"] == "no"


def test_npm_that_fails_otherwise_proves_nothing():
    error = {"error": {"code": "E401", "summary": "log in at https://user:secret@packages.example.com/"}}
    value = told("pkg:npm/pad", ["1.0.0"], {"pad": (1, error, "npm error code E401")})["present"]
    assert value == Unknown("client", (("detail", "log in at …"),))


def test_a_version_that_npm_would_not_show_is_there_and_unknown():
    found = told("pkg:npm/%40bank/pad", ["1.0.0"], VIEW | {"@bank/pad@1.0.0": Unknown("timeout")})
    assert found["1.0.0", "present"] == "yes"
    assert found["1.0.0", "licence"] == found["1.0.0", "install-code"] == Unknown("timeout")


@pytest.mark.parametrize(
    ("component", "version"),
    [
        ("pkg:pypi/--upgrade", "1.0"),
        ("pkg:pypi/x%20%3B%20y", "1.0"),
        ("pkg:pypi/x%5Bextra%5D", "1.0"),
        ("pkg:pypi/git%2Bhttps%3A%2F%2Fevil.example.com", "1.0"),
        ("pkg:npm/--registry", "1.0.0"),
        ("pkg:npm/..%2Fpad", "1.0.0"),
        ("pkg:npm/pad%40npm%3Aevil", "1.0.0"),
    ],
)
def test_no_argument_is_made_of_a_name_that_is_none(component, version):
    client = Client({})
    found = told(component, [version], client)
    assert client.started == []
    assert isinstance(found["present"], Unknown)


@pytest.mark.parametrize("version", ["-1", "1.0 --pre", "1.0;x", ">=1", "", "latest\n", "https://evil.example.com/x"])
def test_no_argument_is_made_of_a_version_that_is_none(version):
    for component, printed in ((PAD, PIP), ("pkg:npm/%40bank/pad", VIEW)):
        client = Client(printed)
        clients.facts(component, (version,), client, SOURCE, NOW)
        assert [arguments[-1] for arguments in client.started] == [
            component.rpartition("pkg:")[2].partition("/")[2].replace("%40", "@")
        ]


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from([PAD, "pkg:npm/pad"]),
    st.integers(0, 2),
    st.binary(max_size=40)
    | st.sampled_from([b"{}", b"[]", b"null", b"Available versions: 1.0.0, ", b'{"install":[[]]}']),
    st.binary(max_size=40),
)
def test_a_client_may_print_anything(component: str, code: int, out: bytes, err: bytes) -> None:
    run: Callable[[tuple[str, ...]], tuple[int, bytes, bytes]] = lambda arguments: (code, out, err)  # noqa: E731
    found = Told(component, clients.facts(component, ("1.0.0",), run, SOURCE, NOW))
    whole, one = (PYPI_WHOLE, PYPI_ONE) if "pypi" in component else (NPM_WHOLE, NPM_ONE)
    assert found.names() == set(whole)
    assert found.names("1.0.0") == set(one)
