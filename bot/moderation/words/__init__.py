"""Word filters for prompts: lists of servers and of the operator, and the built-in protection of minors.

The gatekeeper asks them before a request is accepted, bought and posted."""
