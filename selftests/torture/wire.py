# SPDX-License-Identifier: GPL-2.0-only
"""
What the peer's side of the network saw: reads the capture of the segment while it is
being written, and tells who has spoken for the service, in order, how often a
connection was reset, and up to where the peer has each stream. It knows nothing of
fttcp, and costs the VMs nothing.
"""
import ipaddress
import struct

RECORD = struct.Struct('<IIII')
FILE_HEADER = 24
RST, ACK = 4, 16
TIMESTAMP = bytes([1, 1, 8, 10])        # as Linux lays the option out
# A segment that is seen so much later than TCP made it (seconds) has waited in the
# device of a machine that stood still.
LATE = 0.5
# They leave before a CPU of the machine has gone on, in one burst: how many they may be,
# and from the first to the last (seconds). It is not the hold queue that leaves.
LATE_MAX, LATE_BURST = 64, 0.1


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
        self.late = 0           # made by the one before, while it might speak,
        self._late_now = []     # and when those since the last change left
        self._unsure = []       # (name, when) of those that may be such
        self._clocks = {}       # {(sender, connection): (timestamp, when)}
        self.acked = {}         # {(IP version, service port): (ack, when)}
        self.inherited = {}     # the same when the last of the spans began
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
        if theirs and frame[at + 13] & ACK:
            self._acknowledged((4 if len(source) == 4 else 6, dport), when,
                               *struct.unpack_from('>I', frame, at + 8))
        if ours:
            name = self.names.get(frame[6:12], frame[6:12].hex())
            age = self._age((name, target, dport, sport), when,
                            frame[at + 20:at + 28])
            self._spoke(name, when, None if age is None else age > LATE)

    def _acknowledged(self, conn, when, ack):
        """The peer has all before this number."""
        old, _ = self.acked.get(conn, (ack - 1, 0))
        if 0 < (ack - old) % 2**32 < 2**31:
            self.acked[conn] = (ack, when)

    def _tell(self, frame, sport, dport):
        return (f'reset from {self.names.get(frame[6:12], "?")}, port {sport} '
                f'to port {dport}')

    def _age(self, conn, when, option):
        """How long ago TCP made this segment, by its timestamp and the one of
        the segment before; None where it does not say."""
        if option[:4] != TIMESTAMP:
            return None
        now = int.from_bytes(option[4:], 'big')
        last, since = self._clocks.setdefault(conn, (now, when))
        age = when - since - ((now - last + 2**31) % 2**32 - 2**31) / 1000
        if age <= LATE:
            self._clocks[conn] = (now, when)
        return age

    def _stranger(self, name):
        return self.spans and self.spans[-1][0] != name

    def _spoke(self, name, when, late):
        # What was given to the device before the machine stood still leaves when it
        # goes on. It says nothing that the backup does not have.
        self._decide(name, when, late)
        if not self._stranger(name):
            self._count(name, when)
        elif late is None and not self._in_burst(when):
            self._unsure.append((name, when))
        elif (late or late is None) and self._bursts(when):
            self.late += 1
        else:
            self._count(name, when)

    def _decide(self, name, when, late):
        # Some segments do not say how old they are. They are as old as the others of
        # their burst; without any, they are not late.
        if not self._unsure:
            return
        told = name == self._unsure[0][0] and late is not None
        if not told and when - self._unsure[0][1] <= LATE_BURST:
            return
        unsure, self._unsure = self._unsure, []
        for one, then in unsure:
            self._spoke(one, then, bool(told and late and when - then <= LATE_BURST))

    def _count(self, name, when):
        if not self.spans or self._stranger(name):
            self._late_now = []
            self.inherited = dict(self.acked)
            self.spans.append([name, 0, when, when])
        span = self.spans[-1]
        span[1] += 1
        span[3] = when

    def _in_burst(self, when):
        return self._late_now and when - self._late_now[0] <= LATE_BURST

    def _bursts(self, when):
        self._late_now.append(when)
        return (len(self._late_now) <= LATE_MAX and
                when - self._late_now[0] <= LATE_BURST)

    def senders(self):
        """Who has spoken for the service, one after the other."""
        return [span[0] for span in self.spans]
