"""The move of the bot's database from its file to a PostgreSQL server, while the bot is stopped."""
