"""Whatever JSON comes back, an adapter ends in an answer or in one of the protocol's failures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forges.contract import READS, WRITES
from osgate.forges.gitea import Gitea
from osgate.forges.gitee import Gitee
from osgate.forges.got import Got
from osgate.forges.protocol import Forbidden, Missing, NotInDiff, Unreachable
from osgate.model.forge import OPEN, Account, Change, Project

NAMES = [
    "id", "login", "full_name", "default_branch", "html_url", "clone_url", "number", "title", "user", "state", "body",
    "base", "head", "sha", "ref", "repo_id", "repo", "updated_at", "created_at", "labels", "name", "commit", "author",
    "email", "data", "path", "patch", "diff", "filename", "repository", "merge_base", "comments_count", "version",
]  # fmt: skip
GOOD = {
    "id": 5, "login": "zhang.san", "full_name": "shop/till", "number": 7, "title": "", "state": "open", "body": "",
    "html_url": "https://forge.example.test/shop/till", "created_at": "2026-11-21T06:00:00Z", "sha": "1" * 40,
    "updated_at": "2026-11-21T14:00:00+08:00", "ref": "main", "repo_id": 5, "default_branch": "main", "clone_url": "",
}  # fmt: skip
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["2026-13-01T00:00:00Z", "0"])
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6),
    max_leaves=12,
)
ALMOST = st.dictionaries(st.sampled_from(NAMES), JSON, max_size=4).map(
    lambda odd: {**GOOD, "user": GOOD, "base": GOOD, "head": {**GOOD, "repo": GOOD}, "repository": GOOD, **odd}
)
PROJECT = Project("shop/till", "shop/till", "main", "", "")
WHO = Account("5", "zhang.san")
CHANGE = Change("shop/till", 7, "", WHO, OPEN, "", "1" * 40, "main", "shop/till", "b", "", "2026-11-21T06:00:00Z")


class Says:
    """A client that always gets the same answer."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def get(self, *parts: str, **query: object) -> Any:
        return self.answer

    def send(self, *parts: str, body: object = None) -> Any:
        return self.answer

    def text(self, *parts: str) -> str:
        return str(self.answer)

    def pages(self, *parts: str, **query: object) -> Iterator[Any]:
        yield from self.answer if isinstance(self.answer, list) else [self.answer]


@pytest.mark.parametrize("kind", [Gitea, Gitee])
@given(answer=JSON | ALMOST | st.lists(ALMOST, max_size=3))
@settings(max_examples=60)
def test_no_answer_is_a_traceback(kind: type[Gitea] | type[Gitee], answer: object) -> None:
    forge = kind("https://forge.example.test", "secret")
    forge._api._rest = Says(answer)  # type: ignore[assignment]

    for call in (READS | WRITES).values():
        try:
            call(forge, PROJECT, CHANGE)
        except (Unreachable, Missing, Forbidden, NotInDiff):
            pass


def test_members_are_read_by_their_kind() -> None:
    got = Got({"text": "x", "number": 5, "flag": True, "id": 7, "inner": {"a": 1}, "many": [{}], "null": None}, "")

    assert (got.text("text"), got.number("number"), got.flag("flag"), got.id()) == ("x", 5, True, "7")
    assert (got.text("null", ""), got.number("none", 3), got.flag("none")) == ("", 3, False)
    assert (got.inner("inner").number("a"), len(got.many("many")), got.many("null")) == (1, 1, [])
    assert (got.has("text"), got.has("null"), got.has("none")) == (True, False, False)
    for wrong in (
        lambda: got.text("number"), lambda: got.number("flag"), lambda: got.number("text"), lambda: got.flag("number"),
        lambda: got.id("flag"), lambda: got.id("none"), lambda: got.inner("text"), lambda: got.many("inner"),
        lambda: got.text("null"), lambda: got.instant("text"), lambda: Got([], ""),
    ):  # fmt: skip
        with pytest.raises(Unreachable, match=r"forge\.strange"):
            wrong()


@pytest.mark.parametrize(
    ("said", "instant"),
    [
        ("2026-11-21T06:00:00Z", "2026-11-21T06:00:00Z"),
        ("2026-11-21T14:00:00+08:00", "2026-11-21T06:00:00Z"),
        ("2026-11-21T06:00:00.987Z", "2026-11-21T06:00:00Z"),
    ],
)
def test_instants_are_told_in_utc(said: str, instant: str) -> None:
    assert Got({"at": said}, "").instant("at") == instant


@pytest.mark.parametrize("said", ["2026-11-21T06:00:00", "2026-11-21", "0001-01-01T00:00:00+14:00", "yesterday", "", 5])
def test_what_is_no_instant_is_strange(said: object) -> None:
    with pytest.raises(Unreachable, match=r"forge\.strange"):
        Got({"at": said}, "").instant("at")
