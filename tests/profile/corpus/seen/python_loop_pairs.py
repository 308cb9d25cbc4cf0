# code: python-loop
# kind: seeded
import math
import random


def any_spread(any_points):
    any_total = 0.0
    for i in range(len(any_points)):  # HERE
        any_x, any_y = any_points[i]  # HERE
        for j in range(i + 1, len(any_points)):  # HERE
            any_u, any_v = any_points[j]  # HERE
            any_total += math.sqrt((any_x - any_u) ** 2 + (any_y - any_v) ** 2)  # HERE
    return any_total


random.seed(1)
print(any_spread([(random.random(), random.random()) for _ in range(vary(4500))]))
