"""Jobs: their states and cards, their store, and their queue."""
