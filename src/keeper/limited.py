"""Becomes a program with limits: `python3 -I -S limited.py ORDER`.

ORDER is JSON: `{argv, env, limits: {cpuSeconds, dataBytes, openFiles, fileBytes?}, user?: {uid, gid, groups}}`. Stdin,
stdout and stderr pass to the program. It dies with the process that started it, writes no core, and gains no rights.
With 0 `fileBytes` it writes no file.
Standard library of Python 3.8 only.
"""

import ctypes
import json
import os
import resource
import signal
import sys

PR_SET_PDEATHSIG = 1
PR_SET_NO_NEW_PRIVS = 38

EXIT_CANNOT_EXECUTE = 127

LIBC = ctypes.CDLL(None, use_errno=True)


def prctl(option, value):
    if LIBC.prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def limit(what, value, hard_value=None):
    """Also for root, as the hard limit may only fall."""
    _, allowed = resource.getrlimit(what)
    hard = value if hard_value is None else hard_value
    if allowed != resource.RLIM_INFINITY:
        hard = min(hard, allowed)
    resource.setrlimit(what, (min(value, hard), hard))


def set_limits(limits):
    # At the first the kernel sends SIGXCPU, which says why; at the second SIGKILL, as anybody might.
    limit(resource.RLIMIT_CPU, limits["cpuSeconds"], limits["cpuSeconds"] + 1)
    limit(resource.RLIMIT_DATA, limits["dataBytes"])
    limit(resource.RLIMIT_NOFILE, limits["openFiles"])
    if "fileBytes" in limits:
        limit(resource.RLIMIT_FSIZE, limits["fileBytes"])
    limit(resource.RLIMIT_CORE, 0)


def become(user):
    os.setgroups(user["groups"])
    os.setresgid(user["gid"], user["gid"], user["gid"])
    os.setresuid(user["uid"], user["uid"], user["uid"])


def main():
    parent = os.getppid()
    order = json.loads(sys.argv[1])
    if order.get("user"):
        become(order["user"])
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # after that: a change of user clears it
    if os.getppid() != parent:
        return EXIT_CANNOT_EXECUTE  # it died before prctl could tell
    os.chdir("/")
    for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them, and exec would keep that
        signal.signal(number, signal.SIG_DFL)
    set_limits(order["limits"])
    os.execve(order["argv"][0], order["argv"], order["env"])


sys.exit(main())
