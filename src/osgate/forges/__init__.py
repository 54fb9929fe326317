"""Adapters to forges, each behind the same small protocol, and what is said in comments. Loaded only where used."""
