# code: none
# kind: healthy
import numpy as np


def any_distances(any_points, any_centres):
    any_squares = (any_points**2).sum(1)[:, None] + (any_centres**2).sum(1)[None, :]
    return np.sqrt(np.maximum(any_squares - 2 * any_points @ any_centres.T, 0))


any_rng = np.random.default_rng(0)
any_cloud = any_rng.normal(size=(vary(60000), 16))
any_middles = any_cloud[:50].copy()
for _ in range(vary(20)):
    any_nearest = any_distances(any_cloud, any_middles).argmin(1)
    for k in range(len(any_middles)):
        any_members = any_cloud[any_nearest == k]
        if len(any_members):
            any_middles[k] = any_members.mean(0)
print(any_middles.sum())
