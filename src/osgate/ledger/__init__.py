"""The ledger (台账): immutable records, their seals, the fold over them, and the signed snapshot made of the result."""
