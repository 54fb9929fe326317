"""A repository in a fake GitHub, and raw requests to it."""

from __future__ import annotations

import contextlib
import http.client
import json
from urllib.parse import urlsplit

import github


class House:
    """`bank/app` with a pull request by zhang.san, who may write; li.si owns the organisation."""

    def __init__(self, fake):
        self.fake, self.zhang, self.li, self.wang = fake, *(fake.user(n) for n in ("zhang.san", "li.si", "wang.wu"))
        self.org = fake.org("bank", {self.li: "admin", self.zhang: "member"})
        roles = {self.zhang: "write", self.wang: "read"}
        self.repo = fake.repo("bank/app", {"a.txt": b"one\ntwo\nthree\n"}, roles=roles)
        fake.push(self.repo, "feature", {"a.txt": b"one\n2\nthree\n", "b/c.txt": b"new\n"}, author=self.zhang)
        self.pull = fake.pull(self.repo, "feature", author=self.zhang)

    def client(self, token):
        return github.Github(
            auth=github.Auth.Token(token), base_url=self.fake.api_url, retry=None, seconds_between_requests=0,
            seconds_between_writes=0, per_page=100,
        )  # fmt: skip

    def open(self, user, number=1):
        return self.client(self.fake.as_user(user)).get_repo("bank/app").get_pull(number)

    @staticmethod
    def reviews(count):
        """The parameters of a rule that asks for reviews."""
        names = ("require_code_owner_review", "require_last_push_approval", "required_review_thread_resolution")
        flags = dict.fromkeys(names, False)
        return {"required_approving_review_count": count, "dismiss_stale_reviews_on_push": True, **flags}


def ask(fake, method, path, token="", said=None, headers=None):
    """Return status, headers and JSON (or bytes) of one raw request below the interface's address."""
    where = urlsplit(path if path.startswith("http") else f"{fake.api_url}{path}")
    given = {**({"Authorization": f"Bearer {token}"} if token else {}), **(headers or {})}
    with contextlib.closing(http.client.HTTPConnection(where.hostname, where.port, timeout=10)) as connection:
        target = where.path + (f"?{where.query}" if where.query else "")
        connection.request(method, target, None if said is None else json.dumps(said), given)
        answer = connection.getresponse()
        content = answer.read()
    plain = answer.getheader("Content-Type") == "application/json" and content
    return answer.status, dict(answer.getheaders()), json.loads(content) if plain else content


def graphql(fake, token, query, **variables):
    """Return what GraphQL says."""
    return ask(fake, "POST", fake.graphql_url, token, {"query": query, "variables": variables})[2]
