"""Who is in a team, beyond what the contract asks of all: memberships that ended, teams nobody tells us about."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from forges.gitlab_shop import Shop, refused
from forges.stages import LIMITS
from osgate.forges.gitea import Gitea
from osgate.forges.gitee import Gitee
from osgate.forges.protocol import Forbidden, Missing, Unreachable
from osgate.testing.gitea import FakeGitea
from osgate.testing.gitee import FakeGitee
from osgate.testing.gitlab import FakeGitLab
from osgate.testing.gitlab.state import Group

ONE = r"/members/all/\d+$"


@pytest.fixture
def shop() -> Iterator[Shop]:
    with FakeGitLab() as fake:
        yield Shop(fake)
        assert fake.violations == []


def legal(shop: Shop) -> Group:
    """A group that the bot sees, with li.si in it."""
    (bot,) = (user for user in shop.fake.world.users.values() if user.kind == "group_bot")
    return shop.fake.group("bank/legal", {shop.li: 30, bot: 10})


def inside(shop: Shop, who: Any, group: str = "bank/legal") -> bool:
    return shop.forge.in_team(str(who.id), group)


def test_a_group_counts_who_it_inherits_and_who_a_share_lets_in_until_it_ends(shop: Shop) -> None:
    group, wang = legal(shop), shop.fake.user("wang.wu")
    assert [inside(shop, who) for who in (shop.li, shop.zhang, wang)] == [True, False, False]
    shop.fake.member(shop.fake.group("bank"), shop.zhang, 30)
    share = shop.fake.share(group, shop.fake.group("outside/counsel", {wang: 30}))
    assert [inside(shop, who) for who in (shop.zhang, wang)] == [True, True]
    share.expires_at = shop.fake.world.clock.today
    assert not inside(shop, wang)


@pytest.mark.parametrize(
    "told",
    [
        {"expires_at": "2020-01-01"},
        {"expires_at": "never"},
        {"state": "blocked"},
        {"state": None},
        {"membership_state": "awaiting"},
        {"access_level": 5},
    ],
)
def test_a_member_who_is_told_of_and_may_do_nothing_now_does_not_count(shop: Shop, told: dict[str, Any]) -> None:
    legal(shop)
    row = {"id": shop.li.id, "state": "active", "membership_state": "active", "access_level": 30, "expires_at": None}
    shop.fake.fail("GET", ONE, 200, body={**row, "expires_at": "2999-01-01"})
    assert inside(shop, shop.li)
    shop.fake.fail("GET", ONE, 200, body={**row, **told})
    assert not inside(shop, shop.li)


@pytest.mark.parametrize(
    ("date", "counts"),
    [
        ("Sat, 21 Nov 2026 23:59:59 GMT", True),
        ("Sun, 22 Nov 2026 00:00:00 GMT", False),
        ("", False),
        ("yesterday", False),
    ],
)
def test_a_membership_ends_on_its_day_by_the_servers_clock(
    shop: Shop, date: str, counts: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    legal(shop)
    monkeypatch.setattr(type(shop.forge.client), "date", property(lambda _: date, lambda _, told: None), raising=False)
    row = {"state": "active", "access_level": 30, "expires_at": "2026-11-22"}
    shop.fake.fail("GET", ONE, 200, body=row)
    assert inside(shop, shop.li) is counts


def test_another_group_by_an_old_path_is_not_the_one_that_was_named(shop: Shop) -> None:
    group = legal(shop)
    shop.fake.fail("GET", r"/groups/bank", 200, body={"id": group.id, "full_path": "bank/law"})
    with refused(Missing, "forge.moved", to="bank/law"):
        inside(shop, shop.li)
    for hidden in ("counsel", "../bank", "bank//legal"):
        with pytest.raises(Missing):
            inside(shop, shop.li, hidden)
    shop.fake.fail("GET", ONE, 403)
    with pytest.raises(Forbidden):
        inside(shop, shop.li)
    shop.fake.fail("GET", ONE, 200, body={"state": "active", "access_level": "all"})
    with refused(Unreachable, "forge.strange"):
        inside(shop, shop.li)


def test_gitea_asks_the_list_of_a_team_and_says_when_it_may_not() -> None:
    with FakeGitea() as fake:
        bot, zhang = fake.world.add_account("osgate"), fake.world.add_account("zhang.san")
        adapter = Gitea(fake.address, fake.as_user(bot), limits=LIMITS)
        fake.world.add_team("bank/tech")
        fake.world.add_team("bank/Legal", *(fake.world.add_account(f"user{n}") for n in range(60)), zhang)
        assert adapter.in_team(zhang.id, "bank/legal")
        assert not adapter.in_team(zhang.id, "bank/tech")
        fake.world.forbidden[bot.id, "in_team", ""] = "Owner"
        with pytest.raises(Forbidden):
            adapter.in_team(zhang.id, "bank/legal")
        for odd in ("bank", "bank/legal/more", "bank/", "../legal"):
            with pytest.raises(Missing):
                adapter.in_team(zhang.id, odd)
        assert fake.violations == []


def test_gitee_has_organisations_and_no_teams_inside_them() -> None:
    with FakeGitee() as fake:
        bot, zhang = fake.world.add_account("osgate"), fake.world.add_account("zhang.san")
        adapter = Gitee(fake.address, fake.as_user(bot), limits=LIMITS)
        fake.world.add_team("bank", zhang)
        with refused(Forbidden, "forge.lacking", what="team bank/legal"):
            adapter.in_team(zhang.id, "bank/legal")
        listed = [{"id": "7", "path": "bank", "user": {"id": zhang.id, "login": "zhang.san"}}]
        fake.fail("GET", "/orgs/bank/members", 200, body=listed, headers={"total_count": "1"})
        assert adapter.in_team(zhang.id, "bank"), "as GitCode lists them"
        assert fake.violations == []
