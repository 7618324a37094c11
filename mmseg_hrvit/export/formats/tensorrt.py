"""TensorRT, for NVIDIA's GPUs: built from ONNX, on the GPU that runs it."""

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tensorrt as trt
import torch
from torch.export import ExportedProgram

from mmseg_hrvit.errors import InputError

from ..metadata import Metadata
from ..trace import MIN_SIZE
from .engine import Engine, check_shape

LENGTH = struct.Struct('<I')  # of the metadata, which stands before the engine
BATCHES = (1, 1, 16)  # smallest, likely and largest
SIDES = (MIN_SIZE, 512, 2048)


def write(
    program: ExportedProgram,
    path: Path,
    metadata: Metadata,
    images: Sequence[np.ndarray],
) -> None:
    """Builds an engine, and writes its metadata and the engine.

    Args:
        program (ExportedProgram): From ``mmseg_hrvit.export.trace``.
        path (Path): The file.
        metadata (Metadata): Written into the file; also sets the precision.
        images (Sequence[np.ndarray]): Not used.

    Raises:
        InputError: If TensorRT cannot build it.
    """
    from .onnx import to_proto

    logger = trt.Logger(trt.Logger.ERROR)
    builder = trt.Builder(logger)
    network = builder.create_network()
    parser = trt.OnnxParser(network, logger)
    proto = to_proto(program, metadata.output_name)
    if not parser.parse(proto.SerializeToString()):
        raise InputError(
            f'TensorRT {trt.__version__} cannot read the network '
            f'({parser.get_error(0).desc()}): try another version, or export to ONNX'
        )
    config = builder.create_builder_config()
    # On by default; it rounds factors to 10 bits, and float32 files are exact.
    config.clear_flag(trt.BuilderFlag.TF32)
    if metadata.precision == 'fp16':
        config.set_flag(trt.BuilderFlag.FP16)
    profile = builder.create_optimization_profile()
    images_in = network.get_input(0)
    sizes = [metadata.size or (side, side) for side in SIDES]
    shapes = [
        (batch, images_in.shape[1], *size)
        for batch, size in zip(BATCHES, sizes, strict=True)
    ]
    profile.set_shape(images_in.name, *shapes)
    config.add_optimization_profile(profile)
    engine = builder.build_serialized_network(network, config)
    if engine is None:
        raise InputError(
            f'TensorRT {trt.__version__} could not build the engine: give a fixed '
            '--size, or export to ONNX'
        )
    text = metadata.to_json().encode()
    path.write_bytes(LENGTH.pack(len(text)) + text + bytes(engine))


def load(path: Path, threads: int | None) -> Engine:
    """Loads what ``write`` wrote; like ``load_engine``. Ignores ``threads``."""
    data = path.read_bytes()
    end = LENGTH.size + LENGTH.unpack_from(data)[0]
    metadata = Metadata.from_json(data[LENGTH.size : end], str(path))
    runtime = trt.Runtime(trt.Logger(trt.Logger.ERROR))
    engine = runtime.deserialize_cuda_engine(data[end:])
    if engine is None:
        raise InputError(f'{path}: was built by another TensorRT or GPU; export again')
    context = engine.create_execution_context()
    source, target = (engine.get_tensor_name(i) for i in range(2))
    check_shape(tuple(engine.get_tensor_shape(source)), metadata, path)
    dtype = torch.int32 if metadata.output == 'labels' else torch.float32

    def run(images: np.ndarray) -> np.ndarray:
        x = torch.from_numpy(images).cuda()
        if not context.set_input_shape(source, tuple(x.shape)):
            raise InputError(
                f'{path}: takes no images of {tuple(x.shape)}; it was built for '
                f'{" to ".join(map(str, engine.get_tensor_profile_shape(source, 0)))}'
            )
        y = torch.empty(tuple(context.get_tensor_shape(target)), dtype=dtype).cuda()
        context.set_tensor_address(source, x.data_ptr())
        context.set_tensor_address(target, y.data_ptr())
        context.execute_async_v3(torch.cuda.current_stream().cuda_stream)
        return y.cpu().numpy()

    return Engine(run, metadata)
