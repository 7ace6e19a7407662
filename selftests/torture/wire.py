# SPDX-License-Identifier: GPL-2.0-only
"""
What the peer's side of the network saw: reads the capture of the segment while it is
being written, and tells who has spoken for the service, in order, and how often a
connection was reset. It knows nothing of fttcp.
"""
import ipaddress
import struct

RECORD = struct.Struct('<IIII')
FILE_HEADER = 24
RST = 4


def address(text):
    """Bytes of an IP address."""
    return ipaddress.ip_address(text).packed


class Wire:
    """
    names       {MAC address as bytes: name of the node}
    services    addresses of the service, as text
    ports       its TCP ports
    """

    def __init__(self, path, names, services, ports):
        self.path, self.names = path, names
        self.services = {address(s) for s in services}
        self.ports = frozenset(ports)
        self.spans = []         # [name, segments, first, last], by sender
        self.resets = []        # (time, text)
        self.segments = 0
        self._at = FILE_HEADER
        self._rest = b''

    def update(self):
        """Take in what was captured since the last time."""
        with open(self.path, 'rb') as capture:
            capture.seek(self._at)
            data = capture.read()
        self._at += len(data)
        data = self._rest + data
        pos = 0
        while len(data) - pos >= RECORD.size:
            sec, usec, size, _ = RECORD.unpack_from(data, pos)
            end = pos + RECORD.size + size
            if end > len(data):
                break
            self._frame(sec + usec / 1e6, data[pos + RECORD.size:end])
            pos = end
        self._rest = data[pos:]

    def _frame(self, when, frame):
        kind = frame[12:14]
        if kind == b'\x08\x00' and frame[23] == 6:
            self._tcp(when, frame, frame[26:30], frame[30:34],
                      14 + (frame[14] & 15) * 4)
        elif kind == b'\x86\xdd' and frame[20] == 6:
            self._tcp(when, frame, frame[22:38], frame[38:54], 54)

    def _tcp(self, when, frame, source, target, at):
        if len(frame) < at + 14:
            return
        sport, dport = struct.unpack_from('>HH', frame, at)
        ours = source in self.services and sport in self.ports
        theirs = target in self.services and dport in self.ports
        if not ours and not theirs:
            return
        self.segments += 1
        if frame[at + 13] & RST:
            self.resets.append((when, self._tell(frame, sport, dport)))
        if ours:
            self._spoke(self.names.get(frame[6:12], frame[6:12].hex()), when)

    def _tell(self, frame, sport, dport):
        return (f'reset from {self.names.get(frame[6:12], "?")}, port {sport} '
                f'to port {dport}')

    def _spoke(self, name, when):
        if not self.spans or self.spans[-1][0] != name:
            self.spans.append([name, 0, when, when])
        span = self.spans[-1]
        span[1] += 1
        span[3] = when

    def senders(self):
        """Who has spoken for the service, one after the other."""
        return [span[0] for span in self.spans]
