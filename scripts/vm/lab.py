# SPDX-License-Identifier: GPL-2.0-only
"""Clusters of throw-away VMs, joined by switches that can misbehave.

    from lab import Lab

    with Lab(kernel='6.12') as lab:
        a = lab.node('active', nics=['lan', 'link'])
        b = lab.node('backup', nics=['lan', 'link'])
        lab.start()
        a.run('ip addr add 10.0.0.1/24 dev eth0; ip link set eth0 up')
        job = b.spawn('ping 10.0.0.1')
        job.wait_for('bytes from')
        a.kill()                        # as if the power had failed
        a.start()                       # and came back
        lab.hub('lan').cut('active', 'backup')
        problems = lab.finish()         # kernel logs, leftovers

Each VM is what scripts/vm/run boots, with the built tree at /fttcp. Nothing
needs root or touches the host's network. Leaving the "with" block ends every
process that was started, whatever happened.

Times are those of the host, as time.time() says them.
"""

import atexit
import collections
import ctypes
import fcntl
import json
import os
import pathlib
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

from saved import Saved

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
BUILD = pathlib.Path(os.environ.get('FTTCP_BUILD', TOP / 'build'))


class LabError(Exception):
    """Something in the lab did not do what it was told."""


class Output(str):
    """What a command wrote; .status is how it ended."""
    status = None


def _script(*args):
    """The output of one of the project's scripts."""
    done = subprocess.run([str(a) for a in args], stdout=subprocess.PIPE,
                          text=True)
    if done.returncode:
        raise LabError(f'{args[0]} failed')
    return done.stdout.strip()


def _die_with_parent():
    """In a child: be killed when the thread that started it ends."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def _popen(args, **kwargs):
    if threading.current_thread() is threading.main_thread():
        kwargs['preexec_fn'] = _die_with_parent
    return subprocess.Popen([str(a) for a in args], **kwargs)


def _until(condition, timeout, what):
    """Poll until condition() is true."""
    end = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > end:
            raise LabError(f'{what}: not within {timeout} s')
        time.sleep(0.01)


def _log_tail(path, lines=30):
    """The end of a log file, marked as such."""
    try:
        text = path.read_bytes().replace(b'\0', b'').replace(b'\r', b'')
    except OSError:
        return ''
    return '\n'.join('  | ' + line for line in
                     text.decode(errors='replace').splitlines()[-lines:])


class Job:
    """A command that runs in a VM; made by Node.spawn()."""

    def __init__(self, node, number, command, on_line):
        self.node, self.number, self.command = node, number, command
        self.status = None          # as a shell says it; None while it runs
        self.started = time.time()
        self.ended = None
        self.lines = []             # (host time, text without newline)
        self.data = b''
        self._on_line = on_line
        self._rest = b''

    def _feed(self, data):
        """Called by the node's reader with its lock held."""
        now = time.time()
        self.data += data
        *whole, self._rest = (self._rest + data).split(b'\n')
        for line in whole:
            text = line.decode(errors='replace')
            self.lines.append((now, text))
            if self._on_line:
                self._on_line(now, text)

    def _end(self, status):
        self.status = status
        self.ended = time.time()

    @property
    def output(self):
        """All it has written so far; .status is None while it runs."""
        out = Output(self.data.decode(errors='replace'))
        out.status = self.status
        return out

    def poll(self):
        """How it ended, None while it runs. Raises if the VM is gone."""
        if self.status is None and not self.node.alive():
            raise LabError(f'{self.node.name}: gone while running: {self.command}')
        return self.status

    def wait(self, timeout=60, check=False):
        """Wait until it has ended; returns its output with .status."""
        self.node._wait(lambda: self.status is not None, timeout,
                        f'end of: {self.command}', self)
        if check and self.status != 0:
            raise LabError(f'{self.node.name}: status {self.status} of: '
                           f'{self.command}\n{self.output}')
        return self.output

    def wait_for(self, regex, timeout=60, start=0):
        """Wait for a line that matches; returns (host time, match).

        Lines before number start are not looked at."""
        found = []

        def look():
            nonlocal start
            while start < len(self.lines):
                when, text = self.lines[start]
                start += 1
                match = re.search(regex, text)
                if match:
                    found.append((when, match))
                    return True
            return self.status is not None

        self.node._wait(look, timeout, f'"{regex}" from: {self.command}', self)
        if not found:
            raise LabError(f'{self.node.name}: ended with {self.status} without '
                           f'"{regex}": {self.command}\n{self.output}')
        return found[0]

    def kill(self, sig=signal.SIGTERM):
        """Send a signal to the command and all that belong to its session."""
        if self.status is None:
            self.node._send(f'kill {self.number} {int(sig)}\n'.encode())


class Node:
    """One VM. Made by Lab.node(), started by Lab.start()."""

    def __init__(self, lab, name, nics, mem, cpus, programs, files, args):
        self.lab, self.name, self.nics = lab, name, list(nics)
        self.mem, self.cpus, self.args = mem, cpus, args
        self.programs, self.files = list(programs), dict(files)
        self.dir = lab.dir / name
        self.dir.mkdir(parents=True, exist_ok=True)
        self.boots = 0              # how often it was started
        self.killed = False         # by us: no orderly end to be expected
        self.crashes = set()        # boots that ended in a panic, by us
        self.process = None
        self._agent = self._listener = None
        self._qmp = None
        self._lock = threading.Condition()
        self._send_lock = threading.Lock()
        self._jobs, self._clocks = {}, {}
        self._number = 0
        self._hello = False
        self._gone = True
        self._token = None
        self.boot_every = 1         # see resumes()
        self._saved = Saved(self.dir, mem)

    # ---- life and death

    @property
    def console(self):
        """The file with the kernel's log of the present boot."""
        return self.dir / f'console.{self.boots}'

    def image(self):
        """Build the initramfs; done by start() when it is missing."""
        out = self.dir / 'initrd'
        args = [HERE / 'image', '-k', self.lab.release, '-o', out,
                '-x', ' '.join(self.programs)]
        for guest, host in self.files.items():
            args += ['-f', f'{guest}={host}']
        _script(*args)
        return out

    def resumes(self):
        """Does the present life begin with the state that was saved after the first
        boot? With boot_every = N only each Nth life begins with a boot."""
        return self._saved.ready() and self.boots % self.boot_every != 0

    def start(self, wait=True, timeout=180):
        """Switch it on (again)."""
        if self.process and self.process.poll() is None:
            raise LabError(f'{self.name} is running')
        if not (self.dir / 'initrd').exists():
            self.image()
        if self._listener:      # it must not take the new life for gone
            self._listener.join()
        self.boots += 1
        self.killed = False
        self._token = (self._saved.token if self.resumes() else
                       secrets.token_hex(8))
        self._hello, self._gone, self._qmp = False, False, None
        for path in [self._path('agent'), self._path('qmp'),
                     *(self.lab.hub(seg).vm_path(self) for seg in self.nics)]:
            path.unlink(missing_ok=True)
        with open(self.dir / 'qemu.log', 'ab') as log:
            self.process = _popen(self._command(), stdin=subprocess.DEVNULL,
                                  stdout=log, stderr=log)
        self._agent = self._connect('agent')
        self._listener = threading.Thread(
            target=self._reader, args=(self._agent,), daemon=True,
            name=f'agent of {self.name}')
        self._listener.start()
        if self.resumes():
            self._saved.resume(self)
            self._fresh()
        if wait:
            self.wait_up(timeout)

    def wait_up(self, timeout=180):
        """Wait until it takes commands."""
        self._wait(lambda: self._hello, timeout, 'hello')
        if self.boot_every > 1 and not self._saved.ready():
            self._saved.save(self, self._token)
            self._hello = False
            self._fresh()
            self._wait(lambda: self._hello, timeout, 'saved state')

    def _fresh(self):
        """The clock and random numbers of a machine that stood still."""
        entropy = os.urandom(64)
        self._send(b'fresh %d %d\n' % (time.time_ns(), len(entropy)) + entropy)

    def alive(self):
        """Is the VM there?"""
        return bool(self.process) and self.process.poll() is None and not self._gone

    def kill(self):
        """Power loss. Returns the host's time of it."""
        self.killed = True
        when = time.time()
        self.process.kill()
        self.process.wait()
        with self._lock:
            self._gone = True
            self._lock.notify_all()
        return when

    def freeze(self):
        """SIGSTOP: the machine stands still, while the clocks of the world, and
        so its own, go on."""
        self.process.send_signal(signal.SIGSTOP)
        return time.time()

    def thaw(self):
        """And it goes on, as if nothing had happened."""
        self.process.send_signal(signal.SIGCONT)

    def crash(self, timeout=60):
        """Its kernel panics. Returns the host's time of it."""
        self.killed = True
        self.crashes.add(self.boots)
        when = time.time()
        self.spawn('echo 1 >/proc/sys/kernel/sysrq; echo c >/proc/sysrq-trigger')
        self.process.wait(timeout)
        with self._lock:
            self._gone = True
            self._lock.notify_all()
        return when

    def end(self, timeout=120):
        """Orderly end. Returns a list of problems found, empty if all is well."""
        problems = []
        if self.process is None:
            return problems
        if not self.killed:
            problems += self._end_orderly(timeout)
        for boot in set(range(1, self.boots + 1)) - self.crashes:
            done = subprocess.run([HERE / 'console-check',
                                   self.dir / f'console.{boot}'],
                                  stdout=subprocess.PIPE, text=True)
            if done.returncode:
                problems.append(f'{self.name}, boot {boot}: {done.stdout}')
        return problems

    def _end_orderly(self, timeout):
        try:
            self._send(b'end 0\n')
            self.process.wait(timeout)
        except (subprocess.TimeoutExpired, OSError, LabError) as error:
            self.kill()
            return [f'{self.name}: no orderly end ({error})\n'
                    + _log_tail(self.console)]
        result = re.search(rf'token={self._token} (.*)',
                           (self.dir / f'result.{self.boots}').read_text())
        if not result:
            return [f'{self.name}: died without a result\n'
                    + _log_tail(self.console)]
        words = dict(w.split('=', 1) for w in result.group(1).split())
        problems = []
        if words['module'] not in ('absent', 'removed'):
            problems.append(f'{self.name}: the module could not be removed\n'
                            + _log_tail(self.console))
        before, after = map(int, words['taint'].split(':'))
        # our module is out of tree and unsigned; test modules say that they are
        if after & ~before & ~(1 << 12 | 1 << 13 | 1 << 18):
            problems.append(f'{self.name}: tainted {before}:{after}')
        return problems

    # ---- commands

    def spawn(self, command, on_line=None):
        """Start a bash command line; it runs until it ends by itself.

        on_line(host time, text) is called for each line, in another thread."""
        with self._lock:
            self._number += 1
            job = Job(self, self._number, command, on_line)
            self._jobs[job.number] = job
        script = command.encode()
        self._send(b'run %d %d\n' % (job.number, len(script)) + script)
        return job

    def run(self, command, timeout=60, check=True):
        """Run a bash command line to its end. Returns its output (stdout and
        stderr), a str with .status; raises if that is not 0 and check is set."""
        job = self.spawn(command)
        try:
            return job.wait(timeout, check)
        except LabError:
            if job.status is None and self.alive():
                job.kill(signal.SIGKILL)
            raise
        finally:
            with self._lock:
                self._jobs.pop(job.number, None)

    def wait_until(self, command, timeout=60):
        """Repeat a command until its status is 0; returns its output."""
        end = time.monotonic() + timeout
        while True:
            out = self.run(command, timeout=timeout, check=False)
            if out.status == 0:
                return out
            if time.monotonic() > end:
                raise LabError(f'{self.name}: not within {timeout} s: '
                               f'{command}\n{out}')
            time.sleep(0.05)

    def read_file(self, path, timeout=60):
        """The content of a file, as bytes."""
        job = self.spawn(f"cat -- '{path}'")
        job.wait(timeout, check=True)
        return job.data

    def write_file(self, path, content):
        """Make a small file (up to 500 kB)."""
        if isinstance(content, bytes):
            content = content.decode()
        mark = secrets.token_hex(8)
        self.run(f"cat > '{path}' << '{mark}'\n{content}\n{mark}\n"
                 f"truncate -s -1 '{path}'")

    def clock_offset(self, tries=8):
        """Seconds to add to the VM's clock to get the host's, and the error."""
        best = None
        for _ in range(tries):
            with self._lock:
                self._number += 1
                number = self._number
            before = time.time()
            self._send(b'clock %d\n' % number)
            self._wait(lambda: number in self._clocks, 30, 'clock')
            guest, after = self._clocks.pop(number)
            offset, error = (before + after) / 2 - guest, (after - before) / 2
            if best is None or error < best[1]:
                best = offset, error
        return best

    # ---- hardware

    def link(self, index, up):
        """Plug or unplug the cable of a network device (carrier)."""
        self.qmp('set_link', name=f'nic{index}', up=bool(up))

    def pause(self):
        """Freeze the whole machine; it does not notice."""
        self.qmp('stop')

    def cont(self):
        """Let a frozen machine go on."""
        self.qmp('cont')

    def qmp(self, execute, **arguments):
        """A command of QEMU's machine protocol."""
        if self._qmp is None:
            self._qmp = self._connect('qmp').makefile('rwb')
            self._qmp.readline()
            self._qmp_call('qmp_capabilities', {})
        return self._qmp_call(execute, arguments)

    def _qmp_call(self, execute, arguments):
        self._qmp.write(json.dumps({'execute': execute,
                                    'arguments': arguments}).encode() + b'\n')
        self._qmp.flush()
        for line in self._qmp:
            answer = json.loads(line)
            if 'error' in answer:
                raise LabError(f'{self.name}: {execute}: {answer["error"]}')
            if 'return' in answer:
                return answer['return']
        raise LabError(f'{self.name}: {execute}: QEMU is gone')

    # ---- inside

    def _path(self, kind):
        return self.lab.sockets / f'{self.name}.{kind}'

    def _command(self):
        lab = self.lab
        append = f'{lab.cmdline} vm.agent vm.name={self.name} vm.token={self._token}'
        if 'tcg' in lab.cpu:
            append += ' vm.slow'
        command = [
            'qemu-system-x86_64', '-M', 'q35', *lab.cpu.split(),
            '-m', self.mem, '-smp', self.cpus, '-name', self.name,
            '-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot',
            '-kernel', BUILD / 'kernels' / lab.release / 'vmlinux',
            '-initrd', self.dir / 'initrd', '-append', f'{append} {self.args}',
            '-serial', f'file:{self.console}',
            '-device', 'virtio-serial-pci',
            '-chardev', f'socket,id=agent,path={self._path("agent")},server=on,wait=on',
            '-device', 'virtserialport,chardev=agent,name=vm.agent',
            '-qmp', f'unix:{self._path("qmp")},server=on,wait=off',
            '-chardev', f'file,id=result,path={self.dir}/result.{self.boots}',
            '-device', 'isa-debugcon,iobase=0xe9,chardev=result',
            '-device', 'isa-debug-exit,iobase=0xf4,iosize=1']
        if self.boot_every > 1 and (self.resumes() or not self._saved.ready()):
            command += self._saved.options(self.resumes())
        for i, segment in enumerate(self.nics):
            hub = lab.hub(segment)
            mac = f'02:00:00:{lab.nodes.index(self):02x}:{i:02x}:01'
            command += [
                '-netdev', f'dgram,id=net{i},local.type=unix,'
                f'local.path={hub.vm_path(self)},remote.type=unix,'
                f'remote.path={hub.hub_path(self)}',
                '-device', f'virtio-net-pci,netdev=net{i},id=nic{i},mac={mac},romfile=']
        return command

    def _connect(self, kind):
        path = str(self._path(kind))
        end = time.monotonic() + 30
        while True:
            sock = socket.socket(socket.AF_UNIX)
            try:
                sock.connect(path)
                return sock
            except OSError:
                sock.close()
                if self.process.poll() is not None or time.monotonic() > end:
                    raise LabError(f'{self.name}: QEMU did not start\n'
                                   + _log_tail(self.dir / 'qemu.log')) from None
                time.sleep(0.01)

    def _send(self, data):
        with self._send_lock:
            try:
                self._agent.sendall(data)
            except OSError as error:
                raise LabError(f'{self.name}: gone ({error})') from None

    def _reader(self, sock):
        """Takes in what the agent says, until the VM is gone."""
        try:
            stream = sock.makefile('rb')
            for line in stream:
                self._message(line.split(), stream)
        except OSError:
            pass
        with self._lock:
            if sock is self._agent:
                self._gone = True
            self._lock.notify_all()

    def _message(self, words, stream):
        data = b''
        if words[0] == b'out':
            data = stream.read(int(words[2]))
        with self._lock:
            if words[0] == b'hello':
                self._hello = True
            elif words[0] == b'clock':
                self._clocks[int(words[1])] = int(words[2]) / 1e9, time.time()
            else:
                job = self._jobs.get(int(words[1]))
                if job and words[0] == b'out':
                    job._feed(data)
                elif job and words[0] == b'exit':
                    job._end(int(words[2]))
            self._lock.notify_all()

    def _wait(self, condition, timeout, what, job=None):
        """Wait until condition() holds, which the reader may bring about."""
        end = time.monotonic() + timeout
        with self._lock:
            while not condition():
                left = end - time.monotonic()
                if self._gone:
                    raise LabError(f'{self.name}: gone, waiting for {what}\n'
                                   + _log_tail(self.console))
                if left <= 0:
                    raise LabError(
                        f'{self.name}: not within {timeout} s: {what}\n'
                        + (job.output[-2000:] if job else _log_tail(self.console)))
                self._lock.wait(min(left, 1))


class Hub:
    """The switch of one network segment."""

    def __init__(self, lab, name):
        self.lab, self.name = lab, name
        self.path = lab.sockets / f'hub-{name}'
        self.ports = []             # node names, by port number
        self.process = None
        self.pcap = lab.dir / f'{name}.pcap' if lab.pcap else None

    def vm_path(self, node):
        """Where QEMU's socket of this node is."""
        return pathlib.Path(f'{self.path}.v{self.ports.index(node.name)}')

    def hub_path(self, node):
        """Where the hub's socket for this node is."""
        return pathlib.Path(f'{self.path}.h{self.ports.index(node.name)}')

    def cut(self, a, b, both=True):
        """Frames from node a to node b (and back) vanish."""
        self._each('cut', a, b, both)

    def join(self, a, b, both=True):
        """They pass again."""
        self._each('join', a, b, both)

    def loss(self, percent):
        """Each frame is lost with this probability."""
        self._command(f'loss {int(percent)}')

    def delay(self, milliseconds):
        """Each frame waits, in both directions."""
        self._command(f'delay {int(milliseconds * 1000)}')

    def _start(self):
        args = [self.lab.hub_program(), self.path, len(self.ports)]
        if self.pcap:
            args += [self.pcap] + self.lab.snap
        self.process = _popen(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              text=True, bufsize=1)
        if self.process.stdout.readline() != 'ok\n':
            raise LabError(f'hub {self.name} did not start')

    def _stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()

    def _each(self, verb, a, b, both):
        i, j = self.ports.index(a), self.ports.index(b)
        self._command(f'{verb} {i} {j}')
        if both:
            self._command(f'{verb} {j} {i}')

    def _command(self, line):
        self.process.stdin.write(line + '\n')
        if self.process.stdout.readline() != 'ok\n':
            raise LabError(f'hub {self.name} refused: {line}')


class Lab:
    """A cluster: nodes and the hubs between them.

    dir     where logs and captures go (default: a new one below build/vm)
    kernel  6.12, 6.1 or a full release
    pcap    capture each segment into dir/SEGMENT.pcap; a number: of each frame
            only so many bytes
    debug   slab poisoning, red zones, KFENCE
    """

    def __init__(self, dir=None, kernel='6.12', pcap=False, debug=False):
        (BUILD / 'vm').mkdir(parents=True, exist_ok=True)
        self.keep = dir is not None
        self.dir = pathlib.Path(dir or tempfile.mkdtemp(prefix='lab.',
                                                        dir=BUILD / 'vm'))
        self.dir.mkdir(parents=True, exist_ok=True)
        # socket paths are limited to some hundred bytes
        self.sockets = pathlib.Path(tempfile.mkdtemp(prefix='fttcp.'))
        self.pcap = bool(pcap)
        self.snap = [] if isinstance(pcap, bool) else [pcap]
        self.turn = None
        self.release = _script(TOP / 'scripts/kernels', 'release', kernel)
        _script(TOP / 'scripts/kernels', 'get', self.release)
        self.cpu = _script(HERE / 'accel')
        self.cmdline = ' '.join(
            line.split('#')[0].strip()
            for line in (HERE / 'cmdline.txt').read_text().splitlines())
        if 'tcg' in self.cpu:
            self.cmdline += ' ' + _script(HERE / 'tsc')
        if debug:
            self.cmdline += ' slub_debug=FZPU page_poison=1 kfence.sample_interval=10'
        self.nodes = []
        self.hubs = collections.OrderedDict()

    def node(self, name, nics=('lan',), mem='512M', cpus=1, programs=(),
             files=None, args=''):
        """Describe a VM: its network segments (eth0, eth1, ...), programs of
        this machine, files {guest path: host path}, kernel arguments."""
        node = Node(self, name, nics, mem, cpus, programs, files or {}, args)
        self.nodes.append(node)
        for segment in node.nics:
            if segment not in self.hubs:
                self.hubs[segment] = Hub(self, segment)
            self.hubs[segment].ports.append(name)
        return node

    def hub(self, segment):
        """The switch of a segment."""
        return self.hubs[segment]

    def start(self, timeout=300):
        """Start the hubs and all nodes; returns when all take commands."""
        if 'tcg' in self.cpu and not self.turn:
            self._wait_turn()
        for node in self.nodes:
            node.image()
        for hub in self.hubs.values():
            hub._start()
        for node in self.nodes:
            node.start(wait=False)
        for node in self.nodes:
            node.wait_up(timeout)

    def _wait_turn(self):
        # emulated VMs that share too few CPUs are late for everything: as
        # scripts/vm/run, as many runs at a time as there are CPUs
        while True:
            for slot in range(os.cpu_count() or 1):
                turn = open(pathlib.Path(tempfile.gettempdir()) /
                            f'fttcp-vm.{os.getuid()}.{slot}', 'w')
                try:
                    fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    turn.close()
                    continue
                self.turn = turn
                return
            time.sleep(0.5)

    def finish(self):
        """Orderly end of all nodes. Returns a list of problems found in kernel
        logs, taint and leftovers; empty if all is well."""
        problems = []
        for node in self.nodes:
            problems += node.end()
        return problems

    @staticmethod
    def time():
        """The clock of all time stamps here."""
        return time.time()

    def hub_program(self):
        """The compiled hub."""
        program, source = BUILD / 'vm/hub', HERE / 'hub.c'
        if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
            fresh = f'{program}.{os.getpid()}'
            _script('gcc', '-std=gnu11', '-O2', '-Wall', '-Wextra', '-Werror',
                    '-o', fresh, source)
            os.rename(fresh, program)
        return program

    def stop(self):
        """End everything at once."""
        for node in self.nodes:
            if node.process and node.process.poll() is None:
                node.kill()
        for hub in self.hubs.values():
            hub._stop()
        if self.turn:
            self.turn.close()
            self.turn = None
        shutil.rmtree(self.sockets, ignore_errors=True)
        for node in self.nodes:
            (node.dir / 'initrd').unlink(missing_ok=True)
            node._saved.remove()

    def __enter__(self):
        atexit.register(self.stop)
        if (threading.current_thread() is threading.main_thread() and
                signal.getsignal(signal.SIGTERM) == signal.SIG_DFL):
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        return self

    def __exit__(self, kind, *_):
        self.stop()
        atexit.unregister(self.stop)
        if kind is not None:
            print(f'lab: logs are in {self.dir}', file=sys.stderr)
        elif not self.keep:
            shutil.rmtree(self.dir, ignore_errors=True)
