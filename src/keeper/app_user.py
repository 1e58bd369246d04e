"""Whether apps can run as another user. Run as `python3 -I -S app_user.py <user> <data folder>`; prints one line of JSON:
`{"kind": "usable", "user": {"name", "uid", "groups"}}`, or another kind, which says what is in the way, and its details.

Standard library of Python 3.8 only.
"""

import json
import os
import pwd
import sys

# A group number such as services get: a container may know only some.
TRIAL_GROUP = 0x70000000
# To become the user, to give it files and to take them back, to end its processes, and to see that they are ours.
POWERS = {
    "CAP_CHOWN": 0,
    "CAP_DAC_OVERRIDE": 1,
    "CAP_FOWNER": 3,
    "CAP_KILL": 5,
    "CAP_SETGID": 6,
    "CAP_SETUID": 7,
    "CAP_SYS_PTRACE": 19,
}


def examine(name, data_folder):
    entry = entry_of(name)
    if entry is None:
        return {"kind": "unknown"}
    if entry.pw_uid == 0:
        return {"kind": "root"}
    if os.geteuid() != 0:
        return {"kind": "not_root"}
    missing = missing_powers()
    if missing:
        return {"kind": "powerless", "missing": missing}
    if not hard_links_are_guarded():
        return {"kind": "hard_links"}
    groups = [group for group in os.getgrouplist(entry.pw_name, entry.pw_gid) if group != 0]
    return become_and_look({"name": entry.pw_name, "uid": entry.pw_uid, "groups": groups}, data_folder)


def entry_of(name):
    try:
        return pwd.getpwuid(int(name)) if name.isdecimal() else pwd.getpwnam(name)
    except (KeyError, OverflowError, ValueError):
        return None


def missing_powers():
    with open("/proc/self/status") as status:
        effective = next(int(line.split()[1], 16) for line in status if line.startswith("CapEff:"))
    return [name for name, number in POWERS.items() if not effective >> number & 1]


def hard_links_are_guarded():
    """Else an app puts a name of its own on Slipway's files, and waits for Slipway to give them to it."""
    try:
        with open("/proc/sys/fs/protected_hardlinks") as setting:
            return setting.read().strip() != "0"
    except FileNotFoundError:
        return True


def become_and_look(user, data_folder):
    try:
        os.setgroups(user["groups"])
        os.setresgid(TRIAL_GROUP, TRIAL_GROUP, TRIAL_GROUP)
        os.setresuid(user["uid"], user["uid"], user["uid"])
    except OSError as error:
        return {"kind": "refused", "reason": error.strerror}
    closed = closed_parent(data_folder)
    return {"kind": "unreachable", "folder": closed} if closed else {"kind": "usable", "user": user}


def closed_parent(path):
    """The outermost folder above a path that this process can't enter. One that is missing is made when it is needed."""
    parts = path.split("/")
    for count in range(1, len(parts)):
        folder = "/".join(parts[:count]) or "/"
        try:
            os.stat(folder + "/.")
        except PermissionError:
            return folder
        except OSError:  # missing, a file, a circle of links: making the data folder tells
            return None
    return None


if __name__ == "__main__":
    print(json.dumps(examine(*sys.argv[1:3])))
