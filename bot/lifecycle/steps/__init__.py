"""The steps of a job, one a file."""
