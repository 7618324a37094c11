"""Data of one's own: converting it, surveying it, looking at it."""
