#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Connections that act had opened itself reach a claim listener on bak.
. "$(dirname "$(readlink -f "$0")")/lib.sh"

# begin ADDRESS PEER-ADDRESS CONNS [-u]: act is the client, the peer serves; the
# client is attached by a policy or, with -u, by itself
begin()
{
	local ulp=''

	protect
	server $PEER srv -n $3 $2 $PORT
	if [ "${4:-}" = -u ]; then
		ulp=--ulp
	else
		check "policy" ctl $ACT policy add remote-port $PORT
	fi
	launch cli nsenter --net="/run/netns/$ACT" ftstream -c -n $3 $ulp \
		--rate $PACE --bind $1 --stop "$TMP/stop" \
		--progress "$TMP/cli.progress" --timeout $((LIMIT * 6)) \
		$2 $PORT
	wait_for "the backup has them" replicas_are $3
	flows srv rx $((100000 * $3))
	flows cli rx $((100000 * $3))
}

# The claiming process sends as the client that it replaces. Its listener's own
# address does not matter, but the family is that of the sockets it gets.
claimer()
{
	server $BAK cli2 "$@" --ulp --dir c ${LOOPBACK:-127.0.0.1} 9
}

active_open()
{
	[ $1 != $VIP6 ] || LOOPBACK=::1
	begin $1 $2 3 ${3:-}
	claimer -n 3 --claim $PORT --info
	takeover
	flows srv rx 150000
	flows cli2 rx 150000
	stop_streams
	in_order srv 3
	in_order cli2 3
	streams_match srv cli2
	is "active_open" "$(value "$(grep '^info' "$TMP/cli2.out" |
		head -n 1)" active_open)" 1
}

# A filter that does not match, and one that does.
filter()
{
	begin $VIP4 $PEER4 1
	server $BAK other --claim 9 --ulp 127.0.0.1 10
	takeover
	wait_for "it waits" unclaimed
	stays 1 unclaimed || bad "a filter for port 9 took it"
	claimer --claim $PORT
	flows srv rx 100000
	stop_streams
	in_order srv 1
	in_order cli2 1
	streams_match srv cli2
	is "connections of the other" "$(progress other conns)" 0
}

unclaimed()
{
	ctl $BAK conn show | grep -q 'role promoted' &&
		[ "$(counter $BAK Claimed)" = 0 ]
}

# A listener for the local port is not the place for what was opened actively.
ordinary_listener()
{
	begin $VIP4 $PEER4 1
	server $BAK other --ulp 0.0.0.0 "$(in_ns $ACT ss -tnH "dport = :$PORT" |
		awk '{ sub(/.*:/, "", $4); print $4 }')"
	takeover
	wait_for "it waits" unclaimed
	stays 1 unclaimed || bad "an ordinary listener took it"
	claimer --claim 0
	flows srv rx 100000
	stop_streams
	in_order srv 1
	in_order cli2 1
	streams_match srv cli2
}

option()
{
	socket_in $BAK listen
	is "FTTCP_CLAIM" "$(value "$SOCKET" claim)" 0
	is "reserved" "$(value "$SOCKET" reserved)" EINVAL
	is "FTTCP_STANDBY" "$(value "$SOCKET" standby)" 0
	kill_helpers
	rm -f "$TMP/state.out"
	socket_in $BAK -u listen
	is "TCP_ULP without privilege" "$(value "$SOCKET" ulp)" 0
	is "FTTCP_CLAIM without privilege" "$(value "$SOCKET" claim)" EPERM
	kill_helpers
	rm -f "$TMP/state.out"
	socket_in $BAK -k listen
	is "FTTCP_CLAIM without ULP" "$(value "$SOCKET" claim)" ENOPROTOOPT
}

plan 6
run_case "IPv4" active_open $VIP4 $PEER4
run_case "IPv4, attached by the program" active_open $VIP4 $PEER4 -u
run_case "IPv6" active_open $VIP6 $PEER6
run_case "a filter that does not match" filter
run_case "an ordinary listener gets none" ordinary_listener
run_case "the option and its refusals" option
finish
