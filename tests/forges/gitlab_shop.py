"""A shop on a fake GitLab, for tests of the adapter itself."""

from __future__ import annotations

from typing import Any

import pytest

from forges.stage_gitlab import FILES
from osgate.errors import OsgateError
from osgate.forges.gitlab.adapter import GitLab
from osgate.forges.gitlab.session import Session
from osgate.forges.session import Limits
from osgate.model.forge import Change, Conversation
from osgate.testing.gitlab import FakeGitLab
from osgate.testing.gitlab.state import MergeRequest, Project

CHANGED = {"package.json": FILES["package.json"].replace(b"line 10\n", b"line 10\nleft-pad\n")}


class Shop:
    """A project with one merge request, and the bot that looks at it."""

    def __init__(self, fake: FakeGitLab) -> None:
        self.fake = fake
        self.zhang, self.li = fake.user("zhang.san", "张三"), fake.user("li.si", "李四")
        group = fake.group("shop", {self.zhang: 30, self.li: 40})
        self.project: Project = fake.project("shop/till", FILES)
        fake.push(self.project, "pad", CHANGED, author=self.zhang)
        self.opened: MergeRequest = fake.merge_request(self.project, "pad", author=self.zhang)
        self.token = fake.as_bot(group)
        self.slept: list[float] = []
        self.forge = self.as_token(self.token)
        self.id = str(self.project.id)
        self.at = Conversation(self.id, self.opened.iid)

    def as_token(self, token: str = "", **more: Any) -> GitLab:
        def session(address: str, limits: Limits) -> Session:
            return Session(address, limits, sleep=self.slept.append)

        return GitLab(self.fake.web_url, token, session=session, **more)

    def as_job(self) -> GitLab:
        return self.as_token(job_token=self.fake.as_job(self.fake.pipeline(self.opened)))

    def change(self) -> Change:
        return self.forge.change(self.id, self.opened.iid)

    def sent(self, method: str) -> list[str]:
        return [call.path for call in self.fake.called(method)]


def refused(kind: type[OsgateError], code: str, **params: object) -> Any:
    """Expect a failure of the protocol."""

    def fits(error: BaseException) -> bool:
        assert isinstance(error, OsgateError)
        return error.code == code and all(error.params[name] == value for name, value in params.items())

    return pytest.raises(kind, check=fits)
