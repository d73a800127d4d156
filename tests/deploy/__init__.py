"""The files with which the bot is deployed."""
