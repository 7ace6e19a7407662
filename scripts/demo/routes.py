# SPDX-License-Identifier: GPL-2.0-only
"""
The routes that the demo's two BGP peers announce: the list, the peers'
configurations that announce it in batches, and the digest that the collector
must come to. The digest is computed from the list alone; neither peer nor
collector has a part in it.
"""
import hashlib

SERVICE_AS = 65000


class Peer:
    """One BGP speaker: its AS, its address, and what it announces."""

    def __init__(self, kind, asn, address, first_octet, count=10000,
                 batches=20):
        self.kind, self.asn, self.address = kind, asn, address
        self.first_octet, self.count, self.batches = first_octet, count, batches

    def route(self, i):
        """(address, length, community's low half, MED or None) of route i."""
        address = f'{self.first_octet}.{i >> 8}.{i & 255}.0'
        if self.kind == 'bird':     # which sends no MED to another AS
            return address, 24 + i % 5, i % 100, None
        return address, 24 + i % 5, i % 10 * 7, i % 10

    def batch(self, b):
        """Indices of the routes of batch b."""
        size = -(-self.count // self.batches)
        return range(b * size, min(self.count, (b + 1) * size))

    def lines(self):
        """What the collector prints for this peer, sorted as it sorts."""
        for i in range(self.count):
            address, length, low, med = self.route(i)
            text = '' if med is None else f'med {med} '
            yield (f'{address}/{length} origin igp as-path {self.asn} '
                   f'next-hop {self.address} {text}'
                   f'communities {self.asn}:{low}\n')

    def digest(self):
        """SHA-256 of the table, hexadecimal."""
        return hashlib.sha256(''.join(self.lines()).encode()).hexdigest()


def bird_config(peer, service, run, hold=30):
    """bird.conf; it includes the batches that are in RUN/batch*.conf."""
    return f'''
log "{run}/bird.log" all;
router id {peer.address};
timeformat protocol iso long us;
debug protocols {{ states, events }};
protocol device {{ }}
protocol static announced {{
	ipv4;
	include "{run}/batch*.conf";
}}
protocol bgp collector {{
	local {peer.address} as {peer.asn};
	neighbor {service} as {SERVICE_AS};
	strict bind yes;
	hold time {hold};
	connect retry time 2;
	connect delay time 1;
	error wait time 1, 2;
	ipv4 {{ import none; export where source = RTS_STATIC; }};
}}
'''


def bird_batch(peer, b):
    """One file of static routes."""
    out = []
    for i in peer.batch(b):
        address, length, low, _ = peer.route(i)
        out.append(f'route {address}/{length} blackhole {{ '
                   f'bgp_community.add(({peer.asn},{low})); }};\n')
    return ''.join(out)


def frr_config(peer, service, run, hold=30):
    """bgpd.conf, without the networks."""
    maps = ''.join(f'''
route-map M{k} permit 10
 set metric {k}
 set community {peer.asn}:{k * 7}
''' for k in range(10))
    return f'''
log file {run}/bgpd.log
{maps}
router bgp {peer.asn}
 bgp router-id {peer.address}
 no bgp ebgp-requires-policy
 no bgp network import-check
 bgp log-neighbor-changes
 neighbor {service} remote-as {SERVICE_AS}
 neighbor {service} update-source {peer.address}
 neighbor {service} timers {hold // 3} {hold}
 neighbor {service} timers connect 2
 neighbor {service} advertisement-interval 0
'''


def frr_batch(peer, b):
    """Commands for vtysh -f."""
    out = [f'router bgp {peer.asn}\n address-family ipv4 unicast\n']
    for i in peer.batch(b):
        address, length, _, _ = peer.route(i)
        out.append(f'  network {address}/{length} route-map M{i % 10}\n')
    return ''.join(out)
