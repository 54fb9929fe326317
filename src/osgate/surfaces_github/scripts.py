"""What the GitHub actions run: bash, with `@ready@` for the lines that all of them begin with.

Inputs and what the event tells come in as variables, `IN_…` and `GITHUB_…`; nothing is put into the text.
"""

from __future__ import annotations

# A Python with osgate, a folder that is gone at the end, and git's way in with a token that no command line shows.
READY = """\
set -euo pipefail
python=$("$IN_PYTHON" -I "$GITHUB_ACTION_PATH/../ready.py" --install "$IN_INSTALL" --index "$IN_INDEX" @extra@)
home=$(mktemp -d "${RUNNER_TEMP:-/tmp}/osgate.XXXXXX")
trap 'rm -rf "$home"' EXIT
export OSGATE_CACHE="${IN_CACHE:-$home/cache}" GIT_TERMINAL_PROMPT=0
"""
# A trust root is handed in as text or as a path.
LOCK = """\
lock=$IN_LOCK
case $lock in
'{'*)
  printf %s "$lock" > "$home/osgate.lock"
  lock=$home/osgate.lock
  ;;
esac
"""
ENTER = """\
enter() {
  local basic
  basic=$(printf 'x-access-token:%s' "$IN_TOKEN" | base64 | tr -d '\\n')
  echo "::add-mask::$basic"
  export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0="http.$GITHUB_SERVER_URL/.extraheader"
  export GIT_CONFIG_VALUE_0="AUTHORIZATION: basic $basic"
}
"""

# Branches and the commit of the event are fetched; nothing of them is checked out.
CHECK = (
    READY
    + LOCK
    + ENTER
    + """\
git init --quiet "$home/tree"
(
  enter
  cd "$home/tree"
  git remote add origin "$GITHUB_SERVER_URL/$GITHUB_REPOSITORY.git"
  git fetch --quiet --no-tags origin '+refs/heads/*:refs/remotes/origin/*' "+$GITHUB_SHA:refs/osgate/head"
  case $IN_BEFORE in *[!0]*) git fetch --quiet --no-tags origin "$IN_BEFORE" || true ;; esac
  git update-ref --no-deref HEAD "$GITHUB_SHA"
)
unset IN_TOKEN
reports=$(mktemp -d "${RUNNER_TEMP:-/tmp}/osgate-reports.XXXXXX")
output=json=$reports/osgate.json,sarif=$reports/osgate.sarif,markdown=$reports/osgate.md
code=0
cd "$home/tree"
"$python" -I -m osgate check --ci --format github --language "$IN_LANGUAGE" ${IN_BRANCHES:+--branches "$IN_BRANCHES"} \\
  ${IN_POLICY_URL:+--policy-url "$IN_POLICY_URL"} ${lock:+--lock "$lock"} ${IN_MODE:+--mode "$IN_MODE"} \\
  --output "$output" || code=$?
outcome=undecided
if [ -s "$reports/osgate.md" ]; then
  outcome=$("$python" -I -c 'import json, sys; print(json.load(open(sys.argv[1]))["outcome"])' "$reports/osgate.json")
  cat "$reports/osgate.md" >> "$GITHUB_STEP_SUMMARY"
fi
{
  echo "outcome=$outcome"
  echo "json=$reports/osgate.json"
  echo "sarif=$reports/osgate.sarif"
  echo "markdown=$reports/osgate.md"
} >> "$GITHUB_OUTPUT"
exit "$code"
"""
)

COMMENT = (
    READY
    + LOCK
    + """\
export OSGATE_TOKEN=$IN_TOKEN
"$python" -I -m osgate comment --forge github --language "$IN_LANGUAGE" --project "$GITHUB_REPOSITORY" \\
  ${IN_RUN:+--run "$IN_RUN"} ${IN_CHANGE:+--change "$IN_CHANGE"} ${IN_POLICY_URL:+--policy-url "$IN_POLICY_URL"} \\
  ${lock:+--lock "$lock"}
"""
)

DESK = (
    READY
    + ENTER
    + """\
: "${IN_TOKEN:?is empty}" "${IN_DESK_KEY:?is empty}" "${IN_WITNESS_KEY:?is empty}"
export OSGATE_TOKEN=$IN_TOKEN
policy=$GITHUB_SERVER_URL/$GITHUB_REPOSITORY.git
(
  umask 077
  printf '%s\\n' "$IN_DESK_KEY" > "$home/desk"
  printf '%s\\n' "$IN_WITNESS_KEY" > "$home/witness"
)
unset IN_DESK_KEY IN_WITNESS_KEY
"$python" -I -m osgate desk --forge github --language "$IN_LANGUAGE" --project "$GITHUB_REPOSITORY" \\
  --group "$IN_ORGANIZATION" --policy-repo "$policy" --key "$home/desk" --witness "$home/witness" \\
  --publish "$IN_PUBLISH" ${IN_RUNG:+--rung "$IN_RUNG"}
rm -f "$home/desk" "$home/witness"
if [ -n "$IN_PAGES" ]; then
  git init --quiet "$home/pages"
  cp -R "$IN_PUBLISH/." "$home/pages/"
  touch "$home/pages/.nojekyll"
  (
    enter
    cd "$home/pages"
    git add --all
    git -c user.name=osgate -c user.email=osgate@localhost commit --quiet -m 'osgate: snapshot'
    git push --quiet --force "$policy" "HEAD:refs/heads/$IN_PAGES"
  )
fi
if [ "$IN_DUE" = true ]; then
  (
    enter
    git clone --quiet "$policy" "$home/policy"
  )
  "$python" -I -m osgate due --language "$IN_LANGUAGE" --policy-repo "$home/policy" --format digest \\
    --output "$home/due.md"
  cat "$home/due.md" >> "$GITHUB_STEP_SUMMARY"
  if [ "$IN_NOTIFY" = true ]; then
    "$python" -I -m osgate notify --policy-repo "$home/policy" --state "$IN_TOLD"
  fi
fi
"""
)

BELL = (
    READY
    + """\
export OSGATE_TOKEN=$IN_TOKEN
"$python" -I -m osgate bell --forge github --language "$IN_LANGUAGE" --policy-project "$IN_POLICY_REPOSITORY" \\
  --ref "$IN_REF" --workflow "$IN_WORKFLOW"
"""
)

ENFORCE = (
    READY
    + """\
: "${IN_TOKEN:?is empty}"
export OSGATE_TOKEN=$IN_TOKEN
set -- github --language "$IN_LANGUAGE" --org "$IN_ORGANIZATION" --policy-project "$GITHUB_REPOSITORY"
code=0
write=
if [ "$IN_WRITE" = true ]; then write=--write; fi
"$python" -I -m osgate enforce "$@" $write || code=$?
"$python" -I -m osgate doctor "$@" || code=$?
exit "$code"
"""
)
