"""Cityscapes as published: it lacks the label files of the 19 classes."""

import io
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path

from mmseg_hrvit.errors import InputError
from mmseg_hrvit.preparation.parallel import map_parallel

from .config import write_moved_config

POLYGONS = '_polygons.json'
LABELS = '_labelTrainIds.png'
BASE = 'hrvit_b1_cityscapes'


def convert_cityscapes(root: Path, workers: int) -> list[str]:
    """Draws the label files next to the polygons, and writes a config.

    Args:
        root (Path): Folder with ``leftImg8bit`` and ``gtFine``.
        workers (int): Processes.

    Returns:
        list[str]: What is wrong with each skipped file of polygons.

    Raises:
        InputError: If cityscapesscripts is missing, or there are no polygons.
    """
    import_drawing()  # reports a missing package before the work
    files = sorted(root.glob(f'gtFine/*/*/*{POLYGONS}'))
    if not files or not (root / 'leftImg8bit').is_dir():
        raise InputError(
            f'{root}: no leftImg8bit or no gtFine/*/*/*{POLYGONS} there; unpack '
            'leftImg8bit_trainvaltest.zip and gtFine_trainvaltest.zip'
        )
    faults = [*filter(None, map_parallel(draw_labels, files, workers, 'drawing'))]
    if len(faults) == len(files):
        raise InputError(f'no label file could be drawn, the first error: {faults[0]}')
    write_moved_config(root, BASE)
    return faults


def import_drawing() -> Callable[[str, str, str], None]:
    """Imports the drawing of polygons from Cityscapes' own scripts."""
    try:
        from cityscapesscripts.preparation.json2labelImg import json2labelImg
    except ImportError as error:
        raise InputError(
            'Cityscapes needs its own scripts: `pip install cityscapesscripts`'
        ) from error
    return json2labelImg


def draw_labels(polygons: Path) -> str | None:
    """Draws one label file.

    Args:
        polygons (Path): The file of polygons.

    Returns:
        str | None: What is wrong, if it could not be drawn.
    """
    json2labelImg = import_drawing()
    out = polygons.with_name(polygons.name.replace(POLYGONS, LABELS))
    aside = out.with_suffix('.part.png')
    try:
        with redirect_stdout(io.StringIO()):
            json2labelImg(str(polygons), str(aside), 'trainIds')
    # The scripts raise of many kinds, and exit at an unknown class.
    except (Exception, SystemExit) as error:
        aside.unlink(missing_ok=True)
        return f'{polygons} cannot be drawn ({error!r}): repair or replace it'
    aside.replace(out)
    return None
