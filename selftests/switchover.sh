#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Planned switchover: zero loss, no waiting for a lease, not one segment from the
# node that gave them away; and back again.
. "$(dirname "$(readlink -f "$0")")/lib.sh"

begin()
{
	protect
	server $ACT srv -n $2 --ulp :: $PORT
	server $BAK srv2 -n $2 --ulp :: $PORT
	client cli -n $2 $1 $PORT
	wait_for "the backup has them" replicas_are $2
	flows cli rx $((100000 * $2))
	flows srv rx $((100000 * $2))
}

# The old active's sockets are silent, and end when it has its next role: the
# application learns it, the peer does not.
given_away()
{
	is "role of act" "$(node $ACT role)" none
	check "the next role" ctl $ACT node set role backup
	ended srv
	is "connections aborted on act" "$(value "$(summary srv)" aborts)" $1
	is "connections of act" "$(node $ACT conns)" 0
}

once()
{
	local resets

	begin $1 2
	watch
	handover $ACT $BAK
	given_away 2
	is "epoch of bak" "$(node $BAK epoch)" 2
	flows cli rx 150000
	flows srv2 rx 150000
	resets=$(seen | grep -vc 'resets=0')
	is "connections with RST on the wire" $resets 0
	finish_streams cli srv2 2
}

and_back()
{
	begin $VIP4 2
	handover $ACT $BAK
	given_away 2
	flows cli rx 150000
	rejoin $ACT $BAK
	wait_for "act has them" act_has 2
	server $ACT srv3 -n 2 --ulp :: $PORT
	flows cli rx 150000
	handover $BAK $ACT
	is "epoch of act" "$(node $ACT epoch)" 3
	is "role of bak" "$(node $BAK role)" none
	flows cli rx 150000
	flows srv3 rx 150000
	finish_streams cli srv3 2
}

act_has()
{
	node_is $ACT replicas $1
}

standby_reader()
{
	protect
	server $BAK srv2 --ulp --standby $VIP4 $PORT
	server $ACT srv --ulp $VIP4 $PORT
	client cli $VIP4 $PORT
	flows srv2 rx 150000
	handover $ACT $BAK
	flows cli rx 150000
	flows srv2 rx 150000
	finish_streams cli srv2 1
	is "promises of standby broken" \
		"$(value "$(summary srv2)" standby_err)" 0
}

# A hundred connections in full flow: all of them, with nothing lost.
many()
{
	begin $VIP4 50
	handover $ACT $BAK
	given_away 50
	flows cli rx 500000
	finish_streams cli srv2 50
}

# Between the goodbye and its next role a node can not be made to speak.
silent()
{
	begin $VIP4 1
	check "handover" ctl $ACT handover
	wait_for "bak heard the goodbye" node_is $BAK down-reason goodbye
	refused 2 "another node has" ctl $ACT conn detach all
	refused 2 "only an active" ctl $ACT solo
	promote $BAK
	service del $ACT
	given_away 1
	service add $BAK
	flows cli rx 150000
	flows srv2 rx 150000
	finish_streams cli srv2 1
}

# The link is lost with the goodbye still in its queue: nothing was given away.
unsaid()
{
	need_faults
	begin $VIP4 2
	arm handover-goodbye@1:1:freeze
	launch handover fttcpctl -n $ACT handover
	wait_for "the goodbye waits" struck handover-goodbye
	ip -n $BAK link set dev link down
	ended handover && bad "a goodbye that did not leave was taken for one"
	matches "refusal" "$(cat "$TMP/handover.err")" 'has not left'
	is "state of act" "$(node $ACT state)" holding
	is "role of act" "$(node $ACT role)" active
	clear_faults
	check "solo" ctl $ACT solo
	flows cli rx 150000
	flows srv rx 150000
	finish_streams cli srv 2
}

# The receipt of the goodbye and the end of the link come together, when the active
# has just seen that there is nothing to read.
last_words()
{
	need_faults
	begin $VIP4 1
	arm lane-read@1:0:delay
	handover $ACT $BAK
	check "the point was passed" struck lane-read
	clear_faults
	flows cli rx 150000
	flows srv2 rx 150000
	finish_streams cli srv2 1
}

# Without memory for records not every byte can be given: nothing is.
no_memory()
{
	need_faults
	protect hold-max 1000
	server $ACT srv --ulp $VIP4 $PORT
	client cli $VIP4 $PORT
	wait_for "the backup has it" replicas_are 1
	flows cli rx 30000
	arm tx-data@1:0:fail
	refused "2|4" "nothing was given away" ctl $ACT handover
	is "role of act" "$(node $ACT role)" active
	clear_faults
	flows cli rx 150000
	flows srv rx 150000
	finish_streams cli srv 1
}

# What begins during a handover is not given away; when nothing was, it is protected
# as the others are.
meanwhile()
{
	need_faults
	protect
	server $ACT srv -n 2 --ulp $VIP4 $PORT
	server $BAK srv2 -n 2 --ulp $VIP4 $PORT
	client cli $VIP4 $PORT
	wait_for "the backup has it" replicas_are 1
	flows cli rx 30000
	# it waits for these, and fails then
	arm tx-data@1:0:fail handover-freeze@1:1:count handover-goodbye@1:1:fail
	launch handover fttcpctl -n $ACT handover
	wait_for "it has begun" struck handover-freeze
	client late -s 0 --shut after-peer $VIP4 $PORT
	wait_for "act has it" node_is $ACT conns 2
	stays 0 replicas_are 1 || bad "what began meanwhile took a lane"
	alive handover || bad "the handover has ended"
	echo "tx-data@1:0:count" >$FAULT
	ended handover && bad "it was given away"
	matches "refusal" "$(cat "$TMP/handover.err")" "has not left"
	is "state of act" "$(node $ACT state)" protected
	wait_for "the backup has both" replicas_are 2
	flows late rx 50000
	handover $ACT $BAK
	flows cli rx 50000
	flows late rx 50000
	stop_streams
	in_order cli 1
	in_order late 1
	in_order srv2 2
}

refusals()
{
	refused "2|6" "active" ctl $ACT handover
	roles
	refused "2|4" "backup" ctl $ACT handover
	is "role of act" "$(node $ACT role)" active
	refused "2|6" "active" ctl $BAK handover
}

plan 11
run_case "IPv4" once $VIP4
run_case "IPv6" once $VIP6
run_case "and back" and_back
run_case "to a hot standby reader" standby_reader
run_case "fifty connections" many
run_case "nothing makes it speak" silent
run_case "the goodbye has not left" unsaid
run_case "the last words of a link" last_words
run_case "no memory for what is under way" no_memory
run_case "what begins meanwhile" meanwhile
run_case "refusals" refusals
finish
