"""What moderators are asked, and what they decide."""
