"""Maven's mirrors and NuGet's chain of files."""

from __future__ import annotations

import pytest

from osgate.facts.endpoints import maven, nuget
from osgate.facts.endpoints.maven import Place, mirror_of
from osgate.facts.endpoints.reading import Setting
from unit.facts.endpoints.configs import HOST, logins, read, risky, told, unread

ALL = "pkg:maven/*"


def mirror(id: str, of: str, more: str = "") -> str:
    return f"<mirror><id>{id}</id><url>{HOST}/{id}</url><mirrorOf>{of}</mirrorOf>{more}</mirror>"


def settings(mirrors: str, more: str = "") -> str:
    return f'<settings xmlns="urn:example:settings"><mirrors>{mirrors}</mirrors>{more}</settings>'


REPOSITORIES = f"""<profiles><profile><repositories><repository><id>bank</id><url>{HOST}/bank</url></repository>
</repositories><pluginRepositories><pluginRepository><id>plugins</id><url>{HOST}/plugins</url></pluginRepository>
</pluginRepositories></profile></profiles>"""


@pytest.mark.parametrize(
    ("of", "id", "address", "chosen"),
    [
        ("*", "bank", "https://x.example.com/", True),
        ("*,!bank", "bank", "https://x.example.com/", False),
        ("*,!bank", "central", "https://x.example.com/", True),
        ("bank,central", "bank", "https://x.example.com/", True),
        ("bank", "central", "https://x.example.com/", False),
        ("external:*", "bank", "http://localhost:8081/", False),
        ("external:*", "bank", "file:///repo", False),
        ("external:*,!bank", "other", "https://x.example.com/", True),
        ("external:http:*", "bank", "https://x.example.com/", False),
        ("external:http:*", "bank", "http://x.example.com/", True),
        ("external:*", "bank", "https://[", False),
        ("*", "bank", "https://[", True),
    ],
)
def test_maven_a_mirror_stands_for_what_its_words_say(of: str, id: str, address: str, chosen: bool) -> None:
    words = Place("m", Setting(HOST, "f:1"), tuple(of.split(",")))
    assert (mirror_of(Place(id, Setting(address, "f:2")), [words]) is words) is chosen


def test_maven_a_mirror_of_everything_is_the_main_one() -> None:
    found = read(maven, ("maven", settings(mirror("all", "*,!bank") + mirror("late", "nothing"), REPOSITORIES)))
    assert [one[:2] for one in told(found)] == [("/all", ALL), ("/bank", ALL), ("/late", "")]


def test_maven_an_exact_mirror_comes_before_a_pattern_and_the_user_before_the_machine() -> None:
    machine, user = settings(mirror("m", "*")), settings(mirror("wide", "external:*") + mirror("exact", "central"))
    found = read(maven, ("maven", machine), ("maven", user))
    assert [one[:2] for one in told(found)] == [("/exact", ALL), ("/wide", ""), ("/m", "")]
    assert told(found)[0][2] == "2:1"


def test_maven_a_blocking_mirror_serves_nothing() -> None:
    blocked = mirror("blocker", "external:http:*", "<blocked>true</blocked>")
    assert read(maven, ("maven", settings(blocked))).endpoints == ()


def test_maven_repositories_of_a_pom_go_through_the_mirrors() -> None:
    pom = f"""<project>
 <repositories>
  <repository><id>central</id><url>{HOST}/central</url></repository>
  <repository><id>bank</id><url>{HOST}/bank</url></repository>
 </repositories>
 <profiles><profile><repositories><repository><id>p</id><url>{HOST}/p</url></repository></repositories></profile></profiles>
</project>"""
    assert told(read(maven, ("pom", pom))) == [
        ("/central", ALL, "1:3"),
        ("/bank", ALL, "1:4", "extra"),
        ("/p", ALL, "1:6", "extra"),
    ]
    found = read(maven, ("maven", settings(mirror("all", "*"))), ("pom", pom))
    assert told(found) == [("/all", ALL, "1:1")]
    assert told(read(maven, ("pom", pom.replace("central", "other"))))[0] == ("/other", ALL, "1:3", "extra")


def test_maven_a_server_logs_in_unless_its_password_is_encrypted() -> None:
    servers = """<servers>
<server><id>all</id><username>ann</username><password>pw</password></server>
<server><id>bank</id><username>bob</username><password>{COQLCE6DU6GtcS5P=}</password></server>
<server><id>plugins</id><username>eve</username><password>${env.PW}</password></server>
</servers>"""
    text = settings(mirror("all", "central"), REPOSITORIES + servers)
    found = read(maven, ("maven", text), environment={"PW": "variable"})
    assert logins(found) == [("ann", "pw"), None, ("eve", "variable")]
    assert found.secrets == ("1:4",)
    assert logins(read(maven, ("maven", text))) == [("ann", "pw"), None, None]
    assert unread(read(maven, ("maven", "<!DOCTYPE x><settings/>"), ("pom", "<a>"))) == [
        ("1", "syntax"),
        ("2", "syntax"),
    ]


def nuget_config(*parts: str) -> str:
    return "<?xml version='1.0'?>\n<configuration>\n" + "\n".join(parts) + "\n</configuration>"


def sources(*names: str, clear: bool = False) -> str:
    added = "\n".join(f'<add key="{name}" value="{HOST}/{name}" />' for name in names)
    return f"<packageSources>\n{'<clear />' if clear else ''}{added}\n</packageSources>"


def test_nuget_sources_add_up_and_clear_forgets() -> None:
    far, near = nuget_config(sources("far")), nuget_config(sources("near", "Far2"))
    assert told(read(nuget, ("nuget", far), ("nuget", near))) == [
        ("/far", "pkg:nuget/*", "1:4"),
        ("/near", "pkg:nuget/*", "2:4", "extra"),
        ("/Far2", "pkg:nuget/*", "2:5", "extra"),
    ]
    found = read(nuget, ("nuget", far), ("nuget", nuget_config(sources("near", clear=True))))
    assert told(found) == [("/near", "pkg:nuget/*", "2:4")]
    assert found.risks == ()


def test_nuget_several_sources_without_a_mapping_are_a_risk() -> None:
    found = read(nuget, ("nuget", nuget_config(sources("a", "b"))))
    assert [(one.code, dict(one.params), one.origin) for one in found.risks] == [
        ("several-sources-unmapped", {"count": "2"}, "1:5")
    ]
    off = "<disabledPackageSources><add key='B' value='True'/><add key='a' value='false'/></disabledPackageSources>"
    found = read(nuget, ("nuget", nuget_config(sources("a", "b"), off)))
    assert (len(found.endpoints), found.risks) == (1, ())


MAPPING = """<packageSourceMapping><packageSource key="gone"><package pattern="x"/></packageSource><clear/>
<packageSource key="A"><package pattern="*" /></packageSource>
<packageSource key="b"><package pattern="Bank.*" /><package pattern="" /><package /></packageSource>
</packageSourceMapping>"""


def test_nuget_a_mapping_says_which_names_come_from_where() -> None:
    found = read(nuget, ("nuget", nuget_config(sources("a", "b", "c"), MAPPING)))
    assert [one[:2] for one in told(found)] == [("/a", "pkg:nuget/*"), ("/b", "pkg:nuget/Bank.*"), ("/c", "")]
    assert found.risks == ()


def test_nuget_logins_in_clear_text() -> None:
    credentials = """<packageSourceCredentials>
<My_x0020_feed><add key="Username" value="ann" /><add key="ClearTextPassword" value="pw" /></My_x0020_feed>
<b><add key="Username" value="bob" /><add key="ClearTextPassword" value="%PW%" /></b>
<c><add key="Username" value="eve" /><add key="Password" value="AQAAANCMnd8" /></c>
</packageSourceCredentials>"""
    named = f"<packageSources><add key='my feed' value='{HOST}/a'/><add key='b' value='{HOST}/b'/>"
    named += f"<add key='c' value='{HOST}/c'/><add value='{HOST}/none'/><add key='local' value='./packages'/>"
    named += "</packageSources>"
    found = read(nuget, ("nuget", nuget_config(named, credentials)), environment={"PW": "variable"})
    assert logins(found) == [("ann", "pw"), ("bob", "variable"), None]
    assert found.secrets == ("1:5",)
    assert logins(read(nuget, ("nuget", nuget_config(named, credentials)))) == [("ann", "pw"), None, None]
    assert risky(found)[0][0] == "several-sources-unmapped"
