"""The error that a user's mistake ends in."""


class InputError(ValueError):
    """A mistake in what the user gave: a config, a file, a data set.

    Its message is one line that says what is wrong, where, and what to do. The
    tools print that line alone, without a traceback.
    """
