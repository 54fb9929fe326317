"""GraphQL: a reader of documents, and the part of GitHub's schema that osgate asks."""
