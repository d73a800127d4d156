"""Reviews: questions to moderators, their decisions, reports and appeals."""
