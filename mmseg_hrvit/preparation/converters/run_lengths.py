"""COCO's run lengths: pixels column by column, runs of 0 and 1 in turn, 0 first."""

import numpy as np

from .points import NOTHING


def draw_runs(segmentation: dict, size: tuple[int, int]) -> np.ndarray:
    """Draws run lengths.

    Args:
        segmentation (dict): 'size', (height, width), and 'counts', a list of numbers
            or the text that packs them.
        size (tuple[int, int]): Height and width of the image.

    Returns:
        np.ndarray: (height, width), whether a pixel is inside.

    Raises:
        ValueError: If they have another size, are not run lengths, or cover nothing.
    """
    stated, counts = segmentation.get('size'), segmentation.get('counts')
    if not isinstance(stated, list | tuple) or tuple(stated) != size:
        raise ValueError(f'it has the size {stated}, but its image has {size}')
    if isinstance(counts, str):
        counts = unpack(counts)
    is_list = isinstance(counts, list)
    if not is_list or not all(type(n) is int and n >= 0 for n in counts):
        raise ValueError('its counts are not numbers of pixels')
    if sum(counts) != size[0] * size[1]:
        raise ValueError(
            f'its runs have {sum(counts)} pixels, but its image {size[0] * size[1]}'
        )
    if not any(counts[1::2]):
        raise ValueError(NOTHING)
    values = np.arange(len(counts)) % 2 == 1
    return np.repeat(values, counts).reshape(size, order='F')


def unpack(text: str) -> list[int]:
    """Unpacks a text of COCO into the counts.

    A number is written in groups of 5 bits, the lowest first, each in a character
    from '0' on, whose bit 5 says that more follow; the highest bit is the sign. From
    the fourth number on, it is the difference to the one two before.
    """
    counts, value, shift = [], 0, 0
    for character in text:
        code = ord(character) - ord('0')
        if not 0 <= code < 64:
            raise ValueError(f'its counts have the character {character!r}')
        value |= (code & 31) << shift
        shift += 5
        if code & 32:
            continue
        if code & 16:
            value -= 1 << shift
        counts.append(value + (counts[-2] if len(counts) > 2 else 0))
        value = shift = 0
    if shift:
        raise ValueError('its counts end within a number')
    return counts
