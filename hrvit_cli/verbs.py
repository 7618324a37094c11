"""A verb of the command line: reads its arguments here, and imports its work late."""

import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module

GROUPS = {
    'Train and test': ('configs', 'train', 'test', 'publish', 'convert-checkpoint'),
    'Use a trained network': ('demo', 'serve', 'export'),
    'Data': ('convert', 'check', 'browse', 'draw-scenes', 'draw-textures'),
    'Rasters': ('rasterize', 'band-statistics', 'polygonize'),
    'Look into a run': (
        'plot-run', 'plot-logs', 'show-predictions', 'confusion-matrix',
    ),
    'Measure': (
        'flops', 'benchmark', 'gpu-report', 'compare-precisions', 'time-hooks',
        'time-layers', 'time-sliding', 'paper-tables', 'kill-campaign',
    ),
}  # fmt: skip
VERBS = tuple(verb for group in GROUPS.values() for verb in group)
WRONG_USE = 2  # exit status, the same as that of argparse


@contextmanager
def missing_packages_told() -> Iterator[None]:
    """Ends the process with one line if a package that an import needs is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        print(f'error: {error}', file=sys.stderr)
        sys.exit(WRONG_USE)


class Verb:
    """One verb: its arguments are in ``hrvit_cli``, its work in ``mmseg_hrvit.cli``.

    The work imports torch, which takes seconds; the arguments do not.

    Args:
        name (str): One of ``VERBS``.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.module = name.replace('-', '_')
        self.options = import_module(f'{__package__}.{self.module}')

    @property
    def summary(self) -> str:
        """What the verb does, in one line."""
        return self.options.__doc__.partition('\n')[0]

    def parse_args(
        self, argv: Sequence[str] | None = None, prog: str | None = None
    ) -> Namespace:
        """Reads a command line.

        Args:
            argv (Sequence[str], optional): Its arguments. Defaults to those of the
                process.
            prog (str, optional): The program's name in the help. Defaults to the name
                of the process.

        Returns:
            Namespace: The arguments.
        """
        parser = ArgumentParser(
            prog=prog,
            description=self.options.__doc__,
            formatter_class=RawDescriptionHelpFormatter,
        )
        self.options.add_arguments(parser)
        if self.name == 'convert':  # each kind of annotations has its own parser
            return parser.parse_args(argv)
        # Options may stand between arguments: CONFIG --to onnx CHECKPOINT.
        return parser.parse_intermixed_args(argv)

    def main(self, argv: Sequence[str] | None = None, prog: str | None = None) -> None:
        """Reads a command line and runs the verb.

        After a mistake of the user, it prints one line and ends the process with status
        2. If a verb returns an exit status, the process ends with that.

        Args:
            argv (Sequence[str], optional): As in ``parse_args``.
            prog (str, optional): As in ``parse_args``.
        """
        args = self.parse_args(argv, prog)
        if hasattr(self.options, 'run'):  # it needs nothing of the package
            sys.exit(self.options.run(args))
        # A file name may have bytes that are not text: show them, raise no error.
        sys.stdout.reconfigure(errors='backslashreplace')
        with missing_packages_told():
            from mmseg_hrvit.checkpoints.loading import register_all
            from mmseg_hrvit.engine.exits import one_line_errors

        register_all()
        with one_line_errors():
            status = import_module(f'mmseg_hrvit.cli.{self.module}').run(args)
        if status is not None:
            sys.exit(status)
