"""`%%ds_train`: the body makes a model and data, the line says how to train, `run` is what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from IPython.core.interactiveshell import InteractiveShell

from ds_magics._door import complete, cut_traceback, run_body, words
from ds_magics._touching import warn_of_touching
from ds_notebook.errors import DsError, UsageError
from ds_notebook.options import OptionParser, add_options, from_options, help_text
from ds_notebook.record import Record, open_run
from ds_notebook.train.again import AGAIN_HELP, config_again
from ds_notebook.train.config import TrainConfig
from ds_notebook.train.made import NEEDED, TAKEN, made_in

HELP = (
    help_text(
        TrainConfig,
        usage="%%ds_train [options]",
        example="%%ds_train --epochs 5 --precision bf16\nmodel = SmallCNN()\ntrain_data, val_data = digits()",
    )
    + f"""

The body runs as plain Python. Then the trainer takes {", ".join(NEEDED)} and, where they exist, {", ".join(TAKEN)}.
`%ds_train`, without a body, takes names that exist already; `--model net --train-data loader` gives other names.
`--again RUN` takes the options of that run from its record; those on the line go before."""
)


class TrainMagic:
    """The magic as IPython sees it; line magic and cell magic are one."""

    def __init__(self, shell: InteractiveShell, show: Callable[[Record], None]) -> None:
        self._shell = shell
        self._show = show
        self._parser = OptionParser(prog="%%ds_train", help_command="%%ds_train?")
        for name in (*NEEDED, *TAKEN):
            self._parser.add_argument(f"--{name.replace('_', '-')}", dest=f"name_of_{name}", default=name)
        self._parser.add_argument("--again", metavar="RUN", help=AGAIN_HELP)
        add_options(self._parser, TrainConfig)

    @classmethod
    def register(cls, shell: InteractiveShell, show: Callable[[Record], None]) -> None:
        """Make the magic known; `show` displays a run that works in another process."""
        magic = cls(shell, show)

        def ds_train(line: str, cell: str = "") -> None:
            magic(line, cell)

        ds_train.__doc__ = HELP
        shell.register_magic_function(ds_train, "line_cell", "ds_train")  # type: ignore[arg-type]  # typed as a method
        options = [option for action in magic._parser._actions for option in action.option_strings]
        for key in ("%%ds_train", "%ds_train"):
            shell.set_hook("complete_command", lambda _, event: complete(options, event.line), str_key=key)

    def __call__(self, line: str, cell: str = "") -> None:
        """Run the body, train, and leave `run` in the namespace, also where the training failed."""
        asked = self._parser.parse_args(words(line))
        given = vars(asked)
        config = config_again(open_run(asked.again), given) if asked.again else from_options(TrainConfig, given)
        names = {name: getattr(asked, f"name_of_{name}") for name in (*NEEDED, *TAKEN)}
        if config.background == "process":
            self._train_apart(cell, names, config)
            return
        from ds_notebook.train import Trainer  # torch takes a second to load: not before it is needed
        from ds_notebook.train.rng import seed_all

        if cell.strip():
            seed_all(config.seed)  # the body's weights, too, so that the cell gives the same run each time
            run_body(self._shell, cell)
        trainer = Trainer(config=config, **made_in(self._shell.user_ns, names))
        try:
            trainer.fit()
        except DsError:
            raise
        except Exception as error:
            cut_traceback(self._shell, error)
            raise
        finally:
            if trainer.run is not None:
                self._shell.user_ns["run"] = trainer.run
        if config.background:
            warn_of_touching(self._shell, trainer.run, [names["model"], names["optimizer"]])

    def _train_apart(self, cell: str, names: Mapping[str, str], config: TrainConfig) -> None:
        if not cell.strip():
            raise UsageError("A process of its own needs a cell that makes the model and the data: use %%ds_train.")
        from ds_notebook.train.process import start_process

        record = start_process(self._shell.transform_cell(cell), names, config)
        self._shell.user_ns["run"] = record
        self._show(record)
