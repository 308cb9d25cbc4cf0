"""`%%ds_train` in a real kernel: what a person sees, and what is left in the namespace."""

import re
import time

import pytest

from tests.magics.conftest import Cell, Kernel

BODY = """
import torch
from torch import nn
torch.set_num_threads(1)
inputs = torch.randn(96, 4, generator=torch.Generator().manual_seed(0))
train_data = val_data = (inputs, (inputs.sum(1) > 0).long())
model = nn.Linear(4, 2)
"""


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def value(kernel: Kernel, expression: str) -> str:
    cell = kernel.run(expression)
    assert cell.error == "", plain(cell.error)
    return str(cell.displays[-1]["text/plain"])


def test_a_cell_trains_and_leaves_its_run_and_one_picture(kernel: Kernel) -> None:
    cell = kernel.run("%%ds_train --epochs 3 --batch-size 32" + BODY)

    assert cell.error == "" and cell.text == ""
    (output,) = cell.displays
    assert output["text/plain"].startswith("train: finished, epoch 3 of 3")
    assert set(output) == {"application/vnd.ds-notebook.run+json", "image/png", "text/plain"}
    assert value(kernel, "run.status") == "'finished'"


def test_the_body_is_compiled_as_any_cell_is(kernel: Kernel) -> None:
    kernel.run("%%ds_train --epochs 1" + BODY + "class Sizes:\n    width: int = 4\n")

    assert value(kernel, "Sizes.__annotations__['width'] is int") == "True"


def test_the_pictures_address_does_not_tell_where_the_author_works(kernel: Kernel) -> None:
    (output,) = kernel.run("%%ds_train" + BODY).displays

    address = output["application/vnd.ds-notebook.run+json"]
    assert address["path"] == f"ds_runs/{address['run_id']}"


def test_the_same_seed_gives_the_same_weights(kernel: Kernel) -> None:
    sums = []
    for _ in range(2):
        kernel.run("%%ds_train --epochs 2 --seed 4" + BODY)
        sums.append(value(kernel, "model.weight.sum().item()"))

    assert sums[0] == sums[1]


def test_again_takes_the_options_of_a_run_and_those_on_the_line_go_before(kernel: Kernel) -> None:
    kernel.run("%%ds_train --epochs 2 --seed 4 --batch-size 16" + BODY)
    kernel.run("first = run.id")

    cell = kernel.run("%%ds_train --again {first} --epochs 1" + BODY)

    assert cell.error == ""
    options = "[run.record.started.config[name] for name in ('epochs', 'seed', 'batch_size')]"
    assert value(kernel, options) == "[1, 4, 16]"


def test_a_gate_that_fails_is_the_cells_error_in_one_sentence(kernel: Kernel) -> None:
    cell = kernel.run("%%ds_train --gate 'val_accuracy > 1.5'" + BODY)

    assert re.fullmatch(
        r"GateFailed: Gate failed: val_accuracy > 1.5: measured 0\.\d+ \(run \S+\)\.", plain(cell.error)
    )
    assert "gate failed" in cell.displays[0]["text/plain"]
    assert value(kernel, "run.record.state") == "'finished'"


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        ("%%ds_train --epoch 3\npass", "UsageError: Option --epoch is not known. Did you mean --epochs?"),
        (
            "%%ds_train --precision fp61\npass",
            "UsageError: Precision 'fp61' is not known. Choose auto, fp32, bf16 or fp16.",
        ),
        ("%%ds_train --model net\npass", "UsageError: There is no net in the notebook"),
        ("%%ds_train --name 'open\npass", "UsageError: The line of the magic could not be read"),
        ("%%ds_train" + BODY + "train_data = (inputs[:, :3], train_data[1])", "UsageError: The model does not take"),
        ("%%ds_train" + BODY + "train_data = 3", "UsageError: train_data is a int"),
        ("%%ds_train" + BODY + "train_data[1][:] = 9", "UsageError: The targets hold label 9"),
    ],
)
def test_a_slip_is_one_sentence_without_a_traceback(cell: str, sentence: str, kernel: Kernel) -> None:
    error = plain(kernel.run(cell).error)

    assert error.startswith(sentence)
    assert "\n" not in error and "Traceback" not in error


def test_an_error_in_the_body_shows_the_users_line_alone(kernel: Kernel) -> None:
    error = plain(kernel.run("%%ds_train\nx = 1\ny = x / 0\n").error)

    assert "ZeroDivisionError" in error and "line 3" in error and "y = x / 0" in error
    assert "ds_magics" not in error and "IPython" not in error


def test_an_error_in_the_users_model_shows_the_line_of_its_cell(kernel: Kernel) -> None:
    broken = (
        "\nclass Net(nn.Linear):\n    def forward(self, inputs):\n        return inputs.nonsense\nmodel = Net(4, 2)"
    )

    error = plain(kernel.run("%%ds_train" + BODY + broken).error)

    assert "AttributeError" in error and "return inputs.nonsense" in error
    assert "site-packages" not in error and "ds_notebook" not in error


def test_other_names_are_taken_without_a_body(kernel: Kernel) -> None:
    kernel.run(BODY + "net, loader = model, train_data\ndel model, train_data")

    cell = kernel.run("%ds_train --model net --train-data loader --name other")

    assert cell.error == ""
    assert cell.displays[0]["text/plain"].startswith("other: finished")


def test_the_question_mark_shows_the_options(kernel: Kernel) -> None:
    cell = kernel.run("import ds_magics; print(get_ipython().find_cell_magic('ds_train').__doc__)")

    assert "--batch-size N" in cell.text and "Samples a weight update sees" in cell.text


def test_tab_completes_options(kernel: Kernel) -> None:
    kernel.client.complete("%%ds_train --ep", len("%%ds_train --ep"))
    reply = kernel.client.get_shell_msg(timeout=20)
    while reply["msg_type"] != "complete_reply":
        reply = kernel.client.get_shell_msg(timeout=20)

    assert "--epochs" in reply["content"]["matches"]


def started_training(kernel: Kernel) -> str:
    """A cell that trains for long; returns once it has steps in its record."""
    kernel.run("run = None")
    message = kernel.start("%%ds_train --epochs 100000" + BODY)
    while True:
        update = kernel.client.get_iopub_msg(timeout=60)
        if update["msg_type"] == "update_display_data" and "loss" in update["content"]["data"]["text/plain"]:
            return message


def test_an_interrupt_ends_the_cell_without_error_and_the_next_cell_runs(kernel: Kernel) -> None:
    message = started_training(kernel)
    kernel.manager.interrupt_kernel()
    reply = kernel.client.get_shell_msg(timeout=30)
    while reply["parent_header"].get("msg_id") != message:
        reply = kernel.client.get_shell_msg(timeout=30)

    assert reply["content"]["status"] == "ok"
    assert value(kernel, "run.record.state") == "'interrupted'"
    assert value(kernel, "model(inputs).shape") == "torch.Size([96, 2])"
    assert value(kernel, "import signal; signal.getsignal(signal.SIGINT) is signal.default_int_handler") == "True"


def test_the_picture_is_updated_in_place_while_the_cell_runs(kernel: Kernel) -> None:
    start = time.monotonic()
    cell: Cell = kernel.run(
        BODY + "import time, ds_notebook as ds\n"
        "with ds.start_run('mine') as run:\n"
        "    for step in run.steps(range(12)):\n"
        "        run.log(loss=1 / (step + 1)); time.sleep(0.2)\n"
    )
    elapsed_s = time.monotonic() - start

    assert len(cell.displays) == 1
    assert 1 <= cell.num_updates <= elapsed_s + 2
    assert cell.displays[0]["text/plain"].startswith("mine: finished, step 11")


def test_a_run_and_a_record_are_drawn_where_a_cell_ends_in_one(kernel: Kernel) -> None:
    kernel.run("%%ds_train --name drawn" + BODY)

    for expression in ("run", "ds.open_run(run.id)"):
        (output,) = kernel.run(f"import ds_notebook as ds\n{expression}").displays
        assert output["text/plain"].startswith("drawn: finished") and "image/png" in output


def test_loading_the_extension_twice_shows_a_run_once(kernel: Kernel) -> None:
    kernel.run("%reload_ext ds_notebook")

    assert len(kernel.run("%%ds_train" + BODY).displays) == 1


def test_in_the_background_the_cell_returns_and_touching_the_model_is_warned_of(kernel: Kernel) -> None:
    cell = kernel.run("%%ds_train --background --epochs 1000000" + BODY)
    assert cell.error == "" and "running" in cell.displays[0]["text/plain"]

    touched = kernel.run("model.weight.sum()")
    with_magic = kernel.run("%precision 3\nmodel.weight.sum()")
    untouched = kernel.run("1 + 1")
    kernel.run("import ds_notebook as ds\nfrom ds_notebook.record.commands import Stop, send\nsend(run.path, Stop())")

    assert (
        all("is training it in the background" in cell.text for cell in (touched, with_magic)) and untouched.text == ""
    )
    assert value(kernel, "run.wait().status") == "'stopped'"


def test_in_a_process_of_its_own_the_run_is_shown_and_outlives_an_interrupt(kernel: Kernel) -> None:
    cell = kernel.run("%%ds_train --background process --epochs 2" + BODY)
    assert cell.error == "" and len(cell.displays) == 1

    assert value(kernel, "run.wait(60).state") == "'finished'"
