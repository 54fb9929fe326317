"""A stateful fake of a self-managed GitLab: REST v4 and git over HTTP on one loopback port, over real repositories.

Standard library and git alone. A test drives it so:

    with FakeGitLab(tier="free") as fake:
        zhang, li = fake.user("zhang.san"), fake.user("li.si")
        app = fake.project("bank/app", {"package.json": b"{}"}, members={zhang: 30, li: 40})
        fake.push(app, "feature", {"package.json": b'{"name": "app"}'})
        change = fake.merge_request(app, "feature", author=zhang)
        client(fake.api_url, token=fake.as_user(li))
        fake.settle()
        assert fake.violations == []

What there is
    fake.py      FakeGitLab: user, group, member, share, project, fork, push, merge_request, issue, note, edit,
                 pipeline, job, finish, ci_variables, trigger, as_user, as_bot, as_job (tokens), forward (time),
                 fail (faults), settle, redeliver
    world.py     the state behind it (fake.world): look-ups, levels with inheritance, shares and expiry, redirects
    state.py     the records: User, Group, Project, MergeRequest, Issue, Note, Pipeline, Job, Token, Hook, …
    git.py       a bare repository; writing.py moves branches and runs the server's own hooks (custom_hooks/, web)
    gitserver.py smart HTTP: tokens as passwords, protected branches, job tokens, hooks with Gitaly's variables
    predefined.py what a job sees in its environment (protected variables for protected refs alone)
    changes.py   versions, diffs, what stands in the way of a merge; running.py pipelines; webhooks.py deliveries
    routes/      the endpoints by theme: users, groups, members, projects (settings, job token allow-list, push rule),
                 merge_requests, merging (merge, approve, pipelines), notes, discussions (positions git must know),
                 awards, issues (labels, links), pipelines (triggers, schedules), jobs (artifacts), statuses, tokens,
                 files, commits, branches (tags), protected, hooks (variables), paid (approval rules, status checks)
    schemas/     JSON Schemas of what is asked and answered; an answer that breaks one stands in fake.violations, and so
                 does a request for which there is no route; unknown parameters, which Rails ignores, in fake.ignored

What to know
    * Nothing happens by itself: webhooks and pipelines wait until `fake.settle()` works them off in the test's thread.
      A pipeline without `fake.on_pipeline(runner)` stays `created` until `fake.finish(pipeline, "success")`. With
      `fake.world.pipelines_on_push = True` opening a merge request and pushing to it start pipelines.
    * `fake.world.local_hooks = False`: webhooks to this machine are refused, the default of a real instance.
    * Time stands still until `fake.forward(seconds)`; a token, member or share counts up to the day it expires.
    * `fake.calls` is the log: method, path, kind of token, user, status, route, whether a secret stood in the address.
    * `fake.fail("POST", r"/notes$", 502, after_apply=True)` loses an answer; `how="reset"|"truncate"|"drip"`, `delay`,
      `headers={"Retry-After": "3600"}`, `body=PROXY_PAGE` or JSON of the wrong shape; `times=-1` for ever.
    * Main of a project from `fake.project` is protected (Maintainers); `fake.push` goes past that, git and REST do not.
"""

from __future__ import annotations

from osgate.testing.gitlab.fake import FakeGitLab
from osgate.testing.gitlab.faults import PROXY_PAGE, Fault
from osgate.testing.gitlab.server import Call

__all__ = ["PROXY_PAGE", "Call", "FakeGitLab", "Fault"]
