"""Tests of `bot/video_files`."""
