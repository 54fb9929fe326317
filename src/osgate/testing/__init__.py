"""Helpers for tests of osgate and of what is built on it: keys, records, a ledger, a policy and a clock, all in memory.

Nothing here touches a file, a program or the network, but for the policy's templates, which the package itself holds.
"""
