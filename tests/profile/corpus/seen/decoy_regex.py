# code: regex-compile
# kind: decoy
import hashlib
import re

any_digest = b"seed"
any_hits = 0
for any_round in range(vary(60)):
    for _ in range(20):
        any_digest = hashlib.pbkdf2_hmac("sha256", any_digest, b"salt", 2500)
    any_hits += len(re.findall(rf"{any_round % 10}[a-f]+", any_digest.hex()))
print(any_hits)
