"""Keeps processes for a worker that may die at any moment. Run as `python3 -I -S keeper.py <mode>`:

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
PR_SET_NO_NEW_PRIVS = 38

EXIT_CANNOT_EXECUTE = 127
# What `app` refuses: a folder whose keeper lives, and one whose keeper has been. The worker tells them by these.
EXIT_RUNNING = 75
EXIT_LEFTOVER = 76

OWN_SIGNALS = (signal.SIGCHLD, signal.SIGTERM)
# A terminal's Ctrl-C or its closing is the worker's to judge, and the worker's end is seen otherwise.
IGNORED_SIGNALS = (signal.SIGINT, signal.SIGHUP)

TOOL_GRACE_S = 2
# How soon a tree that was sent SIGKILL is looked at again: a process may have forked while it was being listed.
KILL_AGAIN_S = 0.05

READ_BYTES = 64 * 1024
# A longer line is cut, so that an app which never ends its line can't fill the memory.
LINE_BYTES = 64 * 1024
MASK = b"********"

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
        become(order.get("user"))
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # after that: a change of user clears it
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


def become(user):
    """Another user, or nobody else. Groups first: afterwards it may no longer. No setuid file leads back."""
    if user is None:
        return
    os.setgroups(user["groups"])
    os.setresgid(user["gid"], user["gid"], user["gid"])
    os.setresuid(user["uid"], user["uid"], user["uid"])
    prctl(PR_SET_NO_NEW_PRIVS, 1)


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


# --- The output of an app ---


class Lines:
    """Cuts one stream into lines, and masks secrets in them however the app's writes were cut."""

    def __init__(self, secrets):
        # A line holds no line break; a secret of several lines is masked by its lines, which the list holds too.
        masked = sorted((text for text in map(to_bytes, secrets) if text and b"\n" not in text), key=len, reverse=True)
        self.masked = masked
        self.longest = max(map(len, masked), default=0)
        self.rest = b""

    def feed(self, data):
        """The lines that `data` completes, masked."""
        *lines, self.rest = (self.rest + data).split(b"\n")
        complete = [self.mask(line) for line in lines]
        while len(self.rest) > LINE_BYTES + self.longest:
            piece, self.rest = self.cut(self.rest)
            complete.append(piece)
        return complete

    def end(self):
        """The last line, when the app did not end it."""
        last, self.rest = self.rest, b""
        return [self.mask(last)] if last else []

    def mask(self, line):
        """One after the other, longest first: quicker than one pattern of hundreds, which is tried at every byte."""
        for secret in self.masked:
            if secret in line:
                line = line.replace(secret, MASK)
        return line

    def cut(self, text):
        """The masked beginning of a long line, and the rest, which begins neither in a secret nor in a character."""
        end = len(text) - max(self.longest, 4)  # a secret that begins before this stands here whole
        for _ in range(3):
            if text[end] & 0xC0 == 0x80:  # the middle of a UTF-8 character
                end -= 1
        moved = True
        while moved:  # past a secret that begins before the cut, and past one that begins in that
            moved = False
            for secret in self.masked:
                at = text.rfind(secret, max(0, end - len(secret) + 1), end + len(secret) - 1)
                if at != -1:
                    end = at + len(secret)
                    moved = True
        return self.mask(text[:end]), text[end:]


class Log:
    """NDJSON `{ts, stream, line}`, rotated by size. A disk that takes nothing costs lines, never the app."""

    def __init__(self, path, max_bytes, files):
        self.path = path
        self.max_bytes = max_bytes
        self.files = files
        self.file = None
        self.size = 0
        self.lost = 0

    def write(self, stream, lines):
        if not lines:
            return
        try:
            if self.lost:
                self.append(record_lines("stderr", [b"[slipway] %d lines of output were lost here" % self.lost]))
                self.lost = 0
            self.append(record_lines(stream, lines))
        except OSError:
            self.lost += len(lines)  # told in the log itself, once it takes lines again

    def append(self, data):
        if self.file is None:
            self.open()
        if self.size and self.size + len(data) > self.max_bytes:
            self.rotate()
        try:
            written = 0
            while written < len(data):
                written += os.write(self.file, data[written:])
        except OSError:
            os.ftruncate(self.file, self.size)  # no half line stays
            raise
        self.size += len(data)

    def open(self):
        self.file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self.size = os.fstat(self.file).st_size

    def rotate(self):
        os.close(self.file)
        self.file = None
        for number in range(self.files - 1, 0, -1):
            older = b"%s.%d" % (self.path, number)
            newer = b"%s.%d" % (self.path, number - 1) if number > 1 else self.path
            if os.path.exists(newer):
                os.replace(newer, older)
        self.open()


def record_lines(stream, lines):
    at = timestamp()
    texts = (json.dumps(line.rstrip(b"\r").decode("utf-8", "replace"), ensure_ascii=False) for line in lines)
    return "".join('{"ts":"%s","stream":"%s","line":%s}\n' % (at, stream, text) for text in texts).encode()


class Output:
    """What the app writes to stdout or stderr."""

    # Enough to empty a pipe; more can only come from a stranger who was handed the other end.
    MAX_LAST_READS = 16

    def __init__(self, stream, source, lines, log):
        self.stream = stream
        self.source = source
        self.lines = lines
        self.log = log
        os.set_blocking(source, False)

    def read(self):
        """False when nothing more will come."""
        data = os.read(self.source, READ_BYTES)
        self.log.write(self.stream, self.lines.feed(data))
        return bool(data)

    def finish(self):
        try:
            for _ in range(self.MAX_LAST_READS):
                if not self.read():
                    break
        except BlockingIOError:
            pass  # empty, though somebody else still holds the other end
        self.log.write(self.stream, self.lines.end())


# --- Files of an instance ---


def timestamp():
    now = time.time()
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + ".%03dZ" % (now % 1 * 1000)


def write_atomically(name, value):
    temporary = name + ".new"
    with open(temporary, "w", encoding="utf-8") as file:
        json.dump(value, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, name)


def open_fifo(name):
    """Visible only once it is held: a worker that finds it, and nobody at its other end, knows the keeper is dead.

    Opened for both directions, so that its reader sees no end whoever comes and goes.
    """
    temporary = name + ".new"
    if os.path.exists(temporary):
        os.unlink(temporary)
    os.mkfifo(temporary, 0o600)
    held = os.open(temporary, os.O_RDWR | os.O_NONBLOCK)
    os.replace(temporary, name)
    return held


def hold_lock():
    """Whether this folder is ours; if so for as long as this process lives."""
    try:
        fcntl.flock(os.open("lock", os.O_RDWR | os.O_CREAT, 0o600), fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except BlockingIOError:
        return False


# --- Modes ---


def run_tool():
    """stdin: one JSON line `{argv, cwd, env, user?}`, then open for as long as the worker lives; a line `stop` ends the tool.

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


def run_app():
    """stdin: one JSON document `{dir, argv, cwd, env, user?, mask, log, logBytes, logFiles, graceMs, record}`, then its end.

    Writes into `dir`: lock, held for life; mark, the random word that the app's processes have as SLIPWAY_MARK; alive, a
    FIFO that ends when this process does, whatever ended it;
    control, a FIFO that takes `stop`; instance.json, the record with pids and start; exit.json, how the app ended.
    Answers with the written record on stdout, then lets go of the worker.
    """
    order = json.loads(read_all(0))
    os.chdir(to_bytes(order["dir"]))
    if not hold_lock():
        return EXIT_RUNNING
    if os.path.exists("control"):
        return EXIT_LEFTOVER
    alive = open_fifo("alive")  # noqa: F841 (held by being open)
    control = open_fifo("control")
    signals = catch_signals()
    prctl(PR_SET_CHILD_SUBREAPER, 1)

    write_mark(order)
    tree, outputs = start_app(order)
    grace_s = order["graceMs"] / 1000

    def stop():
        tree.stop(grace_s)

    def on_control():
        if b"stop\n" in os.read(control, 4096):
            stop()

    let_go_of_worker(tree, order["record"])
    del order  # it holds every secret a second time
    supervise(tree, {control: on_control, **{output.source: output.read for output in outputs}}, signals, stop)
    for output in outputs:
        output.finish()
    write_atomically("exit.json", describe_exit(tree))
    return 0


def read_all(source):
    chunks = []
    while True:
        chunk = os.read(source, READ_BYTES)
        if not chunk:
            break
        chunks.append(chunk)
    if not chunks:
        sys.exit(0)  # the worker died before it said what to do
    return b"".join(chunks)


def write_mark(order):
    """Gives the app's processes a random word. If this keeper dies, the worker finds them by it."""
    word = os.urandom(16).hex()
    with open("mark", "w", encoding="ascii") as file:  # before anything is started
        file.write(word)
    order["env"]["SLIPWAY_MARK"] = word
    order["mask"].append(word)


def start_app(order):
    log = Log(to_bytes(order["log"]), order["logBytes"], order["logFiles"])
    stdout, app_stdout = os.pipe()
    stderr, app_stderr = os.pipe()
    user = order.get("user")
    for output in (app_stdout, app_stderr) if user else ():
        os.fchown(output, user["uid"], user["gid"])  # else it could not open /dev/stdout
    tree = Tree(spawn(order, app_stdout, app_stderr))
    # By these a sweep knows what is left of the app should this keeper die, whatever that did to its environment.
    order["record"]["output"] = {"boot": boot_id(), "pipes": [os.fstat(app_stdout).st_ino, os.fstat(app_stderr).st_ino]}
    os.close(app_stdout)
    os.close(app_stderr)
    mask = order["mask"]
    return tree, [Output("stdout", stdout, Lines(mask), log), Output("stderr", stderr, Lines(mask), log)]


def boot_id():
    """Inodes of pipes are unique only until the next start of the machine."""
    try:
        with open("/proc/sys/kernel/random/boot_id") as file:
            return file.read().strip()
    except OSError:
        return ""


def let_go_of_worker(tree, record):
    written = {**record, "keeperPid": os.getpid(), "appPid": tree.main, "startedAt": timestamp()}
    write_atomically("instance.json", written)
    try:
        os.write(1, to_bytes(json.dumps(written)) + b"\n")
    except BrokenPipeError:
        pass  # the worker died; the next one finds the record
    nowhere = os.open("/dev/null", os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    # Should this program itself fail, its last words are found beside what it kept.
    os.dup2(os.open("keeper.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), 2)


def describe_exit(tree):
    signaled = os.WIFSIGNALED(tree.status)
    return {
        "code": None if signaled else os.WEXITSTATUS(tree.status),
        "signal": signal_name(os.WTERMSIG(tree.status)) if signaled else None,
        "at": timestamp(),
        "reason": "stopped" if tree.stopping else "exited",
    }


def signal_name(number):
    try:
        return signal.Signals(number).name
    except ValueError:
        return "SIG%d" % number  # a real-time signal


MODES = {"tool": run_tool, "app": run_app}

if __name__ == "__main__":
    sys.exit(MODES[sys.argv[1]]())
