"""What a network costs and what a run has given."""
