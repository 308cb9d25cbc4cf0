"""Where records lie: the runs folder, and a new folder of its own for each run."""

from __future__ import annotations

import os
import random
import stat
import tempfile
import time
from pathlib import Path

from ds_notebook.errors import RecordError

_ADJECTIVES = (
    "amber bold brave bright brisk calm clear clever cosy crisp deft eager early fair fleet fond gentle glad golden "
    "grand happy honest keen kind lively lucky lunar mellow merry mild neat noble novel patient plain proud quick "
    "quiet rapid ready royal shy silver smart snug solar steady still sunny swift tidy vivid warm wise witty young"
).split()
_NOUNS = (
    "badger beaver bison condor crane curlew dolphin dove eagle egret falcon ferret finch fox gecko gull hare hawk "
    "hedgehog heron ibex jackal jay kestrel kite koala lark lemur linnet lynx magpie marten mole moose newt orca "
    "osprey otter owl panda plover puffin quail rabbit raven robin salmon seal shrew sparrow starling stoat stork "
    "swallow swan tern thrush toad trout viper vole walrus weasel whale wolf wren yak zebra"
).split()


def runs_folder(start: Path | None = None) -> Path:
    """`DS_RUNS`, else `ds_runs` in the nearest folder upward that has one or a `.git`, else here.

    The search ends below a folder that is everyone's, such as /tmp.
    """
    if chosen := os.environ.get("DS_RUNS"):
        return Path(chosen).expanduser().absolute()
    here = (start or Path.cwd()).absolute()
    for folder in (here, *here.parents):
        if folder != here and _is_everyones(folder):
            break
        if (folder / "ds_runs").is_dir() or (folder / ".git").exists():
            return folder / "ds_runs"
    return here / "ds_runs"


def _is_everyones(folder: Path) -> bool:
    """/tmp and its like, where what lies beside the user's folder may be a stranger's."""
    try:
        return bool(folder.stat().st_mode & stat.S_ISVTX)
    except OSError:
        return False


def new_run_folder(runs: Path) -> Path:
    """A folder that nobody else has, named by day and two words; raises OSError where none can be made."""
    if not runs.is_dir():
        runs.mkdir(mode=0o700, parents=True, exist_ok=True)
    ignore = runs / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n")
    day = time.strftime("%Y-%m-%d")
    words = random.Random(os.urandom(8))  # the user's own seed must not be moved, nor two kernels name alike
    for attempt in range(1000):
        name = f"{day}-{words.choice(_ADJECTIVES)}-{words.choice(_NOUNS)}"
        folder = runs / (name if attempt < 20 else f"{name}-{attempt}")
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            continue
        return folder
    raise RecordError(f"No free name for a run was found in {runs}: delete old runs with `ds clean`.")


def _temporary_runs() -> Path:
    """A runs folder of the user's own in the temporary folder, where anyone may have laid one of that name before."""
    if not hasattr(os, "getuid"):
        return Path(tempfile.gettempdir()) / "ds_runs"  # Windows: each user has a temporary folder
    folder = Path(tempfile.gettempdir()) / f"ds_runs-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        ours = not folder.is_symlink() and folder.stat().st_uid == os.getuid()
    except OSError:
        return folder
    return folder if ours else Path(tempfile.mkdtemp(prefix="ds_runs-"))


def new_run_folder_or_fallback() -> tuple[Path, str]:
    """A new run's folder and "", or one in the temporary folder and a sentence that says why."""
    runs = runs_folder()
    try:
        return new_run_folder(runs), ""
    except OSError as error:
        fallback = _temporary_runs()
        try:
            folder = new_run_folder(fallback)
        except OSError as second:
            raise RecordError(
                f"Neither {runs} ({error.strerror}) nor {fallback} ({second.strerror}) can be written: "
                "free some space, or set DS_RUNS to a folder that you can write."
            ) from None
        return folder, (
            f"{runs} cannot be written ({error.strerror}), so this run is kept in {fallback}, which may be emptied "
            "at a restart. Set DS_RUNS to a folder that you can write."
        )
