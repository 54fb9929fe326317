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
export OSGATE_CACHE="${IN_CACHE:-$home/cache}" OSGATE_FACTS="${IN_FACTS:-}" GIT_TERMINAL_PROMPT=0
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
# Who osgate is at GitHub: a token, or an app by a key that stands in a file of this job and in no command line.
IDENTITY = """\
case ${IN_TOKEN:+token}${IN_APP_ID:+app}${IN_APP_KEY:+key} in
token)
  export OSGATE_TOKEN=$IN_TOKEN
  ;;
appkey)
  (
    umask 077
    printf '%s\\n' "$IN_APP_KEY" > "$home/app.pem"
  )
  export OSGATE_APP_ID=$IN_APP_ID
  export OSGATE_APP_KEY_FILE=$home/app.pem
  ;;
*)
  echo "::error::osgate: give either token, or both app_id and app_key"
  echo "::error::osgate: 请提供 token，或同时提供 app_id 和 app_key，二者只取其一"
  exit 2
  ;;
esac
unset IN_APP_KEY
"""
# The same for git, in a subshell: an app's token is fetched there and forgotten.
ENTER_AS = (
    ENTER
    + """\
enter_as() {
  if [ -z "$IN_TOKEN" ]; then
    IN_TOKEN=$("$python" -I "$GITHUB_ACTION_PATH/../credential.py")
    echo "::add-mask::$IN_TOKEN"
  fi
  enter
}
"""
)

# `send FOLDER BRANCH MESSAGE`: what a folder holds becomes all that a branch of the policy repository holds.
SEND = (
    ENTER_AS
    + """\
policy=$GITHUB_SERVER_URL/$GITHUB_REPOSITORY.git
send() (
  enter_as
  cd "$1"
  rm -rf .git
  git init --quiet
  git add --all
  git -c user.name=osgate -c user.email=osgate@localhost commit --quiet --allow-empty -m "$3"
  git push --quiet --force "$policy" "HEAD:refs/heads/$2"
)
"""
)
# Prints outputs of a verdict in a file. A step may hand on 1 MB in all, counted in UTF-16.
OUTPUTS = """\
import json, sys
found = json.load(open(sys.argv[1], encoding="utf-8"))
text = json.dumps(found, separators=(",", ":"))
print("outcome=" + found["outcome"])
print("verdict=" + (text if len(text) < 500_000 else ""))
"""

# Branches and the commit of the event are fetched; nothing of them is checked out.
CHECK = (
    READY
    + ENTER
    + f"outputs='{OUTPUTS}'\n"
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
output=json=$reports/osgate.json,sarif=$reports/osgate.sarif
output=$output,markdown=$reports/osgate.md,summary=$home/summary.md
code=0
cd "$home/tree"
"$python" -I -m osgate check --ci --format github ${IN_LANGUAGE:+--language "$IN_LANGUAGE"} \\
  ${IN_BRANCHES:+--branches "$IN_BRANCHES"} ${IN_POLICY_URL:+--policy-url "$IN_POLICY_URL"} \\
  ${IN_LOCK:+--lock "$IN_LOCK"} ${IN_MODE:+--mode "$IN_MODE"} --output "$output" || code=$?
if [ -s "$home/summary.md" ]; then
  cat "$home/summary.md" >> "$GITHUB_STEP_SUMMARY"
  {
    "$python" -I -c "$outputs" "$reports/osgate.json"
    echo "json=$reports/osgate.json"
    echo "sarif=$reports/osgate.sarif"
    echo "markdown=$reports/osgate.md"
  } >> "$GITHUB_OUTPUT"
else
  echo "outcome=undecided" >> "$GITHUB_OUTPUT"
fi
exit "$code"
"""
)

COMMENT = (
    READY
    + """\
export OSGATE_TOKEN=$IN_TOKEN
"$python" -I -m osgate comment --forge github ${IN_LANGUAGE:+--language "$IN_LANGUAGE"} \\
  --project "$GITHUB_REPOSITORY" \\
  ${IN_RUN:+--run "$IN_RUN"} ${IN_CHANGE:+--change "$IN_CHANGE"} ${IN_POLICY_URL:+--policy-url "$IN_POLICY_URL"} \\
  ${IN_LOCK:+--lock "$IN_LOCK"} ${IN_BRANCHES:+--branches "$IN_BRANCHES"} ${IN_CHECK:+--check "$IN_CHECK"} \\
  ${IN_DESK:+--desk "$IN_DESK"}
"""
)

# The desk publishes before it tells, so what it published is served although the telling failed. A manifest that an
# earlier run made, brought back to begin with, may be older than the one that is served.
DESK = (
    READY
    + IDENTITY
    + SEND
    + """\
: "${IN_DESK_KEY:?is empty}" "${IN_WITNESS_KEY:?is empty}"
(
  umask 077
  printf '%s\\n' "$IN_DESK_KEY" > "$home/desk"
  printf '%s\\n' "$IN_WITNESS_KEY" > "$home/witness"
)
unset IN_DESK_KEY IN_WITNESS_KEY
begun=$(date -u +%Y-%m-%dT%H:%M:%SZ)
code=0
"$python" -I -m osgate desk --forge github --project "$GITHUB_REPOSITORY" ${IN_LANGUAGE:+--language "$IN_LANGUAGE"} \\
  --group "$IN_ORGANIZATION" --policy-repo "$policy" --key "$home/desk" --witness "$home/witness" \\
  --publish "$IN_PUBLISH" ${IN_RUNG:+--rung "$IN_RUNG"} ${IN_BRANCHES:+--branches "$IN_BRANCHES"} \\
  ${IN_CHECK:+--check "$IN_CHECK"} || code=$?
rm -f "$home/desk" "$home/witness"
fresh='import json, sys; sys.exit(json.load(open(sys.argv[1]))["issued"] < sys.argv[2])'
if [ -n "$IN_PAGES" ] && [ -e "$IN_PUBLISH/manifest.json" ] &&
  "$python" -I -c "$fresh" "$IN_PUBLISH/manifest.json" "$begun"; then
  mkdir "$home/pages"
  cp -R "$IN_PUBLISH/." "$home/pages/"
  touch "$home/pages/.nojekyll"
  send "$home/pages" "$IN_PAGES" 'osgate: snapshot'
fi
exit "$code"
"""
)

# What `notify` has sent is kept on a branch, because runners forget.
DUE = (
    READY
    + IDENTITY
    + SEND
    + """\
code=0
"$python" -I -m osgate due --forge github --project "$GITHUB_REPOSITORY" ${IN_LANGUAGE:+--language "$IN_LANGUAGE"} \\
  --policy-repo "$policy" --format digest --output "$home/due.md" || code=$?
if [ -s "$home/due.md" ]; then cat "$home/due.md" >> "$GITHUB_STEP_SUMMARY"; fi
if [ "$IN_NOTIFY" = true ]; then
  git init --quiet "$home/told"
  (
    enter_as
    cd "$home/told"
    kept=$(git ls-remote "$policy" "refs/heads/$IN_TOLD")
    if [ -n "$kept" ]; then
      git fetch --quiet --depth 1 "$policy" "refs/heads/$IN_TOLD"
      git checkout --quiet FETCH_HEAD
    fi
  )
  "$python" -I -m osgate notify ${IN_LANGUAGE:+--language "$IN_LANGUAGE"} --policy-repo "$policy" \\
    --state "$home/told" || code=$?
  rm -f "$home/told/lock"
  send "$home/told" "$IN_TOLD" 'osgate: told'
fi
exit "$code"
"""
)

BELL = (
    READY
    + """\
export OSGATE_TOKEN=$IN_TOKEN
"$python" -I -m osgate bell --forge github ${IN_LANGUAGE:+--language "$IN_LANGUAGE"} \\
  --policy-project "$IN_POLICY_REPOSITORY" --ref "$IN_REF" --workflow "$IN_WORKFLOW"
"""
)

# The log says what was written, or would be; the job's summary says once how everything stands.
ENFORCE = (
    READY
    + IDENTITY
    + ENTER_AS
    + """\
set -- github --org "$IN_ORGANIZATION" --policy-project "$GITHUB_REPOSITORY" \\
  ${IN_LANGUAGE:+--language "$IN_LANGUAGE"} ${IN_WORKFLOW:+--workflow "$IN_WORKFLOW"} \\
  ${IN_CHECK:+--check "$IN_CHECK"} \\
  ${IN_EXPECTED_APP:+--app "$IN_EXPECTED_APP"} ${IN_BRANCHES:+--branches "$IN_BRANCHES"} \\
  ${IN_REVIEWERS:+--reviewers "$IN_REVIEWERS"} ${IN_ONLY:+--only "$IN_ONLY"} ${IN_EXCEPT:+--except "$IN_EXCEPT"}
if [ "$IN_MERGE_QUEUE" = true ]; then set -- "$@" --merge-queue; fi
code=0
write=
if [ "$IN_WRITE" = true ]; then write=--write; fi
"$python" -I -m osgate enforce "$@" $write || code=$?
policy=
if [ "$IN_POLICY" = true ]; then
  policy=$home/policy
  (
    enter_as
    git clone --quiet --depth 1 "$GITHUB_SERVER_URL/$GITHUB_REPOSITORY.git" "$policy"
  )
fi
"$python" -I -m osgate doctor "$@" ${IN_MERGED_SINCE:+--merged-since "$IN_MERGED_SINCE"} \\
  ${policy:+--policy "$policy"} > "$home/doctor.txt" || code=$?
# Indented it is code, whatever names stand in it.
{ echo '## osgate'; echo; sed 's/^/    /' "$home/doctor.txt"; } >> "$GITHUB_STEP_SUMMARY"
exit "$code"
"""
)
