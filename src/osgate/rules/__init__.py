"""The rules: one file each, pure. A rule looks at one case and returns the parameters of its complaint, or None."""
