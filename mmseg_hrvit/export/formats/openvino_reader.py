"""Reading a traced graph into OpenVINO without decomposing it.

OpenVINO reads programs of torch in core operators. By itself it asks torch to decompose
a program into them, which traces it anew and takes longer than all the rest of an
export. Of the operators that the forms for engines consist of, few are not core ones.
"""

from collections.abc import Callable, Sequence

import openvino as ov
import torch
from openvino.frontend import OpConversionFailure
from openvino.frontend.pytorch.fx_decoder import TorchFXPythonDecoder
from torch.export import ExportedProgram
from torch.fx import Graph, Node

aten = torch.ops.aten


def read_program(program: ExportedProgram) -> ov.Model:
    """Converts a traced graph.

    Args:
        program (ExportedProgram): From ``mmseg_hrvit.export.trace``.

    Returns:
        ov.Model: The model, in float32.
    """
    module = program.module()
    use_core_operators(module.graph)
    try:
        return ov.convert_model(TorchFXPythonDecoder(module, dynamic_shapes=True))
    except OpConversionFailure:  # other networks have other operators
        return ov.convert_model(program)


def use_core_operators(graph: Graph) -> None:
    """Puts core operators in the place of those of ``CORE``.

    Args:
        graph (Graph): The graph. Changed in place.
    """
    for node in graph.nodes:
        if node.target in CORE:
            core, arguments = CORE[node.target]
            node.args, node.kwargs = arguments(*node.args), {}
            node.target = core


def convolve(
    x: Node,
    weight: Node,
    bias: Node | None = None,
    stride: Sequence[int] = (1, 1),
    padding: Sequence[int] = (0, 0),
    dilation: Sequence[int] = (1, 1),
    groups: int = 1,
) -> tuple:
    """Arguments of the core convolution, which can be a transposed one as well."""
    # The reader takes tuples for values that it does not know.
    sizes = (list(size) for size in (stride, padding, dilation))
    return x, weight, bias, *sizes, False, [0, 0], groups


# Operator -> the core one, and its arguments from those of the first.
CORE: dict[Callable, tuple[Callable, Callable[..., tuple]]] = {
    aten.contiguous.default: (aten.alias.default, lambda x: (x,)),
    aten.conv2d.default: (aten.convolution.default, convolve),
    # OpenVINO's takes any number of dimensions in front of the matrices.
    aten.matmul.default: (aten.bmm.default, lambda a, b: (a, b)),
    aten.reshape.default: (aten.view.default, lambda x, shape: (x, shape)),
    aten.softmax.int: (  # all is float32
        aten._softmax.default,
        lambda x, dim, dtype=None: (x, dim, False),
    ),
}
