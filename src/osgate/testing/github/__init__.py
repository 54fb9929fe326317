"""A stateful fake of GitHub, or of an Enterprise Server: REST, GraphQL and git on one loopback port.

Standard library and git alone. A test drives it so:

    with FakeGitHub(contract=rest) as fake:                     # tests/github_contract/contract.py
        zhang, li = fake.user("zhang.san"), fake.user("li.si")
        app = fake.repo("bank/app", {"package.json": b"{}"}, roles={zhang: "write", li: "admin"})
        fake.push(app, "feature", {"package.json": b'{"name": "app"}'}, author=zhang)
        change = fake.pull(app, "feature", author=zhang)
        client(fake.api_url, token=fake.as_user(li))
        fake.settle()
        assert fake.violations == []

What there is
    FakeGitHub   user, org, team, repo, fork, push, pull, merge, enqueue, issue, comment, edit, review, line_comment,
                 app, install, workflow, check, status, artifact, ruleset, protect, hook, rename, remove; as_user,
                 as_fine, as_app, as_run (tokens); run_environment, finish, replay; forward (time), fail (faults),
                 settle, redeliver
    making.py    what it can make; fake.py start and stop, time, faults, the log
    world.py     the state behind it (fake.world): look-ups, roles; state.py the records: User, Org, Team, Repo, Issue,
                 PullRequest, Comment, Review, ReviewComment, Token; state_work.py CheckRun, Status, Workflow, Run,
                 Ruleset, Hook, …
    pulls.py     pull requests against their branches; writing.py who may move a branch; rules.py what rulesets and
                 protection ask for; queue.py the merge queue
    events.py    webhooks and what starts workflows; running.py runs and their GITHUB_TOKEN
    access.py    tokens, permissions, roles; limits.py the primary rate limit; answering.py a request from end to end
    routes/      the endpoints by theme, under the names GitHub's description has; shapes/ the records as shown
    graphql/     a reader of documents and the part of the schema that osgate asks
    gitserver.py smart HTTP: tokens as passwords, rules for pushes

What to know
    * `contract` holds requests and answers against GitHub's own description; what breaks it stands in
      `fake.violations`, and so does a request for which there is no route. Without one only the latter does.
    * Nothing happens by itself: webhooks and workflows wait until `fake.settle()` works them off in the test's thread.
      `fake.workflow(repo, path, on=(…))` says which workflows there are (files are not read);
      `fake.on_workflow(runner)` runs them, else a run stays queued until `fake.finish(run, "success")`.
    * A run of a fork's or Dependabot's pull request gets a token that only reads. `run.head_sha` is the head,
      `run.sha` the test merge; a runner that wants the workflow's text reads it from there, edited as it may be.
    * What GITHUB_TOKEN does starts no workflow, except a dispatch.
    * Time stands still until `fake.forward(seconds)`. X-RateLimit-Reset is of this clock: hand in a Clock that starts
      today where a client compares it with its own. `fake.world.limits["pat"] = 5` makes the hour short.
    * `fake.calls` is the log: method, path, kind of token, user, status, route.
    * `fake.fail("POST", r"/comments$", 502, after_apply=True)` loses an answer; `SECONDARY` is the other rate limit.
    * `FakeGitHub(ghes="3.19.0")` is below `/api/v3` and `/api/graphql`.
"""

from __future__ import annotations

from osgate.testing.github.fake import FakeGitHub
from osgate.testing.github.server import Call
from osgate.testing.gitlab.faults import PROXY_PAGE, Fault

# What GitHub says to who writes too much; for `fail(…, 403, headers={"Retry-After": "60"}, body=SECONDARY)`.
SECONDARY = {
    "message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
    "documentation_url": "https://docs.example.com/rest/overview/rate-limits-for-the-rest-api",
}

__all__ = ["PROXY_PAGE", "SECONDARY", "Call", "FakeGitHub", "Fault"]
