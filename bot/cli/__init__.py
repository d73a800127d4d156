"""Commands of `python -m bot`, one module each. `bot/__main__.py` parses the command line and calls them."""
