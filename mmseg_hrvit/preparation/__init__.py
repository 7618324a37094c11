"""Your own data: converting it, checking it, looking at it."""
