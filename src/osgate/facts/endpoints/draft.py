"""The first draft of approved sources, from what is in use today.

Nothing here approves anything: what was found waits in `policy/sources.toml` until a policy owner confirms it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from osgate.facts.endpoints.endpoint import Endpoint, whole

_SCHEMES = ("http", "https", "ssh", "git")
_HEAD = """\
# Where packages may come from. A policy owner confirms an address by writing his or her id from people.toml into
# confirmed_by; until then it approves nothing. A type is judged from its first confirmed address on.
# 依赖的获取来源。由策略负责人在 confirmed_by 填写其在 people.toml 中的编号予以确认，确认之前不作为已批准来源；
# 某一类型自有第一个确认来源起开始检查。
#
# [[source]]
# type = "npm"                   # a purl type, or git, url / purl 类型，或 git、url
# address = "https://packages.example.com/npm/"
# confirmed_by = "zhang.san"
"""


def of_lock(type: str, urls: Iterable[str], origin: str) -> Iterator[Endpoint]:
    """Yield where the artefacts of a lock come from, without the path: it differs with each of them.

    type: purl type, `git` or `url`.
    """
    for url in urls:
        try:
            parts = urlsplit(url.removeprefix("git+"))
        except ValueError:
            continue
        host = parts.netloc.rpartition("@")[2]
        if parts.scheme in _SCHEMES and parts.hostname and host.isprintable():
            yield Endpoint(type, f"{parts.scheme}://{host}/", whole(type), origin)


def drafted(endpoints: Iterable[Endpoint]) -> str:
    """Return `policy/sources.toml`: every type and address once, named where it was found first."""
    once: dict[tuple[str, str], Endpoint] = {}
    for endpoint in endpoints:
        once.setdefault((endpoint.type, endpoint.address.rstrip("/")), endpoint)
    entries = [
        f"[[source]]\ntype = {json.dumps(e.type)}\naddress = {json.dumps(e.address)}\n"
        f'found = {json.dumps(e.origin, ensure_ascii=False)}\nconfirmed_by = ""\n'
        for _, e in sorted(once.items(), key=lambda item: item[0])
    ]
    return "\n".join([_HEAD, *entries])
