"""Code of picture children: everything here runs in child processes (`bot.children`), never in the bot's own.

It imports the standard library, Pillow and little else, so that a child stays small.
"""
