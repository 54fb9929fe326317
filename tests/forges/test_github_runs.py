"""Which pull requests a workflow run was about: as GitHub tells it, forks included, never as the run does."""

from __future__ import annotations

from forges.stage_github import adapter
from github_contract.contract import documents, rest
from osgate.forges.github import runs
from osgate.testing.github import FakeGitHub


def test_a_run_leads_to_the_change_whose_head_it_was_about_and_to_none_once_that_has_moved():
    with FakeGitHub(contract=rest, graphql=documents) as fake:
        dev, outsider = fake.user("wang.wu"), fake.user("qian.ba")
        app = fake.repo("bank/app", {"a": b"1"}, roles={dev: "write"}, private=False)
        flow = fake.workflow(app)
        fork = fake.fork(app, outsider)
        for place, author in ((app, dev), (fork, outsider)):
            fake.push(place, "fix", {"a": author.login.encode()}, author=author)
            fake.pull(app, "fix", author=author, fork=None if place is app else fork)
        own, theirs = app.pulls
        first, second = [run for run in app.runs if run.workflow is flow]
        client = adapter(fake, fake.as_user(dev)).client
        assert runs.changes(client, "bank/app", str(first.id)) == (own.number,)
        assert runs.changes(client, "bank/app", str(second.id)) == (theirs.number,)
        fake.push(fork, "fix", {"a": b"3"}, author=outsider)
        assert runs.changes(client, "bank/app", str(second.id)) == ()
        assert fake.violations == []
