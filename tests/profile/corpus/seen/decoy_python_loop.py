# code: python-loop
# kind: decoy
import numpy as np

any_rng = np.random.default_rng(0)
any_matrix = any_rng.normal(size=(300, 300))
for _ in range(vary(10)):
    any_values = np.linalg.eigvals(any_matrix)
    any_matrix = any_matrix + 1e-3 * any_rng.normal(size=any_matrix.shape)
any_total = 0.0
for any_value in any_values.real.tolist():
    for k in range(30):
        any_total += any_value * k
print(any_total)
