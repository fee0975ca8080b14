"""A scheduler and two workers on loopback; one of them dies in the middle of its first shard. Prints one JSON document.

    python3 dask-two-workers.py FOLDER NODE CLI

Everything waits for events: the worker that dies says through a pipe that a shard has begun.
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import threading

from distributed import Client

root = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(root / "examples" / "dask"))
import tierwise_dask  # noqa: E402

folder, node, cli = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]

# The command of the workers. On the worker that is to die, the first call says so and then waits for a word that never comes.
begun, never = folder / "begun", folder / "never"
os.mkfifo(begun)
os.mkfifo(never)
command = folder / "tierwise.sh"
command.write_text(
    "#!/bin/sh\n"
    f'if [ "$DIES" = yes ]; then echo $$ > "{begun}"; read word < "{never}"; fi\n'
    f'exec "{node}" "{cli}" "$@"\n'
)
command.chmod(0o755)

scheduler_file = folder / "scheduler.json"
quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
path = os.pathsep.join([str(root / "examples" / "dask"), os.environ.get("PYTHONPATH", "")])
environment = {**os.environ, "PYTHONPATH": path}


def start(module, *words, **more):
    return subprocess.Popen([sys.executable, "-m", f"distributed.cli.{module}", *words], env={**environment, **more}, cwd=folder, **quiet)


processes = []
try:
    processes.append(
        start("dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(scheduler_file))
    )
    worker = ["--scheduler-file", str(scheduler_file), "--host", "127.0.0.1", "--nthreads", "1", "--no-nanny", "--no-dashboard"]
    lives = start("dask_worker", *worker)
    dies = start("dask_worker", *worker, DIES="yes")
    processes += [lives, dies]
    with Client(scheduler_file=str(scheduler_file), timeout=60) as client:
        client.wait_for_workers(2, timeout=60)

        def kill_in_the_middle():
            with open(begun) as pipe:
                shard = int(pipe.readline())
            dies.kill()
            dies.wait()
            os.kill(shard, signal.SIGKILL)

        killer = threading.Thread(target=kill_in_the_middle, daemon=True)
        killer.start()
        records = tierwise_dask.fit(client, folder / "digits.tiers", 4, folder / "dask.onnx", [str(command)], folder / "work")
        killer.join(60)
        print(
            json.dumps(
                {
                    "killed": dies.returncode,
                    "workersLeft": len(client.scheduler_info()["workers"]),
                    "layers": [layer["id"] for record in records for layer in record["layers"]],
                    "after": records[-1]["evaluation"]["after"],
                    "left": sorted(file.name for file in (folder / "work").iterdir()),
                }
            )
        )
finally:
    for process in reversed(processes):
        if process.poll() is None:
            process.terminate()
    for process in processes:
        process.wait()
