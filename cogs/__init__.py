"""Discord side of the bot. Each cog parses an interaction, asks a service, and shows the answer."""
