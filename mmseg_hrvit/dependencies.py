"""The OpenMMLab packages: the maintained successors or the originals."""

from importlib.util import find_spec

REQUIRED = ('mmengine', 'mmcv', 'mmseg')


def check_dependencies() -> None:
    """Raises ModuleNotFoundError, with what to install, if a package is not there."""
    missing = [name for name in REQUIRED if find_spec(name) is None]
    if missing:
        raise ModuleNotFoundError(
            f'mmseg_hrvit needs {", ".join(missing)}: install the maintained '
            'successors by `pip install onedl-mmcv onedl-mmengine '
            "onedl-mmsegmentation`, or OpenMMLab's originals by `pip install "
            'mmcv==2.1.0 mmengine==0.10.7 mmsegmentation==1.2.2`'
        )
