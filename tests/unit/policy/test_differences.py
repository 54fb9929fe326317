"""What a change of the policy gives and takes, in the words of who has to endorse it."""

from __future__ import annotations

import pytest

from osgate.model.finding import SLUGS
from osgate.policy.differences import differences
from osgate.policy.valid import ValidPolicy, validate
from osgate.testing.keys import SigningKey
from osgate.testing.policies import PEOPLE, policy_files
from osgate.text.translator import Translator

FILES = policy_files(governance=("tech", "legal"))
OLD = validate(FILES, SLUGS)


def told(path: str, old: str, new: str) -> list[tuple[str, dict[str, object]]]:
    """(code, params) of everything that differs once `old` is written `new` in the file at `path`."""
    text = FILES[path].decode()
    assert old in text
    changed = {**FILES, path: text.replace(old, new, 1).encode()}
    return [(one.code, dict(one.params)) for one in differences(OLD, validate(changed, SLUGS))]


def test_the_same_policy_differs_in_nothing() -> None:
    assert list(differences(OLD, OLD)) == []


def test_a_comment_changes_nothing_that_is_told() -> None:
    assert told("osgate.toml", "# The gate", "# This is the gate") == []


@pytest.mark.parametrize(
    ("path", "old", "new", "wanted"),
    [
        ("osgate.toml", '"legal"]\n\n# [class', '"tech"]\n\n# [class', "governance.roles"),
        ("osgate.toml", 'default_tier = "normal"', 'default_tier = "strict"', "default_tier"),
        ("osgate.toml", '[tier.light]\nroles = ["tech"]', '[tier.light]\nroles = ["legal"]', "tier.light"),
        ("osgate.toml", "# [class.critical]", '[class.critical]\ntier = "strict"\n#', "class.critical"),
        ("policy/base.toml", 'mode = "enforce-new"', 'mode = "observe"', "mode"),
        ("policy/base.toml", '"new-names-need-review"\noutcome = "block"', '"x"\noutcome = "warn"', "rule.OSG101"),
        ("projects.toml", "# [[project]]", '[[project]]\nid = "a"\nclass = "tool"\n#', "project.a"),
    ],
)
def test_a_setting_is_told_by_its_name(path: str, old: str, new: str, wanted: str) -> None:
    ((code, params),) = told(path, old, new)
    assert (code, params["what"]) == ("setting", wanted)
    assert params["old"] != params["new"]


def test_who_gains_and_loses_which_role_key_and_account() -> None:
    tech = '{role = "tech", from = 2026-01-01}'
    gained = told("people.toml", '{role = "developer", from = 2026-01-01}', f'{{role = "developer"}}, {tech}')
    assert ("role-gained", {"person": "wang.wu", "role": "tech", "start": "2026-01-01", "end": ""}) in gained
    lost = told("people.toml", f"{tech}, ", "")
    assert [(code, params["person"]) for code, params in lost] == [("role-lost", "zhang.san")]
    key = SigningKey("wang.wu").public
    other = told("people.toml", key, SigningKey("other").public)
    assert sorted(code for code, _ in other) == ["person-key-gained", "person-key-lost"]
    revoked = told("people.toml", f'"{key}", from', f'"{key}", revoked = 2026-11-01, from')
    assert [(code, params["key"], params["day"]) for code, params in revoked] == [
        ("person-key-revoked", key, "2026-11-01")
    ]
    ended = told("people.toml", f'"{key}", from', f'"{key}", to = 2027-11-01, from')
    assert [(code, params["end"]) for code, params in ended] == [("person-key-period", "2027-11-01")]
    named = told(
        "people.toml", 'name = "wang.wu"', 'name = "王五"\nto = 2027-01-01\naccounts = [{forge = "gitlab", id = "7"}]'
    )
    assert [code for code, _ in named] == ["person-named", "person-period", "account-gained"]


def test_persons_who_come_and_go() -> None:
    more = validate(policy_files({**PEOPLE, "chen.ba": ("tech",)}, governance=("tech", "legal")), SLUGS)
    assert [one.code for one in differences(OLD, more)] == ["person-new", "role-gained", "person-key-gained"]
    assert [one.code for one in differences(more, OLD)] == ["person-gone", "role-lost", "person-key-lost"]


def test_terms_are_told_as_one() -> None:
    assert told("policy/base.toml", "days = 365", "days = 365\ngrace = 3") == [("terms", {})]


def test_of_several_classes_accounts_and_projects_only_what_changed_is_told() -> None:
    more = {
        "osgate.toml": FILES["osgate.toml"] + b'\n[class.tool]\ntier = "light"\n',
        "projects.toml": b'[[project]]\nid = "a"\n[[project]]\nid = "b"\n',
    }
    old = validate({**FILES, **more}, SLUGS)
    files = {**FILES, **more, "projects.toml": b'[[project]]\nid = "a"\n[[project]]\nid = "b"\nmode = "observe"\n'}
    files["osgate.toml"] += b'[class.critical]\ntier = "strict"\n'
    files["people.toml"] = FILES["people.toml"].replace(
        b'name = "zhang.san"', b'name = "zhang.san"\naccounts = [{forge = "git", id = "a@b.example"}]'
    )
    new = validate(files, SLUGS)
    assert [one.params.get("what") or one.code for one in differences(old, new)] == [
        "class.critical",
        "account-gained",
        "project.b",
    ]
    people = files["people.toml"].replace(
        b'id = "a@b.example"}', b'id = "a@b.example"}, {forge = "git", id = "c@d.example"}'
    )
    assert [one.code for one in differences(new, validate({**files, "people.toml": people}, SLUGS))] == [
        "account-gained"
    ]


def test_sources_and_pre_approvals() -> None:
    source = '\n[[source]]\ntype = "npm"\naddress = "https://packages.example.com/npm/"\nconfirmed_by = "zhang.san"\n'
    early = '\n[[pre_approval]]\npurl = "pkg:npm/left-pad"\nexpires = 2027-01-01\nreason = "x"\n'
    found = validate({**FILES, "policy/more.toml": (source + early).encode()}, SLUGS)
    assert [one.code for one in differences(OLD, found)] == ["source-new", "pre-approval-new"]
    assert [one.code for one in differences(found, OLD)] == ["source-gone", "pre-approval-gone"]
    # Where it is written does not matter.
    moved = validate({**FILES, "policy/zz.toml": (early + source).encode()}, SLUGS)
    assert list(differences(found, moved)) == []


def test_a_key_that_is_believed_again_and_one_that_is_announced() -> None:
    stolen = SigningKey("stolen").public
    table = f'\n[[snapshot.key]]\nkey = "{stolen}"\n'
    sound, revoked = (
        {**FILES, "osgate.toml": FILES["osgate.toml"] + more.encode()}
        for more in (table, f"{table}revoked = 2026-11-01\n")
    )
    old, new = validate(sound, SLUGS), validate(revoked, SLUGS)
    assert [(one.code, one.params["day"]) for one in differences(old, new)] == [("desk-key-revoked", "2026-11-01")]
    assert [one.code for one in differences(new, old)] == ["desk-key-restored"]
    # One that comes revoked already is told as both.
    assert [one.code for one in differences(OLD, new)] == ["desk-key-gained", "desk-key-revoked"]
    spare = validate(
        {**FILES, "osgate.toml": FILES["osgate.toml"] + table.replace(".key", ".next_key").encode()}, SLUGS
    )
    assert [one.code for one in differences(OLD, spare)] == ["next-key-gained"]


def test_a_notification_channel_is_told_by_kind_and_host_and_never_by_its_token() -> None:
    def written(address: str) -> ValidPolicy:
        more = f'\n[[notify]]\nchannel = "webhook"\naddress = "{address}"\n'
        return validate({**FILES, "osgate.toml": FILES["osgate.toml"] + more.encode()}, SLUGS)

    new = written("https://hooks.bank.example/in?token=s3cret")
    said = {"what": "webhook hooks.bank.example"}
    assert [(one.code, dict(one.params)) for one in differences(OLD, new)] == [("notify-new", said)]
    assert [(one.code, dict(one.params)) for one in differences(new, OLD)] == [("notify-gone", said)]
    other = written("https://hooks.bank.example/in?token=other")
    assert [(one.code, dict(one.params)) for one in differences(new, other)] == [("notify-changed", said)]


@pytest.mark.parametrize("locale", ["en", "zh_CN"])
def test_every_difference_has_words(locale: str) -> None:
    codes = [
        "setting",
        "terms",
        "person-new",
        "person-gone",
        "person-named",
        "person-period",
        "role-gained",
        "role-lost",
    ]
    codes += ["account-gained", "account-lost", "source-new", "source-gone", "pre-approval-new", "pre-approval-gone"]
    codes += ["notify-new", "notify-gone", "notify-changed"]
    codes += ["period-start", "period-end", "period-start-end", "period-open"]
    hows = ("gained", "lost", "period", "revoked", "restored")
    codes += [f"{whose}-key-{how}" for whose in ("person", "desk", "next") for how in hows]
    names = ("what", "old", "new", "person", "name", "role", "start", "end", "key", "account", "period", "day")
    for code in codes:
        assert Translator(locale)(f"differs.{code}", **dict.fromkeys(names, "x"))
