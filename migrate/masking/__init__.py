"""Personal data is masked here, row by row, before anything of it is written: see `RowMask`."""

from .keys import KEY_VARIABLE, Key, read_key
from .rows import RowMask

__all__ = ["KEY_VARIABLE", "Key", "RowMask", "read_key"]
