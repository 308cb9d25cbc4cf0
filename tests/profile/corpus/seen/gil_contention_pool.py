# code: gil-contention
# kind: seeded
# also: python-loop
from concurrent.futures import ThreadPoolExecutor


def any_words(any_text):
    any_counts = {}
    for any_word in any_text.split():  # HERE
        any_key = any_word.strip(".,").lower()  # HERE
        any_counts[any_key] = any_counts.get(any_key, 0) + 1  # HERE
    return any_counts


any_page = "The quick brown fox, as they say. Jumps over a lazy dog while others look on. " * vary(4000)
with ThreadPoolExecutor(4) as any_pool:  # HERE
    any_tables = list(any_pool.map(any_words, [any_page] * vary(150)))
print(len(any_tables))
