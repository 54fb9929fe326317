"""Addresses of pages at a forge."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.forges import links
from osgate.model.forge import ISSUE, Conversation
from osgate.reports.address import file_address

APP = "https://forge.example.test/base/shop/till"
SHA = "5f" * 20


@pytest.mark.parametrize(
    ("kind", "place"),
    [
        ("gitlab", f"/-/blob/{SHA}/web/package.json#L12"),
        ("gitea", f"/src/commit/{SHA}/web/package.json#L12"),
        ("gitee", f"/blob/{SHA}/web/package.json#L12"),
        ("github", f"/blob/{SHA}/web/package.json#L12"),
    ],
)
def test_a_line_has_an_address_at_every_forge(kind: str, place: str) -> None:
    template = links.links(kind, APP + "/", SHA)

    assert file_address(template, "web/package.json", 12) == APP + place
    assert file_address(template, "web/package.json", 0) == APP + place.removesuffix("#L12")


def test_a_path_cannot_leave_its_place_in_the_template() -> None:
    template = links.links("gitlab", "https://forge.example.test/{path}/till", SHA)

    assert template.count("{path}") == template.count("{line}") == 1
    assert file_address(template, "a b/#?.json", 3).endswith("/a%20b/%23%3F.json#L3")


@pytest.mark.parametrize("project", ["", "javascript:alert(1)", "file:///srv", "https://", "https://[", f"{APP}?x=1"])
def test_without_a_page_there_is_no_link(project: str) -> None:
    assert links.links("gitlab", project, SHA) == ""
    assert links.new_issue("gitlab", project, "title", "body") == ""
    assert links.conversation("gitlab", project, Conversation("1", 7)) == ""


@pytest.mark.parametrize(
    ("kind", "change", "leads"),
    [
        ("github", f"{APP}/pull/7", "/checks"),
        ("gitlab", f"{APP}/-/merge_requests/7", "/pipelines"),
        ("gitea", f"{APP}/pulls/7", None),
        ("gitee", f"{APP}/pulls/7", None),
        ("github", "javascript:alert(1)", None),
        ("github", "", None),
    ],
)
def test_the_page_of_a_changes_jobs(kind: str, change: str, leads: str | None) -> None:
    assert links.checks(kind, change) == ("" if leads is None else change + leads)


def test_an_unknown_forge_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="sourceforge"):
        links.links("sourceforge", APP, SHA)


@pytest.mark.parametrize(
    ("kind", "change", "issue"),
    [
        ("gitlab", "/-/merge_requests/7#note_99", "/-/issues/7"),
        ("gitea", "/pulls/7#issuecomment-99", "/issues/7"),
        ("gitee", "/pulls/7#note_99", "/issues/7"),
        ("github", "/pull/7#issuecomment-99", "/issues/7"),
    ],
)
def test_where_people_talk_has_an_address(kind: str, change: str, issue: str) -> None:
    assert links.conversation(kind, APP, Conversation("1", 7), "99") == APP + change
    assert links.conversation(kind, APP, Conversation("1", 7, ISSUE)) == APP + issue


def test_a_gitee_issue_is_shown_as_gitee_writes_it() -> None:
    at = Conversation("shop/till", links.numbered("I6XQ2F"), ISSUE)

    assert links.conversation("gitee", APP, at) == f"{APP}/issues/I6XQ2F"
    assert links.ident(links.numbered("42")) == "42"


@given(st.from_regex(r"I[0-9A-Z]{4,6}", fullmatch=True) | st.integers(1, 10**6).map(str))
@settings(max_examples=60)
def test_an_issue_number_of_gitee_comes_back_as_it_was(shown: str) -> None:
    assert links.ident(links.numbered(shown)) == shown


@pytest.mark.parametrize("shown", ["", "I6-2", "1.5", "-4", "٣", "I" * 40])
def test_what_is_no_issue_number_is_refused(shown: str) -> None:
    with pytest.raises(ValueError, match=re.escape(shown) or "^$"):
        links.numbered(shown)


@pytest.mark.parametrize("kind", links.KINDS)
@given(title=st.text(max_size=40), body=st.text(max_size=200))
@settings(max_examples=30)
def test_a_new_issue_carries_its_words_exactly(kind: str, title: str, body: str) -> None:
    address = links.new_issue(kind, APP, title, body)
    said = dict(parse_qsl(urlsplit(address).query, keep_blank_values=True, strict_parsing=bool(title or body)))

    names = {"gitlab": ("issue[title]", "issue[description]"), "gitee": ("title", "description")}
    title_name, body_name = names.get(kind, ("title", "body"))
    assert (said.get(title_name, ""), said.get(body_name, "")) == (title, body)
    assert address.isascii()
    assert not set(" \n()<>\"'`|") & set(address)


def test_too_long_a_body_gives_way_to_a_shorter_one_and_then_to_none() -> None:
    long, short = "许可证 " * 800, "/osgate request shop/till!7"

    assert links.new_issue("gitlab", APP, "t", long, shorter=(short,)) == links.new_issue("gitlab", APP, "t", short)
    assert links.new_issue("gitlab", APP, "t", long) == links.new_issue("gitlab", APP, "t", "")
    assert links.new_issue("gitlab", APP, long, long) == f"{APP}/-/issues/new"


@given(body=st.text(max_size=400), limit=st.integers(100, 600))
@settings(max_examples=40)
def test_a_new_issues_address_keeps_its_limit(body: str, limit: int) -> None:
    assert len(links.new_issue("gitee", APP, "引入 left-pad", body, limit)) <= limit
