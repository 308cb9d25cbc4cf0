# code: none
# kind: healthy
import heapq
import random


class any_Job:
    def __init__(self, any_name, any_due):
        self.any_name, self.any_due = any_name, any_due

    def __lt__(self, any_other):
        return self.any_due < any_other.any_due

    def any_again(self, any_delay):
        return any_Job(self.any_name, self.any_due + any_delay)


random.seed(3)
any_queue = [any_Job(f"job {i}", random.random()) for i in range(500)]
heapq.heapify(any_queue)
any_done = {}
for _ in range(vary(600000)):
    any_job = heapq.heappop(any_queue)
    any_done[any_job.any_name] = any_done.get(any_job.any_name, 0) + 1
    heapq.heappush(any_queue, any_job.any_again(1 + random.random()))
print(max(any_done.values()))
