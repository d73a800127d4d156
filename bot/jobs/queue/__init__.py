"""The queue: whose turn it is, how long jobs take, when to poll."""
