"""Conan: remotes, as `conan remote list --format json` and remotes.json tell them.

Source: Conan 2's "conan remote" and "remotes.json": remotes are asked in their order, and the first that has a recipe
is taken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from osgate.facts.endpoints.endpoint import Configured, host_of
from osgate.facts.endpoints.reading import Collector, File, Setting, json_of, line_of, mapping, tables, text


def read(files: Sequence[File], environment: Mapping[str, str]) -> Configured:
    """Return what Conan would ask. files: of the ways `conan` and `conan-answer`; the last one counts."""
    collector = Collector()
    for file in files[-1:]:
        told = json_of(file, collector)
        for remote in tables(told if isinstance(told, list) else mapping(told).get("remotes")):
            if remote.get("enabled") is False or remote.get("disabled") is True:
                continue
            setting = Setting(text(remote.get("url")), line_of(file, text(remote.get("url"))))
            collector.noted(setting)
            kept = collector.endpoint("conan", setting)
            if kept and remote.get("verify_ssl") is False:
                what = f"verify_ssl=false {host_of(collector.newest.address)}"
                collector.risk("no-verify", setting.origin, what=what)
    return collector.done()
