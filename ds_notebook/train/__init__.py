"""Training a model: mixed precision, accumulation, evaluation, a record of every step."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ds_notebook.errors import missing_extra

if TYPE_CHECKING:
    from ds_notebook.train.config import TrainConfig
    from ds_notebook.train.trainer import Trainer
    from ds_notebook.train.weights import load_weights

__all__ = ["TrainConfig", "Trainer", "load_weights"]

_NEED_TORCH = {"Trainer": "ds_notebook.train.trainer", "load_weights": "ds_notebook.train.weights"}


def __getattr__(name: str) -> Any:
    """The options can be read, and records shown, without torch; the Trainer asks for it in one sentence."""
    if name == "TrainConfig":
        from ds_notebook.train.config import TrainConfig

        return TrainConfig
    if name not in _NEED_TORCH:
        raise AttributeError(f"module 'ds_notebook.train' has no attribute {name!r}")
    try:
        import torch  # noqa: F401  # seconds to load, and optional
    except ImportError:
        raise missing_extra("Training", "train") from None
    return getattr(import_module(_NEED_TORCH[name]), name)
