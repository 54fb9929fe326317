"""What a git server runs at a push: packed into one file, judged by the same core, kept fresh by cron."""
