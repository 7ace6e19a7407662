#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
The cluster test: three VMs, bulk transfers over IPv4 and IPv6, both ways at
once, and the active machine's QEMU killed at a random moment, again and again.
Each killed machine is switched on again, comes back as backup, and the next
kill hits the one that took over. Once in between the roles change as planned.

Some connections live through all of it, others begin shortly before each kill
and end after it. Client and server check every byte.

usage: selftests/vm/cluster.py [-k 6.12|6.1] [-n KILLS] [-s SEED] [-m MODE]
                               [-o DIRECTORY]

Runs on the host and prints KTAP. The phases of every takeover go into
build/cluster/takeovers-KERNEL.json.
"""
import argparse
import json
import pathlib
import random
import statistics
import sys
import time
import traceback

sys.dont_write_bytecode = True
TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP / 'scripts/demo'), str(TOP / 'scripts/vm')]
from lab import BUILD, Lab  # noqa: E402
from pair import SERVICE4, SERVICE6, Failed, LabError, Pair  # noqa: E402

PACED, FAST = 5001, 5002        # the bulk servers' ports
RATE = 200000                   # bytes a second of a paced direction
BURST = 3000000                 # bytes of a fast transfer, each way
LONG = {'v4': (SERVICE4, 7000, 2), 'v6': (SERVICE6, 7100, 2)}
PHASES = ('detected', 'promoted', 'address', 'first byte', 'last byte')


class Ktap:
    """Numbered results; what was not reached is a failure too."""

    def __init__(self, names):
        self.names, self.done, self.failed = names, 0, 0
        self.since = time.monotonic()
        print(f'KTAP version 1\n1..{len(names)}', flush=True)

    @staticmethod
    def note(text):
        for line in str(text).splitlines():
            print(f'# {line}', flush=True)

    def result(self, good):
        name = self.names[self.done]
        self.done += 1
        self.failed += not good
        now = time.monotonic()
        self.note(f'{now - self.since:.1f} s')
        self.since = now
        print(f'{"ok" if good else "not ok"} {self.done} {name}', flush=True)

    def give_up(self):
        self.result(False)
        while self.done < len(self.names):
            self.names[self.done] += ' (not reached)'
            self.result(False)


class Cluster:
    """The test's course."""

    def __init__(self, options):
        self.options = options
        self.random = random.Random(options.seed)
        self.takeovers = []
        self.jobs, self.pair, self.resets = {}, None, None
        self.steps = [('three machines start and the pair is ready',
                       self.begin)]
        for i in range(1, options.kills + 1):
            self.steps += [
                (f'kill {i}: every connection goes on', self.kill),
                (f'kill {i}: the dead machine comes back as backup',
                 self.rejoin)]
            if i == (options.kills + 1) // 2:
                self.steps.append(('planned switchover: every connection '
                                   'goes on', self.switchover))
        self.steps += [
            ('connections of all takeovers: every byte, orderly end',
             self.end_transfers),
            ('not one reset on the wire', self.no_resets),
            ('kernel logs clean, modules removed', self.finish)]

    # ---- helpers

    @staticmethod
    def servers(member):
        """Start the service on a node; they wait for promotion there."""
        where = '-l 0.0.0.0 -l ::'
        member.app('paced', f'bulk-server {where} -p {PACED} -r {RATE}')
        member.app('fast', f'bulk-server {where} -p {FAST} -n {BURST}')
        member.node.wait_until(
            f'[ $(ss -Hltn "sport = :{PACED} or sport = :{FAST}" | wc -l)'
            ' = 4 ]')

    @staticmethod
    def log(name):
        return f'/tmp/bulk-{name}.log'

    def long_ports(self, name):
        _, first, count = LONG[name]
        return range(first, first + count)

    def note_line(self, title, line):
        """One takeover's time line, ms."""
        base = min(line.values())
        Ktap.note(f'{title}: ' + ', '.join(
            f'{name} +{(at - base) * 1000:.0f} ms' for name, at in
            line.items() if at != base))

    def went_on(self, line):
        """Until all long connections have received bytes; adds the times."""
        first = {}
        for name in LONG:
            first.update(self.pair.first_bytes(
                self.log(name), line['promoted'] - 0.02,
                self.long_ports(name)))
        line['first byte'] = min(first.values())
        line['last byte'] = max(first.values())

    def burst(self, number):
        """
        Fast transfers that the takeover will find in their middle. Returns
        when the first bytes came: a connection is protected when the backup
        knows it, which is after its handshake but before any of its bytes.
        """
        self.jobs['burst'] = []
        for i, address in enumerate((SERVICE4, SERVICE6)):
            port = 8000 + 100 * number + 50 * i
            self.jobs['burst'].append(self.pair.peer.spawn(
                f'exec bulk-client -c 2 -e -n {BURST} -m {BURST} -t 300 '
                f'-P {port} -o {self.log(f"{port}")} {address} {FAST}'))
        for i in range(2):
            port = 8000 + 100 * number + 50 * i
            self.pair.first_bytes(self.log(f'{port}'), 0, [port, port + 1])

    def burst_ends(self):
        for job in self.jobs.pop('burst'):
            out = job.wait(320)
            if out.status:
                raise Failed(f'a fast transfer failed: {out}\n'
                             + self.pair.describe())

    # ---- steps

    def begin(self):
        mode = f'mode = {self.options.mode}' if self.options.mode else ''
        self.pair = Pair(self.lab, Ktap.note, settings=mode)
        self.pair.start()
        self.servers(self.pair.a)
        self.servers(self.pair.b)
        peer = self.pair.peer
        self.resets = peer.spawn(
            "exec tcpdump -i eth0 -nn -l 'tcp[tcpflags] & tcp-rst != 0 or "
            "(ip6 and ip6[6] = 6 and ip6[53] & 4 != 0)'")
        self.resets.wait_for('listening on', 30)
        for name, (address, first, count) in LONG.items():
            self.jobs[name] = peer.spawn(
                f'exec bulk-client -c {count} -P {first} -r {RATE} '
                f'-o {self.log(name)} {address} {PACED}')
        for name in LONG:
            self.pair.first_bytes(self.log(name), 0, self.long_ports(name))
        self.pair.wait_ready()

    def kill(self):
        number = 1 + sum(t['what'] == 'kill' for t in self.takeovers)
        victim = self.pair.active.name
        delay = self.random.uniform(0, 2)
        moment = self.random.uniform(0, 0.5)
        Ktap.note(f'kill {number}: {victim}, {delay:.2f} s after ready, '
                  f'{moment:.2f} s into the fast transfers')
        time.sleep(delay)
        self.pair.wait_ready()
        self.burst(number)
        time.sleep(moment)
        line = self.pair.kill_active()
        self.went_on(line)
        self.burst_ends()
        self.note_line(f'kill {number}', line)
        self.takeovers.append({'what': 'kill', 'killed': victim, **line})

    def rejoin(self):
        self.pair.rejoin(self.servers)

    def switchover(self):
        self.pair.wait_ready()
        self.burst(50)
        time.sleep(self.random.uniform(0.05, 0.6))
        line = self.pair.switchover()
        self.went_on(line)
        self.burst_ends()
        self.note_line('switchover', line)
        self.takeovers.append({'what': 'switchover', **line})
        # what was active is backup now; its servers serve on as standby
        self.pair.wait_ready()

    def end_transfers(self):
        bad = []
        for name in LONG:
            self.jobs[name].kill(10)        # SIGUSR1: enough
        for name in LONG:
            out = self.jobs[name].wait(120)
            for line in out.splitlines():
                if not line.startswith('{'):
                    Ktap.note(f'{name}: {line}')
                    continue
                result = json.loads(line)
                Ktap.note(f'{name} port {result["port"]}: {result["rx"]} '
                          f'bytes down, {result["tx"]} up, longest pause '
                          f'{result["gap_us"] / 1000:.0f} ms '
                          f'{result["error"]}')
                if not result['ok']:
                    bad.append(f'{name} {result}')
            if out.status:
                bad.append(f'{name}: client ended with {out.status}: {out}')
        if bad:
            raise Failed('\n'.join(bad) + '\n' + self.pair.describe())

    def no_resets(self):
        self.resets.kill()
        self.resets.wait(30)
        seen = [text for _, text in self.resets.lines if ' > ' in text]
        if seen:
            raise Failed('\n'.join(seen))

    def finish(self):
        problems = self.pair.finish()
        if problems:
            raise Failed('\n'.join(problems))

    # ---- all of it

    def summary(self):
        kills = [t for t in self.takeovers if t['what'] == 'kill']
        if not kills:
            return
        Ktap.note(f'{len(kills)} kills, ms after the kill:    '
                  'min  median     max')
        for phase in PHASES:
            ms = [(t[phase] - t['kill']) * 1000 for t in kills]
            Ktap.note(f'{phase:>28} {min(ms):8.0f}{statistics.median(ms):8.0f}'
                      f'{max(ms):8.0f}')

    def save_logs(self):
        if self.pair:
            directory = self.options.output / f'failed-{self.options.kernel}'
            directory.mkdir(parents=True, exist_ok=True)
            self.pair.save_logs(directory)
            for name in LONG:
                if name in self.jobs:
                    Ktap.note(f'{name} client: {self.jobs[name].output}')
            Ktap.note(f'what the nodes said is in {directory}')

    def save(self):
        directory = self.options.output
        directory.mkdir(parents=True, exist_ok=True)
        takeovers = []
        for t in self.takeovers:
            times = {k: v for k, v in t.items() if isinstance(v, float)}
            base = min(times.values())
            takeovers.append({k: round((v - base) * 1000, 1) if k in times
                              else v for k, v in t.items()})
        (directory / f'takeovers-{self.options.kernel}.json').write_text(
            json.dumps({'seed': self.options.seed,
                        'kernel': self.options.kernel,
                        'mode': self.options.mode or 'sync', 'unit': 'ms',
                        'takeovers': takeovers}, indent=1) + '\n')

    def run(self):
        ktap = Ktap([name for name, _ in self.steps])
        Ktap.note(f'seed {self.options.seed}, Linux {self.options.kernel}')
        try:
            with Lab(kernel=self.options.kernel, pcap=128) as self.lab:
                try:
                    for _, step in self.steps:
                        step()
                        ktap.result(True)
                except BaseException:
                    self.save_logs()
                    raise
        except (Failed, LabError) as error:
            Ktap.note(error)
            ktap.give_up()
        except Exception:       # pylint: disable=broad-except
            Ktap.note(traceback.format_exc())
            ktap.give_up()
        self.summary()
        self.save()
        return ktap.failed


def main():
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument('-k', '--kernel', default='6.12')
    parser.add_argument('-n', '--kills', type=int, default=5)
    parser.add_argument('-s', '--seed', type=int,
                        default=random.randrange(1 << 31))
    parser.add_argument('-m', '--mode', choices=('sync', 'async', 'rx-only'))
    parser.add_argument('-o', '--output', type=pathlib.Path,
                        default=BUILD / 'cluster')
    return Cluster(parser.parse_args()).run() != 0


if __name__ == '__main__':
    sys.exit(main())
