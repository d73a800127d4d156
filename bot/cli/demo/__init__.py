"""The command `demo`: the real bot in the sandbox, and a screen that shows what Discord would."""
