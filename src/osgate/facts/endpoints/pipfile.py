"""Pipenv: `[[source]]` of a Pipfile.

Source: Pipenv's "Specifying package indexes": the first source is asked for everything, another only for packages that
name it, unless `install_search_all_sources` is set.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from osgate.facts.endpoints.endpoint import Configured, host_of
from osgate.facts.endpoints.reading import Collector, File, Setting, expanded, mapping, tables, text, toml
from osgate.purl import component


def read(files: Sequence[File], environment: Mapping[str, str]) -> Configured:
    """Return what Pipenv would ask. files: of the way `pipfile`."""
    collector = Collector()
    for file in files:
        document = toml(file, collector)
        every = mapping(document.values.get("pipenv")).get("install_search_all_sources") is True
        named: dict[str, list[str]] = {}
        for section in ("packages", "dev-packages"):
            for package, told in mapping(document.values.get(section)).items():
                named.setdefault(text(mapping(told).get("index")), []).append(component("pypi", package))
        for number, source in enumerate(tables(document.values.get("source"))):
            origin = f"{file.shown}:{document.line(('source', number, 'url'))}"
            collector.noted(Setting(text(source.get("url")), origin))
            setting = Setting(expanded(text(source.get("url")), environment), origin)
            applies = [""] if number and not every else [None]
            names = named.get(text(source.get("name")), []) if applies == [""] else []
            kept = [collector.endpoint("pypi", setting, one, extra=number > 0 and every) for one in names or applies]
            if source.get("verify_ssl") is False and any(kept):
                what = f"verify_ssl=false {host_of(collector.newest.address)}"
                collector.risk("no-verify", origin, what=what)
    return collector.done()
