"""Writing results as tiled, compressed GeoTIFF with the raster's georeference."""

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np

from mmseg_hrvit.errors import InputError
from mmseg_hrvit.export import Metadata
from mmseg_hrvit.files import write_durably, written_aside

from .grid import TILE, Part
from .reading import CACHE_MIB, Raster, need

SUFFIXES = ('.tif', '.tiff')
PLAN_TAG = 'MMSEG_HRVIT_PLAN'
LEVELS = 254  # a probability of 1; 255 is nodata
CATEGORIES = """<PAMDataset>
  <PAMRasterBand band="1">
    <CategoryNames>
{}
    </CategoryNames>
  </PAMRasterBand>
</PAMDataset>
"""
Parts = Callable[[], Iterable[tuple[Part, np.ndarray]]]


def check_suffix(path: Path) -> None:
    """Raises InputError if a GeoTIFF to write would have the name of another format."""
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(
            f'{path}: choose a name that ends in .tif, because a GeoTIFF is written'
        )


def label_type(num_classes: int) -> type:
    """Returns the type of labels, which leaves a value for nodata."""
    return np.uint8 if num_classes < 256 else np.uint16


def label_nodata(raster: Raster, num_classes: int) -> int | None:
    """Returns the value for pixels without data.

    Args:
        raster (Raster): The segmented raster.
        num_classes (int): Number of classes.

    Returns:
        int | None: The raster's own value if it is not a class, otherwise the largest;
        None if the raster has data everywhere.
    """
    if not raster.may_lack_data:
        return None
    largest = int(np.iinfo(label_type(num_classes)).max)
    own = raster.file.nodata
    return int(own) if own in range(num_classes, largest + 1) else largest


def write_labels(
    path: Path, raster: Raster, metadata: Metadata, parts: Parts, plan: str
) -> None:
    """Writes the labels, with the classes' names and colours.

    The names are tags of the band, CLASS_0 and so on, and also in ``PATH.aux.xml``,
    where GIS programs look for them.

    Args:
        path (Path): The file.
        raster (Raster): The segmented raster.
        metadata (Metadata): Classes and palette.
        parts (Parts): Gives the labels of each part, (H, W), in the order of rows.
        plan (str): Identifies this run; a tag of the file.

    Raises:
        InputError: If it cannot be written completely. The parts are kept.
    """
    count = len(metadata.classes)
    nodata = label_nodata(raster, count)

    def describe(file) -> None:
        colours = {i: (*rgb, 255) for i, rgb in enumerate(metadata.palette)}
        file.write_colormap(1, colours | ({} if nodata is None else {nodata: (0,) * 4}))
        file.update_tags(1, **tags_of_classes(metadata.classes))
        file.update_tags(**{PLAN_TAG: plan})

    names = (f'      <Category>{escape(x)}</Category>' for x in metadata.classes)
    text = CATEGORIES.format('\n'.join(names))
    profile = dict(dtype=label_type(count), count=1, nodata=nodata)
    with told(path):
        write_durably(text.encode(), path.with_name(f'{path.name}.aux.xml'))
        write(path, raster, profile, describe, parts)


def write_probabilities(
    path: Path, raster: Raster, names: Sequence[str], parts: Parts
) -> None:
    """Writes probabilities of classes, one band of 8 bits for each.

    254 is a probability of 1, as the bands' scale says, and 255 is nodata.

    Args:
        path (Path): The file.
        raster (Raster): The segmented raster.
        names (Sequence[str]): The classes.
        parts (Parts): Gives the values of each part, (classes, H, W), in the order of
            rows.

    Raises:
        InputError: If it cannot be written completely. The parts are kept.
    """

    def describe(file) -> None:
        file.descriptions = tuple(names)
        file.scales = (1 / LEVELS,) * len(names)

    nodata = 255 if raster.may_lack_data else None
    profile = dict(dtype=np.uint8, count=len(names), nodata=nodata)
    with told(path):
        write(path, raster, profile, describe, parts)


def write(
    path: Path, raster: Raster, profile: dict, describe: Callable, parts: Parts
) -> None:
    """Writes a file part by part, and reads it again before it gets its final name.

    Args:
        path (Path): The file.
        raster (Raster): Gives the georeference.
        profile (dict): rasterio's dtype, count and nodata.
        describe (Callable): Sets tags and colours of the open file.
        parts (Parts): Gives the content.

    Raises:
        OSError or RasterioError: If it cannot be written completely.
    """
    rasterio = need('rasterio')
    source = raster.file
    options = tiled_like(raster) | profile
    with written_aside(path) as aside, rasterio.Env(GDAL_CACHEMAX=CACHE_MIB):
        with rasterio.open(aside, 'w', **options) as file:
            if source.gcps[0]:
                file.gcps = source.gcps
            if source.rpcs:
                file.rpcs = source.rpcs
            describe(file)
            for part, values in parts():
                file.write(values.reshape(-1, *values.shape[-2:]), window=at(part))
        # GDAL may report a full disk late, or not at all.
        with rasterio.open(aside) as file:
            for part, values in parts():
                found = file.read(window=at(part)).reshape(values.shape)
                if not np.array_equal(found, values):
                    raise OSError('the file does not have what was written')


def tiled_like(raster: Raster) -> dict:
    """Returns rasterio's profile of a tiled GeoTIFF with a raster's georeference."""
    return dict(
        driver='GTiff',
        height=raster.size[0],
        width=raster.size[1],
        crs=raster.file.crs,
        transform=raster.file.transform,
        tiled=True,
        blockxsize=TILE,
        blockysize=TILE,
        compress='deflate',
        bigtiff='IF_SAFER',
    )


def tags_of_classes(classes: Sequence[str]) -> dict[str, str]:
    """Returns the tags of a band that name the classes."""
    return {f'CLASS_{i}': name for i, name in enumerate(classes)}


def at(part: Part) -> tuple:
    """Returns the position of a part as a rasterio window."""
    return tuple((x.start, x.stop) for x in (part.rows, part.cols))


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turns errors while a file is written into an InputError."""
    try:
        yield
    except (OSError, need('rasterio').errors.RasterioError) as error:
        told = error.__cause__ or error.__context__ or error  # GDAL's own words
        free = shutil.disk_usage(path.parent).free / 2**30
        raise InputError(
            f'{path} cannot be written ({" ".join(str(told).split())[:160]}; '
            f'{free:.2f} GiB are free there); its parts are complete: solve this, and '
            'run the same command again'
        ) from error


def read_plan(path: Path) -> str | None:
    """Returns the plan of a file of labels; None if it has none."""
    with Raster(path) as raster:
        return raster.file.tags().get(PLAN_TAG)
