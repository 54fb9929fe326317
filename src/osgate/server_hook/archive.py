"""A hook as one file: lines of a shell script that begin it, and behind them a zip of all it needs (PEP 441).

The same sources, settings, Python and zlib give the same bytes: no time, order or place of this machine is in them.
"""

from __future__ import annotations

import io
import json
import os
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from importlib.util import MAGIC_NUMBER, source_hash

import osgate
from osgate.errors import UsageError
from osgate.io import files
from osgate.server_hook import hot, settings
from osgate.server_hook.modules import at_once, needed

START = "osgate.server_hook.start"
# What the commonest push that has to be judged loads: beside what these import at once, it loads nothing.
HOT = (
    *(f"osgate.server_hook.{name}" for name in ("receive", "trusting", "spool")),
    *(f"osgate.server_hook.{name}" for name in ("start", "program", "deadline", "bounded", "lean_sqlite")),
    *(f"osgate.{name}" for name in ("changes.pushed", "formats.npm_lock.change", "intake.steps")),
    *(f"osgate.rules.{name}" for name in ("address_of_another", "table")),
    *(f"osgate.versions.{name}" for name in ("semver", "vers")),
)
# Import name -> distribution of what else may be packed: pure Python, or with a part that is.
PACKABLE = {"packaging": "packaging", "tomli": "tomli", "yaml": "PyYAML"}
# What needs more than Python, and is done without where it cannot be imported: the `cryptography` package, libyaml.
LEFT_OUT = ("osgate.ledger.crypto.installed", "yaml.cyaml")
# What is asked for only where there is a store of facts, which a hook has not; and the libraries behind it.
WITHOUT_FACTS = (
    *(f"osgate.facts.{name}" for name in ("gather", "osv", "store")),
    *("osgate.licences", "osgate.licence_clashes", "osgate.policy.licence_use", "osgate.rules.obligations_open"),
    *(
        f"osgate.rules.licence_{name}"
        for name in ("changed", "denied", "incompatible", "mismatch", "review", "unknown")
    ),
    "osgate.rules.closed_source",
)
NEVER_ASKED = ("license_expression", "licenseclassifier", "licenselynx")
# What else is read at run time: the words, but for what `explain` prints of a rule and what other commands say.
_TEXTS, _RULES = "osgate/text/", "osgate/text/rules/"
_ELSEWHERE = ("command", "doctor", "explain", "fleet", "heard", "help", "hub", "import", "input", "mirror")
_LICENCES = ("licence", "license", "copying", "notice")
# What lies in the zip as it is, so that it can be read without looking into that.
STORED = (settings.FILE, hot.FILE)
# The first moment a zip can tell.
_MOMENT = (1980, 1, 1, 0, 0, 0)
_SECONDS = 315_532_800
# Flags of a pyc that is never compared with its source (PEP 552): there is no other source than the one beside it.
_UNCHECKED = (1).to_bytes(4, "little")


def contents(standard: Iterable[str]) -> dict[str, bytes]:
    """Return path -> content of all that a packed hook needs but for what its settings say.

    standard: the names of the standard library. Raises UsageError `hook.not-packable` where a module would be missing.
    """
    found = _own_sources()
    for name in PACKABLE.values():
        found.update(_sources(name))
    texts = {_module(path): data.decode("utf-8") for path, data in found.items() if path.endswith(".py")}
    texts = {name: text for name, text in texts.items() if not _left_out(name)}
    wanted = needed(START, texts)
    missing = set(wanted.outside) - set(standard) - set(NEVER_ASKED)
    if missing:
        raise UsageError("hook.not-packable", modules=", ".join(sorted(missing)))
    used = [name for top, name in PACKABLE.items() if top in wanted.modules]
    packed = {path: _said(path, data) for path, data in found.items() if _belongs(path, {*wanted.modules, hot.KEPT})}
    for name in ("osgate", *used):
        packed.update(_licences(name))
    return {**packed, **_compiled({path: texts[_module(path)] for path in packed if path.endswith(".py")})}


def _compiled(sources: Mapping[str, str]) -> dict[str, bytes]:
    """The byte code of sources, told by path, for this very Python; any other takes the sources.

    What most pushes need is in one piece. A pyc is never compared with its source: there is no other one.
    """
    texts = {_module(path): text for path, text in sources.items()}
    first = at_once(HOT, texts)
    head = MAGIC_NUMBER + _UNCHECKED
    found = {
        f"{path}c": head + source_hash(text.encode("utf-8")) + hot.compiled(_module(path), text)
        for path, text in sources.items()
        if _module(path) not in first
    }
    return {**found, hot.FILE: hot.piece(texts, first)}


def _belongs(path: str, modules: set[str]) -> bool:
    if path.endswith(".py"):
        return _module(path) in modules
    return path.startswith(_TEXTS) and not path.startswith(_RULES)


def _said(path: str, data: bytes) -> bytes:
    """A catalogue without the words of other commands; any other file as it is."""
    if not (path.startswith(_TEXTS) and path.endswith(".json")):
        return data
    words = json.loads(data)
    kept = {key: text for key, text in words.items() if key.partition(".")[0] not in _ELSEWHERE or "hook" in key}
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":")).encode()


def _left_out(name: str) -> bool:
    return name in LEFT_OUT or any(name == one or name.startswith(f"{one}.") for one in WITHOUT_FACTS)


def _module(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _own_sources() -> dict[str, bytes]:
    """All files of this package, as it is installed or lies in a work tree."""
    (folder,) = osgate.__path__
    return {f"osgate/{path}": files.read(f"{folder}/{path}") or b"" for path in files.below(folder)}


def own_text(name: str) -> str:
    """Return a text that lies in this package. Raises OSError where there is none."""
    path = os.path.join(os.path.dirname(__file__), *name.split("/"))
    return (files.read_limited(path) or b"").decode("utf-8")


def _sources(name: str) -> dict[str, bytes]:
    """The Python sources of an installed distribution."""
    found = _installed(name)
    paths = [path for path in found.files or () if path.suffix == ".py" and not path.parts[0].startswith(".")]
    return {path.as_posix(): path.read_binary() for path in paths}


def _licences(name: str) -> dict[str, bytes]:
    """The licence texts that come with a distribution. Raises UsageError `hook.no-licence` where there is none."""
    found = _installed(name)
    texts = {
        f"licences/{name}-{found.version}/{path.name}": path.read_binary()
        for path in found.files or ()
        if ".dist-info" in path.parts[0] and path.name.lower().startswith(_LICENCES)
    }
    if not texts:
        raise UsageError("hook.no-licence", name=name)
    return texts


def _installed(name: str) -> Distribution:
    try:
        return distribution(name)
    except PackageNotFoundError as error:
        raise UsageError("hook.not-packable", modules=name) from error


def zipped(head: Callable[[Mapping[str, tuple[int, int]]], bytes], packed: Mapping[str, bytes]) -> bytes:
    """Return the bytes of a runnable zip.

    head: makes what stands before it, from where the files in STORED lie in all (offset and size in bytes); of the same
    length wherever that is.
    """
    out = io.BytesIO(head(dict.fromkeys(STORED, (0, 0))))
    out.seek(0, io.SEEK_END)
    at: dict[str, tuple[int, int]] = {}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(packed):
            entry = zipfile.ZipInfo(path, _MOMENT)
            entry.compress_type = zipfile.ZIP_STORED if path in STORED else zipfile.ZIP_DEFLATED
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            archive.writestr(entry, packed[path])
            at[path] = out.tell() - len(packed[path]), len(packed[path])
    made = head({path: at[path] for path in STORED if path in at})
    return made + out.getvalue()[len(made) :]


def tarred(packed: Mapping[str, bytes]) -> bytes:
    """Return a tar of runnable files, with the folders they lie in."""
    out = io.BytesIO()
    folders = {path.rpartition("/")[0] for path in packed}
    folders |= {folder.rpartition("/")[0] for folder in folders} - {""}
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name in sorted({*folders, *packed}):
            entry = tarfile.TarInfo(name)
            entry.mode, entry.mtime = 0o755, _SECONDS
            entry.type = tarfile.DIRTYPE if name in folders else tarfile.REGTYPE
            entry.size = len(packed.get(name, b""))
            archive.addfile(entry, io.BytesIO(packed.get(name, b"")))
    return out.getvalue()
