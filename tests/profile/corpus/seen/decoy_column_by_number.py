# code: pandas-rows
# kind: decoy
import numpy as np
import pandas as pd

any_rng = np.random.default_rng(1)
any_frame = pd.DataFrame(any_rng.normal(size=(vary(300_000), 8)), columns=list("abcdefgh"))
for any_number in range(8):
    any_frame[f"smooth {any_number}"] = any_frame.iloc[:, any_number].rolling(50).median()
any_notes = [f"{any_name}: {any_row['a']:.3f}" for any_name, any_row in any_frame.describe().iterrows()]
print(any_notes[:2], any_frame.corr().iloc[0, 1])
