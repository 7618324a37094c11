import numpy as np
import pytest
from mmengine.registry import DATASETS

from data import make_camvid


@pytest.mark.parametrize('suffix', ['.jpg', '.png'])
def test_it_finds_images_and_label_maps(tmp_path, suffix):
    make_camvid(tmp_path, num_images=3)
    for path in tmp_path.glob('images/*/*.jpg'):
        path.rename(path.with_suffix(suffix))
    dataset = DATASETS.build(
        dict(
            type='mmseg_hrvit.CamVidDataset',
            data_root=str(tmp_path),
            data_prefix=dict(img_path='images/val', seg_map_path='annotations/val'),
            pipeline=[dict(type='mmseg.LoadAnnotations')],
        )
    )
    assert len(dataset) == 3
    assert dataset.img_suffix == suffix
    assert len(dataset.metainfo['classes']) == len(dataset.metainfo['palette']) == 11
    assert dataset.metainfo['classes'][3] == 'road'
    values = np.unique([dataset[i]['gt_seg_map'] for i in range(3)])
    assert set(values) <= {*range(11), 255}
