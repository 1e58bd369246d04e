"""Keeps processes for a worker that may die at any moment. Run as `python3 -I -S keeper.py <mode>`:

lock  takes an exclusive lock on the open file 3, which then belongs to whoever shares that open file.
tool  runs one tool and its whole tree, and ends both when the worker on the other end of stdin is gone.
app   is the parent of one app for the app's life, and outlives the worker: see `run_app`.

Standard library of Python 3.8 only, and as little of it as possible: one keeper lives beside every app.
"""

import ctypes
import fcntl
import json
import os
import select
import signal
import sys
import time

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36

EXIT_CANNOT_EXECUTE = 127

OWN_SIGNALS = (signal.SIGCHLD, signal.SIGTERM)
# A terminal's Ctrl-C or its closing is the worker's to judge, and the worker's end is seen otherwise.
IGNORED_SIGNALS = (signal.SIGINT, signal.SIGHUP)

TOOL_GRACE_S = 2
# How soon a tree that was sent SIGKILL is looked at again: a process may have forked while it was being listed.
KILL_AGAIN_S = 0.05

LIBC = ctypes.CDLL(None, use_errno=True)


def prctl(option, value):
    if LIBC.prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def to_bytes(text):
    """Bytes for the kernel, whatever locale the keeper was started in."""
    return text.encode("utf-8", "replace")


# --- The tree of one process ---


def spawn(order, stdout, stderr):
    """Starts order's argv in a session of its own. It dies with this process, and inherits nothing but its stdio."""
    keeper = os.getpid()
    argv = [to_bytes(word) for word in order["argv"]]
    env = {to_bytes(name): to_bytes(value) for name, value in order["env"].items()}
    cwd = to_bytes(order["cwd"])
    # A stop that comes before the exec waits for it, instead of meeting the handlers of this program.
    signal.pthread_sigmask(signal.SIG_BLOCK, OWN_SIGNALS)
    pid = os.fork()
    if pid != 0:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, OWN_SIGNALS)
        return pid
    try:
        os.setsid()
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != keeper:  # it died before prctl could tell
            os._exit(EXIT_CANNOT_EXECUTE)
        redirect(stdout, stderr)
        default_signals()
        os.chdir(cwd)
        close_beyond_stdio()
        os.execvpe(argv[0], argv, env)
    except BaseException as error:  # whatever it is, a second keeper must not live on in this process
        os.write(2, b"cannot execute %s: %s\n" % (argv[0], to_bytes(str(error))))
    finally:
        os._exit(EXIT_CANNOT_EXECUTE)


def redirect(stdout, stderr):
    os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
    os.dup2(stdout, 1)
    os.dup2(stderr, 2)


def default_signals():
    """What was ignored or blocked here must not be so in the app: exec keeps both."""
    signal.set_wakeup_fd(-1)
    for number in (*OWN_SIGNALS, *IGNORED_SIGNALS, signal.SIGPIPE, signal.SIGXFSZ):  # the last two by Python
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


def close_beyond_stdio():
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2:
            try:
                os.close(int(name))
            except OSError:
                pass  # the one that the listing itself had open


def parents():
    """pid -> parent's pid, of every process."""
    found = {}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open("/proc/%s/stat" % name, "rb") as stat:
                found[int(name)] = int(stat.read().rpartition(b")")[2].split()[1])
        except OSError:
            pass  # it ended meanwhile
    return found


def descendants():
    """Every process below this one. Orphans are among them, as a subreaper becomes their parent."""
    children = {}
    for pid, parent in parents().items():
        children.setdefault(parent, []).append(pid)
    found = []
    following = children.get(os.getpid(), [])
    while following:
        pid = following.pop()
        found.append(pid)
        following.extend(children.get(pid, []))
    return found


def signal_tree(number):
    for pid in descendants():
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass  # it ended meanwhile


class Tree:
    """A process and all that descends from it. A subreaper without a child left has no descendant left either."""

    def __init__(self, main):
        self.main = main
        self.status = None
        self.empty = False
        self.stopping = False
        self.kill_at = None

    def reap(self):
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                self.empty = True
                return
            if pid == 0:
                return
            if pid == self.main:
                self.status = status
                self.main_ended()

    def main_ended(self):
        """What the main process leaves behind is killed; in a stop it still has the rest of the grace."""
        if not self.stopping:
            self.kill()

    def stop(self, grace_s):
        if self.kill_at is not None:
            return
        self.stopping = True
        self.kill_at = time.monotonic() + grace_s
        signal_tree(signal.SIGTERM)

    def kill(self):
        self.kill_at = time.monotonic()

    def kill_when_due(self):
        if self.kill_at is not None and time.monotonic() >= self.kill_at and not self.empty:
            signal_tree(signal.SIGKILL)

    def wait_ms(self):
        """How long nothing needs to be done unless something happens; None is for ever."""
        if self.kill_at is None:
            return None
        left_s = self.kill_at - time.monotonic()
        return 1 + 1000 * (left_s if left_s > 0 else KILL_AGAIN_S)


def catch_signals():
    """SIGCHLD and SIGTERM become bytes in the pipe whose reading end this returns."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    for number in OWN_SIGNALS:
        signal.signal(number, lambda *_: None)
    for number in IGNORED_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    return reading


def supervise(tree, handlers, signals, on_terminate):
    """Waits until the whole tree is gone. `handlers`: open file -> what to do when it is readable, False to drop it."""
    poller = select.poll()
    for watched in (signals, *handlers):
        poller.register(watched, select.POLLIN)
    tree.reap()  # it may have ended before its SIGCHLD was listened to
    while not tree.empty:
        for ready, _ in poller.poll(tree.wait_ms()):
            if ready == signals:
                if signal.SIGTERM in os.read(signals, 4096):
                    on_terminate()
            elif handlers[ready]() is False:
                poller.unregister(ready)
        tree.reap()
        tree.kill_when_due()


# --- Modes ---


def take_lock():
    fcntl.flock(3, fcntl.LOCK_EX)
    return 0


def run_tool():
    """stdin: one JSON line `{argv, cwd, env}`, then open for as long as the worker lives; a line `stop` ends the tool.

    Other open files, such as a lock, stay open here alone: they are let go only when the whole tree is dead.
    """
    line, commands = read_line(0)
    signals = catch_signals()
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    tree = Tree(spawn(json.loads(line), 1, 2))

    def stop():
        tree.stop(TOOL_GRACE_S)

    def on_stdin():
        nonlocal commands
        data = os.read(0, 4096)
        if not data:
            tree.kill()
            return False
        commands += data
        if b"stop\n" in commands:
            commands = b""
            stop()
        return True

    if b"stop\n" in commands:
        stop()
    supervise(tree, {0: on_stdin}, signals, stop)
    return exit_code(tree.status)


def read_line(source):
    """The first line, and what was read beyond it."""
    data = b""
    while b"\n" not in data:
        chunk = os.read(source, 65536)
        if not chunk:
            sys.exit(0)  # the worker died before it said what to do
        data += chunk
    line, _, rest = data.partition(b"\n")
    return line, rest


def exit_code(status):
    if os.WIFSIGNALED(status):
        return 128 + os.WTERMSIG(status)
    return os.WEXITSTATUS(status)


MODES = {"lock": take_lock, "tool": run_tool}

if __name__ == "__main__":
    sys.exit(MODES[sys.argv[1]]())
