"""The folder for results, and which of them are done."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import numpy as np

from mmseg_hrvit.errors import InputError
from mmseg_hrvit.export import Metadata
from mmseg_hrvit.files import check_output, write_durably

from .areas import count_areas, write_areas
from .origin import identify
from .overlay import draw_overlay
from .picture_files import write_picture


class ResultFolder:
    """Overlays, label maps and areas of images, and which images are done.

    ``overlays/STEM.jpg`` and ``labels/STEM.png`` are written first. ``areas/STEM.json``
    is written last, in one step: it says that the image is done, and by which network.
    So after a kill the run continues with the first image that is not done. Results of
    another network, or of another file, do not count as done. STEM is from
    ``short_names``.

    Args:
        root (Path): The folder.
        metadata (Metadata): Classes and palette.
        opacity (float): Of the overlays' colours, from 0 to 1.
        model (Sequence[str]): The network, from ``describe_model``. Defaults to ().
        names (Sequence[str]): All images, paths below their folder. Defaults to ().

    Raises:
        InputError: If the opacity is out of range, or the folder cannot be created.
    """

    def __init__(
        self,
        root: Path,
        metadata: Metadata,
        opacity: float,
        model: Sequence[str] = (),
        names: Sequence[str] = (),
    ) -> None:
        if not 0 <= opacity <= 1:
            raise InputError(f'opacity {opacity}: choose 0 to 1')
        self.root = root
        self.metadata = metadata
        self.opacity = opacity
        self.options = [*model, metadata.to_json(), str(opacity)]
        self.stems = short_names(names)
        make_folder(root)
        for kind in ('overlays', 'labels', 'areas'):
            check_output(root / kind / 'name')

    def is_done(self, name: str, source: str) -> bool:
        """Whether an image has results that come from this network and this file.

        Args:
            name (str): The image.
            source (str): Its file, from ``describe_file``.
        """
        return self._read(name).get('made_from') == identify([*self.options, source])

    def discard(self, name: str) -> None:
        """Deletes the results of an image, if there are any."""
        for path in (self._areas(name), self._overlay(name), self._labels(name)):
            path.unlink(missing_ok=True)

    def write(
        self, name: str, image: np.ndarray, labels: np.ndarray, source: str
    ) -> None:
        """Writes the results of an image.

        Args:
            name (str): Its path below the folder of images.
            image (np.ndarray): (H, W, 3), BGR, 8 bits.
            labels (np.ndarray): (H, W).
            source (str): The file that they come from, as in ``is_done``.
        """
        overlay = draw_overlay(image, labels, self.metadata, self.opacity)
        self.discard(name)
        write_picture(self._overlay(name), overlay)
        self.write_labels(name, labels)
        made_from = identify([*self.options, source])
        areas = dict(made_from=made_from, pixels=count_areas(labels, self.metadata))
        write_durably(json.dumps(areas).encode(), self._areas(name))

    def write_labels(self, name: str, labels: np.ndarray) -> None:
        """Writes only a label map; see ``write``."""
        write_picture(self._labels(name), labels)

    def write_table(self, names: Sequence[str], path: Path) -> None:
        """Writes the areas of some images, if they have any; see ``write_areas``.

        Args:
            names (Sequence[str]): The images.
            path (Path): The table, ``.csv`` or ``.json``.
        """
        found = {name: self._read(name).get('pixels') for name in names}
        write_areas([(k, pixels) for k, pixels in found.items() if pixels], path)

    def count_others(self, names: Sequence[str]) -> int:
        """Counts label maps of other images, from an earlier run."""
        known = {self._labels(name) for name in names}
        return sum(path not in known for path in self.root.glob('labels/**/*.png'))

    def _read(self, name: str) -> dict:
        path = self._areas(name)
        if not (path.is_file() and self._labels(name).is_file()):
            return {}
        try:
            found = json.loads(path.read_text(encoding='utf-8'))
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def _areas(self, name: str) -> Path:
        return self.root / 'areas' / f'{self._stem(name)}.json'

    def _overlay(self, name: str) -> Path:
        return self.root / 'overlays' / f'{self._stem(name)}.jpg'

    def _labels(self, name: str) -> Path:
        return self.root / 'labels' / f'{self._stem(name)}.png'

    def _stem(self, name: str) -> str:
        return self.stems.get(name) or without_suffix(name)


def short_names(names: Sequence[str]) -> dict[str, str]:
    """Shortens names of files to names of their results.

    Args:
        names (Sequence[str]): The files, all different.

    Returns:
        dict[str, str]: For each file its name without the suffix; with it, if it would
        be the name of another file, or of its result. All are different.
    """
    stems = {name: without_suffix(name) for name in names}
    counts = Counter([*stems.values(), *names])
    return {k: stem if counts[stem] == 1 else k for k, stem in stems.items()}


def without_suffix(name: str) -> str:
    """Returns a path without its suffix."""
    return PurePosixPath(name).with_suffix('').as_posix()


def make_folder(path: Path) -> None:
    """Creates a folder for results, and its parents.

    Args:
        path (Path): The folder.

    Raises:
        InputError: If it cannot be created.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f'{path} cannot be created ({error}): give a folder where files can be '
            'written'
        ) from error
