#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The link is lost while both nodes live, in every way: whatever is decided, at no time
# do two speak for a connection. Shown by who sent what the peer got.
. "$(dirname "$(readlink -f "$0")")/daemons.sh"

# begin [SETTING...]: streams flow, the peer's side is watched. A lease is half a
# second, or what BEATS makes of it.
begin()
{
	# shellcheck disable=SC2086	# words
	protect ${BEATS:-heartbeat 100 heartbeat-misses 5} "$@"
	watch
	server $ACT srv -n 2 --ulp $VIP4 $PORT
	server $BAK srv2 -n 2 --ulp $VIP4 $PORT
	client cli -n 2 $VIP4 $PORT
	wait_for "bak has them" replicas_are 2
	flows cli rx 100000
	flows srv rx 100000
}

promotes()
{
	ctl $BAK promote kernel >"$TMP/promote.out" 2>&1
}

# loses COMMAND...: act may not go on by itself. bak promotes as soon as the lease
# allows it, not before, while act still has the address and hears the peer.
loses()
{
	begin on-backup-loss hold
	"$@"
	wait_for "bak promotes when it may" promotes
	# the peer still speaks to act, which has been silent since its lease ended
	stays 0 true
	senders $ACT
	service add $BAK
	flows cli rx 100000
	flows srv2 rx 100000
	# act is heard no more even where the peer's segments still reach it
	in_ns $ACT ftna lan $VIP4 $VIP6
	stays 0 true
	in_ns $BAK ftna lan $VIP4 $VIP6
	flows cli rx 100000
	service del $ACT
	senders $ACT $BAK
	check "act becomes backup" ctl $ACT node set role backup
	finish_streams cli srv2 2
	senders $ACT $BAK
}

# Too soon: the lease that bak has granted still runs.
too_soon()
{
	BEATS="heartbeat 2000 heartbeat-misses 5" begin on-backup-loss hold
	cable
	wait_for "bak has lost act" node_is $BAK state backup-waiting
	refused 2 "lease runs" ctl $BAK promote kernel
	senders $ACT
	is "role of bak" "$(node $BAK role)" backup
	link_word $ACT id >/dev/null && ctl $ACT link del id 1
	ctl $BAK link del id 1
	ip -n $ACT link set dev link up
	link_up $ACT $BAK
	wait_for "act is protected" node_is $ACT state protected
	flows cli rx 100000
	finish_streams cli srv 2
}

# The daemons decide; the link comes back, and act has to give way.
daemons_decide()
{
	both
	watch
	stream
	"$@"
	becomes $BAK solo
	flows cli rx 50000
	ip -n $ACT link set dev link up
	tc -n $ACT qdisc del dev link root 2>/dev/null
	tc -n $BAK qdisc del dev link root 2>/dev/null
	becomes $ACT ready
	becomes $BAK protected
	flows cli rx 50000
	has_address $ACT 0 || bad "act still has the service address"
	finish_streams cli srv2 1
	senders $ACT $BAK
}

# A link that comes and goes under two daemons, each time for a little longer: who is
# active may change, that there is one may not.
link_flaps()
{
	local i pause n ns

	both
	watch
	# a program stays, whatever becomes of its connections
	for ns in $ACT $BAK; do
		server $ns srv-$ns -n 100 0.0.0.0 $PORT
	done
	client cli $VIP4 $PORT
	wait_for "the backup has it" replicas_are 1
	flows cli rx 50000
	for pause in 0 1 4 12 30; do
		ip -n $ACT link set dev link down
		for ((i = 0; i < pause; i++)); do
			nap
		done
		ip -n $ACT link set dev link up
		wait_for "one protects" one_protects
	done
	flows cli rx 50000
	stop_streams
	in_order cli 1
	# each takeover changes the sender once: as many as there were epochs
	n=$(node $ACT epoch)
	[ "$(node $BAK epoch)" -gt "$n" ] && n=$(node $BAK epoch)
	is "changes of the sender" "$(seen sender | wc -l)" "$n"
}

one_protects()
{
	{ daemon_is $ACT protected && daemon_is $BAK ready; } ||
		{ daemon_is $BAK protected && daemon_is $ACT ready; }
}

# Solo without a fence is a risk that somebody takes: it is said when it is set, by
# "ready", and when it happens. The link's return ends it.
risk_is_stated()
{
	local text

	text=$(ctl $ACT node set on-backup-loss solo 2>&1)
	matches "on setting it" "$text" 'warning: .*two owners'
	text=$(ctl $ACT node set on-backup-loss hold 2>&1)
	is "on setting hold" "$text" ""
	begin on-backup-loss solo hold-max 800
	matches "ready" "$(ctl $ACT ready)" 'risk .*two owners'
	[[ $(ctl $BAK ready) != *risk* ]] || bad "the backup takes no risk"
	launch mon fttcpctl -n $ACT -j monitor
	wait_for "the monitor runs" grep -q '"sync"' "$TMP/mon.out"
	cable
	wait_for "act goes on alone" node_is $ACT state solo
	wait_for "it is told" grep -q '"name": *"solo"' "$TMP/mon.out"
	matches "event" "$(grep '"name": *"solo"' "$TMP/mon.out")" \
		'"severity": *"error".*two owners'
	wait_for "bak promotes" promotes
	# a larger epoch is met: act is silent from there on
	ctl $ACT link del id 1 2>/dev/null
	ip -n $ACT link set dev link up
	link_begin $BAK $ACT
	wait_for "act is fenced" node_is $ACT state fenced
	service del $ACT
	service add $BAK
	check "act becomes backup" ctl $ACT node set role backup
	is "the only active" "$(node $ACT role) $(node $BAK role)" \
		"backup active"
}

# still solo|hold: bak stands still until act has taken it for dead. What then reaches it
# first is that act's end of the link is gone.
still()
{
	need_faults
	BEATS="heartbeat 200 heartbeat-misses 10" begin hold-max 1000 \
		on-backup-loss "$1"
	arm lane-ack@2:1:freeze
	wait_for "bak stands still" struck lane-ack
	freeze_link
	wait_for "act has given it up" node_is $ACT state "$2"
	stays 2 node_is $ACT state "$2"
	thaw_link
	clear_faults
	wait_for "bak has lost act" node_is $BAK state backup-waiting
	counter_above $BAK StoodStill 0 || bad "StoodStill is 0"
}

# Act may have gone on alone, and has.
still_solo()
{
	still solo solo
	flows cli rx 100000
	refused 2 "stood still" ctl $BAK promote kernel
	is "role of bak" "$(node $BAK role)" backup
	flows cli rx 100000
	senders $ACT
	ctl $ACT link del id 1
	ctl $BAK link del id 1
	link_up $ACT $BAK
	wait_for "bak is ready" node_is $BAK state backup-ready
	cut_off $ACT
	wait_for "bak promotes when it may" promotes
	service del $ACT
	service add $BAK
	flows cli rx 100000
	finish_streams cli srv2 2
	senders $ACT $BAK
}

# Act does not go on alone, so its end of the link is all that has to be known.
still_hold()
{
	still hold holding
	wait_for "bak promotes when it may" promotes
	service del $ACT
	service add $BAK
	flows cli rx 100000
	finish_streams cli srv2 2
	senders $ACT $BAK
}

# A connection that begins on a node that is fenced is not bak's, but bak has the service:
# act says nothing in it, then or when it gives up its role.
begun_fenced()
{
	protect heartbeat 100 heartbeat-misses 5
	server $ACT srv --ulp $VIP4 $PORT
	cable
	wait_for "bak promotes when it may" promotes
	ctl $ACT link del id 1 2>/dev/null
	ip -n $ACT link set dev link up
	link_begin $BAK $ACT
	wait_for "act is fenced" node_is $ACT state fenced
	client cli $VIP4 $PORT
	wait_for "a program has it" holds srv 1
	stays 1 silent cli || bad "a node that is fenced spoke"
	check "act gives up its role" ctl $ACT node set role none
	stays 2 silent cli || bad "it spoke when it had no role any more"
	is "connections of act" "$(node $ACT conns)" 0
}

# holds NAME N: the program has so many connections
holds()
{
	[ "$(progress "$1" conns)" = "$2" ]
}

silent()
{
	[ "$(progress "$1" rx)" = 0 ]
}

# The clock of day jumps by a day, there and back. Leases, heartbeats and hold-max
# are of clocks that do not.
clock_jumps()
{
	local now

	grep -q ' vm\.' /proc/cmdline || skip "only in a VM"
	BEATS="heartbeat 500 heartbeat-misses 4" begin on-backup-loss hold
	now=$(date +%s)
	date -s "@$((now + 86400))" >/dev/null || skip "the clock can not be set"
	flows cli rx 150000
	is "state after a jump forward" "$(node $ACT state)" protected
	date -s "@$((now - 86400))" >/dev/null
	flows cli rx 150000
	flows srv rx 150000
	is "state after a jump back" "$(node $ACT state)" protected
	is "links lost" "$(counter $ACT LinkDown)" 0
	is "leases that ran out" "$(counter $ACT LeaseExpired)" 0
	# and while bak waits for the lease to end
	cable
	date -s "@$((now + 86400))" >/dev/null
	refused 2 "lease runs" ctl $BAK promote kernel
	wait_for "bak promotes when it may" promotes
	date -s "@$now" >/dev/null
	service add $BAK
	flows cli rx 100000
	finish_streams cli srv2 2
	senders $ACT $BAK
}

plan 13
run_case "no cable" loses cable
run_case "the link passes nothing" loses from ACT BAK
run_case "the link passes nothing from the active" loses from ACT
run_case "the link passes nothing from the backup" loses from BAK
run_case "a promotion that comes too soon" too_soon
run_case "daemons, no cable" daemons_decide cable
run_case "daemons, the link passes nothing from the active" \
	daemons_decide from ACT
run_case "daemons, the link flaps" link_flaps
run_case "the risk of going on alone is stated" risk_is_stated
run_case "a backup that stood still, solo" still_solo
run_case "a backup that stood still, hold" still_hold
run_case "what begins on a fenced node" begun_fenced
run_case "the clock of day jumps" clock_jumps
finish
