"""The jobs of the GitLab templates, with `@…@` for the parts that several share."""

from __future__ import annotations

# What a job of the same name, in a file that is put into one with this, could bend. Each stands in every job.
CLOSED = """\
  stage: $[[ inputs.stage ]]
  tags: $[[ inputs.tags ]]
  timeout: $[[ inputs.timeout ]]
  inherit:
    default: false
    variables: false
  allow_failure: false
  retry: 0
  before_script: []
  after_script: []
  services: []
  image:
    name: $[[ inputs.image ]]
    entrypoint: [""]
  interruptible: @interruptible@
  hooks:
    pre_get_sources_script: []
"""
# Places that runners and shells read before the first line of ours. With depth 0 a runner fetches all branches.
VARIABLES_SET = """\
  variables:
    GIT_STRATEGY: fetch
    GIT_DEPTH: "0"
    GIT_CHECKOUT: "true"
    GIT_FETCH_EXTRA_FLAGS: --prune --quiet
    GIT_SUBMODULE_STRATEGY: none
    GIT_LFS_SKIP_SMUDGE: "1"
    PATH: $[[ inputs.path ]]
    LD_PRELOAD: ""
    LD_LIBRARY_PATH: ""
    BASH_ENV: ""
    ENV: ""
"""
# Lines of sh in every job: `osgate` runs the one that was asked for, from an environment that only this job fills.
READY = """\
        set -eu
        PATH='$[[ inputs.path ]]'
        export PATH
        home=$(mktemp -d)
        trap 'rm -rf "$home"' EXIT
        python=python3 language='$[[ inputs.language ]]'
        if [ '$[[ inputs.install ]]' = index ]; then
          index='$[[ inputs.index ]]'
          python3 -I -m venv "$home/venv"
          python="$home/venv/bin/python"
          set -- --isolated --quiet --disable-pip-version-check --no-input --no-cache-dir
          env -i PATH="$PATH" HOME="$home" LC_ALL=C.UTF-8 "$python" -I -m pip install "$@" \\
            ${index:+--index-url "$index"} 'osgate@extra@==$[[ inputs.version ]]'
        fi
"""
# What `check --ci` reads of GitLab's words; all else of the job's environment stays outside.
TOLD = (
    "CI",
    "CI_COMMIT_BEFORE_SHA",
    "CI_COMMIT_BRANCH",
    "CI_COMMIT_SHA",
    "CI_COMMIT_TAG",
    "CI_DEFAULT_BRANCH",
    "CI_MERGE_REQUEST_DIFF_BASE_SHA",
    "CI_MERGE_REQUEST_IID",
    "CI_MERGE_REQUEST_PROJECT_ID",
    "CI_MERGE_REQUEST_PROJECT_PATH",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME",
    "CI_MERGE_REQUEST_TARGET_BRANCH_SHA",
    "CI_PIPELINE_SOURCE",
    "CI_PROJECT_ID",
    "CI_SERVER_URL",
)

CHECK = """\
".@job@-sarif-false":
  artifacts:
    when: always
".@job@-sarif-true":
  artifacts:
    reports:
      sarif: osgate-reports/osgate.sarif
"@job@":
  extends: ".@job@-sarif-$[[ inputs.sarif ]]"
@closed@\
  rules:
    - if: $[[ inputs.if ]]
      when: always
      allow_failure: false
  needs: []
  dependencies: []
  cache: []
@variables@\
  script:
    - |
      (
@ready@\
        set --
        for name in @told@; do
          eval "value=\\${$name-}"
          set -- "$@" "$name=$value"
        done
        for name in $(printf %s '$[[ inputs.pass ]]' | tr , ' '); do
          eval "value=\\${$name-}"
          set -- "$@" "$name=$value"
        done
        lock='$[[ inputs.lock ]]'
        cache='$[[ inputs.cache ]]'
        facts='$[[ inputs.facts ]]'
        branches='$[[ inputs.branches ]]'
        policy_url='$[[ inputs.policy_url ]]'
        mode='$[[ inputs.mode ]]'
        reports=osgate-reports
        rm -rf "$reports"
        mkdir "$reports"
        output="codequality=$reports/codequality.json,junit=$reports/junit.xml"
        output="$output,annotations=$reports/annotations.json,markdown=$reports/osgate.md,json=$reports/osgate.json"
        if [ '$[[ inputs.sarif ]]' = true ]; then output="$output,sarif=$reports/osgate.sarif"; fi
        env -i "$@" PATH="$PATH" HOME="$home" LC_ALL=C.UTF-8 OSGATE_CACHE="${cache:-$home/cache}" \\
          OSGATE_FACTS="$facts" \\
          GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*' \\
          "$python" -I -m osgate check --ci ${language:+--language "$language"} ${branches:+--branches "$branches"} \\
          ${policy_url:+--policy-url "$policy_url"} ${lock:+--lock "$lock"} ${mode:+--mode "$mode"} --output "$output"
      )
  artifacts:
    when: always
    expire_in: $[[ inputs.keep ]]
    paths:
      - osgate-reports/
    reports:
      codequality: osgate-reports/codequality.json
      junit: osgate-reports/junit.xml
      annotations: osgate-reports/annotations.json
"""

# On the protected default branch alone: there its variables and its runner are the policy project's own.
_HERE = '$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH && $CI_COMMIT_REF_PROTECTED == "true"'
# A schedule is known by its description, from GitLab 17.8 on; before, no schedule has one, and the desk runs in all.
_NOT_ENFORCING = '$CI_PIPELINE_SCHEDULE_DESCRIPTION != "$[[ inputs.skip_schedule ]]"'
_WOKEN = f"{_HERE} && $CI_PIPELINE_SOURCE =~ /^(schedule|trigger|pipeline|push|web|api)$/ && {_NOT_ENFORCING}"
DESK = f"""\
"@job@":
@closed@\
  rules:
    - if: {_WOKEN}
      allow_failure: false
  needs: []
  dependencies: []
  cache: []
  # One at a time, and none is cut short.
  resource_group: osgate-desk
@variables@\
  script:
    - |
      (
@ready@\
        : "${{OSGATE_TOKEN:?is not set}}" "${{OSGATE_DESK_KEY:?is not set}}" "${{OSGATE_WITNESS_KEY:?is not set}}"
        # What a runner writes everybody may read, which ssh-keygen refuses; a last line break may have got lost.
        kept() {{
          test -f "$2" || {{ echo "$1 has to be a variable of type file" >&2; exit 2; }}
          (umask 077; cat "$2" > "$3"; echo >> "$3")
        }}
        kept OSGATE_DESK_KEY "$OSGATE_DESK_KEY" "$home/desk"
        kept OSGATE_WITNESS_KEY "$OSGATE_WITNESS_KEY" "$home/witness"
        OSGATE_FACTS='$[[ inputs.facts ]]'
        export OSGATE_FACTS
        bell='$[[ inputs.bell ]]' branches='$[[ inputs.branches ]]'
        "$python" -I -m osgate desk --forge gitlab ${{language:+--language "$language"}} --project "$CI_PROJECT_ID" \\
          --group '$[[ inputs.group ]]' --policy-repo "$CI_PROJECT_URL.git" --key "$home/desk" \\
          --witness "$home/witness" --publish '$[[ inputs.publish ]]' ${{bell:+--bell "$bell"}} \\
          ${{branches:+--branches "$branches"}}
      )
  artifacts:
    expire_in: $[[ inputs.keep ]]
    paths:
      - public/
# GitLab Pages serves what a job of this name keeps in `public/`.
pages:
@closed@\
  rules:
    - if: '"$[[ inputs.pages ]]" == "true" && {_WOKEN}'
  needs: ["@job@"]
  dependencies: ["@job@"]
  cache: []
  resource_group: osgate-pages
  variables:
    GIT_STRATEGY: none
  script:
    - test -s public/manifest.json
  artifacts:
    expire_in: $[[ inputs.keep ]]
    paths:
      - public/
"@job@-due":
@closed@\
  rules:
    - if: {_HERE} && $CI_PIPELINE_SOURCE == "schedule" && {_NOT_ENFORCING}
      when: always
  needs: ["@job@"]
  dependencies: []
  cache:
    key: osgate-told
    paths:
      - osgate-told/
@variables@\
  script:
    - |
      (
@ready@\
        export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*'
        git fetch --quiet origin "$CI_DEFAULT_BRANCH"
        git checkout --quiet -B "$CI_DEFAULT_BRANCH" FETCH_HEAD
        code=0
        "$python" -I -m osgate due --forge gitlab ${{language:+--language "$language"}} --project "$CI_PROJECT_ID" \\
          --policy-repo "$CI_PROJECT_DIR" --format digest --output osgate-due.md || code=$?
        if [ -s osgate-due.md ]; then cat osgate-due.md; fi
        if [ '$[[ inputs.notify ]]' = true ]; then
          "$python" -I -m osgate notify --policy-repo "$CI_PROJECT_DIR" --state osgate-told || code=$?
        fi
        exit "$code"
      )
  artifacts:
    when: always
    expire_in: $[[ inputs.keep ]]
    paths:
      - osgate-due.md
"""

BELL = """\
"@job@":
@closed@\
  rules:
    - if: $CI_PIPELINE_SOURCE == "trigger"
  needs: []
  dependencies: []
  cache: []
  variables:
    GIT_STRATEGY: none
    PATH: $[[ inputs.path ]]
  script:
    - |
      (
@ready@\
        # Whoever pulls the trigger may set variables; none but these two reach osgate.
        env -i TRIGGER_PAYLOAD="${TRIGGER_PAYLOAD-}" CI_JOB_TOKEN="${CI_JOB_TOKEN-}" \\
          PATH="$PATH" HOME="$home" LC_ALL=C.UTF-8 \\
          "$python" -I -m osgate bell ${language:+--language "$language"} --address '$[[ inputs.address ]]' \\
          --policy-project '$[[ inputs.policy_project ]]' --ref '$[[ inputs.ref ]]'
      )
"""

_ENFORCING = '("$[[ inputs.schedule ]]" == "" || $CI_PIPELINE_SCHEDULE_DESCRIPTION == "$[[ inputs.schedule ]]")'
ENFORCE = f"""\
"@job@":
@closed@\
  rules:
    - if: {_HERE} && $CI_PIPELINE_SOURCE == "schedule" && {_ENFORCING}
      allow_failure: false
  needs: []
  dependencies: []
  cache: []
  resource_group: osgate-enforce
@variables@\
  script:
    - |
      (
@ready@\
        # It may set what the desk must not even read, so it stands in a variable that nothing else here asks for.
        OSGATE_TOKEN="${{OSGATE_ENFORCE_TOKEN:?is not set}}"
        export OSGATE_TOKEN
        write=
        if [ '$[[ inputs.write ]]' = true ]; then write=--write; fi
        bell='$[[ inputs.bell ]]'
        branches='$[[ inputs.branches ]]'
        policy='$[[ inputs.policy_project ]]'
        here=
        if [ -z "$policy" ]; then policy=$CI_PROJECT_PATH here=.; fi
        set -- gitlab ${{language:+--language "$language"}} --group '$[[ inputs.group ]]' \\
          --policy-project "$policy" --config '$[[ inputs.config ]]' ${{branches:+--branches "$branches"}} \\
          ${{OSGATE_BELL_URL:+--bell "$OSGATE_BELL_URL"}}
        code=0
        "$python" -I -m osgate enforce "$@" $write || code=$?
        "$python" -I -m osgate doctor "$@" ${{here:+--policy "$here"}} ${{bell:+--bell-project "$bell"}} || code=$?
        exit "$code"
      )
"""
