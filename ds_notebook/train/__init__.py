"""Training a model: mixed precision, accumulation, evaluation, a record of every step."""

from typing import TYPE_CHECKING, Any

from ds_notebook.errors import missing_extra

if TYPE_CHECKING:
    from ds_notebook.train.config import TrainConfig
    from ds_notebook.train.trainer import Trainer

__all__ = ["TrainConfig", "Trainer"]


def __getattr__(name: str) -> Any:
    """The options can be read, and records shown, without torch; the Trainer asks for it in one sentence."""
    if name == "TrainConfig":
        from ds_notebook.train.config import TrainConfig

        return TrainConfig
    if name != "Trainer":
        raise AttributeError(f"module 'ds_notebook.train' has no attribute {name!r}")
    try:
        import torch  # noqa: F401  # seconds to load, and optional
    except ImportError:
        raise missing_extra("Training", "train") from None
    from ds_notebook.train.trainer import Trainer

    return Trainer
