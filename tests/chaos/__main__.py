"""Kill and disturb an installation, and see that nothing is lost: `make chaos` (by hand only).

`make chaos KILLS=60 SETUP=sqlite SEED=7` is a shorter trial. What it may take is bounded, and
nothing listens beyond the loopback. Exits with 1 when a promise was not kept.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys

from tests.chaos.installation import SERVERS, SQLITE

# Seconds that a kill may take on average, with all that follows it.
EACH = 60
PROMISED = ("lost", "doubled", "stuck", "unequal_rows")
GOAL_SECONDS = 60


def main(arguments: list[str]) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=500, help="in all, on both set-ups")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--setup", choices=[SQLITE, SERVERS, "both"], default="both")
    given = parser.parse_args(arguments)
    if given.kills < 1:
        parser.error("--kills is a number of at least 1")
    setups = [SQLITE, SERVERS] if given.setup == "both" else [given.setup]
    kept = True
    for number, setup in enumerate(setups):
        kills = given.kills // len(setups) + (number < given.kills % len(setups))
        kept &= _carried_out(setup, kills, given.seed)
    return 0 if kept else 1


def _carried_out(setup: str, kills: int, seed: int) -> bool:
    command = [sys.executable, "-m", "tests.chaos.trial", setup, str(kills), str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as trial:
        try:
            said, _ = trial.communicate(timeout=900 + kills * EACH)
        except BaseException as error:
            # It stops what it has started.
            trial.terminate()
            trial.wait(60)
            if not isinstance(error, subprocess.TimeoutExpired):
                raise
            said = ""
    if trial.returncode or not said:
        sys.stderr.write(f"chaos: {setup} could not be carried out, or not in time\n")
        return False
    told = json.loads(said.splitlines()[-1])
    sys.stdout.write(f"{json.dumps(told, indent=2, ensure_ascii=False)}\n")
    sys.stdout.flush()
    slow = told["recovery_p95"] is not None and told["recovery_p95"] > GOAL_SECONDS
    return not slow and not any(told[name] for name in PROMISED)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
