"""Commands, buttons and cards for moderators, and users' reports and appeals to them."""
