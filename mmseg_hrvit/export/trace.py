"""Tracing a graph to a program of torch, the source of every format."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from inspect import signature

import torch
from torch import nn
from torch.export import Dim, ExportedProgram
from torch.fx import config
from torch.fx.experimental import _config as symbolic

from mmseg_hrvit.errors import InputError

# Smallest dynamic side: below it, a map of HRViT has one pixel, which torch fixes.
MIN_SIZE = 33
MAX_SIZE = 16384
MAX_BATCH = 1024
EXAMPLE = (5, 251, 333)  # batch, height, width: unlike each other and all maps
# Functions of torch, and an argument of each that older ones lack.
NEEDED = {
    torch.export.export: 'prefer_deferred_runtime_asserts_over_guards',
    ExportedProgram.module: 'check_guards',
}


def trace(
    graph: nn.Module, channels: int, size: tuple[int, int] | None
) -> ExportedProgram:
    """Traces a graph; the batch is dynamic.

    Args:
        graph (nn.Module): A function of images, in evaluation mode.
        channels (int): Channels of the images.
        size (tuple[int, int], optional): Height and width of all images; None: any size
            from ``MIN_SIZE`` up.

    Returns:
        ExportedProgram: The program, with weights.

    Raises:
        InputError: If the network can be traced for a given size only, or torch is
            too old.
    """
    check_torch()
    batch, *example = EXAMPLE
    images = torch.zeros(batch, channels, *(size or example))
    dims = {0: Dim('batch', max=MAX_BATCH)}
    if size is None:
        sides = dict(min=MIN_SIZE, max=MAX_SIZE)
        dims.update({2: Dim('height', **sides), 3: Dim('width', **sides)})
    # Sizes are compared when the program runs, not proven for all while tracing.
    oblivious = symbolic.patch(backed_size_oblivious=True)
    with oblivious, little_overhead(), torch.no_grad():
        try:
            program = torch.export.export(
                graph,
                (images,),
                dynamic_shapes=(dims,),
                prefer_deferred_runtime_asserts_over_guards=True,
            )
        except Exception as error:
            if size is not None:
                raise
            raise InputError(
                'this network cannot be exported for images of any size '
                f'({type(error).__name__}): give --size HEIGHT WIDTH'
            ) from error
    drop_asserts(program)
    return program


def check_torch() -> None:
    """Refuses a torch without the arguments of its export that are used here.

    Raises:
        InputError: If it is too old.
    """
    for function, name in NEEDED.items():
        if name not in signature(function).parameters:
            raise InputError(
                f'torch {torch.__version__} is too old to export the network: update it'
            )


@contextmanager
def little_overhead() -> Iterator[None]:
    """Saves a quarter of the time of tracing.

    Torch does not record the origin of each node, and Python does not collect garbage
    among the many objects that stay.
    """
    before = getattr(config, 'do_not_emit_stack_traces', False)  # newer versions' alone
    config.do_not_emit_stack_traces = True
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        config.do_not_emit_stack_traces = before
        if collects:
            gc.enable()


def drop_asserts(program: ExportedProgram) -> None:
    """Removes the comparisons of sizes: most of them are only about memory layout."""
    graph = program.graph_module.graph
    for node in list(graph.nodes):
        if node.target is torch.ops.aten._assert_scalar.default:
            graph.erase_node(node)
    graph.eliminate_dead_code()
    program.graph_module.recompile()
