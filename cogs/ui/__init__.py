"""Views, cards and acknowledgements shared by the cogs."""
