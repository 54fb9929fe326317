"""GitLab 15 and newer, self-managed or not, over python-gitlab. Loaded only where a GitLab is spoken to."""
