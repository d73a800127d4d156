"""Rules, records and lists of words that decide about requests. Knows no jobs."""
