import numpy as np
from mmengine.registry import DATASETS

from data import make_camvid


def test_it_finds_images_and_label_maps(tmp_path):
    make_camvid(tmp_path, num_images=3)
    dataset = DATASETS.build(
        dict(
            type='mmseg_hrvit.CamVidDataset',
            data_root=str(tmp_path),
            data_prefix=dict(img_path='images/val', seg_map_path='annotations/val'),
            pipeline=[dict(type='mmseg.LoadAnnotations')],
        )
    )
    assert len(dataset) == 3
    assert len(dataset.metainfo['classes']) == len(dataset.metainfo['palette']) == 11
    assert dataset.metainfo['classes'][3] == 'road'
    values = np.unique([dataset[i]['gt_seg_map'] for i in range(3)])
    assert set(values) <= {*range(11), 255}
