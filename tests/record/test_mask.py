"""Secrets in a run's options are masked before anything is written."""

from __future__ import annotations

import pytest

import ds_notebook as ds
from ds_notebook.record.mask import masked, masked_text


@pytest.mark.parametrize(
    "secret",
    [
        {"api_key": "abc"},
        {"wandb_token": "abc"},
        {"DB_PASSWORD": "abc"},
        {"hub": {"access_token": "abc"}},
        {"secrets": {"db": "abc", "mail": ["abc"]}},
        {"url": "postgres://me:abc@host/db"},
        {"x": "hf_abcdefghijklmnop"},
        {"list": ["sk-abcdefghijklmnop"]},
    ],
)
def test_what_looks_like_a_secret_is_masked(secret):
    assert "abc" not in str(masked(secret)) and "***" in str(masked(secret))


@pytest.mark.parametrize(
    "harmless",
    [{"lr": 0.1, "max_tokens": 512}, {"tokenizer": "gpt2"}, {"url": "https://host/path"}, {"key": "C major"}],
)
def test_what_is_harmless_is_kept(harmless):
    assert masked(harmless) == harmless


def test_a_secret_of_the_config_is_in_no_file_of_the_record(runs):
    with ds.start_run(config={"auth": {"api_key": "k9s3cr3t"}}) as run:
        pass

    assert not any(b"k9s3cr3t" in path.read_bytes() for path in run.path.iterdir())
    assert run.record.started.config == {"auth": {"api_key": "***"}}


def test_in_a_sentence_only_the_secrets_are_masked():
    known = {"api_key": "open-sesame", "level": "high", "password": "x"}
    sentence = "open-sesame is refused by db://me:pw@host at level high, and so is hf_0123456789abcdef: x"

    assert masked_text(sentence, known) == "*** is refused by db***host at level high, and so is ***: x"
