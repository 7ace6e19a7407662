# SPDX-License-Identifier: GPL-2.0-only
"""
A protected pair of VMs and their peer: addresses, daemons, the kill, the way
back, and the time line of a takeover. Used by the demo, the cluster test and
the takeover benchmark; each of these decides what runs on top.

    peer 10.0.0.10 ---- lan ---- a 10.0.0.1   (service address 10.0.0.100
                          |      b 10.0.0.2    on one of the two)
                          |      a, b: link 10.1.0.1, 10.1.0.2
"""
import datetime
import json
import os
import pathlib
import re
import sys
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / 'scripts/vm'))
from lab import LabError  # noqa: E402 pylint: disable=wrong-import-position

SERVICE4, SERVICE6 = '10.0.0.100', '2001:db8::100'
LINK_PORT = 7777


def patience(lab):
    """
    Heartbeats that may be missed, and hold-max in seconds. Where QEMU emulates
    the CPU, and more so where three VMs have to share it with others, a machine
    that is well may be silent for longer than the 300 ms of the default.
    FTTCP_MISSES in the environment says otherwise.
    """
    if os.environ.get('FTTCP_MISSES'):
        return int(os.environ['FTTCP_MISSES']), 2
    if 'tcg' not in lab.cpu:
        return 3, 2
    load = max(1, os.getloadavg()[0] / os.cpu_count() / 2)
    return min(50, round(10 * load)), min(60, round(10 * load))


class Failed(Exception):
    """What was to be shown did not come true."""


class Member:
    """One node of the pair: its VM and what runs on it."""

    def __init__(self, node, number):
        self.node, self.number = node, number
        self.name = node.name
        self.lan4, self.lan6 = f'10.0.0.{number}', f'2001:db8::{number}'
        self.link4 = f'10.1.0.{number}'
        self.daemon = self.events = self.addresses = None
        self.apps = {}

    def config(self, role, settings=''):
        """fttcpd.conf of this node."""
        misses, hold_max = patience(self.node.lab)
        other = 3 - self.number
        link = (f'listen = {self.link4}:{LINK_PORT}' if self.number == 1 else
                f'connect = 10.1.0.{other}:{LINK_PORT}\nbind = {self.link4}')
        return f'''
[node]
id = {self.number}
peer-id = {other}
role = {role}
hold-max = {hold_max}s
{settings}
[link]
{link}
device = eth1
heartbeat-misses = {misses}
[auth]
insecure = yes
[fence]
allow-unfenced = yes
[service]
address = {SERVICE4}/24 dev eth0
address = {SERVICE6}/64 dev eth0
'''

    def set_up(self, role, settings=''):
        """After a boot: addresses, module, recorders, daemon."""
        self.node.run(f'''
sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 \
	net.ipv6.conf.eth0.accept_dad=0
ip -batch - <<END
link set lo up
addr add {self.lan4}/24 dev eth0
addr add {self.lan6}/64 dev eth0 nodad
addr add {self.link4}/24 dev eth1
link set eth0 up
link set eth1 up
END
modprobe fttcp
mkdir -p /run/fttcp /etc/fttcp
cat >/etc/fttcp/fttcpd.conf <<END
{self.config(role, settings)}
END''')
        self.events = self.node.spawn('exec fttcpctl -j monitor')
        self.addresses = self.node.spawn('exec ip -ts -o monitor address')
        self.daemon = self.node.spawn(
            'exec fttcpd -c /etc/fttcp/fttcpd.conf')

    def app(self, name, command):
        """Start a program of the service."""
        self.apps[name] = self.node.spawn('exec ' + command)
        return self.apps[name]

    def tear_down(self):
        """End everything that uses the module."""
        for job in [*self.apps.values(), self.daemon, self.events,
                    self.addresses]:
            if job and job.status is None:
                job.kill()
        for job in [*self.apps.values(), self.daemon]:
            if job:
                job.wait(30)
        self.node.run('fttcpctl conn detach all', check=False)

    def status(self):
        """node show, as a dictionary."""
        out = self.node.run('fttcpctl -j node show')
        shown = json.loads(out)
        return shown[0] if isinstance(shown, list) else shown

    def fttcp_events(self, name=None):
        """The kernel's events so far, [(host time, dictionary), ...]."""
        offset = self.node.clock_offset()[0]
        found = []
        for _, line in list(self.events.lines):
            if not line.startswith('{'):
                continue
            event = json.loads(line)
            if event.get('time-ns') and name in (None, event.get('name')):
                found.append((event['time-ns'] / 1e9 + offset, event))
        return found

    def address_times(self, address):
        """Host times at which this node took an address."""
        offset = self.node.clock_offset()[0]
        found = []
        for _, line in list(self.addresses.lines):
            stamp = re.match(r'\[([\d\-T:.]+)\]', line)
            if stamp and f' {address}/' in line and 'Deleted' not in line:
                when = datetime.datetime.fromisoformat(stamp.group(1))
                when = when.replace(tzinfo=datetime.timezone.utc)
                found.append(when.timestamp() + offset)
        return found


class Pair:
    """Two members and a peer."""

    def __init__(self, lab, say, settings='', programs=(), files=None,
                 mem='512M'):
        self.lab, self.say, self.settings = lab, say, settings
        self.peer = lab.node('peer', nics=['lan'], mem=mem, programs=programs,
                             files=files)
        self.a = Member(lab.node('a', nics=['lan', 'link'], mem=mem), 1)
        self.b = Member(lab.node('b', nics=['lan', 'link'], mem=mem), 2)
        self.active, self.backup = self.a, self.b

    def start(self, peer_addresses=('10.0.0.10',)):
        """Boot all three and wait until the pair is ready."""
        self.lab.start()
        lines = ''.join(f'ip addr add {a}/24 dev eth0\n'
                        for a in peer_addresses)
        self.peer.run(f'''
ip link set lo up
sysctl -qw net.ipv6.conf.eth0.accept_dad=0
{lines}ip addr add 2001:db8::10/64 dev eth0 nodad
ip link set eth0 up''')
        self.active.set_up('active', self.settings)
        self.backup.set_up('backup', self.settings)
        self.wait_ready(120)

    def wait_ready(self, timeout=120):
        """Wait until the backup could take over; what hinders is in the error."""
        out = self.active.node.run(f'fttcpctl ready wait {timeout}',
                                   timeout=timeout + 30, check=False)
        if out.status == 0:
            out = self.backup.node.run(f'fttcpctl ready wait {timeout}',
                                       timeout=timeout + 30, check=False)
        if out.status != 0:
            raise Failed(f'not ready within {timeout} s: {out}\n'
                         + self.describe())

    def save_logs(self, directory):
        """Everything the members have said, for a failure's report."""
        for m in (self.a, self.b):
            jobs = {'fttcpd': m.daemon, 'events': m.events,
                    'addresses': m.addresses, **m.apps}
            for name, job in jobs.items():
                if job:
                    (directory / f'{m.name}-{name}.log').write_text(
                        ''.join(f'{when:.3f} {text}\n'
                                for when, text in job.lines))

    def describe(self):
        """What both daemons and kernels say, for a failure's report."""
        text = ''
        sockets = 'ss -tnoiemO state connected; grep ^Tcp /proc/net/netstat'
        text += f'-- peer\n{self.peer.run(sockets, check=False)}\n'
        for m in (self.a, self.b):
            if not m.node.alive():
                text += f'-- {m.name} is off\n'
                continue
            shown = m.node.run('fttcpctl node show; fttcpctl link show; '
                               'fttcpctl conn show; ip -br addr; '
                               'grep -v " 0$" /proc/net/fttcp_stat; '
                               f'dmesg | tail -n 20; {sockets}', check=False)
            text += f'-- {m.name}\n{shown}\n'
            for name, job in [('fttcpd', m.daemon), *m.apps.items()]:
                if job:
                    text += f'-- {m.name}: {name}, end of its output\n'
                    text += job.output[-2000:] + '\n'
        return text

    def service_on(self, member):
        """Wait until a member has the service address."""
        member.node.wait_until(f'ip -o addr show dev eth0 | grep -q " {SERVICE4}/"')

    def kill_active(self, timeout=60):
        """
        Cut the active's power and wait until the backup has taken over.
        Returns the time line, host times: kill, detected, promoted, address.
        """
        dead, alive = self.active, self.backup
        known = len(alive.events.lines)
        line = {'kill': dead.node.kill()}
        alive.events.wait_for(r'"name": ?"promoted"', timeout, start=known)
        self.service_on(alive)
        self.active, self.backup = alive, dead
        line.update(self.phases(alive, line['kill']))
        return line

    def phases(self, alive, since):
        """Host times of the phases of the takeover after a moment."""
        # two clocks are compared: allow them to differ by this much
        since -= 0.05
        line = {}
        for phase, name in (('detected', 'link-down'),
                            ('promoted', 'promoted')):
            times = [t for t, _ in alive.fttcp_events(name) if t >= since]
            if not times:
                raise Failed(f'{alive.name} reported no event "{name}"\n'
                             + self.describe())
            line[phase] = times[0]
        times = [t for t in alive.address_times(SERVICE4) if t >= since]
        if not times:
            raise Failed(f'{alive.name} did not take {SERVICE4}')
        line['address'] = times[0]
        return line

    def rejoin(self, apps=None, timeout=180):
        """
        Switch the dead node on again. It comes back as backup; apps is called
        with the member to start the service's programs before it is ready.
        """
        dead = self.backup
        dead.node.start(timeout=timeout)
        dead.apps = {}
        dead.set_up('backup', self.settings)
        if apps:
            apps(dead)
        self.wait_ready(timeout)

    def switchover(self, timeout=60):
        """Change roles as planned. Returns the time line, host times."""
        alive = self.backup
        known = len(alive.events.lines)
        begin = time.time()
        self.active.node.run('fttcpctl switchover', timeout=timeout)
        alive.events.wait_for(r'"name": ?"promoted"', timeout, start=known)
        self.service_on(alive)
        self.active, self.backup = self.backup, self.active
        times = [t for t, _ in alive.fttcp_events('promoted')
                 if t >= begin - 0.05]
        return {'command': begin, 'promoted': times[0],
                'address': self.address_after(alive, begin)}

    @staticmethod
    def address_after(member, since):
        """When a member took the service address, after a moment."""
        times = [t for t in member.address_times(SERVICE4)
                 if t >= since - 0.05]
        if not times:
            raise Failed(f'{member.name} did not take {SERVICE4}')
        return times[0]

    def first_bytes(self, log, since, ports, timeout=60):
        """
        When each of a bulk client's connections went on after a moment;
        {port: host time}. Waits until all did.
        """
        offset = self.peer.clock_offset()[0]
        start_us = int((since - offset) * 1e6)
        # (the client may just be starting)
        command = (f"test ! -e {log} || awk '$1 >= {start_us} && "
                   f"!($2 in seen) {{ seen[$2] = 1; print $1, $2 }}' {log}")
        end = time.monotonic() + timeout
        while True:
            found = {int(p): int(t) / 1e6 + offset for t, p in
                     (l.split() for l in self.peer.run(command).splitlines())}
            missing = sorted(set(ports) - set(found))
            if not missing:
                return found
            if time.monotonic() > end:
                raise Failed(f'{len(missing)} of {len(ports)} connections did '
                             f'not go on within {timeout} s: ports {missing}\n'
                             + self.describe())
            time.sleep(0.1)

    def finish(self):
        """Orderly end of everything. Returns the kernels' complaints."""
        for m in (self.a, self.b):
            if m.node.alive():
                m.tear_down()
        return self.lab.finish()


__all__ = ['Failed', 'LabError', 'Member', 'Pair', 'SERVICE4', 'SERVICE6']
