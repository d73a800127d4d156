"""Use cases that cogs call, one a file."""
