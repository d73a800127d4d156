"""The migration steps, in files whose names begin with their revision and sort in their order.

A released step is never edited: existing databases have run it already.
"""
