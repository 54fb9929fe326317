"""The reusable workflows, to be kept in the policy repository: an application calls one with a single `uses:`."""

from __future__ import annotations

# Where osgate is kept, and the commit of it that is used: what an institution fills in.
PIN = "0" * 40
_AT = f"@{PIN} # the commit of the osgate you use"

CHECK = f"""\
name: osgate check
on:
  workflow_call:
    inputs:
@inputs@\
    outputs:
      outcome:
        description: @outcome@
        value: ${{{{ jobs.intake.outputs.outcome }}}}
      verdict:
        description: @verdict@
        value: ${{{{ jobs.intake.outputs.verdict }}}}
permissions: {{}}
jobs:
  # With `osgate` as the calling job the check is called `osgate / intake`.
  intake:
    name: intake
    runs-on: ${{{{ inputs.runs_on }}}}
    timeout-minutes: 15
    permissions:
      contents: read # fetch the branches of this repository
    outputs:
      outcome: ${{{{ steps.gate.outputs.outcome }}}}
      verdict: ${{{{ steps.gate.outputs.verdict }}}}
    steps:
      - id: gate
        uses: oss/osgate/actions/check{_AT}
        with:
@with@"""

COMMENT = f"""\
name: osgate comment
on:
  workflow_call:
    inputs:
@inputs@\
permissions: {{}}
jobs:
  comment:
    name: comment
    runs-on: ${{{{ inputs.runs_on }}}}
    timeout-minutes: 15
    permissions:
      actions: read # which commit the run was about
      checks: write # the check run, with notes at lines
      contents: read # fetch it, as data
      pull-requests: write # the comment
      statuses: write # the status, where no check run can be written
    steps:
      - uses: oss/osgate/actions/comment{_AT}
        with:
@with@"""

BELL = f"""\
name: osgate bell
on:
  workflow_call:
    inputs:
@inputs@\
    secrets:
      token:
        description: @token@
        required: true
permissions: {{}}
jobs:
  bell:
    name: bell
    runs-on: ${{{{ inputs.runs_on }}}}
    timeout-minutes: 5
    permissions: {{}}
    steps:
      - uses: oss/osgate/actions/bell{_AT}
        with:
          token: ${{{{ secrets.token }}}}
@with@"""
