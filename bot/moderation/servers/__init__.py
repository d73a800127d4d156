"""Rules of each server: stored, cached and changed."""
