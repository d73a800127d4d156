"""A local DimiLinks and a local Discord: all of the bot can be run, shown and tested without accounts."""
