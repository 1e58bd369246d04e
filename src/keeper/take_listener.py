"""Duplicates a listening socket of another process: `python3 -I -S take_listener.py PID START_TICKS ADDRESS PORT`.

The process is named by its pid and its start time in clock ticks since boot. The duplicate goes to the parent, a Node
process that opened an IPC channel. Standard library of Python 3.8 only. Linux 5.6 or newer.

Exits with 0, and sends nothing, where the process has ended or listens on no such address. Prints the name of the error
and exits with 1 where the kernel or its settings forbid the duplicate (ptrace(2), "Ptrace access mode checking").
"""

import array
import ctypes
import errno
import os
import socket
import sys

# Not in Python 3.8. The numbers are the same on all architectures that Node supports (x86, ARM, POWER, s390x).
SYS_PIDFD_OPEN = 434
SYS_PIDFD_GETFD = 438

# Node's own form of "a handle comes with this message, as it is" (lib/internal/child_process.js, `net.Native`).
HANDLE_MESSAGE = b'{"cmd":"NODE_HANDLE","type":"net.Native"}\n'

LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.syscall.restype = ctypes.c_long


def syscall(number, *arguments):
    result = LIBC.syscall(ctypes.c_long(number), *(ctypes.c_long(argument) for argument in arguments))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def start_ticks(pid):
    with open(f"/proc/{pid}/stat", "rb") as stat:
        return stat.read().rpartition(b")")[2].split()[19].decode()


def shares_network(pid):
    return os.readlink(f"/proc/{pid}/ns/net") == os.readlink("/proc/self/ns/net")


def sockets_of(pid):
    """The lowest descriptor first: an API inherits its listener as descriptor 3."""
    for descriptor in sorted(os.listdir(f"/proc/{pid}/fd"), key=int):
        try:
            if os.readlink(f"/proc/{pid}/fd/{descriptor}").startswith("socket:"):
                yield int(descriptor)
        except FileNotFoundError:
            continue  # closed since it was listed


def duplicate(pidfd, descriptor):
    """None where the descriptor was closed since it was listed."""
    try:
        return socket.socket(fileno=syscall(SYS_PIDFD_GETFD, pidfd, descriptor, 0))
    except OSError as error:
        if error.errno != errno.EBADF:
            raise
        return None


def listens_on(candidate, family, address):
    """Looks at the duplicate, not at the process: nothing can change in between."""
    return (
        candidate.family == family
        and candidate.type == socket.SOCK_STREAM
        and candidate.proto == socket.IPPROTO_TCP
        and candidate.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) == 1
        and candidate.getsockname() == address
    )


def find_listener(pid, expected_ticks, host, port):
    """None where there is no such process or socket."""
    [(family, _, _, _, address)] = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    )
    pidfd = syscall(SYS_PIDFD_OPEN, pid, 0)
    # The pidfd came first: a later process with the same pid would have a later start.
    if start_ticks(pid) != expected_ticks or not shares_network(pid):
        return None
    for descriptor in sockets_of(pid):
        candidate = duplicate(pidfd, descriptor)
        if candidate is None:
            continue
        if listens_on(candidate, family, address):
            return candidate
        candidate.close()
    return None


def send_to_parent(listener):
    channel = socket.socket(fileno=int(os.environ["NODE_CHANNEL_FD"]))
    rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [listener.fileno()]))
    channel.sendmsg([HANDLE_MESSAGE], [rights])
    channel.recv(4096)  # the parent confirms that it has the handle, or is gone


def main():
    pid, expected_ticks, host, port = int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
    try:
        listener = find_listener(pid, expected_ticks, host, port)
        if listener is not None:
            send_to_parent(listener)
    except OSError as error:
        if error.errno in (errno.ESRCH, errno.ENOENT):  # it has ended
            return 0
        print(errno.errorcode.get(error.errno, str(error)))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
