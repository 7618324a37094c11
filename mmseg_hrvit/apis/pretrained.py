"""How a command line or a call names a trained network."""

from collections.abc import Sequence
from pathlib import Path

from mmseg_hrvit.checkpoints.trained_by import find_config_name
from mmseg_hrvit.errors import InputError
from mmseg_hrvit.export import FORMATS
from mmseg_hrvit.zoo import find_weights


def find_pretrained(source: str | Path) -> tuple[str, str]:
    """Finds a trained network whose file names its config.

    Args:
        source (str | Path): As in ``mmseg_hrvit.zoo.find_weights``.

    Returns:
        tuple[str, str]: The name of its config, and the path of its file.

    Raises:
        InputError: If there is none, or it does not name a config.
    """
    path = find_weights(source)
    return find_config_name(path), str(path)


def find_model(model: Sequence[str]) -> tuple[str, ...]:
    """Finds what a command line names.

    Args:
        model (Sequence[str]): Weights by name, path, URL or repository; or a config
            and a checkpoint; or an exported file.

    Returns:
        tuple[str, ...]: Config and checkpoint, or the exported file.

    Raises:
        InputError: If there are more arguments, or there is no such network.
    """
    if len(model) > 2:
        raise InputError(
            f'{" ".join(model)}: give a config and a checkpoint, or a file or name'
        )
    exported = {form.suffix for form in FORMATS.values()}
    if len(model) == 1 and Path(model[0]).suffix not in exported:
        return find_pretrained(model[0])
    return tuple(str(part) for part in model)
