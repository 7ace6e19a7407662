#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Detaching: the socket is as it was, the stream goes on, the backup forgets it.
. "$(dirname "$(readlink -f "$0")")/lib.sh"

# Without the ULP the option is free again, and ss shows none.
is_plain()
{
	is "connections" "$(node $ACT conns)" 0
	is "shown by ss" "$(ulp_shown $ACT $PORT)" 0
	is "users of the module" "$(module_users)" "$1"
}

# The link's two ends and the listeners use the module too.
under_way()
{
	local before i

	protect
	before=$(module_users)
	server $ACT srv $VIP4 $PORT
	client cli $VIP4 $PORT
	flows cli rx 100000
	for ((i = 0; i < 5; i++)); do
		ctl $ACT conn attach local $VIP4:$PORT remote "$(remote_of $ACT)" \
			>/dev/null || die "attach, round $i"
		flows cli rx 100000
		flows srv rx 100000
		wait_for "the backup has it" replicas_are 1
		check "detach" ctl $ACT conn detach local $VIP4:$PORT \
			remote "$(remote_of $ACT)"
		wait_for "the backup forgot it" replicas_are 0
		is_plain "$before"
		flows cli rx 100000
		flows srv rx 100000
	done
	finish_streams cli srv 1
}

# detaching: the backup has it, and cannot answer
detaching()
{
	protect "$@"
	server $ACT srv --ulp $VIP4 $PORT
	client cli $VIP4 $PORT
	flows cli rx 100000
	freeze_link
	wait_for "segments are held" held
	launch detach fttcpctl -n $ACT conn detach local $VIP4:$PORT \
		remote "$(remote_of $ACT)"
	wait_for "bytes under way arrive" stands_still
	stays 1 at_most "$STILL" || bad "it speaks, and the backup may, too"
	alive detach || bad "the backup was not waited for"
}

# Two looks half a second apart see the same.
stands_still()
{
	STILL=$(progress cli rx)
	stays 0 at_most "$STILL"
}

at_most()
{
	[ "$(progress cli rx)" -le "$1" ]
}

# Segments in hold leave when the backup has forgotten their connection.
with_segments_held()
{
	detaching
	thaw_link
	ended detach || bad "detach: $(cat "$TMP/detach.err")"
	is "connections" "$(node $ACT conns)" 0
	wait_for "the backup forgot it" replicas_are 0
	flows cli rx 100000
	flows srv rx 100000
	finish_streams cli srv 1
}

# The link is lost before the backup has answered: it may take the connection over,
# which stays held until somebody decides.
link_lost()
{
	detaching on-backup-loss hold
	ip -n $BAK link set dev link down
	ended detach && bad "it was detached without an answer"
	matches "refusal" "$(cat "$TMP/detach.err")" 'link went down'
	wait_for "act holds" node_is $ACT state holding
	is "connections" "$(node $ACT conns)" 1
	refused 2 "backup may take" ctl $ACT conn detach all
	at_most "$STILL" || bad "it spoke"
	check "solo" ctl $ACT solo
	check "detach" ctl $ACT conn detach local $VIP4:$PORT \
		remote "$(remote_of $ACT)"
	flows cli rx 100000
	flows srv rx 100000
	finish_streams cli srv 1
}

# Nothing is held, and the backup may take it over all the same.
while_holding()
{
	protect on-backup-loss hold
	server $ACT srv --ulp -s 0 --shut after-peer $VIP4 $PORT
	client cli -s 100000 --pause 50000:$TMP/go $VIP4 $PORT
	wait_for "half of it is there" progress_is srv rx 50000
	ip -n $BAK link set dev link down
	wait_for "act holds" node_is $ACT state holding
	refused 2 "backup may take" ctl $ACT conn detach all
	is "connections" "$(node $ACT conns)" 1
	check "solo" ctl $ACT solo
	check "detach" ctl $ACT conn detach all
	is "connections" "$(node $ACT conns)" 0
	: >"$TMP/go"
	in_order cli 1
	in_order srv 1
}

held()
{
	[ "$(counter $ACT CurrHeldSegments)" -gt 0 ]
}

a_listener()
{
	server $ACT srv -n 2 --ulp $VIP4 $PORT
	client cli $VIP4 $PORT
	is "connections" "$(node $ACT conns)" 1
	check "detach" ctl $ACT conn detach local $VIP4:$PORT
	is "listeners" "$(node $ACT listeners)" 0
	client cli2 $VIP4 $PORT
	is "only the first is attached" "$(node $ACT conns)" 1
	is "shown by ss" "$(ulp_shown $ACT $PORT)" 1
	flows cli rx 100000
	flows cli2 rx 100000
	stop_streams
	in_order cli 1
	in_order cli2 1
	in_order srv 2
}

a_replica()
{
	protect
	server $ACT srv --ulp $VIP4 $PORT
	client cli $VIP4 $PORT
	wait_for "the backup has it" replicas_are 1
	refused 2 "replica" ctl $BAK conn detach id "$(conn $BAK id)"
	check "all but replicas" ctl $BAK conn detach all
	is "replicas" "$(node $BAK replicas)" 1
	finish_streams cli srv 1
}

nothing_there()
{
	refused 3 "no such" ctl $ACT conn detach local $VIP4:$PORT \
		remote $PEER4:9
	refused 3 "no such" ctl $ACT conn detach id 4711
	check "all of nothing" ctl $ACT conn detach all
}

plan 7
run_case "a stream under way, five times" under_way
run_case "with segments in hold" with_segments_held
run_case "the link is lost before the backup has answered" link_lost
run_case "while the node holds" while_holding
run_case "a listener, its connections stay" a_listener
run_case "a replica is not detached" a_replica
run_case "what is not attached" nothing_there
finish
