"""Requirements files of pip, its constraints files, and what pip-compile and uv write."""

from __future__ import annotations

from osgate.formats.requirements.reading import includes, read

__all__ = ["includes", "read"]
