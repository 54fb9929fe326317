"""`.osgate/config.toml` as `osgate init` writes it, read without a TOML reader, whose import costs more than a push.

Blank lines, comments, and `key = "value"` in plain ASCII: whatever else there is, is left to `policy.local_config`.
"""

from __future__ import annotations

from osgate.model.policy import MODES
from osgate.policy import local_config
from osgate.policy.local_config import LocalConfig

# What has choices is read here in the commonest of them only.
_CHOICES = {"language": ("en", "zh_CN"), "mode": MODES}
_KEYS = ("project", "language", "mode", "policy_repository")


def parse(data: bytes) -> LocalConfig:
    """Return the settings. Raises Mistakes as `local_config.parse` does."""
    values = _plain(data)
    return local_config.parse(data) if values is None else LocalConfig(**values)


def _plain(data: bytes) -> dict[str, str] | None:
    """The values of a file that has nothing but the plainest lines, else None."""
    if not data.isascii():
        return None
    values: dict[str, str] = {}
    for line in data.decode().split("\n"):
        if not line.isprintable():
            return None
        if not line.strip(" ") or line.startswith("#"):
            continue
        key, equals, value = line.partition(" = ")
        inner = value[1:-1]
        quoted = len(value) > 1 and value[0] == value[-1] == '"' and '"' not in inner and "\\" not in inner
        if key not in _KEYS or key in values or not equals or not quoted or inner not in _CHOICES.get(key, (inner,)):
            return None
        values[key] = inner
    return values if values.get("project") else None
