"""The README and the pages: what they link to exists, and the README's snippets run."""

import re
from pathlib import Path

import pytest
import torch
from torch import nn

import ds_notebook as ds
from tests.docs.pages import DOCS, blocks

README = DOCS.parent / "README.md"


@pytest.mark.parametrize("page", [README, *sorted(DOCS.glob("*.md"))], ids=lambda page: page.name)
def test_a_link_on_a_page_leads_to_a_file(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))

    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_picture_is_small() -> None:
    assert (DOCS / "quickstart.png").stat().st_size < 100_000


@pytest.mark.usefixtures("runs")
def test_the_readmes_python_runs() -> None:
    inputs = torch.randn(64, 4, generator=torch.Generator().manual_seed(0))
    data = (inputs, (inputs.sum(dim=1) > 0).long())
    model = nn.Linear(4, 2)
    names = {"model": model, "train_data": data, "val_data": data, "loader": [data], "my_step": lambda batch: 0.5}

    for code in blocks(README.read_text(encoding="utf-8")):
        exec(code.replace(">= 0.97", ">= 0"), names)

    assert sorted(record.state for record in ds.runs()) == ["finished", "finished"]
