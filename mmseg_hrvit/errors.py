"""The errors that end a run with one line."""


class InputError(ValueError):
    """A mistake in the input of the user: a config, a file, a data set.

    Its message is one line that says what is wrong, where, and what to do. The tools
    print only that line, without a traceback.
    """

    reason = 'config'  # as in mmseg_hrvit.engine.stop_reason


class DataError(InputError):
    """A sample that cannot be used: its image, its label map, or both together."""

    reason = 'data'


class NumericError(InputError):
    """Losses or gradients that stay NaN or infinite."""

    reason = 'numeric'
