"""Child processes for bytes from strangers: warm, limited in memory and time, replaced when they die."""
