# code: gc-pauses
# kind: decoy
# ruff: noqa
"""Rank papers by citations: sparse power iteration, topics by truncated decomposition."""

import gc
import warnings

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import svds

warnings.filterwarnings("ignore")


def citations(rng, papers, per_paper):
    """Newer papers cite older ones, the early and the much cited more often."""
    citing = np.repeat(np.arange(1, papers), per_paper)
    cited = (rng.random(len(citing)) ** 2.5 * citing).astype(np.int64)
    matrix = sparse.coo_matrix((np.ones(len(citing)), (cited, citing)), shape=(papers, papers)).tocsr()
    matrix.data[:] = 1
    return matrix


class Ranker:
    def __init__(self, matrix, damping):
        out = np.asarray(matrix.sum(axis=0)).ravel()
        self.flow = (matrix @ sparse.diags(1 / np.maximum(out, 1))).tocsr()
        self.stuck = out == 0
        self.damping = damping

    def rank(self, jump, tolerance=1e-10):
        """Stationary share of readers who start anew at their column of `jump` now and then."""
        share = jump.copy()
        for step in range(200):
            fresh = (
                self.damping * (self.flow @ share + share[self.stuck].sum(axis=0) * jump) + (1 - self.damping) * jump
            )
            change = np.abs(fresh - share).sum(axis=0).max()
            share = fresh
            if change < tolerance:
                break
        return share, step


def topic_jumps(rng, papers, topics, block):
    """Where the readers of each topic start, so many topics at a time."""
    for first in range(0, topics, block):
        jump = np.zeros((papers, block))
        for column in range(block):
            jump[rng.integers(0, papers, 400), column] = 1
        yield first, jump / jump.sum(axis=0)


def any_block_done(ranks, first, share):
    for column in range(share.shape[1]):
        best = np.argpartition(share[:, column], -50)[-50:]
        ranks[first + column] = best[np.argsort(share[best, column])[::-1]]
    gc.collect()  # HERE


def communities(matrix, wanted):
    """Leading singular vectors of the normalised matrix."""
    degree = np.sqrt(np.asarray(matrix.sum(axis=1)).ravel() + 1)
    scaled = sparse.diags(1 / degree) @ matrix @ sparse.diags(1 / degree)
    left, strength, _ = svds(scaled, k=wanted, random_state=0)
    return np.abs(left).argmax(axis=1), np.sort(strength)[::-1]


def main():
    rng = np.random.default_rng(33)
    papers = vary(45_000)
    matrix = citations(rng, papers, per_paper=9)
    ranker = Ranker(matrix, damping=0.85)
    ranks, steps = {}, 0
    for first, jump in topic_jumps(rng, papers, topics=32, block=16):
        share, used = ranker.rank(jump)
        steps += used
        any_block_done(ranks, first, share)
    group, strength = communities(matrix, wanted=8)
    common = set.intersection(*(set(best[:30].tolist()) for best in ranks.values()))
    print(f"{papers} papers, {matrix.nnz} citations, {steps} steps, {len(common)} papers lead everywhere")
    print(f"strongest communities {np.bincount(group).tolist()[:4]}, strength {strength[0]:.2f}")


if __name__ == "__main__":
    main()
