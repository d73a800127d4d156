"""The migration steps. A released step is never edited: existing databases have run it already."""
