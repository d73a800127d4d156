"""Links to videos that are too large for Discord: signed, for a while, served from the data folder."""
