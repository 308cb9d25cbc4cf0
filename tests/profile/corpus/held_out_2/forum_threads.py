# code: gc-pauses
# kind: seeded
# gain: 4.2
# ruff: noqa
"""An archive of a forum as trees of posts; page after page is read from it, and every page leaves little behind."""

import gc
import random
from collections import Counter


class any_Post:
    __slots__ = ("any_author", "any_words", "any_answers", "any_above")

    def __init__(self, any_author, any_words, any_above=None):
        self.any_author = any_author
        self.any_words = any_words
        self.any_answers = []
        self.any_above = any_above

    def any_all(self):
        any_left = [self]
        while any_left:
            any_post = any_left.pop()
            yield any_post
            any_left.extend(any_post.any_answers)

    def any_depth(self):
        any_steps, any_post = 0, self
        while any_post.any_above is not None:
            any_steps, any_post = any_steps + 1, any_post.any_above
        return any_steps


class any_Tidy:
    """Gives back what a page used, so that the long run stays small."""

    def __enter__(self):
        return self

    def __exit__(self, *any_problem):
        gc.collect()  # HERE
        return False


class any_Archive:
    def __init__(self, any_threads, any_posts):
        any_rng = random.Random(16)
        self.any_threads = []
        for any_number in range(any_threads):
            any_seen = [any_Post(any_rng.randrange(5000), any_rng.choices(range(900), k=6))]
            for _ in range(any_posts - 1):
                any_above = any_rng.choice(any_seen)
                any_post = any_Post(any_rng.randrange(5000), any_rng.choices(range(900), k=6), any_above)
                any_above.any_answers.append(any_post)
                any_seen.append(any_post)
            self.any_threads.append(any_seen[0])

    def any_pages(self, any_size):
        for any_start in range(0, len(self.any_threads), any_size):
            yield self.any_threads[any_start : any_start + any_size]


def any_read(any_page, any_counts, any_depths):
    with any_Tidy():  # HERE
        for any_thread in any_page:
            for any_post in any_thread.any_all():
                any_counts.update(any_post.any_words)
                any_depths[any_post.any_depth()] += 1


def any_main():
    any_archive = any_Archive(vary(1800), 60)
    any_counts, any_depths = Counter(), Counter()
    for any_page in any_archive.any_pages(50):
        any_read(any_page, any_counts, any_depths)
    print(any_counts.most_common(3), max(any_depths), sum(any_depths.values()))


if __name__ == "__main__":
    any_main()
