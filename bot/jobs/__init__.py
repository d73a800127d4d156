"""What a job is, where it is kept, and whose turn it is."""
