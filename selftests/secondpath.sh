#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Two daemons with a second path beside the link: a cut link is told from a dead node,
# one of the two goes on, and it is the one that was active.
. "$(dirname "$(readlink -f "$0")")/daemons.sh"
. "$(dirname "$(readlink -f "$0")")/telling.sh"

readonly PATH_PORT=7002

# path NS: the section of a node, with the key of [auth]; interval times misses is a second
path()
{
	local own=10.0.0.2 other=10.0.0.3

	[ "$1" = "$ACT" ] || own=10.0.0.3 other=10.0.0.2
	printf '%s\n' "[second-path]" "local = $own:$PATH_PORT" \
		"peer = $other:$PATH_PORT" "interval = 100ms" "misses = 10"
}

path_word()
{
	dctl "$1" -j daemon | sed -n "s/.*\"second-path\":.*\"$2\": *\"\?\([a-z0-9-]*\).*/\1/p"
}

path_is()
{
	[ "$(path_word "$1" state)" = "$2" ]
}

# Both are up, a stream flows, the peer's side is watched. Act may not go on alone by
# itself: where it does, that is a decision.
begin()
{
	local ns

	conf $ACT 1 active
	conf $BAK 2 backup
	for ns in $ACT $BAK; do
		sed -i "s/^hold-max.*/&\non-backup-loss = hold/" \
			"$TMP/$ns.conf"
		path $ns >>"$TMP/$ns.conf"
		daemon $ns
	done
	becomes $ACT protected
	becomes $BAK ready
	for ns in $ACT $BAK; do
		wait_for "$ns hears the other" path_is $ns up
	done
	watch
	stream
}

mend()
{
	ip -n $ACT link set dev link up
	tc -n $ACT qdisc del dev link root 2>/dev/null
	tc -n $BAK qdisc del dev link root 2>/dev/null
	return 0
}

# deaf NS: what it says on the second path reaches nobody
deaf()
{
	local other=10.0.0.3

	[ "$1" = "$ACT" ] || other=10.0.0.2
	check "$1 is cut off" ip -n "$1" neigh replace $other \
		lladdr 02:00:00:00:00:01 dev lan nud permanent
}

hears()
{
	ip -n "$1" neigh flush dev lan nud permanent
}

bak_waits()
{
	daemon_is $BAK waiting
}

# Both live: act goes on at once, alone, and bak stays what it is; later it is a backup
# again, which takes over when act dies.
goes_on()
{
	begin
	"$@"
	wait_for "act goes on alone" node_is $ACT state solo
	becomes $BAK waiting
	flows cli rx 100000
	tells $BAK 323 "the link is lost, and node 1 lives.*"
	tells $BAK 324 "node 1 goes on without this backup.*"
	tells $ACT 325 "node 2 has no copy of the connections.*"
	is "replicas of bak" "$(node $BAK replicas)" 0
	stays 3 bak_waits
	flows cli rx 100000
	senders $ACT
	has_address $BAK 0 || bad "bak has the service address"
	mend
	becomes $ACT protected
	becomes $BAK ready
	wait_for "the backup has it" replicas_are 1
	gone $ACT
	becomes $BAK solo
	flows cli rx 50000
	finish_streams cli srv2 1
	senders $ACT $BAK
	buried $ACT
}

# Link and second path end together, as when a machine dies.
death()
{
	begin
	gone $ACT
	becomes $BAK solo
	flows cli rx 50000
	finish_streams cli srv2 1
	senders $ACT $BAK
	buried $ACT
}

# The daemon of the active dies, its kernel and the link live: nothing happens. Then the
# link is cut, and nobody is heard: act holds, bak takes over.
daemon_dies()
{
	begin
	kill -KILL "$(pid_of "fttcpd-$ACT")"
	wait_for "bak hears nothing" path_is $BAK down
	tells $BAK 322 "nothing was heard of node 1 on the second path.*"
	stays 1 daemon_is $BAK ready
	matches "warning" "$(dctl $BAK daemon)" 'nothing is heard on the second path'
	flows cli rx 50000
	cable
	becomes $BAK solo
	flows cli rx 50000
	senders $ACT $BAK
	# the next daemon hears of the larger epoch while the link is still cut
	daemon $ACT
	becomes $ACT waiting
	has_address $ACT 0 || bad "act still has the service address"
	mend
	becomes $BAK protected
	becomes $ACT ready
	finish_streams cli srv2 1
	senders $ACT $BAK
}

# Everything between the nodes is cut while both live: bak takes over, act holds, and
# gives way when the second path is back, before the link is.
both_cut()
{
	begin
	deaf $ACT
	deaf $BAK
	wait_for "act hears nothing" path_is $ACT down
	wait_for "bak hears nothing" path_is $BAK down
	flows cli rx 50000
	cable
	becomes $BAK solo
	flows cli rx 50000
	is "state of act" "$(node $ACT state)" holding
	hears $ACT
	hears $BAK
	becomes $ACT waiting
	flows cli rx 50000
	has_address $ACT 0 || bad "act still has the service address"
	mend
	becomes $BAK protected
	becomes $ACT ready
	finish_streams cli srv2 1
	senders $ACT $BAK
}

# The backup is heard, and hears nothing: it takes over, and act, which hears that it has
# a copy, waits, and gives way.
one_way()
{
	begin
	deaf $ACT
	wait_for "bak hears nothing" path_is $BAK down
	cable
	becomes $BAK solo
	flows cli rx 50000
	hears $ACT
	becomes $ACT waiting
	mend
	becomes $BAK protected
	finish_streams cli srv2 1
	senders $ACT $BAK
}

# Who is not the peer is refused, and told of; so is what is no datagram, which is counted.
strangers()
{
	begin
	in_ns $PEER bash -c "printf 'ftsp%084d' 0 >/dev/udp/10.0.0.2/$PATH_PORT"
	tells $ACT 35 "FTTCP:SECURITY-VIOL: 10.0.0.1:[0-9]+ tried a heartbeat from an address that is not peer on the second path: refused. $AT"
	is "refused" "$(path_word $ACT refused)" 1
	path_is $ACT up || bad "the path is down"
	stays 1 daemon_is $ACT protected
	flows cli rx 50000
	finish_streams cli srv 1
}

# fence NS SCRIPT: what NS does to the other node before it takes over
fence()
{
	printf '#!/bin/sh\n%s\n' "$2" >"$TMP/fence"
	chmod +x "$TMP/fence"
	sed -i "s|^\[service\]|[fence]\nprogram = $TMP/fence\ntimeout = 2s\nretry-interval = 500ms\n&|" \
		"$TMP/$1.conf"
	check "the fence is read" dctl "$1" daemon reload
}

fails()
{
	tells $BAK 328 "node 1 could not be fenced: $1.*"
	stays 1 daemon_is $BAK fencing
	is "role of bak" "$(node $BAK role)" backup
	has_address $BAK 0 || bad "bak has the service address"
}

# The active dies, or nobody can say. It is taken over when its fence has succeeded: the
# first attempts fail and hang.
fenced()
{
	begin
	fence $BAK "echo \$FTTCP_FENCE_NODE \$FTTCP_FENCE_ADDRESS >>$TMP/fenced
		while [ -e $TMP/hangs ]; do sleep 0.1; done
		[ -e $TMP/succeeds ] || exit 3"
	deaf $ACT
	deaf $BAK
	wait_for "bak hears nothing" path_is $BAK down
	cable
	fails "it ended with the status 3"
	: >"$TMP/hangs"
	wait_for "it hangs, and is ended" fence_hung
	stays 1 daemon_is $BAK fencing
	: >"$TMP/succeeds"
	rm "$TMP/hangs"
	becomes $BAK solo
	tells $BAK 327 "node 1 is fenced"
	flows cli rx 50000
	is "who was fenced" "$(sort -u "$TMP/fenced")" "1 10.0.0.2"
	finish_streams cli srv2 1
	senders $ACT $BAK
	buried $ACT
}

fence_hung()
{
	texts $BAK 328 | grep -q "it took longer than timeout"
}

# The fence fails, and the second path is heard again: act has lived all the time, and goes
# on, without that its address was ever elsewhere.
fence_not_needed()
{
	begin
	fence $BAK "exit 1"
	deaf $ACT
	deaf $BAK
	wait_for "bak hears nothing" path_is $BAK down
	cable
	fails "it ended with the status 1"
	hears $ACT
	hears $BAK
	wait_for "act goes on alone" node_is $ACT state solo
	becomes $BAK waiting
	flows cli rx 50000
	mend
	becomes $BAK ready
	finish_streams cli srv 1
	senders $ACT
}

# solo_by_fence SCRIPT: act may go on alone after a second, when its fence has succeeded
solo_by_fence()
{
	begin
	sed -i 's/^hold-max.*/hold-max = 1s/; s/^on-backup-loss.*/on-backup-loss = solo/' \
		"$TMP/$ACT.conf"
	fence $ACT "$1"
	is "what the kernel is told" \
		"$(field "$(ctl $ACT node show)" on-backup-loss)" hold
}

# The backup is lost, and may live: act fences it before it goes on alone.
fenced_backup()
{
	solo_by_fence "echo \$FTTCP_FENCE_NODE >>$TMP/fenced
		[ -e $TMP/succeeds ] || exit 3"
	gone $BAK
	tells $ACT 328 "node 2 could not be fenced: it ended with the status 3.*"
	stays 2 node_is $ACT state holding
	: >"$TMP/succeeds"
	wait_for "act goes on alone" node_is $ACT state solo
	tells $ACT 327 "node 2 is fenced"
	flows cli rx 50000
	is "who was fenced" "$(sort -u "$TMP/fenced")" 2
	finish_streams cli srv 1
	senders $ACT
	buried $BAK
}

# A dead daemon decides nothing: the kernel holds, until the next one asks.
fence_without_daemon()
{
	solo_by_fence "exit 0"
	kill -KILL "$(pid_of "fttcpd-$ACT")"
	gone $BAK
	wait_for "act holds" node_is $ACT state holding
	stays 4 node_is $ACT state holding
	daemon $ACT
	wait_for "act goes on alone" node_is $ACT state solo
	tells $ACT 327 "node 2 is fenced"
	flows cli rx 50000
	finish_streams cli srv 1
	senders $ACT
	buried $BAK
}

plan 12
run_case "no cable, both live" goes_on cable
run_case "nothing from the active, both live" goes_on from ACT
run_case "nothing from the backup, both live" goes_on from BAK
run_case "the active dies" death
run_case "the active's daemon dies, then the link" daemon_dies
run_case "link and second path are cut, both live" both_cut
run_case "the backup hears nothing" one_way
run_case "strangers" strangers
run_case "a fence that fails, hangs, and succeeds" fenced
run_case "a fence that fails, and is not needed" fence_not_needed
run_case "an active fences before it goes on alone" fenced_backup
run_case "not without its daemon" fence_without_daemon
finish
