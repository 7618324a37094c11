"""Reading a traced graph into OpenVINO without decomposing it.

OpenVINO reads torch programs that consist of core operators. By default it asks torch
to decompose a program into these, which traces the program again and takes longer than
the rest of the export. The forms for engines have only few operators that are not core
ones.
"""

from collections.abc import Callable, Iterable, Sequence

import openvino as ov
import torch
from openvino.frontend import OpConversionFailure
from openvino.frontend.pytorch.fx_decoder import TorchFXPythonDecoder
from torch.export import ExportedProgram
from torch.fx import Graph, GraphModule, Node
from torch.fx.node import Argument

aten = torch.ops.aten
Arguments = tuple[tuple[Argument, ...], dict[str, Argument]]


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
        return ov.convert_model(GraphDecoder(module, dynamic_shapes=True))
    # Other networks have other operators, and other versions other decoders.
    except (OpConversionFailure, AttributeError):
        return ov.convert_model(program)


class GraphDecoder(TorchFXPythonDecoder):
    """OpenVINO's reader of a graph, which looks up each node's position many times.

    Args:
        module (GraphModule): The graph.
        dynamic_shapes (bool): Whether its inputs may have any size.
    """

    def __init__(self, module: GraphModule, dynamic_shapes: bool) -> None:
        super().__init__(module, dynamic_shapes=dynamic_shapes)
        self._nodes = IndexedNodes(self._nodes)


class IndexedNodes(list):
    """Nodes that know their positions; a list would be searched from its start."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        super().__init__(nodes)
        self.positions = {node: i for i, node in enumerate(nodes)}

    def index(self, node: Node) -> int:
        """Position of a node."""
        return self.positions[node]


def use_core_operators(graph: Graph) -> None:
    """Replaces the operators of ``CORE`` by core operators.

    Args:
        graph (Graph): The graph. Changed in place.
    """
    for node in graph.nodes:
        if node.target in CORE:
            node.target, arguments = CORE[node.target]
            node.args, node.kwargs = arguments(*node.args)


def call(*args: Argument, **kwargs: Argument) -> Arguments:
    """The arguments of a node."""
    return args, kwargs


def convolve(
    x: Node,
    weight: Node,
    bias: Node | None = None,
    stride: Sequence[int] = (1, 1),
    padding: Sequence[int] = (0, 0),
    dilation: Sequence[int] = (1, 1),
    groups: int = 1,
) -> Arguments:
    """The arguments of the core convolution, which can also be a transposed one."""
    # The reader takes tuples for values that it does not know.
    sizes = (list(size) for size in (stride, padding, dilation))
    return call(x, weight, bias, *sizes, False, [0, 0], groups)


# Operator -> the core one, and its arguments from those of the first.
CORE: dict[Callable, tuple[Callable, Callable[..., Arguments]]] = {
    aten.contiguous.default: (aten.alias.default, call),
    aten.conv2d.default: (aten.convolution.default, convolve),
    aten.feature_dropout.default: (aten.alias.default, lambda x, *_: call(x)),
    # OpenVINO's takes any number of dimensions in front of the matrices.
    aten.matmul.default: (aten.bmm.default, call),
    aten.reshape.default: (aten.view.default, call),
    aten.softmax.int: (  # all is float32
        aten._softmax.default,
        lambda x, dim, dtype=None: call(x, dim, False),
    ),
    # The reader knows types by their argument's name alone.
    aten.to.dtype: (
        aten._to_copy.default,
        lambda x, dtype, *_: call(x, dtype=dtype),
    ),
}
