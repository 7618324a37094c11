"""A checkpoint that runs a program when it is unpickled."""

import os

import torch


class Bomb:
    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return os.system, (f'touch {self.trace}',)


def write_bomb(folder, **save_options):
    """Writes weights with a bomb beside them.

    Returns the checkpoint's path and the path of the file that would appear.
    """
    path, trace = folder / 'bomb.pth', folder / 'trace'
    checkpoint = dict(state_dict={'weight': torch.ones(1)}, meta=Bomb(trace))
    torch.save(checkpoint, path, **save_options)
    return path, trace
