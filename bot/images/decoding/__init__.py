"""What a picture child does: everything here runs in child processes (`bot.children`), never in the bot's own.

It imports the standard library, Pillow and little else, so that a child stays small.
"""
