#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Attaching: by the program itself, by address from outside, to a listener; what
# is shown; a stream under way goes on.
. "$(dirname "$(readlink -f "$0")")/lib.sh"

self_attached()
{
	socket_in $ACT "$1"
	is "setsockopt(TCP_ULP)" "$(value "$SOCKET" ulp)" 0
	is "the second time" "$(value "$SOCKET" again)" EEXIST
	is "ConnAttached" "$(counter $ACT "$2")" 1
}

by_tuple()
{
	local mine remote out

	socket_in $ACT -k "$1"
	mine=$(value "$SOCKET" local) remote=$(value "$SOCKET" remote)
	out=$(ctl $ACT conn attach local $mine remote $remote) ||
		die "attach: $out"
	matches "its id" "$(field "$out" id)" '^[0-9]+$'
	is "connections" "$(node $ACT conns)" 1
	is "TCP's state" "$(conn $ACT tcp-state)" "$1"
	is "shown by ss" "$(ulp_shown $ACT ${mine##*:})" 1
	refused 2 "attached already" \
		ctl $ACT conn attach local $mine remote $remote
	is "after a refusal" "$(node $ACT conns)" 1
}

a_listener_by_address()
{
	local out

	server $ACT srv $VIP4 $PORT
	out=$(ctl $ACT conn attach local $VIP4:$PORT) || die "attach: $out"
	is "listeners" "$(node $ACT listeners)" 1
	client cli $VIP4 $PORT
	is "connections" "$(node $ACT conns)" 1
	flows cli rx 100000
	finish_streams cli srv 1
}

no_such_socket()
{
	refused 3 "no connection" ctl $ACT conn attach local $VIP4:$PORT \
		remote $PEER4:9
	refused 3 "no listener" ctl $ACT conn attach local $VIP4:$PORT
	is "connections" "$(node $ACT conns)" 0
}

under_way()
{
	local remote

	roles
	server $ACT srv "$2" $PORT
	client cli "$1" $PORT
	flows cli rx 100000
	flows srv rx 100000
	is "connections before" "$(node $ACT conns)" 0
	remote=$(remote_of $ACT)
	check "attach" ctl $ACT conn attach local "$(local_of "$1")" \
		remote "$remote"
	is "connections" "$(node $ACT conns)" 1
	flows cli rx 200000
	flows srv rx 200000
	finish_streams cli srv 1
}

local_of()
{
	case $1 in
	*:*) echo "[$1]:$PORT" ;;
	*) echo "$1:$PORT" ;;
	esac
}

plan 10
run_case "setsockopt on an established connection" \
	self_attached established ConnAttached
run_case "setsockopt on a connection in CLOSE_WAIT" \
	self_attached close-wait ConnAttached
run_case "setsockopt on a listener" self_attached listen ConnAttached
run_case "by address, ESTABLISHED" by_tuple established
run_case "by address, CLOSE_WAIT" by_tuple close-wait
run_case "a listener by address" a_listener_by_address
run_case "an address that nobody has" no_such_socket
run_case "a stream under way, IPv4" under_way $VIP4 $VIP4
run_case "a stream under way, IPv6" under_way $VIP6 $VIP6
run_case "a stream under way, IPv4 on an IPv6 socket" under_way $VIP4 ::
finish
