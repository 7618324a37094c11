"""Refusing a ``test_cfg`` that cannot be meant."""

from collections.abc import Mapping
from difflib import get_close_matches

from mmseg_hrvit.errors import InputError

from ..checks import check_whole, check_wholes

MODES = ('whole', 'slide')
KNOWN = ('mode', 'crop_size', 'stride', 'keep_logits', 'window_batch_size')
SIMILAR = 0.75  # of keys that are taken for misspelt; heads may read others


def check_test_cfg(test_cfg: Mapping | None) -> None:
    """Refuses a misspelt key, and values that a prediction cannot use.

    Args:
        test_cfg (Mapping | None): As ``TiledEncoderDecoder`` takes it.

    Raises:
        InputError: For the first mistake.
    """
    test_cfg = test_cfg or {}
    # Every prediction asks, so only unknown keys are compared.
    for key in (key for key in test_cfg if key not in KNOWN):
        near = get_close_matches(key, KNOWN, 1, SIMILAR)
        if near:
            raise InputError(f"model.test_cfg.{key}: did you mean '{near[0]}'?")
    mode = test_cfg.get('mode', 'whole')
    if mode not in MODES:
        raise InputError(f"model.test_cfg.mode={mode}: choose 'slide' or 'whole'")
    if mode == 'slide':
        for key in ('crop_size', 'stride'):
            check_wholes(f'model.test_cfg.{key}', test_cfg.get(key), 2, 'side')
    check_whole(
        'model.test_cfg.window_batch_size', test_cfg.get('window_batch_size', 1)
    )
