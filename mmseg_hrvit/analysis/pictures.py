"""Pictures of a network's predictions beside the true labels."""

from pathlib import Path

import mmcv
import numpy as np
import torch
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate

from mmseg_hrvit.apis.load_model import load_model
from mmseg_hrvit.datasets.checked_pipeline import check_samples

from .ground_truth import build_test_set

UNLABELLED = (255, 255, 255)


def predict(config: Config, checkpoint: str | Path, count: int):
    """Segments images that are evenly spread over a config's test set.

    Args:
        config (Config): Config of a segmentation model.
        checkpoint (str or Path): Its checkpoint.
        count (int): Number of images; all of the test set if it has fewer.

    Returns:
        tuple[list[tuple[np.ndarray, np.ndarray, np.ndarray]], dict]: Image
        (height, width, 3; RGB), truth and prediction (height, width) of every
        image, and the test set's metainfo.

    Raises:
        InputError: The checkpoint does not fit the config, or an image or label map
            cannot be used.
    """
    dataset = build_test_set(config)
    check_samples(dataset, max_share=0.0)
    model = load_model(config, checkpoint)
    shown = np.linspace(0, len(dataset) - 1, min(count, len(dataset))).astype(int)
    triples = []
    for index in shown.tolist():
        data = dataset[index]
        with torch.no_grad():
            prediction = model.test_step(pseudo_collate([data]))[0].pred_sem_seg
        sample = data['data_samples']
        maps = (x.data[0].cpu().numpy() for x in (sample.gt_sem_seg, prediction))
        triples.append((mmcv.imread(sample.img_path, channel_order='rgb'), *maps))
    return triples, dataset.metainfo


def draw_sheet(triples: list, metainfo: dict, out: str | Path) -> None:
    """Draws a row of image, truth and prediction for each image, and a legend.

    Args:
        triples (list[tuple[np.ndarray, np.ndarray, np.ndarray]]): Image, truth and
            prediction of every image, as from `predict`.
        metainfo (dict): 'classes' and 'palette' of the data set.
        out (str or Path): Picture to write; its suffix sets the format.
    """
    classes, palette = metainfo['classes'], np.array(metainfo['palette'], np.uint8)
    colours = np.full((256, 3), UNLABELLED, np.uint8)
    colours[: len(palette)] = palette
    height, width = triples[0][1].shape
    row_height = 10 / 3 * height / width
    figure = Figure((10, len(triples) * row_height + 1.2), layout='constrained')
    axes = figure.subplots(len(triples), 3, squeeze=False)
    for row, (image, truth, prediction) in zip(axes, triples, strict=True):
        for panel, picture in zip(
            row, (image, colours[truth], colours[prediction]), strict=True
        ):
            panel.imshow(picture)
            panel.set(xticks=[], yticks=[])
    for panel, title in zip(axes[0], ('image', 'truth', 'prediction'), strict=True):
        panel.set_title(title)
    seen = np.unique(
        np.concatenate([np.ravel(x) for _, *maps in triples for x in maps])
    )
    names = [classes[k] if k < len(classes) else 'unlabelled' for k in seen]
    handles = [
        Patch(facecolor=colours[k] / 255, edgecolor='grey', label=name)
        for k, name in zip(seen, names, strict=True)
    ]
    figure.legend(handles=handles, loc='outside lower center', ncols=5, frameon=False)
    Path(out).parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out, dpi=120)
