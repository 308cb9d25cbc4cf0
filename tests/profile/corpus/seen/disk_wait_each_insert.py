# code: disk-wait
# kind: seeded
# also: n-plus-one
import os
import sqlite3
import tempfile


def any_kept(any_path, any_rows):
    any_base = sqlite3.connect(any_path)
    any_base.execute("create table kept (number integer, word text)")
    for any_row in any_rows:
        with any_base:  # HERE
            any_base.execute("insert into kept values (?, ?)", any_row)  # HERE
    (any_count,) = any_base.execute("select count(*) from kept").fetchone()
    any_base.close()
    return any_count


with tempfile.TemporaryDirectory() as any_folder:
    any_rows = ((any_number, str(any_number)) for any_number in range(vary(2200)))
    print(any_kept(os.path.join(any_folder, "kept.db"), any_rows))
