"""Rules and their records; knows no jobs."""
