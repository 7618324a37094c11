"""Where things are in the repository."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
CONFIGS = ROOT / 'configs'
TOOLS = ROOT / 'tools'


def config_names():
    """All configs that a user may name."""
    return sorted(
        path.relative_to(CONFIGS).with_suffix('').as_posix()
        for path in CONFIGS.rglob('*.py')
        if '_base_' not in path.parts
    )
