"""The job list, and the buttons of jobs and results."""
