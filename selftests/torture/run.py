#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
Torture: a pair of VMs and their peer, connections of every kind that live through all
of it, and takeover after takeover: QEMU is killed, the kernel panics, the whole machine
stands still and goes on when another has taken its place, the link is cut in one
direction or both, roles change as planned, backups die while they synchronise or reload
their module. Only what died comes back, while the other one serves: most times resumed from
the state that was saved right after its boot, each -b th time by a boot (-b 1: always).

After each takeover: every connection goes on; whoever spoke before is silent (from the
capture of the peer's network). In the end: every byte right at both ends, no reset,
kernel logs clean. What happened is in a history, one JSON object a line.

usage: selftests/torture/run.py [-k 6.12|6.1] [-n TAKEOVERS] [-t MINUTES] [-s SEED]
                                [-w WHAT,WHAT...] [-b N] [-o DIRECTORY]

SIGTERM ends it in order, as -t does, after the step under way.

The same seed makes the same choices, though not the same timing.
"""
import argparse
import collections
import json
import pathlib
import random
import re
import signal
import statistics
import sys
import time
import traceback

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parents[1]
sys.path[:0] = [str(HERE), str(TOP / 'scripts/demo'), str(TOP / 'scripts/vm')]
import traffic  # noqa: E402
from lab import BUILD, Lab  # noqa: E402
from pair import Failed, LabError, Pair  # noqa: E402
from wire import Wire  # noqa: E402

# what may happen, and how often: those of a kind that a reboot follows cost most
CHOICES = {'kill': 8, 'crash': 2, 'freeze': 5, 'cut': 4, 'cut-one-way': 2,
           'switchover': 3, 'kill-backup': 1, 'kill-syncing': 1, 'reload': 1}
# Seconds until every connection goes on. Where the CPU is emulated and shared, the
# heartbeats' patience and hold-max are up to a minute (pair.patience()).
STALL_MAX = 180
# What ends a link when one of its nodes gets no time: heartbeats that do not come, or
# a lease that is renewed too late.
SILENT = re.compile(r'"name": ?"link-down".*"reason": ?"(heartbeat|hold-max)"')
# Seconds until a node that is back has a copy of every connection.
PROTECTED_MAX = 120


class Torture:
    """The test's course."""

    def __init__(self, options, lab):
        self.options, self.lab = options, lab
        self.random = random.Random(options.seed)
        self.takeovers = collections.Counter()
        self.stalls, self.owners = [], []
        self.lives = collections.Counter()
        self.known = {}         # events of each member before the step
        self.step_began = 0
        self.stopped = False
        self.history = open(options.output / 'history.jsonl', 'w',
                            encoding='utf-8')
        self.pair = self.wire = self.clients = None

    def note(self, what, **more):
        """Into the history, and shown."""
        entry = {'time': round(time.time(), 3), 'what': what, **more}
        self.history.write(json.dumps(entry) + '\n')
        self.history.flush()
        print('# ' + ' '.join(f'{k}={v}' for k, v in entry.items()
                              if k != 'time'), flush=True)

    # ---- the beginning and the end

    def begin(self):
        """Boot, protect, connect."""
        self.pair = Pair(self.lab, print, settings='startup-wait = 3s')
        for member in (self.pair.a, self.pair.b):
            member.node.boot_every = self.options.boot_every
        self.pair.start()
        self.owners = [self.pair.active.name]
        self.wire = Wire(
            self.lab.hub('lan').pcap,
            {bytes([2, 0, 0, i, 0, 1]): node.name
             for i, node in enumerate(self.lab.nodes)},
            (traffic.V4, traffic.V6), traffic.PORTS)
        traffic.serve(self.pair.a)
        traffic.serve(self.pair.b)
        self.clients = traffic.Clients(self.pair.peer)
        self.clients.start()
        self.all_protected()

    def all_protected(self):
        """The backup has a copy of every connection."""
        end = time.monotonic() + PROTECTED_MAX
        while time.monotonic() < end:
            backup = self.pair.backup.status()
            if backup['role'] == 'active':
                self.by_itself()
            elif (backup['state'] == 'backup-ready' and
                  backup['replicas'] == traffic.CONNS and
                  self.pair.active.status()['state'] == 'protected'):
                return
            time.sleep(0.1)
        raise Failed(f'not protected within {PROTECTED_MAX} s\n' + self.pair.describe())

    def by_itself(self):
        """Nobody failed; the other one took over because it heard nothing for as long as
        the heartbeats are waited for, on a machine that had no time for all three. One of
        the two has noticed that the other is silent; anything else is an error."""
        if not any(when >= self.step_began and SILENT.search(line)
                   for m in (self.pair.a, self.pair.b) for when, line in m.events.lines):
            raise Failed('a takeover that nothing explains\n' + self.pair.describe())
        self.pair.active, self.pair.backup = self.pair.backup, self.pair.active
        self.owners.append(self.pair.active.name)
        self.takeovers['overload'] += 1
        self.note('takeover', how='overload', number=sum(self.takeovers.values()),
                  to=self.pair.active.name, epoch=self.pair.active.status()['epoch'])
        self.gives_way()

    def finish(self):
        """Let the connections end, and look at each; then at the kernels."""
        # nothing of the past: from here on a program may close as it likes
        self.check_wire()
        for member in (self.pair.a, self.pair.b):
            member.node.run(f'touch {traffic.GO} {traffic.STOP}')
        bad = []
        for name, out in self.clients.finish().items():
            words = dict(w.split('=', 1) for w in out.split() if '=' in w)
            self.note('client', name=name, status=out.status, **words)
            if out.status or words.get('bad') != '0':
                bad.append(f'{name}: status {out.status}: {out}')
        self.check_counters()
        problems = self.pair.finish()
        if bad or problems:
            raise Failed('\n'.join(bad + problems))

    # ---- what has to hold

    def check_wire(self):
        """No reset, and one owner after the other."""
        self.wire.update()
        if self.wire.resets:
            raise Failed('\n'.join(f'{when:.3f} {text}' for when, text in
                                   self.wire.resets))
        if self.wire.senders() != self.owners:
            raise Failed('who spoke for the service, in order: '
                         f'{self.wire.senders()}; who should have: '
                         f'{self.owners}; {self.wire.spans[-4:]}')

    def check_counters(self):
        """What must stay 0 on a node that lives."""
        jobs = [(member, member.node.spawn(
                    'fttcpctl stats FttcpUncoveredAckLeak FttcpRxMissed'))
                for member in (self.pair.a, self.pair.b) if member.node.alive()]
        for member, job in jobs:
            out = job.wait(60, check=True)
            if any(line.split()[-1] != '0' for line in out.splitlines()):
                raise Failed(f'{member.name}: {out}')

    def now(self):
        """Up to where the peer has each stream."""
        self.wire.update()
        return dict(self.wire.acked)

    def went_on(self, since, before=None):
        """Until bytes come on every connection again, on and above what the peer had
        before, or else when the new owner began to speak; for how long they did not."""
        missing, end = self.clients.moving(), time.monotonic() + STALL_MAX
        back = []
        while missing:
            now = self.now()
            if before is None:
                if self.wire.senders() == self.owners:
                    before = self.wire.inherited
                elif time.monotonic() > end:
                    raise Failed(f'{self.owners[-1]} said nothing for {STALL_MAX} s\n' +
                                 self.pair.describe())
                else:
                    time.sleep(0.05)
                continue
            for conn in [c for c in missing if now[c] != before[c]]:
                back.append(now[conn][1] - since)
                del missing[conn]
            if missing and time.monotonic() > end:
                raise Failed(f'{missing} did not go on within {STALL_MAX} s\n' +
                             self.pair.describe())
            time.sleep(0.05)
        return min(back), max(back)

    def promoted(self, what, since, after=lambda: None):
        """The backup takes over from an active that seems to be gone; what is to
        happen as soon as it has."""
        alive, dead = self.pair.backup, self.pair.active
        when, _ = alive.events.wait_for(r'"name": ?"promoted"', 90,
                                        start=self.known[alive.name])
        after()
        self.pair.active, self.pair.backup = alive, dead
        self.owners.append(alive.name)
        first, last = self.went_on(since)
        self.takeovers[what] += 1
        self.stalls.append(last)
        self.note('takeover', how=what, number=sum(self.takeovers.values()),
                  to=alive.name, epoch=alive.status()['epoch'],
                  promoted=round(when - since, 2), first=round(first, 2), last=round(last, 2))
        self.check_wire()

    # ---- what happens

    def reboot(self):
        """The one that is off comes back as backup."""
        dead = self.pair.backup
        since = time.monotonic()
        dead.node.start()
        how = 'resumed' if dead.node.resumes() else 'booted'
        self.lives[how] += 1
        up = time.monotonic()
        dead.apps = {}
        dead.set_up('backup', self.pair.settings)
        traffic.serve(dead)
        self.note('back', node=dead.name, life=dead.node.boots, how=how,
                  up=round(up - since, 2),
                  serves=round(time.monotonic() - up, 2))

    def gives_way(self):
        """One that was away and lives becomes backup by itself."""
        gone = self.pair.backup
        gone.node.wait_until("fttcpctl -j node show | grep -q "
                             "'\"role\": *\"backup\"'", 120)
        traffic.serve(gone)

    def kill(self):
        """Power loss of the active."""
        self.promoted('kill', self.pair.active.node.kill())
        self.reboot()

    def crash(self):
        """The active's kernel panics."""
        self.promoted('crash', self.pair.active.node.crash())
        self.reboot()

    def freeze(self):
        """The active stands still, and goes on when another is active."""
        node = self.pair.active.node
        self.promoted('freeze', node.freeze())
        time.sleep(self.random.uniform(0, 1))
        node.thaw()
        self.gives_way()

    def cut(self, both=True):
        """The link is cut while both live. It is whole again before hold-max has
        passed: with on-backup-loss solo and no fence there would be two owners."""
        hub, node = self.lab.hub('link'), self.pair.active.node
        ends = [node.name, self.pair.backup.name]
        if not both and self.random.random() < .5:
            ends.reverse()
        hub.cut(*ends, both=both)
        self.promoted('cut' if both else 'cut-one-way', time.time(),
                      lambda: hub.join(*ends))
        self.gives_way()

    def cut_one_way(self):
        """One direction of the link is cut."""
        self.cut(both=False)

    def switchover(self):
        """Roles change as planned."""
        since = time.time()
        self.pair.switchover()
        self.owners.append(self.pair.active.name)
        first, last = self.went_on(since)
        self.takeovers['switchover'] += 1
        self.note('takeover', how='switchover', to=self.pair.active.name,
                  number=sum(self.takeovers.values()),
                  first=round(first, 2), last=round(last, 2))
        self.check_wire()
        self.gives_way()

    def kill_backup(self):
        """The backup dies: the active goes on alone, and is protected again."""
        before = self.now()
        since = self.pair.backup.node.kill()
        first, last = self.went_on(since, before)
        self.note('backup died', first=round(first, 2), last=round(last, 2))
        self.reboot()

    def kill_syncing(self):
        """The backup dies once more while it synchronises."""
        self.kill_backup()
        time.sleep(self.random.uniform(0, 0.5))
        self.kill_backup()

    def reload(self):
        """Another module on the backup, in order."""
        backup = self.pair.backup
        traffic.stop_serving(backup)
        backup.daemon.kill()
        backup.daemon.wait(30)
        backup.events.kill()
        backup.events.wait(30)
        backup.node.run('fttcpctl node set role none && '
                        'fttcpctl conn detach all; rmmod fttcp')
        backup.set_up('backup', self.pair.settings)
        traffic.serve(backup)
        self.note('module reloaded', on=backup.name)

    def weather(self):
        """Losses and delays until the next change."""
        loss = self.random.choice((0, 0, 1, 2))
        delay = self.random.choice((0, 0, 2, 10))
        self.lab.hub('lan').loss(loss)
        self.lab.hub('lan').delay(delay)
        self.note('weather', loss=loss, delay=delay)

    def step(self):
        """The next thing, by chance."""
        names = self.options.what or list(CHOICES)
        what = self.random.choices(names, [CHOICES[n] for n in names])[0]
        self.weather()
        self.step_began = time.time()
        self.known = {m.name: len(m.events.lines)
                      for m in (self.pair.a, self.pair.b)}
        time.sleep(self.random.uniform(0, 1))
        self.note('next', step=what, active=self.pair.active.name)
        getattr(self, what.replace('-', '_'))()
        since = time.monotonic()
        self.all_protected()
        self.note('protected', seconds=round(time.monotonic() - since, 2))
        self.check_wire()
        self.check_counters()

    def run(self):
        """All of it; None, or what was wrong."""
        since = time.monotonic()
        try:
            self.begin()
            since = time.monotonic()
            while (not self.stopped and
                   sum(self.takeovers.values()) < self.options.takeovers and
                   time.monotonic() - since < self.options.minutes * 60):
                self.step()
            self.report(time.monotonic() - since)
            self.finish()
            return None
        except (Failed, LabError) as error:
            self.report(time.monotonic() - since)
            return str(error)
        except (Exception, KeyboardInterrupt):  # pylint: disable=broad-except
            self.report(time.monotonic() - since)
            return traceback.format_exc()

    def stop(self, *_):
        """A signal: enough after this step."""
        self.stopped = True

    def report(self, seconds):
        """How often, how fast, how long."""
        count = sum(self.takeovers.values())
        self.note('figures', takeovers=count, **self.takeovers, **self.lives,
                  seconds=round(seconds), late_segments=self.wire.late if self.wire else 0,
                  per_minute=round(count * 60 / max(seconds, 1), 1))
        if self.stalls:
            self.note('pause until the last connection went on',
                      min=round(min(self.stalls), 2),
                      median=round(statistics.median(self.stalls), 2),
                      max=round(max(self.stalls), 2))

    def save_logs(self):
        """Everything that was said, for a failure's report."""
        if self.pair:
            self.pair.save_logs(self.options.output)
        for name, job in (self.clients.jobs if self.clients else {}).items():
            (self.options.output / f'client-{name}.log').write_text(job.output)


def main():
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument('-k', '--kernel', default='6.12')
    parser.add_argument('-n', '--takeovers', type=int, default=20)
    parser.add_argument('-t', '--minutes', type=float, default=1e6)
    parser.add_argument('-s', '--seed', type=int,
                        default=random.randrange(1 << 31))
    parser.add_argument('-w', '--what', type=lambda s: s.split(','))
    parser.add_argument('-b', '--boot-every', type=int, default=20)
    parser.add_argument('-o', '--output', type=pathlib.Path)
    options = parser.parse_args()
    options.output = options.output or (
        BUILD / f'torture/{options.kernel}-{options.seed}')
    options.output.mkdir(parents=True, exist_ok=True)
    print(f'KTAP version 1\n1..1\n# seed {options.seed}, Linux '
          f'{options.kernel}, {options.output}', flush=True)
    with Lab(dir=options.output / 'lab', kernel=options.kernel,
             pcap=128) as lab:
        torture = Torture(options, lab)
        signal.signal(signal.SIGTERM, torture.stop)
        error = torture.run()
        if error:
            torture.note('bad', error=error)
            torture.save_logs()
    print(f'{"not ok" if error else "ok"} 1 torture, seed {options.seed}')
    return bool(error)


if __name__ == '__main__':
    sys.exit(main())
