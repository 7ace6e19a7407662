# SPDX-License-Identifier: GPL-2.0-only
"""
The demo's two real BGP peers on the peer VM: BIRD and FRR's bgpd, their
files, their start, their announcements in batches, and what they themselves
say of their sessions.
"""
import datetime
import json
import re

import routes
from pair import SERVICE4

RUN = '/demo'
BIRD = routes.Peer('bird', 65011, '10.0.0.11', 20, batches=10)
FRR = routes.Peer('frr', 65012, '10.0.0.12', 30, batches=10)
BOTH = (BIRD, FRR)
HOLD = 60

PROGRAMS = ('bird', 'birdc', '/usr/lib/frr/bgpd', 'vtysh')
PAM = '/lib/x86_64-linux-gnu/security/pam_permit.so'
VTYSH = f'VTYSH_PAGER=cat vtysh --vty_socket {RUN}/vty --config_dir {RUN} -d bgpd'


def make_files(directory):
    """Write what the VM needs; returns {guest path: host path}."""
    (directory / 'vty').mkdir(parents=True)
    (directory / 'later').mkdir()

    def put(name, text):
        (directory / name).write_text(text)

    put('bird.conf', routes.bird_config(BIRD, SERVICE4, RUN, HOLD))
    put('batch00.conf', '# nothing yet\n')
    put('bgpd.conf', routes.frr_config(FRR, SERVICE4, RUN, HOLD))
    put('vtysh.conf', '')
    put('pam', 'auth sufficient pam_permit.so\n'
        'account sufficient pam_permit.so\n')
    for b in range(BIRD.batches):
        put(f'later/batch{b + 1:02}.conf', routes.bird_batch(BIRD, b))
        put(f'later/frr{b + 1:02}', routes.frr_batch(FRR, b))
    return {RUN: directory, '/usr/share/yang': '/usr/share/yang',
            '/etc/pam.d/frr': directory / 'pam', PAM: PAM}


def start(node):
    """Start both daemons; returns their jobs."""
    node.run('mkdir -p /var/tmp/frr')
    return (node.spawn(f'exec bird -f -c {RUN}/bird.conf -s {RUN}/bird.ctl '
                       f'-P {RUN}/bird.pid'),
            node.spawn('exec /usr/lib/frr/bgpd -Z -S -u root -g root -p 0 '
                       f'-A 127.0.0.1 -P 0 -i {RUN}/bgpd.pid -z {RUN}/z '
                       f'--vty_socket {RUN}/vty -f {RUN}/bgpd.conf'))


def announce(node, on_line):
    """
    Have both announce their routes, batch by batch; "batch N" is printed
    when batch N was given to both.
    """
    return node.spawn(f'''
for n in $(seq -w 1 {BIRD.batches}); do
	mv {RUN}/later/batch$n.conf {RUN}/
	birdc -s {RUN}/bird.ctl configure >{RUN}/birdc.out ||
		{{ cat {RUN}/birdc.out; exit 1; }}
	{VTYSH} -f {RUN}/later/frr$n >{RUN}/vtysh.out 2>&1 ||
		{{ cat {RUN}/vtysh.out; exit 1; }}
	echo batch $n
done''', on_line)


def bird_session(node):
    """What BIRD says: established, and since when."""
    out = node.run(f'birdc -s {RUN}/bird.ctl show protocols all collector')
    since = re.search(r'collector\s+BGP\s+\S+\s+\S+\s+(\S+ \S+)', out)
    state = re.search(r'BGP state:\s+(\S+)', out)
    when = datetime.datetime.fromisoformat(since.group(1))
    begun = node.run(f'grep -c "collector: BGP session established" '
                     f'{RUN}/bird.log', check=False)
    return {'state': state.group(1), 'dropped': int(begun) - 1,
            'since': when.replace(tzinfo=datetime.timezone.utc).timestamp()}


def frr_session(node):
    """What FRR says: established, since when, how often it was lost."""
    out = node.run(f'{VTYSH} -c "show bgp neighbors json" 2>/dev/null')
    shown = json.loads(out)[SERVICE4]
    return {'state': shown['bgpState'],
            'since': shown.get('bgpTimerUpEstablishedEpoch'),
            'dropped': shown['connectionsDropped']}


def sessions(node):
    """Both daemons' word on their sessions."""
    return {'BIRD': bird_session(node), 'FRR': frr_session(node)}
