"""Users' own data: `/privacy`; and which servers the bot is in."""
