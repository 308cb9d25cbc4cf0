"""What a profile counted beside its samples, as the JSON artifact of its run (kind "profile-observed")."""

from __future__ import annotations

import msgspec

KIND = "profile-observed"
"""Of the artifact."""


class Gc(msgspec.Struct, kw_only=True):
    """Pauses of the garbage collector, by its own callbacks."""

    collections: int = 0
    seconds: float = 0.0
    """Those of imports left out."""
    longest_s: float = 0.0
    """Of these seconds: for the longest pause."""
    by_line: dict[str, float] = {}
    """Seconds by the user's line that was running, as the text of a frame; short pauses for young objects left out."""
    objects: int | None = None
    """How many it looks after, at the end; None where the pauses are too short for it to matter."""


class Statement(msgspec.Struct, kw_only=True):
    """SQL of one shape from one line."""

    shape: str
    """The statement with its values as `?`: never a value of the user's."""
    site: str
    """The user's line, as the text of a frame."""
    count: int
    seconds: float
    driver: str = ""


class Encoding(msgspec.Struct, kw_only=True):
    """Calls of a serializer (`json.dumps`, `pickle.loads`, `SerializeToString`) from one line."""

    function: str
    site: str
    count: int
    seconds: float
    size_bytes: int = 0
    """Of all that was written or read."""
    alternatives: dict[str, float] | None = None
    """How many times as fast other encoders were on a payload of this line: {"orjson": 6.1, "msgspec": 4.2}.

    None where that was not measured, empty where none can encode it.
    """


class Loader(msgspec.Struct, kw_only=True):
    """A torch DataLoader that was iterated."""

    num_workers: int
    batch_size: int | None = None
    pin_memory: bool = False
    persistent: bool = False
    dataset: str = ""
    length: int | None = None
    batches: int = 0
    """That the program took."""
    iterators: int = 0
    """Times it was begun: epochs."""


class Model(msgspec.Struct, kw_only=True):
    """A torch module whose forward pass was seen to run."""

    name: str
    num_parameters: int
    looked_up: int = 0
    """Parameters of embeddings, of which a row is taken and nothing multiplied."""
    dtypes: dict[str, int] = {}
    """Parameters by dtype ("float32")."""
    device: str = "cpu"
    widest: int = 0
    """Of its matrix products the largest smaller side of a weight; small ones gain nothing from a lower precision."""
    autocast: str = ""
    """The dtype that `torch.autocast` gave its products, such as "bfloat16"; empty without it."""
    layers: dict[str, int] = {}
    """Modules by kind: Linear, Conv2d, LSTM ..."""
    calls: int = 0
    """Forward passes."""
    rows: int = 0
    """Summed over the calls: the first dimension of the first tensor argument, which usually is the batch size."""
    trained_calls: int = 0
    """Those of the forward passes after which gradients can be asked for: an evaluation's batches may be larger."""
    trained_rows: int = 0
    """Summed over these."""
    trained_positions: int = 0
    """`positions` of these."""
    positions: int = 0
    """Summed over the calls: rows of the first tensor argument seen as a matrix, or its tokens."""
    elements: int = 0
    """Summed over the calls: numbers in the first tensor argument."""
    trained_elements: int = 0
    """Summed over those that are trained."""


class Process(msgspec.Struct, kw_only=True):
    """A process below this one, as far as it was seen to come."""

    cpu_s: float
    run_delay_s: float
    """Its threads were ready and waited for a core, summed over them."""
    busy_threads: int


class Optimizer(msgspec.Struct, kw_only=True):
    """A torch optimizer that stepped."""

    name: str
    num_tensors: int
    num_parameters: int
    foreach: bool | None = None
    fused: bool | None = None
    device: str = "cpu"


class Patterns(msgspec.Struct, kw_only=True):
    """Regular expressions that a line of the user's had compiled."""

    site: str
    compilations: int
    distinct: int
    """Different ones."""
    seconds: float
    first_s: float
    """Of these seconds: for the first compilation of each."""


class Predictions(msgspec.Struct, kw_only=True):
    """A model of another library than torch that a line of the user's asked, as looks found it at work."""

    function: str
    site: str
    looks: int = 0
    rows: int = 0
    """Summed over the looks."""


class Repeats(msgspec.Struct, kw_only=True):
    """Calls of one of the user's functions that were seen in samples, and how many had arguments seen before."""

    function: str
    """The text of a frame; its line is that of the `def`."""
    calls: int
    repeated: int
    arguments: int
    """Distinct ones."""


class Observed(msgspec.Struct, kw_only=True):
    """All of it. What could not be known on this machine is None or empty, never 0 in its place."""

    how: str = "sampler"
    """What took the samples: "sampler", "py-spy", "py-spy --nonblocking", "imported"."""
    remarks: list[str] = []
    """Sentences for the reader: what was missing, what was done instead."""
    rate_hz: float = 100.0
    wall_s: float = 0.0
    cpu_s: float = 0.0
    """Of this process, its threads included."""
    children_cpu_s: float = 0.0
    cores: float = 1.0
    """That this process may keep busy, a container's share included."""
    gpus: int = 0
    gpu_busy: float | None = None
    """Mean share of the time, in [0, 1], in which a kernel ran on the GPUs."""
    memory_available_bytes: int | None = None
    """That could still be had at the beginning, a container's limit included."""
    fast_bf16: bool = False
    """The CPU multiplies in bf16 by itself (AMX, AVX512, ARM's bf16)."""
    run_delay_s: float | None = None
    """Threads were ready and waited for a core, summed over the process."""
    busy_threads: int = 0
    """Threads of the system that used more than 2% of a core, those of libraries such as OpenMP included."""
    processes: list[Process] = []
    """Below this one, that computed."""
    torch_threads: int | None = None
    gc: Gc = msgspec.field(default_factory=Gc)
    statements: list[Statement] = []
    encodings: list[Encoding] = []
    loaders: list[Loader] = []
    models: list[Model] = []
    optimizers: list[Optimizer] = []
    repeats: list[Repeats] = []
    patterns: list[Patterns] = []
    predictions: list[Predictions] = []
    types: dict[str, dict[str, str]] = {}
    """Names and types of what a hot line of the user's works on, by the text of its frame.

    With the size where it is at hand: {"rows": "list[float] 1000", "x": "ndarray[float64] 1000x3", "total": "float"}.
    """
    packages: list[str] = []
    """Whose objects the user's code was seen to have in its variables: "numpy", "torch"."""
    requires: dict[str, list[str]] = {}
    """Of the packages that were loaded meanwhile: those that they have objects or modules of themselves."""
    memory: list[tuple[float, int]] = []
    """Seconds since the beginning and the bytes this process then had."""
    growth_by_line: list[tuple[str, int]] = []
    """Where memory that is still held was taken, by the text of a frame; only with `--memory`."""
    num_steps: int = 0
    """Of `run.steps`, seen during the profile."""
    samples: int = 0
    longest_gap_s: float = 0.0
    sampler_cpu_s: float = 0.0
