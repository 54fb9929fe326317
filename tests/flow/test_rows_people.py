"""Rows of the requirements about persons: separation of duties, who really decides, names, and who decides together."""

from __future__ import annotations

from pathlib import Path

from flow.guarding import digest, guarded, sealed_policies, spoken, staff, write
from flow.house import House
from osgate.intake_desk.policy_clone import PolicyClone
from osgate.intake_desk.states import state_line
from osgate.ledger import codec
from osgate.ledger.fold import fold
from osgate.testing import records
from osgate.testing.keys import SigningKey
from osgate.text.names import namer
from osgate.text.translator import Translator

COPYLEFT = records.subject("pkg:npm/readline-sync", "vers:npm/>=1.0.0|<2.0.0", licences=["GPL-3.0-only"])


def test_R04_1_what_only_tech_signed_waits_for_legal_and_is_approved_with_legals_signature(open_house: House) -> None:
    request = records.request(subjects=[COPYLEFT])
    open_house.push(request)
    open_house.push(records.approve(request, "zhang.san", "tech"))
    state = open_house.run().state
    asked = state.requests[request["id"]]
    assert (asked.status, asked.roles) == ("waiting", (("tech", 1, 1), ("legal", 0, 1)))
    assert not [standing for standing in state.standings if standing.effect == "approve"]
    line = state_line(request["id"], state, Translator("zh_CN"))
    assert line is not None
    assert "legal 0/1" in line
    queue = open_house.osgate("queue", "--role", "legal", "--policy-repo", str(open_house.bare))
    assert codec.short(request["id"]) in queue.out
    open_house.push(records.approve(request, "li.si", "legal"))
    after = open_house.run().state
    assert after.requests[request["id"]].status == "approved"
    (standing,) = [standing for standing in after.standings if standing.effect == "approve"]
    assert standing.component == COPYLEFT["purl"]


def test_A02_the_requester_cannot_approve_and_one_person_cannot_fill_two_roles(open_house: House) -> None:
    request = records.request("zhao.liu")
    open_house.push(request)
    open_house.push(records.approve(request, "zhao.liu", "tech"))
    assert [refusal.code for refusal in open_house.run().refused] == ["is-requester"]
    # Two accounts, two keys, two roles: still one person.
    second = SigningKey("zhao.liu's second")
    people = open_house.policy["people.toml"].replace(
        b'{forge = "git", id = "zhao.liu@bank.example"}',
        b'{forge = "git", id = "zhao.liu@bank.example"}, {forge = "git", id = "liu@home.example"}',
    )
    own = f'{{key = "{SigningKey("zhao.liu").public}", from = 2026-01-01}}'
    both = f'{own}, {{key = "{second.public}"}}'
    write(open_house, {"people.toml": people.replace(own.encode(), both.encode())})
    other = records.request("wang.wu")
    open_house.push(other)
    open_house.push(records.approve(other, "zhao.liu", "tech"))
    assert [refusal.code for refusal in open_house.run().refused] == []
    open_house.push(records.approve(other, "zhao.liu", "legal", key=second))
    run = open_house.run()
    assert [refusal.code for refusal in run.refused] == ["already-decided"]
    assert run.state.requests[other["id"]].status == "waiting"


def test_A02_changing_the_role_map_takes_two_approvals_of_its_own(house: House) -> None:
    fort = guarded(house)
    before = digest(fort)
    request = records.request()
    fort.push(request)
    write(fort, {"people.toml": staff(wang_wu="developer legal")}, author=("w", "wang.wu@bank.example"))
    fort.push(records.approve(request, "wang.wu", "legal"))
    assert [refusal.code for refusal in fort.run().refused] == ["role-not-held"]
    spoken(fort, "tech")
    assert set(sealed_policies(fort)) == {before}
    spoken(fort, "legal", by=("li.si",))
    assert sealed_policies(fort)[-1] == digest(fort) != before
    more = records.request("zhang.san", [COPYLEFT])
    fort.push(more)
    fort.push(records.approve(more, "wang.wu", "legal"))
    assert len(fort.run().sealed) == 2


def test_A03_a_commit_with_a_forged_author_or_committer_does_not_count(open_house: House) -> None:
    """Who a commit says it is by entitles nobody: neither to a decision nor to a change of the policy."""
    request = records.request()
    open_house.push(request)
    forged = records.approve(request, "li.si", "legal", key=SigningKey("stranger"))
    path = codec.record_path(forged)
    write(open_house, {path: codec.printed(forged)}, "osgate/approve-forged", ("王法务", "li.si@bank.example"))
    run = open_house.run()
    assert [refusal.code for refusal in run.refused] == ["key-not-theirs"]
    assert run.state.requests[request["id"]].roles == (("tech", 0, 1), ("legal", 0, 1))
    # A commit that claims both reviewers for authors endorses nothing either, and excludes both.
    fort = guarded(House(open_house.root / "other"))
    write(fort, {"people.toml": staff(wang_wu="developer legal")}, author=("王法务", "li.si@bank.example"))
    run = fort.run()
    assert run.policy.unendorsed is not None
    assert run.policy.unendorsed.quorum.missing == ("tech", "legal")
    assert run.policy.unendorsed.quorum.authors == ("li.si",)


def test_X09_two_of_one_name_are_told_apart_and_snapshots_hold_no_name(open_house: House) -> None:
    people = open_house.policy["people.toml"]
    for id, employee in (("zhang.san", "E00123"), ("zhao.liu", "E00456")):
        people = people.replace(f'name = "{id}"'.encode(), f'name = "张三"\nemployee = "{employee}"'.encode())
    people = people.replace(b'name = "li.si"', '# 法务\nname = "李四"\nemployee = "E00789"'.encode())
    named = open_house.policy["osgate.toml"] + b'\n[names]\nterminal = "name"\nexport = "full"\n'
    write(open_house, {"people.toml": people, "osgate.toml": named})
    request = records.request()
    open_house.push(request)
    open_house.push(records.approve(request, "zhang.san", "tech"))
    # An unknown login cannot approve.
    open_house.push(records.approve(request, "zhangsan", "legal", key=SigningKey("li.si")))
    open_house.push(records.approve(request, "li.si", "legal"))
    run = open_house.run()
    assert [refusal.code for refusal in run.refused] == ["person-unknown"]
    assert fold(open_house.past().sealed).requests[request["id"]].status == "approved"
    with PolicyClone(str(open_house.bare), str(open_house.root / "cache"), open_house.clock.now) as clone:
        export = namer(clone.valid.people, clone.valid.names, "export")
        terminal = namer(clone.valid.people, clone.valid.names, "terminal")
    assert export("zhang.san") == "张三(zhang.san, E00123)"
    assert (terminal("zhang.san"), terminal("zhao.liu")) == ("张三(zhang.san, E00123)", "张三(zhao.liu, E00456)")
    assert terminal("li.si") == "李四"
    snapshot = (open_house.publish / open_house.manifest()["file"]).read_bytes()
    assert b"zhang.san" in snapshot
    for told in ("张三", "李四", "E00123", "E00789"):
        for encoding in ("utf-8", "utf-16-le", "utf-16-be", "gb18030"):
            assert told.encode(encoding) not in snapshot


def test_a_directory_dump_is_told_first_and_written_on_request(open_house: House) -> None:
    folder = open_house.root / "policy"
    for path, data in open_house.policy.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    dump = open_house.root / "dump.csv"
    dump.write_bytes(
        "账号,姓名,工号,邮箱\nzhang.san,张三,E00123,zs@bank.example\nchen.ba,陈八,E1,\n？,无名,,\n".encode("gb18030")
    )
    before = read(folder)
    said = open_house.osgate("people", "import", str(dump), "--policy", str(folder), "--complete")
    # A row without a usable id is told, and nobody is ended for being missing.
    assert said.code == 1
    assert "zhang.san" in said.out
    assert "chen.ba" in said.out
    assert "4" in said.err
    assert read(folder) == before
    dump.write_bytes("uid,cn,employeeNumber,mail\nzhang.san,张三,E00123,zs@bank.example\n".encode("utf-8-sig"))
    assert open_house.osgate("people", "import", str(dump), "--policy", str(folder), "--write").code == 0
    assert 'name = "张三"' in read(folder)
    assert open_house.osgate("policy", "lint", str(folder)).code == 0
    # Who is missing in a dump of everybody ends, and stays in the file with roles and keys.
    # Nearly everybody: a dump that was cut off looks the same, so that this has to be said.
    named = read(folder)
    ending = ("people", "import", str(dump), "--policy", str(folder), "--complete", "--write")
    said = open_house.osgate(*ending)
    assert (said.code, "--even-many" in said.err, read(folder)) == (2, True, named)
    assert open_house.osgate(*ending, "--even-many").code == 0
    assert read(folder).count("to = 2026-11-21") == 4
    assert read(folder).count("roles = [") == 5

    dump.write_text("uid,cn\n", encoding="utf-8")
    after = read(folder)
    said = open_house.osgate(*ending, "--even-many")
    assert (said.code, read(folder)) == (2, after), "a dump of nobody ends nobody"


def read(folder: Path) -> str:
    return (folder / "people.toml").read_text(encoding="utf-8")
