#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Hot standby: replicas are accepted before the takeover, reads deliver what arrives,
# writes are refused, and the same descriptor becomes live.
. "$(dirname "$(readlink -f "$0")")/lib.sh"

# standby CLIENT-ADDRESS CONNS ARGUMENTS: the replica is read while act lives
standby()
{
	local rx

	protect
	server $BAK srv2 -n $2 --ulp --standby --info $3 \
		:: $PORT
	server $ACT srv -n $2 --ulp :: $PORT
	client cli -n $2 $1 $PORT
	wait_for "bak accepts them" progress_is srv2 conns $2
	is "StandbyAccepted" "$(counter $BAK StandbyAccepted)" $2
	is "replicas-standby" "$(node $BAK replicas-standby)" $2
	matches "FTTCP_INFO" "$(cat "$TMP/srv2.out")" "standby=1"
	flows srv2 rx $((100000 * $2))
	flows cli rx $((100000 * $2))
	rx=$(progress srv2 rx)
	is "role of bak" "$(node $BAK role)" backup
	takeover
	flows srv2 rx $((100000 * $2))
	flows cli rx $((100000 * $2))
	[ "$(progress srv2 rx)" -gt "$rx" ] || bad "nothing read since"
	finish_streams cli srv2 $2
	is "resumed" "$(value "$(summary srv2)" resumed)" $2
	is "promises of standby broken" \
		"$(value "$(summary srv2)" standby_err)" 0
}

# Connections that were there before the application on bak.
late()
{
	protect
	server $ACT srv -n 2 --ulp $VIP4 $PORT
	client cli -n 2 $VIP4 $PORT
	flows srv rx 150000
	wait_for "act has read them" replicas_are 2
	server $BAK srv2 -n 2 --ulp --standby $VIP4 $PORT
	wait_for "bak accepts them" progress_is srv2 conns 2
	flows srv2 rx 150000
	takeover
	flows srv2 rx 150000
	flows cli rx 150000
	finish_streams cli srv2 2
}

# A connection that ends in order ends for the standby reader too.
ends_before()
{
	protect
	server $BAK srv2 --ulp --standby --shut never $VIP4 $PORT
	server $ACT srv --ulp --shut after-peer -s 300000 $VIP4 $PORT
	client cli -s 700000 $VIP4 $PORT
	wait_for "bak accepts it" progress_is srv2 conns 1
	in_order cli 1
	in_order srv 1
	wait_for "the replica is gone" replicas_are 0
	ended srv2
	is "bytes read in standby" "$(value "$(summary srv2)" rx)" 700000
	is "wrong reads" "$(value "$(summary srv2)" bad)" 0
}

# Both ends have closed, and the reader has not even accepted it: no accept() takes a
# connection in LAST_ACK, so our FIN waits for it.
closed_unaccepted()
{
	protect
	server $BAK srv2 --ulp --standby --shut after-peer -s 110000 $VIP4 $PORT
	check "the reader stops" kill -STOP "$(pid_of srv2)"
	server $ACT srv --ulp --shut after-peer -s 110000 \
		--pause 100000:"$TMP/go" $VIP4 $PORT
	client cli -s 50000 $VIP4 $PORT
	wait_for "the client's FIN is there" conn_is $BAK tcp-state close-wait
	wait_for "it is offered" node_is $BAK replicas-standby 1
	# what is written from here on does not reach the client
	check "cut" tc -n $ACT qdisc add dev lan root netem loss 100%
	: >"$TMP/go"
	wait_for "our FIN is known" conn_is $BAK tcp-state last-ack
	takeover
	is "state of the promoted one" "$(conn $BAK tcp-state)" close-wait
	check "the reader goes on" kill -CONT "$(pid_of srv2)"
	in_order cli 1
	is "bytes for the client" "$(value "$(summary cli)" rx)" 110000
}

conn_is()
{
	[ "$(conn $1 $2 2>/dev/null)" = "$3" ]
}

# Without the option nothing is accepted before the takeover.
not_without()
{
	protect
	server $BAK srv2 --ulp $VIP4 $PORT
	server $ACT srv --ulp $VIP4 $PORT
	client cli $VIP4 $PORT
	wait_for "the backup has it" replicas_are 1
	flows srv rx 100000
	stays 1 not_accepted || bad "accepted before the takeover"
	takeover
	flows cli rx 100000
	finish_streams cli srv2 1
}

not_accepted()
{
	[ "$(progress srv2 conns)" = 0 ]
}

plan 7
run_case "IPv4, poll" standby $VIP4 2 ""
run_case "IPv6, poll" standby $VIP6 2 ""
run_case "IPv4, blocking" standby $VIP4 2 --blocking
run_case "connections that are older than the reader" late
run_case "the connection ends" ends_before
run_case "closed by both ends before it was accepted" closed_unaccepted
run_case "only for listeners that ask for it" not_without
finish
