"""The program ``hrvit``, also as ``python -m hrvit_cli``."""

import sys
from collections.abc import Sequence
from difflib import get_close_matches
from importlib.metadata import version

from .verbs import GROUPS, VERBS, WRONG_USE, Verb

USAGE = 'usage: hrvit COMMAND [arguments]; `hrvit COMMAND --help` explains a command'


def overview() -> str:
    """Lists every verb with its summary, in groups."""
    width = max(map(len, VERBS))
    lines = [USAGE]
    for group, verbs in GROUPS.items():
        lines += ['', f'{group}:']
        lines += [f'  {verb:{width}}  {Verb(verb).summary}' for verb in verbs]
    return '\n'.join(lines)


def main(argv: Sequence[str] | None = None) -> None:
    """Runs a verb; without arguments, lists the verbs.

    Args:
        argv (Sequence[str], optional): The arguments. Defaults to those of the process.
    """
    verb, *rest = (sys.argv[1:] if argv is None else argv) or ['--help']
    if verb in ('-h', '--help'):
        print(overview())
    elif verb == '--version':
        print(f'hrvit {version("mmseg_hrvit")}')
    elif verb.replace('_', '-') in VERBS:
        verb = verb.replace('_', '-')
        Verb(verb).main(rest, prog=f'hrvit {verb}')
    else:
        near = get_close_matches(verb, VERBS, n=1)
        hint = f'did you mean {near[0]}?' if near else '`hrvit` lists all commands'
        print(f"error: no command '{verb}': {hint}", file=sys.stderr)
        sys.exit(WRONG_USE)


if __name__ == '__main__':
    main()
