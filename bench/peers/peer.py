"""One peer of a benchmark: answers JSON lines on stdin with JSON lines on stdout. Started by peers.mjs.

{"op": "setup", "code": ...}         runs statements                -> {}
{"op": "time", "code": ..., "rep"}   runs a statement rep times     -> {"cpu": seconds, "wall": seconds} of one repetition
{"op": "eval", "code": ...}          evaluates an expression        -> {"value": ...}
{"op": "info"}                                                      -> versions and thread pools
A failure is answered with {"error": text}.
"""

import gc
import json
import sys
import time
import traceback

names = {}


def timed(code, rep):
    compiled = compile(code, "<stmt>", "exec")
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(rep):
        exec(compiled, names)
    return {"cpu": (time.process_time() - cpu) / rep, "wall": (time.perf_counter() - wall) / rep}


def info():
    versions = {"python": sys.version.split()[0]}
    for package in ("numpy", "scipy", "sklearn", "torch"):
        module = sys.modules.get(package)
        if module is not None:
            versions[package] = module.__version__
    try:
        import threadpoolctl

        pools = [
            {key: pool.get(key) for key in ("internal_api", "version", "architecture", "num_threads")}
            for pool in threadpoolctl.threadpool_info()
        ]
    except ImportError:
        pools = "threadpoolctl is not installed"
    return {"versions": versions, "pools": pools}


def answer(request):
    op = request["op"]
    if op == "setup":
        exec(compile(request["code"], "<setup>", "exec"), names)
        return {}
    if op == "time":
        return timed(request["code"], request.get("rep", 1))
    if op == "eval":
        return {"value": eval(compile(request["code"], "<eval>", "eval"), names)}
    return info()


for line in sys.stdin:
    try:
        reply = answer(json.loads(line))
    except Exception:
        reply = {"error": traceback.format_exc(limit=3)}
    sys.stdout.write(json.dumps(reply) + "\n")
    sys.stdout.flush()
