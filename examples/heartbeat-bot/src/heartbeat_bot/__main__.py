"""Beats once a second, and counts its beats in a SQLite file beside it.

Deploy it with `"persist": ["bot.db"]`, and the count goes on from one release to the next.
"""

import os
import signal
import sqlite3
import sys
import time


def main() -> None:
    if not os.environ.get("DISCORD_TOKEN"):
        sys.exit("DISCORD_TOKEN is not set: give it in config.environment_variables")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    database = sqlite3.connect("bot.db")
    database.execute("CREATE TABLE IF NOT EXISTS beats (at REAL NOT NULL)")
    print("the bot is up", flush=True)
    while True:
        database.execute("INSERT INTO beats VALUES (?)", (time.time(),))
        database.commit()
        (count,) = database.execute("SELECT count(*) FROM beats").fetchone()
        print(f"beat {count}", flush=True)
        time.sleep(1)


main()
