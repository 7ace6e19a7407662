#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Programs and nodes that die at bad moments: what lives goes on, what is dead leaves
# nothing behind, and nobody takes over what it does not have.
. "$(dirname "$(readlink -f "$0")")/lib.sh"

# begin [SETTING...]: two connections that bak has
begin()
{
	protect "$@"
	server $ACT srv -n 2 --ulp $VIP4 $PORT
	server $BAK srv2 -n 2 --ulp $VIP4 $PORT
	client cli -n 2 $VIP4 $PORT
	wait_for "bak has them" replicas_are 2
	flows cli rx 100000
	flows srv rx 100000
}

gone_helper()
{
	kill -KILL "$(pid_of "$1")"
	wait_for "$1 is dead" is_zombie "$(pid_of "$1")"
}

# The kernel ends the connections of a program that dies, as without fttcp: the peer
# is told, the backup forgets them, and the next program is protected as well.
application_dies()
{
	begin
	gone_helper srv
	ended cli
	matches "what the peer got" "$(summary cli)" 'resets=[12]|eof=[12]'
	wait_for "act has none" node_is $ACT conns 0
	wait_for "bak has none" replicas_are 0
	wait_for "bak's memory is free" counter_is $BAK CurrMemory 0
	is "state of act" "$(node $ACT state)" protected
	server $ACT srv3 --ulp $VIP4 $PORT
	client cli3 $VIP4 $PORT
	wait_for "bak has the new one" replicas_are 1
	flows cli3 rx 100000
	finish_streams cli3 srv3 1
}

counter_is()
{
	[ "$(counter $1 $2)" = $3 ]
}

# A standby program dies: its connections are the active's, and go on; another
# program takes over.
standby_dies()
{
	protect
	server $BAK srv2 -n 2 --ulp --standby $VIP4 $PORT
	server $ACT srv -n 2 --ulp $VIP4 $PORT
	client cli -n 2 $VIP4 $PORT
	wait_for "bak accepts them" progress_is srv2 conns 2
	flows srv2 rx 100000
	gone_helper srv2
	flows cli rx 150000
	flows srv rx 150000
	wait_for "bak has them again" replicas_are 2
	wait_for "act is protected" node_is $ACT state protected
	server $BAK srv3 -n 2 --ulp $VIP4 $PORT
	takeover
	flows cli rx 150000
	finish_streams cli srv3 2
}

# old_bytes: connections whose queues take a slow link seconds to send
old_bytes()
{
	roles hold-max 10000 lane-queue-max 65536
	slow_link
	server $ACT big -n 8 --ulp --rx-rate 3000 --rcvbuf 600000 $VIP4 5001
	client big-cli -n 8 --rate 0 $VIP4 5001
	server $ACT srv --ulp $VIP4 $PORT
	client cli $VIP4 $PORT
	flows cli rx 100000
	wait_for "much is unread" progress_is big-cli tx 3000000
}

# A short queue: its losses are found out at once.
slow_link()
{
	check "slow link" tc -n $ACT qdisc add dev link root netem rate 4mbit \
		limit 40
}

# syncing: a link is up, and what existed before is on its way
syncing()
{
	link_up $ACT $BAK
	wait_for "bak receives the copy" node_is $BAK state backup-syncing
	is "state of act" "$(node $ACT state)" syncing
}

# The backup dies while it receives the copy, is booted anew, and receives it.
backup_dies_syncing()
{
	old_bytes
	syncing
	cut_off $BAK
	wait_for "act is alone" node_is $ACT state solo
	flows cli rx 100000
	backup_anew
	syncing
	check "fast link" tc -n $ACT qdisc del dev link root
	wait_for "act is protected" node_is $ACT state protected
	wait_for "bak has them" replicas_are 9
	flows cli rx 100000
	server $BAK srv2 --ulp $VIP4 $PORT
	takeover
	flows cli rx 100000
	stop_streams
	in_order cli 1
	in_order srv2 1
	streams_match cli srv2
}

# Another namespace takes the place of bak, as a machine that was booted does.
backup_anew()
{
	ctl $ACT link del id 1 2>/dev/null
	[ ! -e "$TMP/keeper-$BAK.pid" ] || gone_helper "keeper-$BAK"
	ip netns del $BAK
	# a namespace ends when the last worker of a link in it has
	wait_for "its devices are gone" no_device link $ACT
	wait_for "its devices are gone" no_device bak $PEER
	ip -batch - <<-EOF
	netns add $BAK
	link add name lan netns $BAK type veth peer name bak netns $PEER
	link add name link netns $ACT type veth peer name link netns $BAK
	EOF
	ip -n $PEER link set dev bak up master lan
	node_lines 3 2 | ip -n $BAK -batch -
	ip -n $ACT addr add 10.9.0.1/24 dev link
	ip -n $ACT link set dev link up
	slow_link
	# shellcheck disable=SC2046	# words
	check "bak becomes backup" ctl $BAK node set id 2 role backup \
		$(settings hold-max 10000)
}

no_device()
{
	! ip -n "$2" link show dev "$1" >/dev/null 2>&1
}

# The active dies before the backup has everything: what is there is not taken for the
# whole, unless somebody says so, and leaves nothing behind.
active_dies_syncing()
{
	old_bytes
	syncing
	cut_off $ACT
	wait_for "bak has lost act" node_is $BAK state backup-waiting
	refused 2 "not complete|incomplete|whole" ctl $BAK promote kernel
	is "role of bak" "$(node $BAK role)" backup
	check "bak forgets" ctl $BAK node set role none
	wait_for "nothing is left" counter_is $BAK CurrMemory 0
	is "replicas" "$(node $BAK replicas)" 0
	check "act ends its own" ctl $ACT node set role backup
	wait_for "nothing is left" counter_is $ACT CurrMemory 0
}

# Everything is without a network for a while, with both nodes and the peer alive.
all_dark()
{
	local ns

	begin hold-max 20000
	for ns in $ACT $BAK; do
		ip -n $PEER link set dev "$([ $ns = $ACT ] && echo act || echo bak)" \
			down
	done
	ip -n $ACT link set dev link down
	wait_for "act holds" node_is $ACT state holding
	wait_for "bak has lost act" node_is $BAK state backup-waiting
	ip -n $ACT link set dev link up
	ip -n $PEER link set dev act up
	ip -n $PEER link set dev bak up
	ctl $ACT link del id 1 2>/dev/null
	ctl $BAK link del id 1 2>/dev/null
	link_up $ACT $BAK
	wait_for "act is protected" node_is $ACT state protected
	flows cli rx 100000
	takeover
	flows cli rx 100000
	finish_streams cli srv2 2
}

# Allocations fail in the workers of the links and in the programs: what can not be
# copied is copied later or goes on unprotected, and no connection is lost.
memory_fails()
{
	local fault pid i

	[ -d /sys/kernel/debug/failslab ] || skip "no fault injection"
	begin hold-max 3000
	for fault in failslab fail_page_alloc; do
		fail_some $fault 3
	done
	for pid in $(pgrep fttcp) "$(pid_of srv)" "$(pid_of srv2)"; do
		echo 1 >"/proc/$pid/make-it-fail"
	done
	for i in 1 2 3; do
		flows cli rx 150000
		flows srv rx 150000
		[ "$(node $ACT state)" != solo ] || again
	done
	for fault in failslab fail_page_alloc; do
		note "$fault, failed: $((1000000 - \
			$(cat /sys/kernel/debug/$fault/times)))"
		echo 0 >/sys/kernel/debug/$fault/probability
	done
	[ "$(node $ACT state)" = protected ] || again
	wait_for "bak has them" replicas_are 2
	flows cli rx 100000
	takeover
	flows cli rx 100000
	finish_streams cli srv2 2
}

# No memory for records of inbound bytes, and the program is faster than the next
# attempt: this connection is sent again, and nothing else is touched.
inbound_missed()
{
	local i

	need_faults
	: >"$TMP/may-miss"
	begin
	for ((i = 0; i < 30; i++)); do
		arm rx-data@1:{1..4}:fail
		flows srv rx 16384
		flows cli rx 16384
	done
	clear_faults
	counter_above $ACT RxMissed 0 || bad "nothing was missed"
	is "LinkDown of act" "$(counter $ACT LinkDown)" 0
	is "DecodeError of bak" "$(counter $BAK DecodeError)" 0
	wait_for "act is protected" node_is $ACT state protected
	wait_for "bak is ready" ready_whole
	takeover
	flows cli rx 100000
	finish_streams cli srv2 2
}

ready_whole()
{
	field "$(ctl $BAK promote kernel dry-run)" promoted | grep -qx 2
}

# fail_some FAULT PERCENT: in the tasks that are marked; not in interrupts
fail_some()
{
	local dir=/sys/kernel/debug/$1

	echo 1 >$dir/task-filter
	echo 1000000 >$dir/times
	echo 0 >$dir/verbose
	[ ! -e $dir/ignore-gfp-wait ] || echo 0 >$dir/ignore-gfp-wait
	echo $2 >$dir/probability
}

# Once more, where memory still fails, while that makes it fail.
again()
{
	local tries

	for tries in 1 2 3 4 5; do
		wait_for "the links are down" links_are_down
		ctl $ACT link del id 1 2>/dev/null
		ctl $BAK link del id 1 2>/dev/null
		link_up $ACT $BAK
		wait_for "act is protected, or not" protected_or_not
		! node_is $ACT state protected || return 0
	done
	bad "act is not protected after $tries links"
}

protected_or_not()
{
	node_is $ACT state protected || links_are_down
}

links_are_down()
{
	[ "$(link_word $ACT state)" != up ] && [ "$(link_word $BAK state)" != up ]
}

plan 7
run_case "the application is killed" application_dies
run_case "a standby application is killed" standby_dies
run_case "the backup dies while it synchronises, and is booted" \
	backup_dies_syncing
run_case "the active dies while the backup synchronises" active_dies_syncing
run_case "no network anywhere for a while" all_dark
run_case "no record for inbound bytes" inbound_missed
run_case "memory fails" memory_fails
finish
