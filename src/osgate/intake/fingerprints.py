"""Fingerprints: the same finding keeps its name when lines move."""

from __future__ import annotations


def fingerprint(rule: str, component: str, version: str, path: str, *extra: str) -> str:
    """Return 16 hex digits of SHA-256 over the arguments, each with its length, so that no two lists run together.

    version: empty where the finding is about the component or the file as a whole. No line number belongs in here.
    """
    from hashlib import sha256

    parts = [part.encode("utf-8", "surrogatepass") for part in (rule, component, version, path, *extra)]
    return sha256(b"".join([b"%d:%s" % (len(part), part) for part in parts])).hexdigest()[:16]
