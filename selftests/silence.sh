#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A node that may not speak for a connection does not answer for it either where it has
# no socket: no reset, no SYN-ACK, whatever arrives too early or too late.
. "$(dirname "$(readlink -f "$0")")/lib.sh"

# begin VIP [SETTING...]: a stream flows, bak has it, the peer's side is watched
begin()
{
	local vip=$1

	shift
	protect "$@"
	watch
	server $ACT srv --ulp $vip $PORT
	server $BAK srv2 --ulp $vip $PORT
	client cli $vip $PORT
	wait_for "bak has it" replicas_are 1
	flows cli rx 50000
	flows srv rx 50000
}

no_resets()
{
	is "connections with RST on the wire" "$(seen | grep -vc 'resets=0')" 0
}

# Who moves the address does not wait for the promotion: until then the peer's
# segments find a node without the socket.
address_first()
{
	begin $1
	cut_off $ACT
	wait_for "bak has lost act" node_is $BAK state backup-waiting
	service add $BAK
	wait_for "bak did not answer" counter_above $BAK AnswerSilenced 0
	promote $BAK force
	flows cli rx 50000
	flows srv2 rx 50000
	no_resets
	finish_streams cli srv2 1
}

# The program of a node that waits ends, and its sockets with it.
hold_and_end()
{
	begin $VIP4 on-backup-loss hold
	# one without unread bytes ends with a FIN, which waits, and its socket too
	kill -STOP "$(pid_of srv)"
	wait_for "bytes wait to be read" has_unread $ACT
	ip -n $ACT link set dev link down
	wait_for "act holds" node_is $ACT state holding
	kill -KILL "$(pid_of srv)"
	wait_for "act did not answer" counter_above $ACT AnswerSilenced 0
}

has_unread()
{
	[ "$(conn $1 unread)" -gt 0 ]
}

program_ends()
{
	hold_and_end
	promote $BAK force
	service del $ACT
	service add $BAK
	flows cli rx 50000
	flows srv2 rx 50000
	no_resets
	finish_streams cli srv2 1
}

# The same once it has given its connections away, and while it is the backup.
given_away()
{
	begin $VIP4
	check "handover" ctl $ACT handover
	wait_for "bak heard the goodbye" node_is $BAK down-reason goodbye
	kill -KILL "$(pid_of srv)"
	wait_for "act did not answer" counter_above $ACT AnswerSilenced 0
	check "act becomes backup" ctl $ACT node set role backup
	wait_for "nor does it now" counter_above $ACT AnswerSilenced \
		"$(counter $ACT AnswerSilenced)"
	promote $BAK
	service del $ACT
	service add $BAK
	flows cli rx 50000
	flows srv2 rx 50000
	no_resets
	finish_streams cli srv2 1
}

# Who calls a silent node is connected with the one that speaks, a little later.
new_connections()
{
	begin $VIP4 on-backup-loss hold
	kill -KILL "$(pid_of srv2)"
	server $BAK srv4 -n 2 --ulp $VIP4 $PORT
	ip -n $ACT link set dev link down
	wait_for "act holds" node_is $ACT state holding
	launch late nsenter --net="/run/netns/$PEER" ftstream -c \
		--rate $PACE --timeout $((LIMIT * 6)) --stop "$TMP/stop" \
		--progress "$TMP/late.progress" $VIP4 $PORT
	wait_for "act did not answer" counter_above $ACT AnswerSilenced 0
	promote $BAK force
	service del $ACT
	service add $BAK
	flows cli rx 50000
	flows late rx 50000
	no_resets
	stop_streams
	in_order cli 1
	in_order late 1
	in_order srv4 2
}

# What does not belong to protected connections is answered as ever: a port that
# nobody has, and listeners of the backup.
others()
{
	begin $VIP4
	server $BAK own -n 1 -s 1000 10.0.0.3 $PORT
	client mine -s 1000 10.0.0.3 $PORT
	in_order mine 1
	in_ns $PEER ftstream -c -s 1 --timeout 1000 10.0.0.3 $((PORT + 1)) \
		>"$TMP/closed.out" 2>&1
	matches "a closed port" "$(cat "$TMP/closed.out")" ECONNREFUSED
	is "AnswerSilenced" "$(counter $BAK AnswerSilenced)" 0
	flows cli rx 50000
	stop_streams
	in_order cli 1
	in_order srv 1
}

# An end is told again when the node may speak for itself.
speaks_again()
{
	hold_and_end
	check "solo" ctl $ACT solo
	ended cli && bad "the client ended in order: $(summary cli)"
	is "the client's reset" "$(value "$(summary cli)" resets)" 1
}

# A node that may speak: what is left of a connection in TIME_WAIT acknowledges the
# peer's FIN, which is sent again, no sooner than the backup has the bytes before it.
too_early()
{
	protect
	watch
	server $ACT srv -s 2000 --ulp $1 $PORT
	server $BAK srv2 -s 2000 --ulp $1 $PORT
	# a pause, or its FIN would wait for acknowledgements
	client cli --pause 5000:$TMP/go $1 $PORT
	wait_for "bak has it" replicas_are 1
	wait_for "act has read all" has_read srv 5000
	wait_for "act has sent its FIN" has_socket $ACT fin-wait-2
	freeze_link
	stop_streams
	wait_for "act is in TIME_WAIT" has_socket $ACT time-wait
	wait_for "act did not answer" counter_above $ACT AnswerSilenced 0
	has_socket $PEER last-ack || bad "the peer's FIN was acknowledged"
	takeover
	in_order cli 1
	in_order srv2 1
	streams_match cli srv2
	no_resets
}

has_socket()
{
	[ -n "$(in_ns $1 ss -tnaH state $2)" ]
}

# A SYN that bak has answered, of somebody who could not hear it and has gone on with
# act, is not in the way of that connection. (TCP forgets it when its answer is silenced
# the next time: a machine that is too slow for two seconds sees less.)
answered_before()
{
	protect
	watch
	server $BAK srv2 --ulp $1 $PORT
	server $ACT srv --ulp $1 $PORT
	service del $ACT
	service add $BAK
	in_ns $PEER ping -c 1 -W 5 $1 >/dev/null || die "bak does not answer"
	check "bak is not heard" tc -n $BAK qdisc add dev lan root netem loss 100%
	launch cli nsenter --net="/run/netns/$PEER" ftstream -c \
		--rate $PACE --timeout $((LIMIT * 6)) --stop "$TMP/stop" \
		--progress "$TMP/cli.progress" $1 $PORT
	wait_for "bak has answered" has_socket $BAK syn-recv
	service add $ACT
	wait_for "bak has the connection" replicas_are 1
	cut_off $ACT
	wait_for "bak has lost act" node_is $BAK state backup-waiting
	has_socket $BAK syn-recv || note "bak has forgotten it already"
	promote $BAK force
	check "bak is heard" tc -n $BAK qdisc del dev lan root
	service del $BAK
	service add $BAK
	flows cli rx 50000
	flows srv2 rx 50000
	no_resets
	finish_streams cli srv2 1
}

has_read()
{
	[ "$(progress "$1" rx)" = "$2" ]
}

plan 11
run_case "the address comes before the promotion, IPv4" address_first $VIP4
run_case "the address comes before the promotion, IPv6" address_first $VIP6
run_case "a program ends while its node waits" program_ends
run_case "a program ends after the handover" given_away
run_case "a new connection to a silent node" new_connections
run_case "others are answered" others
run_case "alone again, it answers" speaks_again
run_case "a SYN that was answered before, IPv4" answered_before $VIP4
run_case "a SYN that was answered before, IPv6" answered_before $VIP6
run_case "TIME_WAIT waits for the backup, IPv4" too_early $VIP4
run_case "TIME_WAIT waits for the backup, IPv6" too_early $VIP6
finish
