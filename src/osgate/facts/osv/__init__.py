"""Advisories in OSV's format: a mirror's archives, read once into an index that answers for one version at a time.

`build` makes the index of a mirror, `index` answers. The rest is pure: `record` reads one advisory, `spans` and `order`
make of its ranges what can be compared without reading it again, `ecosystems` names packages, `cvss` scores, `merge`
joins what several records say of one thing.
"""
