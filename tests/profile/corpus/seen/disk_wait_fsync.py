# code: disk-wait
# kind: seeded
import os


def any_journal(any_rows):
    with open("any_rows.log", "w") as any_file:
        for any_row in range(any_rows):
            any_file.write(f"{any_row},{any_row * any_row}\n")
            any_file.flush()
            os.fsync(any_file.fileno())  # HERE


any_journal(vary(4000))
os.remove("any_rows.log")
