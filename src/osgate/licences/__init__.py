"""Licences: what a text means as an SPDX expression, what it asks for, and what goes together with what.

Nothing here is on the commit path. The libraries of the extra `licences` are imported in the functions that need them.
"""
