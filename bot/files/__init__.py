"""Files of jobs, pictures and videos: in the data folder, or in a bucket of which the data folder has copies."""
