"""The endpoints, one module a theme; `answering` imports them all, which fills the table of routes."""
