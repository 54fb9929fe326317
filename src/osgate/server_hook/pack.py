"""`osgate server-hook pack`: the files that a git server runs, laid out as that server wants them."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any

from osgate import __version__
from osgate.errors import UsageError
from osgate.model.record import record
from osgate.server_hook import archive, hot, prelude, settings
from osgate.server_hook.settings import Settings
from osgate.text.translator import LOCALES

# Where the two hooks lie below the output folder. GitHub Enterprise Server knows no post-receive.
LAYOUTS: Mapping[str, Mapping[str, str]] = {
    "gitlab": {hook: f"custom_hooks/{hook}.d/50-osgate" for hook in settings.HOOKS},
    "ghes": {"pre-receive": "osgate-pre-receive"},
    "gitea": {hook: f"hooks/{hook}.d/osgate" for hook in settings.HOOKS},
    "git": {hook: f"hooks/{hook}" for hook in settings.HOOKS},
}
SNAPSHOTS = {
    "gitlab": "/var/opt/gitlab/osgate/snapshot",
    "ghes": "/osgate/snapshot",
    "gitea": "/var/lib/gitea/osgate/snapshot",
    "git": "/var/lib/osgate/snapshot",
}
TAR = "custom_hooks.tar"
INSTALL = {"en": "INSTALL.md", "zh_CN": "INSTALL.zh-CN.md"}
_PYTHON = "python3"
# Bytes that a path may have.
_LONGEST = 120
_MAIN = '''"""Where Python starts this file; written so that every Python can read it."""
import sys

if sys.version_info < (3, 11):
    getattr(sys.stderr, "buffer", sys.stderr).write({too_old!r})
    sys.exit(1)
if not (sys.flags.isolated and sys.flags.no_site) and sys.executable:
    import os

    os.execv(sys.executable, [sys.executable, {flags!r}, sys.path[0]] + sys.argv[1:])
import marshal
from _frozen_importlib_external import MAGIC_NUMBER

hot = __loader__.get_data(sys.path[0] + "/{hot}")
if hot.startswith(MAGIC_NUMBER):
    code, index = marshal.loads(hot[len(MAGIC_NUMBER):])
    kept = {{"__name__": "kept"}}
    exec(marshal.loads(code), kept)
    sys.meta_path.insert(0, kept["Kept"](sys.path[0], index, hot, {{}}))
from osgate.server_hook.start import main

main(sys.path[0], sys.argv[1:], {platform!r})
'''


@record
class File:
    """A file to write. path: below the output folder; mode: its permission bits."""

    path: str
    data: bytes
    mode: int


def packed(told: Mapping[str, Any], python: str = "") -> tuple[File, ...]:
    """Return all files of a package for one server.

    told: the settings as JSON values, without `schema` and `hook`; platform must be among them. python: the Python on
    the server, an absolute path; empty for the first `python3` on its path. Raises Mistakes and UsageError.
    """
    called = interpreter(python)
    platform = told["platform"]
    inside = archive.contents(sys.stdlib_module_names)
    inside["__main__.py"] = main_module(platform)
    hooks: dict[str, bytes] = {}
    for hook, path in LAYOUTS[platform].items():
        read = settings.of_json({"schema": settings.SCHEMA, **told, "hook": hook})
        hooks[path] = built(read, called, inside)
    found = [File(path, data, 0o755) for path, data in hooks.items()]
    if platform == "gitlab":
        found.append(File(TAR, archive.tarred(hooks), 0o644))
    snapshot = str(told["snapshot"])
    found += [File(INSTALL[locale], install_text(platform, snapshot, locale), 0o644) for locale in LOCALES]
    return tuple(found)


def built(read: Settings, called: str, inside: Mapping[str, bytes]) -> bytes:
    """Return one hook as a file. called: the Python on the server; inside: all that is in it but its settings."""
    script = prelude.prelude(read, called)
    return archive.zipped(script, {**inside, settings.FILE: settings.printed(read)})


def interpreter(python: str) -> str:
    """Return how Python is called on the server. Raises UsageError `hook.python` for a path that is none."""
    if python and (not python.startswith("/") or not python.isprintable() or " " in python or len(python) > _LONGEST):
        raise UsageError("hook.python", path=python)
    return python or _PYTHON


def main_module(platform: str) -> bytes:
    """Return the source of `__main__`, with the words for a Python that is too old, which cannot look them up."""
    told = prelude.words("packed.python-too-old", platform)
    source = _MAIN.format(too_old=told.encode("utf-8"), flags=prelude.FLAGS, hot=hot.FILE, platform=platform)
    return source.encode("ascii")


def install_text(platform: str, snapshot: str, locale: str) -> bytes:
    """Return what to do with the files, in one language."""
    text = archive.own_text(f"install/{platform}.{locale}.md")
    places = {"VERSION": __version__, "SNAPSHOT": snapshot, "FOLDER": os.path.dirname(snapshot) or "."}
    for place, value in places.items():
        text = text.replace(f"@{place}@", value)
    return text.encode("utf-8")
