"""pip, uv, Poetry and Pipenv: which index is asked for what, and by whose word."""

from __future__ import annotations

import pytest

from osgate.facts.endpoints import pip, pipfile, poetry, uv
from unit.facts.endpoints.configs import HOST, logins, read, risky, told, unread

ALL = "pkg:pypi/*"


def test_pip_a_later_file_beats_an_earlier_and_the_command_beats_the_global_section() -> None:
    first = f"[global]\nindex-url = {HOST}/global\n[install]\nindex-url = {HOST}/install\n"
    found = read(pip, ("pip", first), ("pip", f"[global]\nindex_url = {HOST}/later\n"))
    assert told(found) == [("/install", ALL, "1:4")]
    assert told(read(pip, ("pip", f"[global]\nindex-url: {HOST}/a"), ("pip", f"[global]\nindex-url = {HOST}/b"))) == [
        ("/b", ALL, "2:2")
    ]
    found = read(pip, ("pip", first), environment={"PIP_INDEX_URL": f"{HOST}/variable"})
    assert told(found) == [("/variable", ALL, "environment PIP_INDEX_URL")]


def test_pip_further_indexes_and_links_are_asked_for_everything() -> None:
    conf = f"[global]\nextra-index-url =\n  {HOST}/a\n  {HOST}/b\nfind-links = ./wheels {HOST}/links\n"
    conf += "[list]\nindex-url=x\n"
    assert told(read(pip, ("pip", conf))) == [
        ("/a", ALL, "1:3", "extra"),
        ("/b", ALL, "1:4", "extra"),
        ("/links", ALL, "1:5", "extra"),
    ]


def test_pip_without_an_index_asks_none_but_the_links() -> None:
    conf = f"[global]\nno-index = true\nindex-url = {HOST}/a\nfind-links = {HOST}/links\n"
    assert told(read(pip, ("pip", conf))) == [("/links", ALL, "1:4", "extra")]
    assert len(told(read(pip, ("pip", conf), environment={"PIP_NO_INDEX": "0"}))) == 2


def test_pip_trusting_a_host_is_a_risk_and_its_name_is_one() -> None:
    found = read(pip, ("pip", "[global]\ntrusted-host = packages.example.com:8443\n    ann:sekret@x\n"))
    assert risky(found) == [
        ("no-verify", "trusted-host packages.example.com:8443", "1:2"),
        ("no-verify", "trusted-host -", "1:3"),
    ]


def test_pip_secrets_are_known_wherever_they_stand() -> None:
    conf = "[global]\nindex-url = https://ann:pw@packages.example.com/a\nproxy = bob:pw@proxy.example.com\n"
    found = read(pip, ("pip", conf + "[download]\nproxy = http://proxy.example.com\n"))
    assert found.secrets == ("1:2", "1:3")
    assert logins(found) == [("ann", "pw")]
    found = read(pip, ("pip", "[global]\nindex-url = https://ann:$PW@packages.example.com/\n"))
    assert found.secrets == ()


def test_pip_tells_its_own_configuration_and_its_default() -> None:
    said = f"global.index-url='{HOST}/a'\n:env:.extra-index-url='{HOST}/b'\n"
    said += "global.timeout='60'\ninstall.index-url=broken'\n"
    assert told(read(pip, ("pip-answer", said))) == [("/a", ALL, "1"), ("/b", ALL, "1", "extra")]
    assert told(read(pip, ("pip-answer", f"global.index-url='{HOST}/a'\n"))) == [("/a", ALL, "1")]
    assert told(read(pip, ("pip-default", f"{HOST}/simple\n"))) == [("/simple", ALL, "1")]


def test_pip_reads_the_options_of_requirements() -> None:
    text = f"""\
-i {HOST}/main
--index-url={HOST}/later  # the last one counts
six --extra-index-url {HOST}/no
  --ex {HOST}/a
--extra-index-url \\
  '{HOST}/b'
-f{HOST}/links
--find-links=wheels
-f={HOST}/more
#--extra-index-url {HOST}/comment
--trusted-host packages.example.com
--extra-index-url ${{INDEX}}
--extra-index-url "open:
--extra-index-url
-r other.txt
six\x0c--extra-index-url {HOST}/feed
--pypi-url {HOST}/pypi \\"""
    found = read(pip, ("requirements", text), environment={"PIP_EXTRA_INDEX_URL": f"{HOST}/variable"})
    assert told(found) == [
        ("/pypi", ALL, "1:18"),
        ("/variable", ALL, "environment PIP_EXTRA_INDEX_URL", "extra"),
        ("/a", ALL, "1:4", "extra"),
        ("/b", ALL, "1:5", "extra"),
        ("/feed", ALL, "1:17", "extra"),
        ("/links", ALL, "1:7", "extra"),
        ("/more", ALL, "1:9", "extra"),
    ]
    assert risky(found) == [("no-verify", "trusted-host packages.example.com", "1:11")]
    assert unread(found) == [("1:12", "variable"), ("1:13", "address")]
    found = read(pip, ("requirements", "--no-index\n-i ${INDEX}\n--ex ${INDEX}\n"), environment={"INDEX": f"{HOST}/x"})
    assert told(found) == []


def test_uv_the_default_is_the_main_one_and_others_come_before_it() -> None:
    user = f'index-url = "{HOST}/user"\n[[index]]\nurl = "{HOST}/second"\n'
    project = f"""
[tool.uv]
find-links = ["{HOST}/links", "./wheels"]
[[tool.uv.index]]
name = "bank"
url = "{HOST}/bank"
explicit = true
[[tool.uv.index]]
url = "{HOST}/main"
default = true
[[tool.uv.index]]
url = "{HOST}/first"
[tool.uv.pip]
extra-index-url = ["{HOST}/pip"]
[tool.uv.sources]
Bank_Core = {{ index = "bank" }}
bank-ui = [{{ index = "bank", marker = "x" }}, {{ git = "y" }}]
"""
    assert told(read(uv, ("uv", user), ("pyproject", project))) == [
        ("/main", ALL, "2:9"),
        ("/first", ALL, "2:12", "extra"),
        ("/links", ALL, "2:3", "extra"),
        ("/pip", ALL, "2:14", "extra"),
        ("/second", ALL, "1:3", "extra"),
        ("/bank", "pkg:pypi/bank-core", "2:6"),
        ("/bank", "pkg:pypi/bank-ui", "2:6"),
    ]


def test_uv_variables_come_first_and_hold_names_and_passwords() -> None:
    environment = {
        "UV_DEFAULT_INDEX": f"main={HOST}/main",
        "UV_INDEX": f"bank-a={HOST}/a {HOST}/b?x=y",
        "UV_INDEX_BANK_A_USERNAME": "ann",
        "UV_INDEX_BANK_A_PASSWORD": "pw",
        "UV_INSECURE_HOST": "x.example.com ann:pw@y",
    }
    found = read(
        uv, ("uv", f'[[index]]\nname = "lone"\nurl = "{HOST}/lone"\nexplicit = true\n'), environment=environment
    )
    assert told(found) == [
        ("/main", ALL, "environment UV_DEFAULT_INDEX"),
        ("/a", ALL, "environment UV_INDEX", "extra"),
        ("/b", ALL, "environment UV_INDEX", "extra"),
        ("/lone", "", "1:3"),
    ]
    assert logins(found) == [None, ("ann", "pw"), None, None]
    assert [what for _, what, _ in risky(found)] == ["allow-insecure-host x.example.com", "allow-insecure-host -"]


def test_uv_an_insecure_host_is_a_risk() -> None:
    assert risky(read(uv, ("pyproject", '[tool.uv]\nallow-insecure-host = ["x.example.com"]\n'))) == [
        ("no-verify", "allow-insecure-host x.example.com", "1:2")
    ]


def test_poetry_primary_supplemental_and_explicit() -> None:
    text = f"""
[[tool.poetry.source]]
name = "main"
url = "{HOST}/main"
[[tool.poetry.source]]
name = "PyPI"
priority = "primary"
[[tool.poetry.source]]
name = "second"
url = "{HOST}/second"
priority = "primary"
[[tool.poetry.source]]
name = "more"
url = "{HOST}/more"
priority = "supplemental"
[[tool.poetry.source]]
name = "Bank.A"
url = "{HOST}/bank"
priority = "explicit"
[[tool.poetry.source]]
name = "lone"
url = "{HOST}/lone"
priority = "explicit"
[tool.poetry.dependencies]
Bank_Core = {{ version = "^1", source = "bank.a" }}
six = "^1"
[tool.poetry.group.dev.dependencies]
bank-ui = [{{ source = "bank.a" }}, {{ version = "2" }}]
"""
    environment = {"POETRY_HTTP_BASIC_BANK_A_USERNAME": "ann", "POETRY_HTTP_BASIC_BANK_A_PASSWORD": "pw"}
    found = read(poetry, ("pyproject", text), environment=environment)
    assert told(found) == [
        ("/main", ALL, "1:4"),
        ("/second", ALL, "1:10", "extra"),
        ("/more", ALL, "1:14", "extra"),
        ("/bank", "pkg:pypi/bank-core", "1:18"),
        ("/bank", "pkg:pypi/bank-ui", "1:18"),
        ("/lone", "", "1:22"),
    ]
    assert logins(found) == [None, None, None, ("ann", "pw"), ("ann", "pw"), None]


@pytest.mark.parametrize(
    ("key", "extra"),
    [("default = true", False), ("secondary = true", True), ("priority = 'default'", False), ("", False)],
)
def test_poetry_words_of_earlier_versions(key: str, extra: bool) -> None:
    (one,) = read(poetry, ("pyproject", f'[[tool.poetry.source]]\nname = "a"\nurl = "{HOST}/"\n{key}\n')).endpoints
    assert (one.applies, one.extra) == (ALL, extra)


PIPFILE = f"""
[[source]]
name = "main"
url = "{HOST}/main"
verify_ssl = true
[[source]]
name = "bank"
url = "https://${{USER}}:${{PW}}@packages.example.com/bank"
verify_ssl = false
[packages]
Bank_Core = {{ version = "*", index = "bank" }}
six = "*"
"""


def test_pipenv_asks_a_second_source_only_for_what_names_it() -> None:
    found = read(pipfile, ("pipfile", PIPFILE), environment={"USER": "ann", "PW": "pw"})
    assert told(found) == [("/main", ALL, "1:4"), ("/bank", "pkg:pypi/bank-core", "1:8")]
    assert logins(found) == [None, ("ann", "pw")]
    assert risky(found) == [("no-verify", "verify_ssl=false packages.example.com", "1:8")]
    assert logins(read(pipfile, ("pipfile", PIPFILE))) == [None, None]
    assert found.secrets == ()


def test_pipenv_may_be_told_to_search_all() -> None:
    found = read(pipfile, ("pipfile", PIPFILE + "[pipenv]\ninstall_search_all_sources = true\n"))
    assert told(found)[1] == ("/bank", ALL, "1:8", "extra")
    found = read(
        pipfile,
        ("pipfile", '[[source]]\nurl = "x:"\nverify_ssl = false\n[[source]]\nurl = "https://u:p@h.example.com"'),
    )
    assert [(one.address, one.applies) for one in found.endpoints] == [("https://h.example.com/", "")]
    assert (risky(found), unread(found), found.secrets) == ([], [("1:2", "address")], ("1:5",))
