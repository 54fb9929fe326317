"""The application repository's own settings."""

from __future__ import annotations

import pytest

from osgate.errors import Mistakes
from osgate.policy import local_config
from osgate.policy.local_config import LocalConfig

WHOLE = b'project = "payments/app"\nlanguage = "zh_CN"\nmode = "enforce-all"\npolicy_repository = "../policy.git"\n'


def test_read_and_cached_copy():
    config = local_config.parse(WHOLE)
    assert config == LocalConfig("payments/app", "zh_CN", "enforce-all", "../policy.git")
    assert LocalConfig(**local_config.to_json(config)) == config
    assert local_config.parse(b'project = "x"') == LocalConfig("x")


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", [(1, "missing-key")]),
        (b"project = ''\nmode = 'off'\nlangauge = 'en'\n", [(1, "empty"), (2, "not-one-of"), (3, "unknown-key")]),
        (b"project = [", [(1, "toml")]),
        (b"\xff\xff\xff", [(0, "not-text")]),
    ],
)
def test_everything_wrong_at_once(data, told):
    with pytest.raises(Mistakes) as error:
        local_config.parse(data, "handed.toml")
    assert [(m.line, m.code) for m in error.value.mistakes] == told
    assert {m.path for m in error.value.mistakes} == {"handed.toml"}
