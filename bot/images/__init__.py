"""Reference images: fetched, checked and prepared."""
