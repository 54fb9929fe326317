"""The records as the REST interface shows them, with every field GitHub's description calls required."""
