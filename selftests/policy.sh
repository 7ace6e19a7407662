#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Policies: which connections and listeners of unmodified programs they take, in
# which order, and what is refused.
. "$(dirname "$(readlink -f "$0")")/lib.sh"

# taken CONNS [HITS]
taken()
{
	is "connections attached" "$(node $ACT conns)" "$1"
}

# one_connection POLICY... -- CLIENT-ADDRESS EXPECTED: listener before policy
one_connection()
{
	local policy=()

	while [ "$1" != -- ]; do
		policy+=("$1")
		shift
	done
	check "policy" ctl $ACT policy add "${policy[@]}"
	server $ACT srv :: $PORT
	client cli "$2" $PORT
	flows cli rx 100000
	taken "$3"
	is "shown by ss" "$(ulp_shown $ACT $PORT)" "$3"
	finish_streams cli srv 1
}

listener_first()
{
	server $ACT srv -n 2 $VIP4 $PORT
	client cli $VIP4 $PORT
	check "policy" ctl $ACT policy add local-port $PORT
	taken 0
	client cli2 $VIP4 $PORT
	taken 1
	flows cli2 rx 100000
	stop_streams
	in_order cli 1
	in_order cli2 1
	in_order srv 2
}

active_open()
{
	local origin

	check "policy" ctl $ACT policy add remote-port $PORT remote $PEER4/32
	server $PEER srv $PEER4 $PORT
	launch cli nsenter --net=/run/netns/$ACT ftstream -c \
		--bind $VIP4 --stop "$TMP/stop" --progress "$TMP/cli.progress" \
		$PEER4 $PORT
	flows cli rx 100000
	taken 1
	origin=$(conn $ACT origin)
	is "origin" "$origin" active-open
	finish_streams cli srv 1
}

order_and_mode()
{
	local first second

	first=$(ctl $ACT policy add local-port $PORT mode async)
	second=$(ctl $ACT policy add mode rx-only)
	matches "first id" "$first" '[0-9]'
	[ "$first" != "$second" ] || bad "both policies have the id $first"
	server $ACT srv $VIP4 $PORT
	client cli $VIP4 $PORT
	taken 1
	is "mode" "$(conn $ACT mode)" async
	matches "hits" "$(ctl $ACT policy show | head -n 1)" 'hits [1-9]'
	finish_streams cli srv 1
}

removed()
{
	local id

	id=$(ctl $ACT policy add local-port $PORT | grep -o '[0-9]*$')
	server $ACT srv -n 2 $VIP4 $PORT
	client cli $VIP4 $PORT
	taken 1
	check "delete" ctl $ACT policy del id "$id"
	is "policies" "$(node $ACT policies)" 0
	taken 1
	check "detach the listener" ctl $ACT conn detach local $VIP4:$PORT
	client cli2 $VIP4 $PORT
	taken 1
	refused 3 "no policy" ctl $ACT policy del id $((id + 100))
	stop_streams
	in_order srv 2
}

# local_peers POLICY-KEY VALUE ADDRESS: a connection of act with itself, of which one end
# matches, is left alone, unless told otherwise
local_peers()
{
	local hits

	check "policy" ctl $ACT policy add "$1" "$2"
	server $ACT srv -n 2 "$3" $PORT
	hits=$(counter $ACT PolicyHit)
	client_in $ACT cli "$3" $PORT
	flows cli rx 100000
	taken 0
	is "PolicyHit" "$(counter $ACT PolicyHit)" "$hits"
	is "LocalPeerLeft" "$(counter $ACT LocalPeerLeft)" 1
	check "protect them" ctl $ACT node set local-peers protect
	client_in $ACT cli2 "$3" $PORT
	flows cli2 rx 100000
	taken 1
	is "LocalPeerLeft" "$(counter $ACT LocalPeerLeft)" 1
	stop_streams
	in_order srv 2
}

# The children of a listener that a program or an operator has protected
local_peers_by_listener()
{
	server $ACT srv -n 2 --ulp "$1" $PORT
	client_in $ACT cli "$2" $PORT
	flows cli rx 100000
	taken 0
	is "LocalPeerLeft" "$(counter $ACT LocalPeerLeft)" 1
	is "shown by ss" "$(ulp_shown $ACT $PORT)" 0
	client cli2 "$2" $PORT
	taken 1
	stop_streams
	in_order srv 2
}

refusals()
{
	check "one" ctl $ACT policy add local 10.0.0.0/24
	refused 2 "same" ctl $ACT policy add local 10.0.0.0/24
	refused 1 "no prefix" ctl $ACT policy add local 10.0.0.77/24
	refused "1|2" "." ctl $ACT policy add local 10.0.0.0/33
	is "policies" "$(node $ACT policies)" 1
	check "all" ctl $ACT policy del all
	is "policies" "$(node $ACT policies)" 0
}

device()
{
	ip -n $ACT link add red type vrf table 100 || skip "no VRF"
	ip -n $ACT -batch - <<-EOF || die "VRF"
	link set dev red up
	link set dev lan master red
	addr flush dev lan
	addr add 10.0.0.2/24 dev lan
	addr add $VIP4/24 dev lan
	EOF
	check "policy" ctl $ACT policy add dev red
	server $ACT srv --dev red $VIP4 $PORT
	server $ACT other $VIP4 $((PORT + 1))
	client cli $VIP4 $PORT
	taken 1
	finish_streams cli srv 1
}

plan 20
run_case "by local port" one_connection local-port $PORT -- $VIP4 1
run_case "another local port" one_connection local-port 179 -- $VIP4 0
run_case "by remote prefix" one_connection remote 10.0.0.0/24 -- $VIP4 1
run_case "another remote prefix" one_connection remote 10.0.1.0/24 -- $VIP4 0
run_case "by local IPv6 prefix" one_connection local 2001:db8::/64 -- $VIP6 1
run_case "an IPv6 prefix and an IPv4 connection" \
	one_connection local 2001:db8::/64 -- $VIP4 0
run_case "an IPv4 prefix and a v4-mapped connection" \
	one_connection local 10.0.0.0/24 local-port $PORT -- $VIP4 1
run_case "everything" one_connection -- $VIP6 1
run_case "a listener that was there before" listener_first
run_case "active open" active_open
run_case "the first that matches wins, and gives the mode" order_and_mode
run_case "removing it leaves its connections" removed
run_case "refusals" refusals
run_case "by VRF" device
run_case "with itself, the server's end" local_peers local-port $PORT $VIP4
run_case "with itself, the client's end" local_peers remote-port $PORT $VIP4
run_case "with itself, IPv6" local_peers local-port $PORT $VIP6
run_case "with itself, the listener's child" local_peers_by_listener $VIP4 $VIP4
run_case "with itself, the listener's child, IPv6" \
	local_peers_by_listener $VIP6 $VIP6
run_case "with itself, the child of a listener for both" \
	local_peers_by_listener :: $VIP4
finish
