"""Running without a GPU."""

from mmengine.config import Config
from mmengine.device import get_device
from mmengine.logging import print_log
from torch import distributed

from mmseg_hrvit.configs import type_name
from mmseg_hrvit.errors import InputError

from .ranks import get_rank


def prepare_cpu(cfg: Config) -> None:
    """Makes a config run without a GPU; with a GPU it does not change.

    It replaces SyncBN by BN. It connects several processes with gloo at once, because
    mmengine would look for their GPUs first.

    Args:
        cfg (Config): The config, with its ``launcher``. Changed in place.

    Raises:
        InputError: If the launcher needs GPUs.
    """
    if get_device() != 'cpu':
        return
    if cfg.launcher != 'none':
        if cfg.launcher != 'pytorch':
            raise InputError(
                f'--launcher {cfg.launcher} needs GPUs, and there is none: use '
                'tools/dist_train.sh or tools/dist_test.sh'
            )
        distributed.init_process_group('gloo')
        # With a wrapper given, broadcast_buffers is True unless one says otherwise.
        cfg.model_wrapper_cfg = dict(
            type='MMDistributedDataParallel',
            device_ids=None,
            broadcast_buffers=False,
            find_unused_parameters=cfg.get('find_unused_parameters', False),
        )
    replaced = replace_sync_bn(cfg.get('model'))
    if replaced and get_rank() == 0:
        print_log(f'no GPU: BN replaces SyncBN in {replaced} places of the config')


def replace_sync_bn(node: object) -> int:
    """Replaces SyncBN by BN everywhere in a config.

    Args:
        node (object): The config or a part of it. Changed in place.

    Returns:
        int: Number of replacements.
    """
    if isinstance(node, list | tuple):
        return sum(map(replace_sync_bn, node))
    if not isinstance(node, dict):
        return 0
    here = type_name(node) in ('SyncBN', 'MMSyncBN')
    if here:
        node['type'] = 'BN'
    return here + sum(map(replace_sync_bn, node.values()))
