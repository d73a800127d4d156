"""People as a server's moderators regard them: trusted, blocked, struck, suspended."""
