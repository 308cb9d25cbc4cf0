# code: gc-pauses
# kind: seeded
import random


class any_Node:
    __slots__ = ("any_left", "any_right", "any_tags")

    def __init__(self, any_left, any_right):
        self.any_left, self.any_right, self.any_tags = any_left, any_right, []


def any_grow(any_count):
    any_nodes = [any_Node(None, None)]
    for i in range(any_count):
        any_nodes.append(any_Node(any_nodes[i // 2], [i]))  # HERE
        any_nodes[i // 3].any_tags.append((i, [i]))  # HERE
    return any_nodes


random.seed(0)
print(len(any_grow(vary(900000))))
