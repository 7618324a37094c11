"""Warnings about the numbers of a survey, with the likely cause."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from mmseg_hrvit.words import number_of

from .check_labels import IGNORED
from .image_files import CONVERT
from .label_survey import Survey
from .pair_reader import Colour

SHOWN = 5  # names in a message
DARK = 31  # of 255: an image that is nowhere brighter looks black
CONVERT_MASK = (
    f'convert them to 0 and 1 with {CONVERT} and a table of the colours 0,0,0 and '
    '255,255,255'
)
MASK = f'they look like 0/255 masks: {CONVERT_MASK}'
FROM_ONE = (
    'if the numbers start at 1, remove the first name from the classes and set '
    'reduce_zero_label=True, or write numbers from 0'
)
ZERO_IS_A_CLASS = (
    'reduce_zero_label=True ignores 0, and makes 1 the first class: set it to False if '
    '0 is a class'
)


def find_warnings(survey: Survey, split: str) -> list[str]:
    """Finds what would make a network learn nothing, or the wrong thing.

    Args:
        survey (Survey): What is in the data set.
        split (str): 'train', 'val' or 'test'.

    Returns:
        list[str]: One line each: what looks wrong, and what to do.
    """
    found = [*check_classes(survey, split), *check_files(survey)]
    return [f'{split}: {line}' for line in found]


def check_classes(survey: Survey, split: str) -> Iterator[str]:
    """Yields what is odd about the numbers: only the worst, which causes the others."""
    present = np.flatnonzero(survey.images)
    if not survey.values.any():
        return
    values = np.flatnonzero(survey.values)
    hidden = [
        v
        for v in sorted(survey.hidden)
        if v - survey.first in range(len(survey.classes))
    ]
    if hidden:
        yield (
            f'{hidden[0]} means no data in the label rasters, but it is the number of '
            f"'{survey.classes[hidden[0] - survey.first]}': unset it (`gdal_edit.py "
            '-unsetnodata`), or, if it is no class, list the classes without it'
        )
    elif len(present) == 0:
        yield (
            f'no pixel has a class, the values in the label maps are '
            f'{shorten(values.tolist())}; {find_cause(survey)}'
        )
    elif len(present) == 1 and len(survey.classes) > 1:
        name = survey.classes[present[0]]
        yield (
            f"'{name}' is the only class that occurs, so there is nothing to "
            f'distinguish; {find_cause(survey)}'
        )
    elif survey.is_subset:
        yield from find_missing(survey, split)
    elif split == 'train' and has_shifted_values(survey):
        yield (
            f"'{survey.classes[0]}' (0) does not occur, but all others do; {FROM_ONE}; "
            'otherwise add images of it'
        )
    elif split == 'train' and has_lost_zero(survey):
        yield (
            f"'{survey.classes[-1]}' (the last class) does not occur, but all others "
            f'do; {ZERO_IS_A_CLASS}; otherwise add images of it'
        )
    elif survey.masks and survey.first == 0 and len(survey.classes) == 2:
        yield (
            f'255 is ignored, and {survey.masks} of {survey.samples} label maps have '
            'only 0 and 255, while no other has 255; if these are 0/255 masks, '
            f'{CONVERT_MASK}; otherwise keep them'
        )
    else:
        yield from find_missing(survey, split)


def find_missing(survey: Survey, split: str) -> Iterator[str]:
    """Yields which classes are in no image."""
    names = [n for i, n in enumerate(survey.classes) if not survey.images[i]]
    if survey.is_whole and names:
        ignored = f' ({IGNORED} is ignored)' if survey.values[IGNORED] else ''
        yield f'in no image: {shorten(names)}{ignored}; {describe_missing(split)}'


def find_cause(survey: Survey) -> str:
    """Names the usual cause of label maps with no class, or with only one."""
    values = set(np.flatnonzero(survey.values).tolist())
    if values == {0, IGNORED}:
        return MASK
    if values == {IGNORED}:
        return f'{IGNORED} is ignored: check the export of the label maps'
    if survey.is_subset:
        return 'choose classes that these label maps have'
    if survey.first and 0 in values:
        return ZERO_IS_A_CLASS
    if values == {1}:
        return FROM_ONE
    return 'check the label maps, and the names of the classes'


def has_shifted_values(survey: Survey) -> bool:
    """Whether all classes occur except the first, whose number is 0."""
    return (
        survey.first == 0
        and not survey.values[0]
        and not survey.images[0]
        and bool(survey.images[1:].all())
    )


def has_lost_zero(survey: Survey) -> bool:
    """Whether 0 is ignored, and all classes occur but the last."""
    return (
        survey.first == 1
        and survey.values[0] > 0
        and not survey.images[-1]
        and bool(survey.images[:-1].all())
    )


def describe_missing(split: str) -> str:
    """Says what happens to a class without pixels."""
    if split == 'train':
        return 'it cannot be learnt: add images of it, or remove it from the classes'
    return (
        'its IoU is nan, which the mean ignores, or 0 if the network predicts it, '
        'which the mean counts: add images of it'
    )


def check_files(survey: Survey) -> Iterator[str]:
    """Yields what is odd about the files."""
    if survey.turns:
        count = number_of(len(survey.turns), 'image')
        yield (
            f'{survey.turns[0]} ({count} in all): check with `hrvit browse`, and save '
            'them upright'
        )
    if survey.borders and survey.borders.look_interpolated(survey.values):
        yield (
            'where two classes meet, many pixels have a number between theirs: the '
            'label maps may have been resized with interpolation or stored as JPEG; '
            'resize them with nearest neighbour and store them as PNG; if the classes '
            'do lie like this, keep them'
        )
    yield from survey.notes
    yield from check_palettes(survey)
    if survey.unread:
        yield (
            f'img_suffix leaves out {number_of(len(survey.unread), "image")}: '
            f'{shorten(survey.unread, 3)}; rename or convert them'
        )
    if survey.repeated:
        yield (
            f'ann_file names {number_of(len(survey.repeated), "image")} several times: '
            f'{shorten(survey.repeated)}; each counts as often: remove what is too much'
        )
    if survey.brightest is not None and survey.brightest <= DARK:
        yield (
            f'all images are nearly black, the brightest value is {survey.brightest} '
            'of 255: are they label maps, or images of 12 bits?'
        )


def check_palettes(survey: Survey) -> Iterator[str]:
    """Yields where palettes of label maps contradict each other, or the classes."""
    numbers = range(survey.first, survey.first + len(survey.classes))
    found = {value: c for value, c in survey.colours.items() if value in numbers}
    clash = {value: c for value, c in found.items() if len(c) > 1}
    if clash:
        value, colours = min(clash.items())
        yield (
            f'the palettes of the label maps give {value} several colours '
            f'({shorten(sorted(colours))}), so its pixels may be of several classes: '
            f'convert the colours with {CONVERT}'
        )
    elif not survey.is_subset:
        found = {value: next(iter(c)) for value, c in found.items()}
        yield from check_class_colours(survey, found)


def check_class_colours(survey: Survey, found: Mapping[int, Colour]) -> Iterator[str]:
    """Yields where a number has the colour of another class.

    Args:
        survey (Survey): What is in the data set.
        found (Mapping[int, Colour]): The colour of each number in the files.
    """
    expected = [tuple(colour) for colour in survey.palette]
    if not set(found.values()) <= set(expected):
        return  # the palette of the classes is another one
    for value, colour in sorted(found.items()):
        name = survey.classes[value - survey.first]
        other = survey.classes[expected.index(colour)]
        if expected[value - survey.first] != colour:
            yield (
                f"the palettes of the label maps give {value} the colour of '{other}', "
                f"but it is the number of '{name}': list the classes in the order of "
                'their numbers'
            )
            return


def shorten(values: Sequence, number: int = SHOWN) -> str:
    """Writes the first few values."""
    more = f' and {len(values) - number} more' if len(values) > number else ''
    return ', '.join(map(str, values[:number])) + more
