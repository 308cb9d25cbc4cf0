"""Never a backlog, and the newest at the end."""

from __future__ import annotations

from ds_notebook.lab.outbox import MOST_ON_THEIR_WAY, Outbox


def put_and_take(outbox, kind, message):
    outbox.put(kind, message)
    return outbox.take()


def full_outbox():
    outbox = Outbox()
    for number in range(MOST_ON_THEIR_WAY):
        put_and_take(outbox, "run", b"%d" % number)
    return outbox


def test_what_is_put_is_taken_in_turn():
    outbox = Outbox()
    outbox.put("one", b"1")
    outbox.put("other", b"2")

    assert [outbox.take(), outbox.take(), outbox.take()] == [b"1", b"2", None]


def test_nothing_more_is_taken_before_the_page_has_read():
    assert put_and_take(full_outbox(), "run", b"more") is None


def test_the_newest_takes_the_place_of_what_still_waits():
    outbox = full_outbox()
    outbox.put("run", b"older")
    outbox.put("run", b"newest")
    outbox.acknowledge(2)

    assert [outbox.take(), outbox.take()] == [b"newest", None]


def test_what_is_dropped_is_not_sent():
    outbox = Outbox()
    outbox.put("run", b"scene")
    outbox.drop("run")

    assert outbox.take() is None


def test_a_page_that_claims_to_have_more_than_was_sent_gains_nothing():
    outbox = full_outbox()
    outbox.acknowledge(1_000_000)
    taken = [put_and_take(outbox, "run", b"x") for _ in range(MOST_ON_THEIR_WAY + 1)]

    assert taken[-1] is None


def test_an_acknowledgement_that_comes_late_takes_nothing_back():
    outbox = full_outbox()
    outbox.acknowledge(4)
    outbox.acknowledge(1)

    assert put_and_take(outbox, "run", b"next") == b"next"
