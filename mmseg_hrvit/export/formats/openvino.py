"""OpenVINO: fast on Intel's CPUs."""

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
import openvino as ov
from torch.export import ExportedProgram

from mmseg_hrvit.errors import InputError

from ..metadata import INPUT_NAME, KEY, Metadata
from .engine import Engine, check_shape
from .openvino_reader import read_program

MAX_PLANS = 4  # of a file of one size: one a number of images


@cache
def core() -> ov.Core:
    """Returns the only OpenVINO core of the process.

    OpenVINO's CPU plug-in gives the thread that loads it a stack for signals. If
    another thread releases the plug-in, as can happen with the last engine of a server,
    version 2026.4 frees that stack while it is in use. Then the next signal, such as
    that of a child that ends, kills the process.
    """
    return ov.Core()


def write(
    program: ExportedProgram,
    path: Path,
    metadata: Metadata,
    images: Sequence[np.ndarray],
) -> None:
    """Writes an ``.xml`` file, and its weights beside it as ``.bin``.

    Args:
        program (ExportedProgram): From ``mmseg_hrvit.export.trace``.
        path (Path): The file.
        metadata (Metadata): Written into the file; also sets the precision.
        images (Sequence[np.ndarray]): Inputs of the graph to calibrate 'int8' on.

    Raises:
        InputError: If the precision is 'int8' and images may have any size.
    """
    if metadata.precision == 'int8' and metadata.size is None:
        # Version 2026.4 crashes in quantised convolutions whose size it does not know.
        raise InputError(
            'OpenVINO runs int8 only at a fixed size: give --size HEIGHT WIDTH'
        )
    model = convert(program, metadata.size)
    if metadata.precision == 'int8':
        from ..quantize import quantize

        model = quantize(model, images, in_float=attention_products(model))
    model.input(0).set_names({INPUT_NAME})
    model.output(0).set_names({metadata.output_name})
    model.set_rt_info(metadata.to_json(), KEY)
    ov.save_model(model, path, compress_to_fp16=metadata.precision == 'fp16')


def load(path: Path, threads: int | None) -> Engine:
    """Loads what ``write`` wrote; like ``load_engine``."""
    try:
        model = core().read_model(path)
    except RuntimeError as error:
        raise InputError(
            f'{path}: is not an OpenVINO model, or its .bin is missing'
        ) from error
    text = model.get_rt_info(KEY).astype(str) if model.has_rt_info(KEY) else None
    metadata = Metadata.from_json(text, str(path))
    sides = model.input(0).partial_shape
    check_shape([x.is_static and x.get_length() for x in sides], metadata, path)
    if metadata.size is None:
        return Engine(compile_model(model, metadata.precision, threads), metadata)

    @lru_cache(maxsize=MAX_PLANS)
    def plan(shape: tuple[int, ...]) -> Callable[[np.ndarray], np.ndarray]:
        return compile_model(model, metadata.precision, threads, shape)

    return Engine(lambda images: plan(images.shape)(images), metadata)


def convert(program: ExportedProgram, size: Sequence[int] | None) -> ov.Model:
    """Converts a traced graph.

    Args:
        program (ExportedProgram): From ``mmseg_hrvit.export.trace``.
        size (Sequence[int], optional): Height and width, if they are fixed.

    Returns:
        ov.Model: The model, in float32. Its batch is dynamic.
    """
    model = read_program(program)
    if size is not None:
        batch, channels, *_ = model.input(0).partial_shape
        model.reshape([batch, channels, *size])
    return model


def attention_products(model: ov.Model) -> list[str]:
    """Names the products of two maps.

    In float, OpenVINO fuses them with the softmax in between. Quantised, they are
    separate, and with AVX2 an int8 b1 takes 7 % longer.
    """
    return [
        node.get_friendly_name()
        for node in model.get_ops()
        if node.get_type_name() == 'MatMul'
        and all(x.get_node().get_type_name() != 'Constant' for x in node.input_values())
    ]


def compile_model(
    model: ov.Model,
    precision: str = 'fp32',
    threads: int | None = None,
    shape: Sequence[int] | None = None,
) -> Callable[[np.ndarray], np.ndarray]:
    """Compiles a model for the CPU.

    Args:
        model (ov.Model): The model.
        precision (str): 'fp32' is exact. With others, OpenVINO calculates in the type
            that is fast on the CPU, such as bfloat16. Defaults to 'fp32'.
        threads (int, optional): Threads; by default OpenVINO decides.
        shape (Sequence[int], optional): Shape of all batches, (B, C, H, W). A model
            compiled for it runs faster. Defaults to that of the model.

    Returns:
        Callable[[np.ndarray], np.ndarray]: From images (B, C, H, W), float32, to
        the graph's output.
    """
    if shape is not None:
        model = model.clone()
        model.reshape(list(shape))
    request = compile_for_cpu(model, precision, threads).create_infer_request()
    return lambda images: request.infer([images])[0].copy()


def compile_for_cpu(
    model: ov.Model, precision: str, threads: int | None, profiled: bool = False
) -> ov.CompiledModel:
    """Compiles a model as it is; like ``compile_model``.

    Args:
        model (ov.Model): The model.
        precision (str): As in ``compile_model``.
        threads (int, optional): As in ``compile_model``.
        profiled (bool): Whether its requests measure each layer. Defaults to False.

    Returns:
        ov.CompiledModel: What makes requests.
    """
    hints = dict(PERFORMANCE_HINT='LATENCY')
    if precision == 'fp32':
        hints['INFERENCE_PRECISION_HINT'] = 'f32'
    if threads is not None:
        hints['INFERENCE_NUM_THREADS'] = threads
    if profiled:
        hints['PERF_COUNT'] = True
    return core().compile_model(model, 'CPU', hints)
