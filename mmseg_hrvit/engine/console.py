"""The output of a run on the screen: short, while its log file has everything."""

import logging
from copy import copy

from mmengine.logging import MMLogger

# Starts of lines that a user can do nothing about.
HARMLESS = (
    'paramwise_options -- ',  # one for each parameter; a summary of the groups remains
    'Distributed training is not used, all SyncBatchNorm',
    'The prefix is not set in metric class',
    '"FileClient" will be deprecated',
    '"HardDiskBackend" is the alias of',
)
# What is shown of the environment.
ENVIRONMENT = (
    'sys.platform', 'Python', 'CUDA available', 'GPU 0', 'CUDA_HOME', 'PyTorch',
    'MMEngine', 'seed', 'Distributed launcher', 'GPU number',
)  # fmt: skip
WORLD_SIZE = 'GPU number:'  # mmengine's name for it, on CPUs as well


def shorten_console(logger: MMLogger) -> None:
    """Shortens what a logger writes to the screen; its files do not change.

    Args:
        logger (MMLogger): A run's logger. Changed in place.
    """
    for handler in logger.handlers:
        is_screen = type(handler) is logging.StreamHandler
        if is_screen and not isinstance(handler.formatter, Shortening):
            handler.addFilter(is_wanted)
            handler.setFormatter(Shortening(handler.formatter, logger))


def is_wanted(record: logging.LogRecord) -> bool:
    """Whether a line goes to the screen."""
    return not record.getMessage().startswith(HARMLESS)


class Shortening(logging.Formatter):
    """Formats long messages of mmengine's runner in a few lines.

    Args:
        formatter (logging.Formatter): Formats all lines.
        logger (MMLogger): Knows the log file.
    """

    def __init__(self, formatter: logging.Formatter, logger: MMLogger) -> None:
        super().__init__()
        self.formatter = formatter
        self.logger = logger

    def format(self, record: logging.LogRecord) -> str:
        """Formats a line; shortens a long one."""
        message = record.getMessage()
        short = self.shorten(message)
        if short != message:
            record = copy(record)
            record.msg, record.args = short, ()
        return self.formatter.format(record)

    def shorten(self, message: str) -> str:
        """Returns the message, or a short form of it."""
        if 'System environment:' in message:
            return shorten_environment(message)
        if message.startswith('Config:\n'):
            count = message.count('\n')
            return (
                f'config: {count} lines, all in {getattr(self.logger, "log_file", "")}'
            )
        if message.startswith('Hooks will be executed'):
            return shorten_hooks(message)
        return message


def shorten_environment(message: str) -> str:
    """Keeps the lines that a bug report needs."""
    lines = [line.strip() for line in message.splitlines()]
    kept = [line for line in lines if line.partition(':')[0] in ENVIRONMENT]
    return '\n  '.join(['environment:', *kept]).replace(WORLD_SIZE, 'processes:')


def shorten_hooks(message: str) -> str:
    """Names each hook once, in the order of their priorities."""
    names = [
        line.rpartition(')')[2].strip()
        for line in message.splitlines()
        if line.startswith('(')
    ]
    return f'hooks: {", ".join(dict.fromkeys(names))}'
