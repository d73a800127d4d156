"""The child process that signs finished files: the only one with the key."""
