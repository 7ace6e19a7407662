#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Children of a protected listener inherit: every family, every mode, many at once,
# and none is left behind.
. "$(dirname "$(readlink -f "$0")")/lib.sh"

# children CLIENT-ADDRESS LISTEN-ADDRESS COUNT
children()
{
	local before

	before=$(module_users)
	server $ACT srv -n "$3" --ulp "$2" $PORT
	client cli -n "$3" "$1" $PORT
	is "connections" "$(node $ACT conns)" "$3"
	is "ConnAttached" "$(counter $ACT ConnAttached)" $(($3 + 1))
	is "shown by ss" "$(ulp_shown $ACT $PORT)" "$3"
	flows cli rx 100000
	flows srv rx 100000
	finish_streams cli srv "$3"
	wait_for "nothing is attached" all_gone "$before"
}

all_gone()
{
	[ "$(node $ACT conns)" = 0 ] && [ "$(node $ACT listeners)" = 0 ] &&
		[ "$(module_users)" = "$1" ]
}

listener_mode()
{
	server $ACT srv $VIP4 $PORT
	check "attach" ctl $ACT conn attach local $VIP4:$PORT mode rx-only
	client cli $VIP4 $PORT
	is "mode" "$(conn $ACT mode)" rx-only
	finish_streams cli srv 1
}

# Both directions cross the hold, so output of a v4-mapped child is hooked too.
replicated()
{
	protect
	server $ACT srv --ulp "$2" $PORT
	client cli "$1" $PORT
	wait_for "the backup has it" replicas_are 1
	flows cli rx 100000
	flows srv rx 100000
	counter_above $ACT SegHeld 0 || bad "no segment was ever held"
	[ "$(conn $BAK tx-bytes)" -ge 100000 ] || bad "no outbound bytes"
	[ "$(conn $BAK rx-bytes)" -ge 100000 ] || bad "no inbound bytes"
	finish_streams cli srv 1
	wait_for "the backup forgot it" replicas_are 0
}

# A child that is reset before accept() leaves nothing.
never_accepted()
{
	local before i

	before=$(module_users)
	server $ACT srv -n 1000 --ulp $VIP4 $PORT
	kill -STOP "$(pid_of srv)"
	for ((i = 0; i < 5; i++)); do
		client cli$i --shut never -s 1000 $VIP4 $PORT
	done
	is "connections" "$(node $ACT conns)" 5
	kill -KILL "$(pid_of srv)"
	wait_for "nothing is attached" all_gone "$before"
}

plan 8
run_case "IPv4" children $VIP4 $VIP4 3
run_case "IPv6" children $VIP6 $VIP6 3
run_case "IPv4 on an IPv6 listener" children $VIP4 :: 3
run_case "a hundred" children $VIP4 0.0.0.0 100
run_case "the listener's mode" listener_mode
run_case "replicated, IPv6" replicated $VIP6 ::
run_case "replicated, IPv4 on an IPv6 listener" replicated $VIP4 ::
run_case "children that nobody accepted" never_accepted
finish
