"""The edges: the only callers of git, the network, ssh-keygen and atomic writes."""
