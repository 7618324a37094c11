"""The rows of the report: what is run, and what was found."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

# Networks of equal accuracy.
PAIRS = {
    'hrvit_b1_ade20k': 'baselines/mit_b2_head256_ade20k',
    'hrvit_b2_ade20k': 'baselines/mit_b4_head256_ade20k',
    'hrvit_b3_ade20k': 'baselines/mit_b5_head256_ade20k',
}
SMOKE_PAIRS = {'hrvit_quickstart': 'baselines/mit_b0_ade20k'}


@dataclass(frozen=True)
class Scale:
    """How large the work is.

    Args:
        pairs (dict[str, str]): Configs of HRViT, and of the network beside each.
        shape (tuple[int, int]): Height and width of the images.
        batches (tuple[int, int]): A small and a large batch.
        dtypes (tuple[str, str]): Keys of ``DTYPES``: what all is measured in, and what
            the first network is measured in too.
        rounds (int): Counted runs of a network.
        warmup (int): Runs before them.
        side (int, optional): Of the matrices of the roofline.
        backend (str, optional): What compiles in place of Inductor.
    """

    pairs: dict[str, str]
    shape: tuple[int, int]
    batches: tuple[int, int]
    dtypes: tuple[str, str]
    rounds: int
    warmup: int
    side: int | None
    backend: str | None


FULL = Scale(PAIRS, (512, 512), (1, 16), ('bfloat16', 'float16'), 20, 5, None, None)
# Few CPUs calculate in the short types; one is tried. Inductor takes minutes on a CPU.
SMOKE = Scale(
    SMOKE_PAIRS,
    (32, 32),
    (2, 2),
    ('float32', 'bfloat16'),
    1,
    0,
    256,
    'aot_eager_decomp_partition',
)


@dataclass(frozen=True)
class Work:
    """A row of the report.

    Args:
        config (str): Name of a shipped config.
        form (str): One of ``forms.FORMS``.
        train (bool): Training steps, or inference to logits.
        batch_size (int): Number of images in a batch.
        dtype (str): A key of ``DTYPES``.
    """

    config: str
    form: str
    train: bool
    batch_size: int
    dtype: str

    @property
    def setting(self) -> str:
        """What it has in common with the rows that it is compared with."""
        kind = 'training step' if self.train else 'inference'
        return f'{kind}, batch {self.batch_size}, {self.dtype}'

    def __str__(self) -> str:
        return f'{self.config}@{self.form}, {self.setting}'


@dataclass(frozen=True)
class Measured:
    """What a row has found; all of it is None until it is measured.

    Args:
        work (Work): What was run.
        first_seconds (float, optional): Of the first run, with its compilation.
        seconds (list[float], optional): Of the counted runs.
        peak_bytes (int, optional): Memory beyond what was held before.
        saved_bytes (int, optional): Memory that a training step stores for the backward
            pass.
        kernels (float, optional): Started in a run.
        idle (float, optional): Share of a run in which the device waits for them.
        share (float, optional): Of the rate of products of matrices; of inference.
        error (str, optional): Why it could not be measured.
    """

    work: Work
    first_seconds: float | None = None
    seconds: list[float] | None = None
    peak_bytes: int | None = None
    saved_bytes: int | None = None
    kernels: float | None = None
    idle: float | None = None
    share: float | None = None
    error: str | None = None

    @property
    def median(self) -> float | None:
        """Median of the seconds."""
        return statistics.median(self.seconds) if self.seconds else None

    def __str__(self) -> str:
        seconds = None if self.seconds is None else f'{self.median:.4f} s'
        return f'{self.work}: {seconds or self.error}'


@dataclass
class Report:
    """All rows, and where they are from.

    Args:
        device (str): Name of the device.
        torch (str): Version of torch.
        scale (Scale): How large the work is.
        rates (dict[str, float]): Multiply-accumulates a second by type.
        bandwidth (float): Bytes that are read and written a second.
        rows (list[Measured]): One for each of ``plan``, in order.
    """

    device: str
    torch: str
    scale: Scale
    rates: dict[str, float]
    bandwidth: float
    rows: list[Measured] = field(default_factory=list)

    def find(self, work: Work, **changes: object) -> Measured | None:
        """The row that equals ``work`` except for some fields, if it was measured."""
        wanted = replace(work, **changes)
        rows = (row for row in self.rows if row.work == wanted and row.seconds)
        return next(rows, None)

    def speed(self, row: Measured, other: Measured | None) -> float | None:
        """How many times as long another row takes, if both were measured."""
        return other.median / row.median if other and row.seconds else None


def plan(scale: Scale) -> list[Work]:
    """Lists the rows, the most important first, because a run may be cut short."""
    small, large = scale.batches
    main, other = scale.dtypes
    first, *_ = scale.pairs
    rivals = [name for pair in scale.pairs.items() for name in pair]
    rows = []

    def add(names: Sequence[str], forms: Sequence[str], *setting) -> None:
        work = (Work(name, form, *setting) for name in names for form in forms)
        rows.extend(row for row in work if row not in rows)

    inference, training = (False, small), (True, large)
    settings = inference, (False, large), training
    compiled = ('compile', 'cudagraph')
    add([first], ('oracle', 'runtime', *compiled), *inference, main)
    add([first], ('oracle', 'runtime', 'compile'), False, large, main)
    add([first], ('oracle', 'runtime', 'compile'), *training, main)
    for setting in settings:
        add(rivals, ('runtime',), *setting, main)
        add(scale.pairs, ('oracle',), *setting, main)
    for setting in settings:
        add([first], ('oracle', 'runtime'), *setting, other)
    add([first], compiled, *inference, other)
    add(rivals, compiled, *inference, main)
    add(rivals, ('compile',), False, large, main)
    add(scale.pairs, ('compile',), *training, main)
    return rows
