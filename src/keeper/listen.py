"""Makes an inherited socket listen: `python3 -I -S listen.py ADDRESS PORT BACKLOG`, with the socket as descriptor 3.

Node can open a socket, and can listen on it, but a Node process that listens also takes the connections. The process that
holds the API's port must take none. Standard library of Python 3.8 only. Prints the name of the error and exits with 1
where the port can't be had.
"""

import errno
import socket
import sys

DESCRIPTOR = 3


def main():
    address, port, backlog = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    held = socket.socket(fileno=DESCRIPTOR)
    try:
        if held.getsockname()[1] == 0:  # Node could not bind it, and reports that only to who listens
            held.bind((address, port))
        held.listen(backlog)
    except OSError as error:
        print(errno.errorcode.get(error.errno, str(error)))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
