"""Facts about components, offline first: where they are kept, and where they come from."""
