"""Where changes come from: the index, a range of commits, a whole tree, files on disk."""
