# code: recompute
# kind: seeded
import random

random.seed(3)


class any_Scores:
    def __init__(self, any_values):
        self.any_values = any_values
        self.any_asked = 0

    @property
    def any_ranked(self):
        return sorted(self.any_values)  # HERE

    def any_place(self, any_value):
        any_order = self.any_ranked  # HERE
        self.any_asked += 1
        any_low, any_high = 0, len(any_order)
        while any_low < any_high:
            any_middle = (any_low + any_high) // 2
            if any_order[any_middle] < any_value:
                any_low = any_middle + 1
            else:
                any_high = any_middle
        return any_low / len(any_order)


any_scores = any_Scores([random.random() for _ in range(vary(20000))])
print(sum(any_scores.any_place(random.random()) for _ in range(vary(700))))
