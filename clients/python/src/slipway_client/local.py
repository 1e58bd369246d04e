"""Finds the Slipway to call."""
from __future__ import annotations

import json
import os
import pathlib
from typing import Optional

from .errors import EnvironmentError
from .transport import Transport


def find_slipway(data_dir: Optional[str] = None, *, language: Optional[str] = None) -> Transport:
    """Returns the Slipway of `SLIPWAY_URL` and `SLIPWAY_KEY`, else a local one with its admin key.

    The local one has the data folder `data_dir`, `SLIPWAY_DATA_DIR`, the nearest `.slipway` from the working folder
    upwards, or `~/.slipway`. Messages are in `language`, `SLIPWAY_LANGUAGE`, or Chinese.
    """
    language = language or os.environ.get("SLIPWAY_LANGUAGE") or "zh-TW"
    url, key = os.environ.get("SLIPWAY_URL"), os.environ.get("SLIPWAY_KEY")
    if url and key:
        return Transport(url, key, language)
    folder = pathlib.Path(data_dir or os.environ.get("SLIPWAY_DATA_DIR") or _nearest_data_folder())
    try:
        ready = json.loads((folder / "ready.json").read_text())
        return Transport(ready["api_url"], (folder / "admin.key").read_text().strip(), language)
    except OSError as error:
        hint = "Run `slipway start` or `npm start`, or set SLIPWAY_DATA_DIR, or SLIPWAY_URL and SLIPWAY_KEY"
        raise EnvironmentError(f"There is no running Slipway in {folder}", hint=hint) from error


def _nearest_data_folder() -> pathlib.Path:
    here = pathlib.Path.cwd()
    folders = [folder / ".slipway" for folder in (here, *here.parents, pathlib.Path.home())]
    return next((folder for folder in folders if folder.is_dir()), folders[0])
