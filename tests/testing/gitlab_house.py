"""A furnished project on the fake GitLab, and a raw request."""

from __future__ import annotations

import contextlib
import http.client
import json
from urllib.parse import urlsplit

import gitlab


class House:
    """A project `bank/app` with a developer, a maintainer and a merge request that changes two files."""

    def __init__(self, fake):
        self.fake, self.zhang, self.li = fake, fake.user("zhang.san"), fake.user("li.si")
        files, people = {"a.txt": b"one\ntwo\nthree\n"}, {self.zhang: 30, self.li: 40}
        self.project = fake.project("bank/app", files, members=people)
        fake.push(self.project, "feature", {"a.txt": b"one\n2\nthree\n", "b/c.txt": b"new\n"}, author=self.zhang)
        self.change = fake.merge_request(self.project, "feature", author=self.zhang)

    def client(self, user):
        return gitlab.Gitlab(self.fake.web_url, private_token=self.fake.as_user(user), retry_transient_errors=False)

    def open(self, user):
        return self.client(user).projects.get(self.project.id).mergerequests.get(self.change.iid)


def ask(fake, method, path, token="", body=None, kind="PRIVATE-TOKEN", timeout=10):
    """Return status, headers and JSON (or bytes) of one raw request."""
    where = urlsplit(fake.api_url)
    headers = {**({kind: token} if token else {}), "Content-Type": "application/json"}
    with contextlib.closing(http.client.HTTPConnection(where.hostname, where.port, timeout=timeout)) as connection:
        connection.request(method, f"{where.path}{path}", None if body is None else json.dumps(body), headers)
        with connection.getresponse() as answer:
            content = answer.read()
    is_json = answer.getheader("Content-Type") == "application/json" and content
    return answer.status, dict(answer.getheaders()), json.loads(content) if is_json else content
