"""Tests of files in the data folder and in a bucket."""
