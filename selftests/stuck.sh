#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A program that sleeps in send(), under its socket's lock, for as long as it likes:
# nobody else waits for it, whatever happens to the link or is asked of the node.
. "$(dirname "$(readlink -f "$0")")/lib.sh"

readonly SLOW_PORT=5001

# begin NS ADDRESS [SETTING...]: there one program sleeps, on act another one's
# stream flows
begin()
{
	NS=$1
	protect "${@:3}"
	ip -n $NS -batch - <<-EOF || die "a device that keeps its frames"
	link add name keeps type veth peer name keeps2
	link set dev keeps up
	link set dev keeps2 up
	EOF
	check "it keeps them" tc -n $NS qdisc add dev keeps root netem delay 250s
	trap wake EXIT
	launch stuck nsenter --net="/run/netns/$NS" \
		ftstuck $2 $SLOW_PORT keeps 100000
	wait_for "it listens" grep -q ready "$TMP/stuck.out"
	server $ACT srv --ulp $VIP4 $PORT
	client cli $VIP4 $PORT
	client cli2 -s 0 --shut after-peer $2 $SLOW_PORT
	wait_for "it is connected" grep -q open "$TMP/stuck.out"
	wait_for "the backup has what is act's" replicas_are "$(node $ACT conns)"
	kill -USR1 "$(pid_of stuck)"
	wait_for "it sleeps" asleep
	flows cli rx 50000
	flows srv rx 50000
}

# in the kernel, and no signal wakes it
asleep()
{
	local stat

	grep -q asleep "$TMP/stuck.out" &&
		read -r stat <"/proc/$(pid_of stuck)/stat" &&
		[[ $stat =~ \)\ D ]]
}

wake()
{
	tc -n $NS qdisc del dev keeps root 2>/dev/null
}

# Awake, it and its peer go on as if nothing had been.
all_well()
{
	asleep || bad "it did not sleep all the time"
	is "bytes of its peer" "$(progress cli2 rx)" 0
	wake
	in_order cli2 1
	is "bytes of its peer" "$(value "$(summary cli2)" rx)" 100000
	ended stuck
	is "its end" "$(summary stuck)" end=0
}

cut()
{
	ip -n $BAK link set dev link down
	wait_for "act's link is down" link_is_down $ACT
}

link_is_down()
{
	[ "$(link_word $1 state)" = down ]
}

again()
{
	ip -n $BAK link set dev link up
	check "act's link" ctl $ACT link del id 1
	check "bak's link" ctl $BAK link del id 1
	link_up $ACT $BAK
}

# The link ends, also while the backup synchronises, for which it must be awake.
link_ends()
{
	begin $ACT $VIP4 hold-max 1000 on-backup-loss solo
	cut
	wait_for "act is alone" node_is $ACT state solo
	flows cli rx 50000
	again
	wait_for "act synchronises" node_is $ACT state syncing
	flows cli rx 50000
	stays 0 node_is $ACT state syncing || bad "act did not wait for it"
	cut
	wait_for "act is alone again" node_is $ACT state solo
	flows cli rx 50000
	again
	all_well
	wait_for "act is protected" node_is $ACT state protected
	flows cli rx 50000
	finish_streams cli srv 1
}

# Not every byte can be given away: nothing is, after its time.
no_handover()
{
	begin $ACT $VIP4 hold-max $((1000 * SLOW))
	launch handover fttcpctl -n $ACT handover
	flows cli rx 50000
	wait_for "the handover ends" ended_by_itself handover
	matches "refusal" "$(cat "$TMP/handover.err")" "nothing was given away"
	is "role of act" "$(node $ACT role)" active
	flows cli rx 50000
	is "state of act" "$(node $ACT state)" protected
	all_well
	server $BAK srv2 --ulp $VIP4 $PORT
	handover $ACT $BAK
	flows srv2 rx 50000
	finish_streams cli srv2 1
}

# It is the backup's own, and no replica.
takes_over()
{
	begin $BAK 10.0.0.3
	server $BAK srv2 --ulp $VIP4 $PORT
	cut_off $ACT
	wait_for "bak has lost act" node_is $BAK state backup-waiting
	launch promote fttcpctl -n $BAK promote kernel force
	wait_for "it is promoted" ended_by_itself promote
	service add $BAK
	flows cli rx 50000
	flows srv2 rx 50000
	all_well
	finish_streams cli srv2 1
}

ended_by_itself()
{
	! alive "$1"
}

plan 3
run_case "the link ends, and another one" link_ends
run_case "a handover" no_handover
run_case "a promotion" takes_over
finish
