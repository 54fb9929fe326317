"""What is asked in GraphQL, because REST does not tell it: who changed a text, what is resolved, a whole group at once.

Repositories are named by node id: a name may be another repository's by now. `fullDatabaseId` is REST's `id`. Whatever
has a `lastEditedAt` is a text; `$bodies` says whether it comes along, see `bodies.asked`.
"""

from __future__ import annotations

_WHO = """
fragment Who on Actor {
  __typename login
  ... on User { databaseId }
  ... on Bot { databaseId }
}
"""
_SAID = """
fragment Said on IssueComment {
  id fullDatabaseId body @include(if: $bodies) createdAt updatedAt lastEditedAt url isMinimized author { ...Who }
}
"""
_REVIEW = """
fragment Review on PullRequestReview {
  id fullDatabaseId body @include(if: $bodies) state submittedAt lastEditedAt url author { ...Who }
}
"""
_LINE = """
fragment Line on PullRequestReviewComment {
  id fullDatabaseId body @include(if: $bodies) state createdAt updatedAt lastEditedAt url isMinimized author { ...Who }
}
"""
_ASKED = """
fragment Asked on Issue {
  id number title body @include(if: $bodies) state createdAt updatedAt lastEditedAt url author { ...Who }
  labels(first: 100) { nodes { name } }
}
"""

VIEWER = "query Viewer { viewer { login databaseId } }"

# The notes of an issue or a pull request, and who asks. Each of three lists has a cursor of its own.
NOTES = (
    """
query Notes(
  $project: ID!, $number: Int!, $comments: String, $reviews: String, $threads: String, $bodies: Boolean!
) {
  viewer { login databaseId }
  node(id: $project) {
    ... on Repository {
      issueOrPullRequest(number: $number) {
        __typename
        ... on Issue {
          comments(first: 100, after: $comments) { pageInfo { hasNextPage endCursor } nodes { ...Said } }
        }
        ... on PullRequest {
          comments(first: 100, after: $comments) { pageInfo { hasNextPage endCursor } nodes { ...Said } }
          reviews(first: 100, after: $reviews) {
            pageInfo { hasNextPage endCursor }
            nodes { ...Review }
          }
          reviewThreads(first: 100, after: $threads) {
            pageInfo { hasNextPage endCursor }
            nodes {
              id isResolved path line originalLine
              comments(first: 100) { pageInfo { hasNextPage endCursor } nodes { ...Line } }
            }
          }
        }
      }
    }
  }
}
"""
    + _SAID
    + _REVIEW
    + _LINE
    + _WHO
)

# What the first hundred of a thread leave out.
THREAD = (
    """
query Thread($thread: ID!, $after: String, $bodies: Boolean!) {
  node(id: $thread) {
    ... on PullRequestReviewThread {
      comments(first: 100, after: $after) { pageInfo { hasNextPage endCursor } nodes { ...Line } }
    }
  }
}
"""
    + _LINE
    + _WHO
)

# Texts by their node ids, and whether they were changed: the one goes with the other.
TEXTS = "query Texts($ids: [ID!]!) { nodes(ids: $ids) { id ... on Comment { body updatedAt lastEditedAt } } }"

ISSUE = (
    """
query Issue($project: ID!, $number: Int!, $bodies: Boolean!) {
  node(id: $project) { ... on Repository { issueOrPullRequest(number: $number) { __typename ...Asked } } }
}
"""
    + _ASKED
    + _WHO
)

ISSUES = (
    """
query Issues($project: ID!, $since: DateTime, $states: [IssueState!], $after: String, $bodies: Boolean!) {
  node(id: $project) {
    ... on Repository {
      issues(
        first: 100, after: $after, states: $states
        orderBy: {field: UPDATED_AT, direction: ASC}, filterBy: {since: $since}
      ) {
        pageInfo { hasNextPage endCursor }
        nodes { ...Asked }
      }
    }
  }
}
"""
    + _ASKED
    + _WHO
)

# Open pull requests of many repositories, the newest update first. For more of one: its id alone, and the cursor.
OPENED = (
    """
query Opened($projects: [ID!]!, $after: String) {
  nodes(ids: $projects) {
    ... on Repository {
      id databaseId
      pullRequests(first: 25, after: $after, states: OPEN, orderBy: {field: UPDATED_AT, direction: DESC}) {
        pageInfo { hasNextPage endCursor }
        nodes {
          number title isDraft headRefOid headRefName baseRefName updatedAt url
          author { ...Who }
          headRepository { databaseId }
        }
      }
    }
  }
}
"""
    + _WHO
)

RESOLVE = "mutation Resolve($input: ResolveReviewThreadInput!) { resolveReviewThread(input: $input) { thread { id } } }"
UNRESOLVE = (
    "mutation Unresolve($input: UnresolveReviewThreadInput!) { unresolveReviewThread(input: $input) { thread { id } } }"
)
MINIMIZE = (
    "mutation Minimize($input: MinimizeCommentInput!) "
    "{ minimizeComment(input: $input) { minimizedComment { isMinimized } } }"
)
UNMINIMIZE = (
    "mutation Unminimize($input: UnminimizeCommentInput!) "
    "{ unminimizeComment(input: $input) { unminimizedComment { isMinimized } } }"
)
