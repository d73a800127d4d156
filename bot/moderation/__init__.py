"""What may be asked for, where, and by whom. Rules are pure functions from facts to a decision."""
