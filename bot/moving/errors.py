"""Errors of moves. Each text is one line for the operator."""


class MoveFailedError(Exception):
    """The move was not carried out, or is not complete: the same command goes on with it."""


class UnstorableValueError(Exception):
    """The server cannot store a value. The text says of which kind it is, without the value."""
