"""Loads the modules of a packed hook that most pushes need: their byte code lies in one piece of the file.

Looking into a zip, and for one module after the other on every path there is, costs more than all they do. So this
stands in front of that (`hot` writes the piece, `prelude` reads it). It is run before anything of osgate's can be
imported, and imports nothing but `sys` and `marshal`.
"""

from __future__ import annotations

import marshal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any, TypeAlias

    # Name -> whether it is a package; which others it asks for when it is loaded, in order; where its code begins, in
    # bytes from the end of the piece, and how long it is, as `marshal` writes it.
    Index: TypeAlias = dict[str, tuple[bool, tuple[str, ...], int, int]]


class Kept:
    """A finder and loader (importlib.abc) of the modules in a piece.

    archive: path of the packed file, for what is loaded from its zip. data: the content of the files that are asked
    for most, by their paths in it.
    """

    def __init__(self, archive: str, index: Index, piece: bytes, data: dict[str, bytes]) -> None:
        self.archive, self._index, self._data = archive, index, data
        self._piece = memoryview(piece)

    def find_spec(self, name: str, path: object = None, target: object = None) -> Any:
        """Return how to load a module, None where it is not kept here."""
        return self._spec(name) if name in self._index else None

    def create_module(self, spec: object) -> None:
        """Leave making the module to the interpreter."""

    def exec_module(self, module: ModuleType) -> None:
        """Run a module's code in it, after all that it asks for: so nothing has to be searched for on the way."""
        package, asked, left, size = self._index[module.__name__]
        for name in asked:
            self._load(name)
        module.__file__ = self._path(module.__name__) + ("/__init__.pyc" if package else ".pyc")
        at = len(self._piece) - left
        code = marshal.loads(self._piece[at : at + size])  # noqa: S302 - byte code of this very file
        exec(code, module.__dict__)  # noqa: S102

    def _load(self, name: str) -> None:
        """What an import does for a module that is kept here and was not asked for before."""
        if name in sys.modules:
            return
        parent, _, last = name.rpartition(".")
        if parent:
            self._load(parent)
        made: Any = type(sys)(name)
        spec = made.__spec__ = self._spec(name)
        made.__loader__, made.__package__ = self, spec.parent
        if spec.submodule_search_locations is not None:
            made.__path__ = spec.submodule_search_locations
        sys.modules[name] = made
        try:
            self.exec_module(made)
        except BaseException:
            del sys.modules[name]
            raise
        if parent:
            setattr(sys.modules[parent], last, made)

    def _spec(self, name: str) -> Any:
        kind: Any = type(sys.__spec__)  # importlib.machinery is not loaded yet.
        package = self._index[name][0]
        spec = kind(name, self, is_package=package)
        if package:
            spec.submodule_search_locations = [self._path(name)]
        return spec

    def _path(self, name: str) -> str:
        return f"{self.archive}/{name.replace('.', '/')}"

    def get_data(self, path: str) -> bytes:
        """Return the content of a file of the archive, as `zipimport` does. Raises OSError where it is not there,
        ImportError where the archive is none."""
        inside = path.removeprefix(f"{self.archive}/")
        if inside in self._data:
            return self._data[inside]
        from zipimport import zipimporter

        return zipimporter(self.archive).get_data(path)
