"""Video files: single frames and facts of them, found out in a child process."""
