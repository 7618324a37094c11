"""A picture of bands."""

import numpy as np

DARKEST, BRIGHTEST = 2, 98  # per cent of a band's values that are shown


def compose_bands(bands: np.ndarray) -> np.ndarray:
    """Shows the first three bands as red, green and blue.

    Args:
        bands (np.ndarray): (C, H, W). Bands of 8 bits are shown as they are; other
            types are stretched, except for the darkest and brightest 2 % of each band.
            With one or two bands, the last one replaces the missing ones.

    Returns:
        np.ndarray: (H, W, 3), BGR, 8 bits.
    """
    shown = bands[[min(k, len(bands) - 1) for k in (2, 1, 0)]]
    if shown.dtype != np.uint8:
        shown = np.stack([stretch(band) for band in shown])
    return np.ascontiguousarray(shown.transpose(1, 2, 0))


def stretch(band: np.ndarray) -> np.ndarray:
    """Stretches a band (H, W) to 8 bits."""
    low, high = np.percentile(band, (DARKEST, BRIGHTEST))
    return np.uint8(255 * ((band - low) / max(high - low, 1e-6)).clip(0, 1))
