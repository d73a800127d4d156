"""Every sentence that a user, a moderator or the operator reads, and its translations."""
