# code: recompute
# kind: seeded
# also: python-loop
import random


def any_schedule(any_rate, any_years):
    any_steps = []
    any_value = 1.0
    for any_month in range(any_years * 12):
        any_value = any_value * (1 + any_rate / 12) - any_month % 5 * 1e-6
        any_steps.append(any_value)
    return any_steps


def any_revenue(any_contracts):
    any_sum = 0.0
    for any_amount, any_month in any_contracts:
        any_plan = any_schedule(0.03, 40)  # HERE
        any_sum += any_amount * any_plan[any_month]
    return any_sum


random.seed(4)
print(any_revenue([(random.random(), random.randrange(480)) for _ in range(vary(30000))]))
