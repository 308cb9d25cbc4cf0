# code: none
# kind: healthy
# ruff: noqa
"""Pages that say the same: words become sparse counts, and pages close in angle are put together."""

import re
from collections import Counter

import numpy as np
from scipy import sparse

any_WORD = re.compile(r"[a-z]{3,}")


class any_Corpus:
    """Made-up pages; some are another page with a few words exchanged."""

    def __init__(self, any_pages, any_length):
        any_rng = np.random.default_rng(36)
        any_letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
        any_spelt = any_letters[any_rng.integers(0, 26, (6000, 6))]
        any_words = np.array(["".join(any_word) for any_word in any_spelt])
        any_picked = (any_rng.random((any_pages, any_length)) ** 3 * len(any_words)).astype(int)
        any_copies = any_rng.random(any_pages) < 0.1
        any_picked[1:][any_copies[1:], : any_length * 9 // 10] = any_picked[:-1][any_copies[1:], : any_length * 9 // 10]
        self.any_texts = [" ".join(any_row) for any_row in any_words[any_picked]]

    def any_counts(self):
        return [Counter(any_WORD.findall(any_text)) for any_text in self.any_texts]


def any_matrix(any_counts):
    any_places = {}
    any_columns, any_values, any_ends = [], [], [0]
    for any_count in any_counts:
        any_columns.extend([any_places.setdefault(any_word, len(any_places)) for any_word in any_count])
        any_values.extend(any_count.values())
        any_ends.append(len(any_columns))
    any_shape = (len(any_counts), len(any_places))
    return sparse.csr_matrix((np.array(any_values, dtype=np.float32), any_columns, any_ends), shape=any_shape)


def any_weighted(any_table):
    any_seen = np.bincount(any_table.indices, minlength=any_table.shape[1])
    any_table = any_table @ sparse.diags(np.log(any_table.shape[0] / any_seen).astype(np.float32))
    any_norms = np.sqrt(any_table.multiply(any_table).sum(axis=1)).A1
    return sparse.diags(1 / any_norms.astype(np.float32)) @ any_table


def any_groups(any_table, any_least):
    any_left, any_right = [], []
    for any_start in range(0, any_table.shape[0], 500):
        any_close = (any_table[any_start : any_start + 500] @ any_table.T).toarray() > any_least
        any_rows, any_others = any_close.nonzero()
        any_left.append(any_rows + any_start)
        any_right.append(any_others)
    any_left, any_right = np.concatenate(any_left), np.concatenate(any_right)
    any_graph = sparse.coo_matrix((np.ones(len(any_left)), (any_left, any_right)), shape=(any_table.shape[0],) * 2)
    return sparse.csgraph.connected_components(any_graph, directed=False)


if __name__ == "__main__":
    any_table = any_weighted(any_matrix(any_Corpus(vary(4600), 220).any_counts()))
    any_many, any_labels = any_groups(any_table, 0.75)
    print(any_table.shape, any_many, "groups, the largest of", np.bincount(any_labels).max())
