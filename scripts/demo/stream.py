# SPDX-License-Identifier: GPL-2.0-only
"""
The bulk programs' stream, written a second time: what SHA-256 a transfer must
have follows from the client's port, the direction and the length, and is
computed here without any code of the programs.
"""
import hashlib
import struct

UP, DOWN = 0, 1
MASK = (1 << 64) - 1
GOLDEN = 0x9e3779b97f4a7c15


def _mix(x):
    x = (x + GOLDEN) & MASK
    x = ((x ^ x >> 30) * 0xbf58476d1ce4e5b9) & MASK
    x = ((x ^ x >> 27) * 0x94d049bb133111eb) & MASK
    return x ^ x >> 31


def digest(port, direction, length):
    """SHA-256 of the first bytes of a stream, hexadecimal."""
    seed = _mix(port << 1 | direction)
    sha = hashlib.sha256()
    step = 1 << 16
    for first in range(0, (length + 7) // 8, step):
        words = []
        for n in range(first, first + step):
            # _mix(seed + n), unrolled: this runs for every eight bytes
            x = (seed + n + GOLDEN) & MASK
            x = ((x ^ x >> 30) * 0xbf58476d1ce4e5b9) & MASK
            x = ((x ^ x >> 27) * 0x94d049bb133111eb) & MASK
            words.append(x ^ x >> 31)
        data = struct.pack(f'<{step}Q', *words)
        sha.update(data[:length - first * 8])
    return sha.hexdigest()
