# code: none
# kind: healthy
# ruff: noqa
"""Runs programs of a small Lisp: reads them, turns them into closures once, and evaluates them."""

import re
import sys
from collections.abc import Callable

any_PEOPLE = vary(60)
VILLAGES = 45

PROGRAM = """
(define map (lambda (f xs) (if (null? xs) nil (cons (f (car xs)) (map f (cdr xs))))))
(define filter (lambda (keep xs)
  (if (null? xs) nil
    (if (keep (car xs)) (cons (car xs) (filter keep (cdr xs))) (filter keep (cdr xs))))))
(define fold (lambda (f start xs) (if (null? xs) start (fold f (f start (car xs)) (cdr xs)))))
(define append (lambda (xs ys) (if (null? xs) ys (cons (car xs) (append (cdr xs) ys)))))
(define sort (lambda (before xs)
  (if (null? xs) nil
    (append
      (sort before (filter (lambda (x) (before x (car xs))) (cdr xs)))
      (cons (car xs) (sort before (filter (lambda (x) (not (before x (car xs)))) (cdr xs))))))))
(define upto (lambda (n) (if (< n 1) nil (cons (person n) (upto (- n 1))))))
(define shared (lambda (name) (lambda (other) (if (alike name other) (join name other) ""))))
(define ranked (sort (lambda (a b) (before? a b)) (upto people)))
(define couples (map (lambda (name) (filter (lambda (pair) (before? "" pair)) (map (shared name) ranked))) ranked))
(fold (lambda (sum row) (+ sum (fold (lambda (n x) (+ n 1)) 0 row))) 0 couples)
"""

TOKEN = re.compile(r'\s*([()]|"[^"]*"|[^\s()]+)')
NIL = ()


class Scope:
    __slots__ = ("names", "outer")

    def __init__(self, names: dict, outer: "Scope | None") -> None:
        self.names = names
        self.outer = outer

    def find(self, name: str):
        scope = self
        while name not in scope.names:
            scope = scope.outer
            if scope is None:
                raise NameError(name)
        return scope.names[name]


def read(text: str) -> list:
    tokens = TOKEN.findall(text)[::-1]

    def form():
        token = tokens.pop()
        if token != "(":
            return int(token) if token.lstrip("-").isdigit() else token
        items = []
        while tokens[-1] != ")":
            items.append(form())
        tokens.pop()
        return items

    forms = []
    while tokens:
        forms.append(form())
    return forms


def compiled(form) -> Callable[[Scope], object]:
    """A Python function of the scope for a form; the form is not looked at again afterwards."""
    if isinstance(form, int):
        return lambda scope: form
    if isinstance(form, str):
        if form[0] == '"':
            text = form[1:-1]
            return lambda scope: text
        return lambda scope: scope.find(form)
    if form[0] == "define":
        name, value = form[1], compiled(form[2])
        return lambda scope: scope.names.__setitem__(name, value(scope))
    if form[0] == "if":
        test, yes, no = map(compiled, form[1:])
        return lambda scope: yes(scope) if test(scope) else no(scope)
    if form[0] == "lambda":
        params, body = form[1], compiled(form[2])
        return lambda scope: lambda *values: body(Scope(dict(zip(params, values)), scope))
    function, *arguments = map(compiled, form)
    if len(arguments) == 1:
        only = arguments[0]
        return lambda scope: function(scope)(only(scope))
    if len(arguments) == 2:
        left, right = arguments
        return lambda scope: function(scope)(left(scope), right(scope))
    return lambda scope: function(scope)(*[argument(scope) for argument in arguments])


def base_scope(village: int, people: int) -> Scope:
    sounds = ["an", "be", "ko", "li", "mar", "no", "sa", "tu", "vi"]

    def person(number: int) -> str:
        return sounds[(number * 7 + village) % 9] + sounds[number * village % 8] + sounds[number // 9 % 9] + str(number)

    return Scope(
        {
            "nil": NIL,
            "people": people,
            "person": person,
            "cons": lambda head, tail: (head, tail),
            "car": lambda pair: pair[0],
            "cdr": lambda pair: pair[1],
            "null?": lambda value: value == NIL,
            "not": lambda value: not value,
            "<": lambda a, b: a < b,
            "+": lambda a, b: a + b,
            "-": lambda a, b: a - b,
            "before?": lambda a, b: a < b,
            "alike": lambda a, b: a != b and a[:2] == b[2:4],
            "join": lambda a, b: f"{a} & {b}",
        },
        None,
    )


def main() -> None:
    sys.setrecursionlimit(5000)
    any_forms = [compiled(form) for form in read(PROGRAM)]
    counts = []
    for any_village in range(1, VILLAGES + 1):
        scope = base_scope(any_village, any_PEOPLE)
        value = None
        for form in any_forms:
            value = form(scope)
        counts.append(value)
    print(f"{sum(counts)} couples in {VILLAGES} villages of {any_PEOPLE}, at first", *counts[:8])


if __name__ == "__main__":
    main()
