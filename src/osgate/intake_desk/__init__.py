"""The intake desk: making records, weighing what waits, sealing and publishing. It alone writes the ledger."""
