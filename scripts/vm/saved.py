# SPDX-License-Identifier: GPL-2.0-only
"""
The state of a VM right after its boot, from which later lives begin: a boot under
emulation takes half a minute, this a second. Used by lab.py.

The memory is a file that the first boot shares; each later life maps a copy of it
privately. The devices are what QEMU's migration writes. What must not be the same in two
lives is made anew: the agent feeds the kernel random bytes of the host and reseeds its
generator, sets the clock, and says hello; console, result and sockets are each life's own.
No module of ours is loaded and no network device but lo is up when the state is saved:
nothing of one life is known to the next.
"""
import subprocess
import time

SHARED = [{'capability': 'x-ignore-shared', 'state': True}]


class Saved:
    """Where a node's state is, or will be."""

    def __init__(self, directory, size):
        self.memory = directory / 'memory'          # of the boot that is saved
        self.copy = directory / 'memory.saved'
        self.devices = directory / 'devices.saved'
        self.size = size
        self.token = None       # of that boot: its command line is in the memory

    def ready(self):
        """Has it been saved?"""
        return self.token is not None

    def options(self, resume):
        """QEMU's, for a life that begins with this state or with a boot."""
        path, share = (self.copy, 'off') if resume else (self.memory, 'on')
        if not resume:
            path.unlink(missing_ok=True)    # nothing of a boot that died unsaved
        words = ['-object', f'memory-backend-file,id=memory,size={self.size},'
                 f'mem-path={path},share={share}',
                 '-machine', 'memory-backend=memory']
        return words + (['-incoming', 'defer'] if resume else [])

    def save(self, node, token):
        """Save the state of a node, which then goes on."""
        node.qmp('stop')
        node.qmp('migrate-set-capabilities', capabilities=SHARED)
        node.qmp('migrate', uri=f'exec:cat >{self.devices}')
        self._migrated(node)
        subprocess.run(['cp', '--sparse=always', self.memory, self.copy],
                       check=True)
        self.token = token
        node.qmp('cont')

    def resume(self, node):
        """In a QEMU that waits for it: the state, and go on."""
        node.qmp('migrate-set-capabilities', capabilities=SHARED)
        # a boot announces nothing on the network
        node.qmp('migrate-set-parameters', **{'announce-rounds': 0})
        node.qmp('migrate-incoming', uri=f'exec:cat {self.devices}')
        self._migrated(node)
        node.qmp('cont')    # it was stopped when its state was saved

    def remove(self):
        """The files."""
        for path in (self.memory, self.copy, self.devices):
            path.unlink(missing_ok=True)

    @staticmethod
    def _migrated(node):
        end = time.monotonic() + 60
        status = None
        while status != 'completed':
            status = node.qmp('query-migrate').get('status')
            if status in ('failed', 'cancelled') or time.monotonic() > end:
                raise RuntimeError(f'{node.name}: migration: {status}')
            time.sleep(0.01)
