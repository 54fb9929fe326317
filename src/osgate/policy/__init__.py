"""The institution's written rules: bytes to a valid policy, every mistake reported at once with file and line."""
