# SPDX-License-Identifier: GPL-2.0-only
"""
The connections of the torture test: what kinds there are, their servers on both
nodes, their clients in the peer. ftstream makes each byte from the ports of the
connection, the direction and the offset, and checks it at both ends; a server that
gets a connection after a takeover asks the kernel where it stands.
"""
import dataclasses

V4, V6 = '10.0.0.100', '2001:db8::100'
PEER4, PEER6 = '10.0.0.10', '2001:db8::10'
STOP, GO = '/tmp/torture-stop', '/tmp/torture-go'
PATIENCE = 1000000      # seconds: the test has its own


@dataclasses.dataclass
class Kind:
    """One kind of connection; it has a port of its own."""
    name: str
    port: int
    server: str             # arguments of both ends
    client: str
    to: tuple = (V4, V6)
    listen: str = '::'
    moves: bool = True      # bytes come to the client all the time


KINDS = (
    Kind('bulk', 6001, '--rate 60000', '--rate 60000'),
    # (as fast as they can, turns alone would take all of three emulated CPUs)
    Kind('turns', 6002, '--nodelay --lead 0 --rate 8000',
         '--nodelay --lead 400 --rate 8000'),
    Kind('slow-peer', 6003, '--sndbuf 60000',
         '--rx-rate 6000 --rcvbuf 20000 --rate 3000', moves=False),
    Kind('slow-node', 6004, '--rx-rate 6000 --rcvbuf 20000 --rate 3000',
         '--sndbuf 60000'),
    Kind('peer-closed', 6005, '--rate 10000', '-s 5000'),
    Kind('node-closed', 6006, '-s 5000', '--rate 10000', moves=False),
    Kind('idle', 6007, f'--keepalive 10 --pause 1000:{GO}',
         f'--keepalive 10 --pause 1000:{GO}', moves=False),
    Kind('md5-4', 6008, f'--md5 torture,{PEER4} --rate 10000',
         f'--md5 torture,{V4} --rate 10000', (V4,), '0.0.0.0'),
    Kind('md5-6', 6009, f'--md5 torture,{PEER6} --rate 10000',
         f'--md5 torture,{V6} --rate 10000', (V6,)),
)
PORTS = [kind.port for kind in KINDS]
CONNS = sum(len(kind.to) for kind in KINDS)
FTSTREAM = f'/fttcp/selftests/ftstream --timeout {PATIENCE} --stop {STOP}'


def serve(member):
    """(Re)start all servers on a node of the pair."""
    stop_serving(member)
    # one shell starts them all: each costs an emulated CPU a tenth of a second
    servers = ''.join(f'{FTSTREAM} -l -n {len(kind.to)} --ulp {kind.server} '
                      f'{kind.listen} {kind.port} &\n' for kind in KINDS)
    listening = (f'$(ss -Hltn "sport >= {PORTS[0]} and sport <= {PORTS[-1]}" | '
                 'wc -l)')
    # one that was killed may still be there, and keep its port
    member.apps['servers'] = member.node.spawn(
        f'rm -f {STOP} {GO}\n'
        f'while [ {listening} != 0 ]; do sleep .1; done\n{servers}wait')
    member.node.wait_until(f'[ {listening} = {len(KINDS)} ] && '
                           f'[ $(pgrep -cx ftstream) = {len(KINDS)} ]', 120)


def stop_serving(member):
    """End the servers that are there."""
    jobs = list(member.apps.values())
    for job in jobs:
        job.kill(9)
    for job in jobs:
        job.wait(30)
    member.apps.clear()


class Clients:
    """All connections, from the peer."""

    def __init__(self, node):
        self.node, self.jobs = node, {}

    def start(self):
        """Connect, and wait until bytes have come."""
        for kind in KINDS:
            for to in kind.to:
                name = f'{kind.name}-{"6" if ":" in to else "4"}'
                self.jobs[name] = self.node.spawn(
                    f'exec {FTSTREAM} -c {kind.client} --progress '
                    f'/tmp/{name}.progress {to} {kind.port}')
        self.node.wait_until(f'[ $(cat /tmp/*.progress | awk "\\$2 > 0" | '
                             f'wc -l) = {CONNS} ]', 120)

    @staticmethod
    def moving():
        """The clients to which bytes come all the time: as Wire.acked names them."""
        return {(6 if ':' in to else 4, kind.port): kind.name
                for kind in KINDS if kind.moves for to in kind.to}

    def finish(self):
        """No more is sent; what each client says in the end, {name: text}."""
        self.node.run(f'touch {GO} {STOP}')
        return {name: job.wait(120) for name, job in self.jobs.items()}
