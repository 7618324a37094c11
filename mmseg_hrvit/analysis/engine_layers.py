"""What the layers of a network cost in OpenVINO, beside what the machine can do."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import openvino as ov
from mmengine.config import Config
from rich.table import Table

from mmseg_hrvit.export import InferenceGraph, trace
from mmseg_hrvit.export.formats.openvino import compile_for_cpu, convert

from .forms import build_network

# By OpenVINO's types of layers; convolutions and attention are told apart below.
KINDS = dict(
    FullyConnected='linear layers',
    Subgraph='elementwise and norms',
    Eltwise='elementwise and norms',
    Reduce='elementwise and norms',
    RMS='elementwise and norms',
    MVN='elementwise and norms',
)
OTHERS = 'layout and resizing'


@dataclass(frozen=True)
class Layer:
    """A layer as OpenVINO runs it, with what it has fused into it.

    Args:
        kind (str): What it is.
        seconds (float): Of the fastest run.
        macs (int): Multiply-accumulates of products and convolutions.
        bytes (int): Of its inputs, weights and outputs in float32.
    """

    kind: str
    seconds: float
    macs: int
    bytes: int

    def limit(self, rate: float, bandwidth: float) -> float:
        """The seconds that a machine needs at least.

        Args:
            rate (float): Multiply-accumulates per second.
            bandwidth (float): Bytes read and written per second.

        Returns:
            float: The longer of arithmetic and memory.
        """
        return max(self.macs / rate, self.bytes / bandwidth)


def time_layers(
    cfg: Config, shape: tuple[int, int], threads: int, rounds: int
) -> list[Layer]:
    """Runs a network in OpenVINO, in float32, one image at a time.

    Args:
        cfg (Config): A config of mmseg.
        shape (tuple[int, int]): Height and width of the images.
        threads (int): Threads of OpenVINO.
        rounds (int): Runs; the fastest of each layer counts.

    Returns:
        list[Layer]: All layers that were executed.
    """
    graph = InferenceGraph(build_network(cfg))
    channels = cfg.model.backbone.get('in_channels', 3)
    model = convert(trace(graph, channels, shape), shape)
    model.reshape([1, channels, *shape])
    compiled = compile_for_cpu(model, 'fp32', threads, profiled=True)
    seconds = measure(compiled, (1, channels, *shape), rounds)
    macs = count_macs(model)
    nodes = compiled.get_runtime_model().get_ops()
    return [
        describe(node, seconds[node.get_friendly_name()], macs)
        for node in nodes
        if node.get_friendly_name() in seconds
    ]


def measure(
    compiled: ov.CompiledModel, shape: Sequence[int], rounds: int
) -> dict[str, float]:
    """Measures the seconds of the layers that are executed, by their names."""
    request = compiled.create_infer_request()
    images = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    seconds = defaultdict(lambda: math.inf)
    for _ in range(rounds):
        request.infer([images])
        for layer in request.profiling_info:
            if layer.status == layer.Status.EXECUTED:
                time = layer.real_time.total_seconds()
                seconds[layer.node_name] = min(seconds[layer.node_name], time)
    return dict(seconds)


def count_macs(model: ov.Model) -> dict[str, int]:
    """Counts the multiply-accumulates of a model of fixed sizes, by operator name."""
    counts = {}
    for node in model.get_ops():
        shapes = [tuple(x.get_shape()) for x in node.input_values()]
        outputs = [math.prod(x.get_shape()) for x in node.outputs()]
        match node.get_type_name():
            case 'Convolution':  # weight (C_out, C_in, k, k)
                macs = outputs[0] * math.prod(shapes[1][1:])
            case 'GroupConvolution':  # weight (groups, C_out, C_in, k, k)
                macs = outputs[0] * math.prod(shapes[1][2:])
            case 'MatMul':
                columns = -2 if node.get_attributes()['transpose_a'] else -1
                macs = outputs[0] * shapes[0][columns]
            case 'ScaledDotProductAttention':  # keys (..., tokens, d); two products
                macs = 2 * outputs[0] * shapes[1][-2]
            case _:
                continue
        counts[node.get_friendly_name()] = macs
    return counts


def describe(node: ov.Node, seconds: float, macs: Mapping[str, int]) -> Layer:
    """Describes an executed layer.

    Args:
        node (ov.Node): Of OpenVINO's graph of what it executes.
        seconds (float): Its time.
        macs (Mapping[str, int]): From ``count_macs``.

    Returns:
        Layer: The layer.
    """
    info = node.get_rt_info()
    layer_type = info['layerType'].astype(str)
    names = info['originalLayersNames'].astype(str).split(',')
    shapes = [tuple(x.get_shape()) for x in [*node.input_values(), *node.outputs()]]
    if layer_type == 'FullyConnected':  # some have only the name of their bias
        own_macs = math.prod(shapes[-1]) * shapes[0][-1]
    else:
        own_macs = sum(macs.get(name, 0) for name in names)
    return Layer(
        name_kind(layer_type, names, shapes),
        seconds,
        own_macs,
        4 * sum(map(math.prod, shapes)),
    )


def name_kind(
    layer_type: str, names: Sequence[str], shapes: Sequence[Sequence[int]]
) -> str:
    """Names what a layer is, by its type, its operators, and its inputs' shapes."""
    if any('softmax' in name.lower() for name in names):
        return 'attention'
    if layer_type == 'Convolution':
        return name_convolution(shapes[1])
    return KINDS.get(layer_type, OTHERS)


def name_convolution(weight: Sequence[int]) -> str:
    """Names what a convolution is, by the shape of its weight."""
    if len(weight) == 5:  # groups, C_out, C_in, k, k
        return 'depth-wise convolutions' if weight[2] == 1 else 'grouped convolutions'
    return '1x1 convolutions' if math.prod(weight[2:]) == 1 else 'other convolutions'


def tabulate(layers: Sequence[Layer], rate: float, bandwidth: float) -> Table:
    """Makes a table with one row for each kind of layer, the slowest first.

    Args:
        layers (Sequence[Layer]): The layers.
        rate (float): Multiply-accumulates per second that the machine can do.
        bandwidth (float): Bytes per second that it reads and writes.

    Returns:
        Table: Times, rates, and how much of the time the machine's limits explain.
    """
    kinds = defaultdict(list)
    for layer in layers:
        kinds[layer.kind].append(layer)
    total = sum(layer.seconds for layer in layers)
    table = Table('layers')
    headers = 'number', 'ms', 'share', 'GMAC', 'GMAC/s', 'MB', 'GB/s', 'limit (ms)'
    for header in headers:
        table.add_column(header, justify='right')
    rows = sorted(kinds.items(), key=lambda x: -sum(y.seconds for y in x[1]))
    for kind, own in [*rows, ('all', layers)]:
        seconds = sum(layer.seconds for layer in own)
        macs, size = (sum(getattr(x, key) for x in own) for key in ('macs', 'bytes'))
        table.add_row(
            kind,
            str(len(own)),
            f'{1e3 * seconds:.1f}',
            f'{seconds / total:.2f}',
            f'{macs / 1e9:.2f}' if macs else '',
            f'{macs / seconds / 1e9:.1f}' if macs else '',
            f'{size / 1e6:.0f}',
            f'{size / seconds / 1e9:.1f}',
            f'{1e3 * sum(x.limit(rate, bandwidth) for x in own):.1f}',
        )
    return table
