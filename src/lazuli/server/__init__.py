"""The doors: HTTP dialects above the rooms that do the work."""
