"""The fakes of Gitea and of Gitee: their schemas are schemas, and hold what is said against them."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema
import pytest

from osgate.model.forge import ISSUE, Conversation
from osgate.testing.gitea import FakeGitea
from osgate.testing.gitee import FakeGitee
from osgate.testing.gitlab.schema import KEYWORDS, check
from osgate.testing.rest_server import RestServer

FAKES = (FakeGitea, FakeGitee)


def ask(
    fake: RestServer, method: str, path: str, token: str, body: object = None
) -> tuple[int, Any, Mapping[str, str]]:
    """Ask a fake without any of our clients."""
    host, place = fake.address.removeprefix("http://"), fake.prefix + path
    headers = {"Authorization": f"token {token}"}
    if isinstance(fake, FakeGitee):
        place += ("&" if "?" in place else "?") + f"access_token={token}"
    connection = http.client.HTTPConnection(host, timeout=20)
    try:
        connection.request(method, place, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        data = answer.read()
        return answer.status, json.loads(data) if data else None, dict(answer.headers)
    finally:
        connection.close()


@pytest.fixture(params=FAKES)
def fake(request: pytest.FixtureRequest) -> Iterator[RestServer]:
    with request.param() as made:
        yield made


def schemas(kind: type[RestServer]) -> Iterator[dict[str, Any]]:
    """All that a fake's routes name."""
    for name in dir(kind):
        route = getattr(getattr(kind, name), "route", None)
        if route is not None:
            yield from (schema for schema in (route.takes, route.gives) if schema)


def inside(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A schema and all within it."""
    yield schema
    items = [schema["items"]] if "items" in schema else []
    for part in [*schema.get("properties", {}).values(), *items, *schema.get("anyOf", [])]:
        yield from inside(part)


@pytest.mark.parametrize("kind", FAKES)
def test_the_schemas_are_schemas_of_the_words_the_check_knows(kind: type[RestServer]) -> None:
    found = list(schemas(kind))
    assert len(found) > 20
    for schema in {json.dumps(schema, sort_keys=True): schema for schema in found}.values():
        jsonschema.Draft202012Validator.check_schema(schema)
        assert all(set(part) <= KEYWORDS for part in inside(schema))


def test_what_is_said_in_another_shape_is_refused_and_kept(fake: RestServer) -> None:
    token = fake.as_user(fake.world.add_account("osgate"))
    project = fake.world.add_project("shop/till")
    change = fake.world.add_change(project, fake.world.add_account("zhang.san"))
    place = f"/repos/shop/till/{'issues' if isinstance(fake, FakeGitea) else 'pulls'}/{change.number}/comments"

    assert [ask(fake, "POST", place, token, body)[0] for body in ({"body": 5}, {"text": "x"}, {})] == [422, 422, 422]
    assert len(fake.violations) >= 3
    assert fake.world.notes(change.conversation) == []
    fake.violations.clear()
    status, answer, _ = ask(fake, "POST", place, token, {"body": "words"})
    assert (status, answer["body"], fake.violations) == (201, "words", [])


def test_an_answer_of_the_fakes_is_what_a_full_validator_takes(fake: RestServer) -> None:
    token = fake.as_user(fake.world.add_account("osgate"))
    project = fake.world.add_project("shop/till")
    zhang = fake.world.add_account("zhang.san")
    change = fake.world.add_change(project, zhang, authors=["a@example.com"], lines={"package.json": [3]})
    issue = fake.world.add_issue(project, zhang, "title", "words", ["osgate::waiting"])
    for at in (change.conversation, Conversation(project.id, issue.number, ISSUE)):
        fake.world.add_note(at, zhang, "words")
    pulls = f"/repos/shop/till/pulls/{change.number}"
    seen = 0
    for path in ("/user", "/repos/shop/till", pulls, f"{pulls}/commits", "/repos/shop/till/issues?state=all"):
        status, answer, _ = ask(fake, "GET", path, token)
        routes = [getattr(getattr(type(fake), name), "route", None) for name in dir(type(fake))]
        (gives,) = {
            id(one.gives): one.gives
            for one in routes
            if one and one.method == "GET" and one.pattern.match(path.partition("?")[0]) and "issues/s" not in path
        }.values()
        jsonschema.validate(answer, gives)
        assert status == 200
        assert list(check(gives, answer, "$")) == []
        seen += 1
    assert (seen, fake.violations) == (5, [])


def test_nobody_is_asked_in_without_a_token_that_counts(fake: RestServer) -> None:
    bot = fake.world.add_account("osgate")
    token = fake.as_user(bot)

    assert ask(fake, "GET", "/user", token)[0] == 200
    assert ask(fake, "GET", "/user", token + "x")[0] == 401
    fake.world.expired.add(bot.id)
    assert ask(fake, "GET", "/user", token)[0] == 401


def test_a_list_comes_in_pages_no_longer_than_the_forge_allows() -> None:
    for kind, size, most, total in (
        (FakeGitea, "limit", 50, "X-Total-Count"),
        (FakeGitee, "per_page", 100, "total_count"),
    ):
        with kind() as fake:
            token = fake.as_user(fake.world.add_account("osgate"))
            project = fake.world.add_project("shop/till")
            for n in range(120):
                fake.world.add_issue(project, fake.world.add_account("zhang.san"), f"{n}")
            status, rows, headers = ask(fake, "GET", f"/repos/shop/till/issues?{size}=1000&page=1", token)
            assert (status, len(rows), headers[total]) == (200, most, "120")
