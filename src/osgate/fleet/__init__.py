"""The gate over many repositories: what a forge must be set to for it to hold, and what is set otherwise."""
