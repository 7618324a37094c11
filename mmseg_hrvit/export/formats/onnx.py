"""ONNX, run by ONNX Runtime."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from torch.export import ExportedProgram

from mmseg_hrvit.errors import InputError

from ..metadata import INPUT_NAME, KEY, Metadata
from ..trace import little_overhead
from .engine import Engine, check_shape

AXES = {0: 'batch', 2: 'height', 3: 'width'}  # of the input, where their size is free


def write(
    program: ExportedProgram,
    path: Path,
    metadata: Metadata,
    images: Sequence[np.ndarray],
) -> None:
    """Writes an ``.onnx`` file.

    Args:
        program (ExportedProgram): From ``mmseg_hrvit.export.trace``.
        path (Path): The file.
        metadata (Metadata): Written into the file; also sets the precision.
        images (Sequence[np.ndarray]): Inputs of the graph to calibrate 'int8' on.
    """
    import onnx

    model = to_proto(program, metadata.output_name)
    if metadata.precision == 'fp16':
        from onnxruntime.transformers.float16 import convert_float_to_float16

        model = convert_float_to_float16(model, keep_io_types=True)
    elif metadata.precision == 'int8':
        from ..quantize import quantize

        model = quantize(model, images, model.graph.input[0].name)
    onnx.helper.set_model_props(model, {KEY: metadata.to_json()})
    onnx.save(model, path)


def to_proto(program: ExportedProgram, output_name: str = 'logits'):
    """Converts a traced graph to an ``onnx.ModelProto``.

    Args:
        program (ExportedProgram): From ``mmseg_hrvit.export.trace``.
        output_name (str): Name of the output tensor. Defaults to 'logits'.
    """
    # What the example has for the input, which comes last, after the weights.
    placeholders = program.graph_module.graph.find_nodes(op='placeholder')
    sizes = placeholders[-1].meta['val'].shape
    named = {i: name for i, name in AXES.items() if isinstance(sizes[i], torch.SymInt)}
    with little_overhead():  # it traces the program once more
        exported = torch.onnx.export(
            program,
            input_names=[INPUT_NAME],
            output_names=[output_name],
            dynamic_shapes=(named,),
            dynamo=True,
            optimize=False,  # engines simplify it themselves, in a fraction of the time
            verbose=False,
        )
    return exported.model_proto


def load(path: Path, threads: int | None) -> Engine:
    """Loads what ``write`` wrote; like ``load_engine``."""
    options = onnxruntime.SessionOptions()
    if threads is not None:
        options.intra_op_num_threads = threads
    try:
        session = onnxruntime.InferenceSession(
            path, options, providers=['CPUExecutionProvider']
        )
    except Exception as error:  # of many kinds, one a way to be broken
        raise InputError(f'{path}: cannot be read as ONNX; export it again') from error
    text = session.get_modelmeta().custom_metadata_map.get(KEY)
    metadata = Metadata.from_json(text, str(path))
    image = session.get_inputs()[0]
    check_shape(image.shape, metadata, path)
    return Engine(lambda images: session.run(None, {image.name: images})[0], metadata)
