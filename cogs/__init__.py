"""What people see and press in Discord: each cog parses an interaction, asks a service, shows the answer."""
