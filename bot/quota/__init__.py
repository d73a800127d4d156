"""Prices, budgets and reservations."""
