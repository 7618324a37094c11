"""Normalisation that does not fit images of 8 bits."""

from collections.abc import Iterator, Sequence

# Packages whose transforms change neither the units of images nor what labels mean.
KNOWN = ('mmcv.', 'mmseg.', 'mmengine.', 'mmseg_hrvit.')


def check_normalization(
    transforms: Sequence[type], mean: Sequence[float], std: Sequence[float]
) -> Iterator[str]:
    """Yields why images from 0 to 255 do not reach the network normalised.

    Args:
        transforms (Sequence[type]): Of the pipeline.
        mean (Sequence[float]): Of ``data_preprocessor``, for each channel.
        std (Sequence[float]): The same.
    """
    if any(cls.__name__ == 'Normalize' for cls in transforms):
        yield (
            'the pipeline has Normalize, and data_preprocessor has mean and std, so '
            'images are normalised twice: remove Normalize'
        )
    elif is_for_fractions(mean, std) and all(map(is_known, transforms)):
        yield (
            f'images have values from 0 to 255, but mean {[*mean]} and std {[*std]} of '
            'data_preprocessor are for values from 0 to 1: multiply them by 255'
        )


def is_for_fractions(mean: Sequence[float], std: Sequence[float]) -> bool:
    """Whether mean and std are those of values from 0 to 1; a std of 1 changes none."""
    return max(mean) <= 1 and max(std) < 1


def is_known(transform: type) -> bool:
    """Whether a transform is not one that the user wrote."""
    return transform.__module__.startswith(KNOWN)
