# code: python-loop
# kind: seeded
import numpy as np


def any_smooth(any_signal, any_width):
    any_result = np.zeros_like(any_signal)
    for i in range(any_width, len(any_signal) - any_width):
        any_sum = 0.0
        for k in range(-any_width, any_width + 1):  # HERE
            any_sum += any_signal[i + k]  # HERE
        any_result[i] = any_sum / (2 * any_width + 1)
    return any_result


any_wave = np.sin(np.linspace(0, 90, vary(600000)))
print(any_smooth(any_wave, 6).std())
