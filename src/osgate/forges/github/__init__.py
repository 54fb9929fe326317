"""The adapter to GitHub: github.com, data residency and Enterprise Server. Needs the extra `github`."""
