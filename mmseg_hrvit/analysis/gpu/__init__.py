"""A report of how fast the networks are on a GPU."""
