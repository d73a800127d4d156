"""Users' own defaults."""
