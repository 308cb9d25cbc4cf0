# code: gil-contention
# kind: seeded
# gain: 1.7
# ruff: noqa
"""Recalculate the formulas of many sheets; a few workers take sheets from a queue to use every core."""

import queue
import random
import threading
import zlib

any_dice = random.Random(4)


def any_formula(any_depth):
    if any_depth == 0:
        return any_dice.choice("abcd") if any_dice.random() < 0.7 else str(any_dice.randint(1, 9))
    any_left, any_right = any_formula(any_depth - 1), any_formula(any_depth - 1)
    return "(" + any_left + any_dice.choice("+-*") + any_right + ")"


class any_Reader:
    def __init__(self, any_text, any_cells):
        self.any_text = any_text
        self.any_cells = any_cells
        self.any_at = 0

    def any_take(self):
        any_sign = self.any_text[self.any_at]
        self.any_at += 1
        return any_sign

    def any_value(self):
        any_sign = self.any_take()
        if any_sign.isdigit():
            return int(any_sign)
        if any_sign in self.any_cells:
            return self.any_cells[any_sign]
        any_left = self.any_value()
        any_operator = self.any_take()
        any_right = self.any_value()
        self.any_take()
        if any_operator == "+":
            return any_left + any_right
        if any_operator == "-":
            return any_left - any_right
        return any_left * any_right % 10007


def any_sheet_sum(any_formulas, any_seed):
    any_cells = {"a": any_seed, "b": any_seed + 1, "c": 3, "d": 7}
    return sum(any_Reader(any_text, any_cells).any_value() for any_text in any_formulas)  # HERE


def any_work(any_todo, any_results, any_formulas):
    while True:
        any_seed = any_todo.get()
        if any_seed is None:
            return
        any_results[any_seed] = any_sheet_sum(any_formulas, any_seed)  # HERE


def any_main():
    any_formulas = [any_formula(7) for _ in range(60)]
    any_todo, any_results = queue.Queue(), {}
    for any_seed in range(vary(450)):
        any_todo.put(any_seed)
    any_crew = [threading.Thread(target=any_work, args=(any_todo, any_results, any_formulas)) for _ in range(4)]  # HERE
    for any_member in any_crew:
        any_todo.put(None)
        any_member.start()
    for any_member in any_crew:
        any_member.join()
    any_image = zlib.compress(repr(sorted(any_results.items())).encode())
    print(len(any_results), "sheets,", len(any_image) > 0)


if __name__ == "__main__":
    any_main()
