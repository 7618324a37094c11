"""Rasters as uploads."""

import numpy as np
import pytest
from mmengine.registry import MODELS

from endings import refused
from mmseg_hrvit.apis import Segmenter
from mmseg_hrvit.export import read_metadata
from mmseg_hrvit.serving.service import Service
from mmseg_hrvit.serving.uploads import RASTER_DRIVERS, Limits, RefusedError
from raster_data import draw_blocks, raster_config, write_raster
from reference import fill

SIZE = (60, 70)


@pytest.fixture
def service(tmp_path):
    cfg = raster_config(tmp_path, 4, pairs=[])
    network = fill(MODELS.build(cfg.model)).eval()
    return Service(Segmenter(network, read_metadata(cfg)), Limits(2_000_000, 10_000))


def draw(bands=4, size=SIZE):
    return np.stack([draw_blocks(k, 200, size) for k in range(bands)]).astype('uint16')


def upload(tmp_path, values, **options):
    return write_raster(tmp_path / 'a.tif', values, **options).read_bytes()


def test_four_bands_are_segmented_and_shown(service, tmp_path):
    values = draw()
    picture, labels = service.segment(lambda: upload(tmp_path, values))
    array = np.ascontiguousarray(values.transpose(1, 2, 0)).astype(np.float32)
    assert np.array_equal(labels, service.segmenter([array])[0].labels)
    assert picture.shape == (*SIZE, 3)
    assert picture.dtype == np.uint8


def refuse(service, data):
    with refused(error=RefusedError) as error:
        service.segment(lambda: data)
    assert 'vsimem' not in str(error.value)
    return error.value.status, str(error.value)


def test_what_is_refused(service, tmp_path):
    status, line = refuse(service, upload(tmp_path, draw(3)))
    assert status == 400
    assert 'the upload has the bands 1 to 3, and band 4' in line
    assert refuse(service, upload(tmp_path, draw(size=(101, 100))))[0] == 413
    assert refuse(service, bytes(2_000_001))[0] == 413
    assert refuse(service, b'no raster')[0] == 400
    assert refuse(service, upload(tmp_path, draw())[:300])[0] == 400


def test_a_file_that_names_other_files_is_not_followed(service, tmp_path):
    secret = write_raster(tmp_path / 'secret.tif', draw())
    height, width = SIZE
    bands = ''.join(
        f'<VRTRasterBand dataType="UInt16" band="{k}"><SimpleSource>'
        f'<SourceFilename>{secret}</SourceFilename><SourceBand>{k}</SourceBand>'
        '</SimpleSource></VRTRasterBand>'
        for k in range(1, 5)
    )
    text = (
        f'<VRTDataset rasterXSize="{width}" rasterYSize="{height}">{bands}</VRTDataset>'
    )
    assert 'VRT' not in RASTER_DRIVERS
    assert refuse(service, text.encode())[0] == 400
