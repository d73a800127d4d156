"""Video files: frames and facts of them, and the file that is posted, all made in child processes."""
