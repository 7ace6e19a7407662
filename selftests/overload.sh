#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# More than the link takes, more than memory-max, more connections than anybody
# needs: protected connections wait and live, others do not notice, and all is
# given back.
. "$(dirname "$(readlink -f "$0")")/lib.sh"

# Connections that are opened and closed; CHURN= in the environment asks for more.
readonly CHURN=${CHURN:-1500} CHURN_SECONDS=${CHURN_SECONDS:-8}

# events NS: what happens there from now on goes to $TMP/mon-NS.out
events()
{
	launch "mon-$1" fttcpctl -n "$1" -j monitor
	wait_for "the monitor runs" grep -q '"sync"' "$TMP/mon-$1.out"
}

told()
{
	grep -c "\"name\": *\"$2\"" "$TMP/mon-$1.out"
}

was_told()
{
	[ "$(told "$1" "$2")" -gt 0 ]
}

# A link of 4 Mbit/s, and programs that write and read 40: the queue fills, is told
# of, and stays bounded; who is not protected moves on.
ten_times()
{
	protect heartbeat 2000 heartbeat-misses 30 lane-queue-max 65536 \
		hold-max 300000
	events $ACT
	check "slow link" tc -n $ACT qdisc add dev link root netem rate 4mbit
	server $ACT plain $VIP4 5001
	client plain-cli $VIP4 5001
	server $ACT srv -n 2 --ulp --rate 2500000 $VIP4 $PORT
	server $BAK srv2 -n 2 --ulp --rate 2500000 $VIP4 $PORT
	client cli -n 2 --rate 2500000 $VIP4 $PORT
	wait_for "queue-full is told" was_told $ACT queue-full
	flows plain-cli rx $((PACE * 2))
	flows plain rx $PACE
	flows cli rx 200000
	flows srv rx 200000
	is "state of act" "$(node $ACT state)" protected
	[ "$(told $ACT queue-full)" -lt "$(counter $ACT LaneQueueFull)" ] ||
		bad "each full queue was told: $(told $ACT queue-full)"
	takeover
	flows cli rx 200000
	flows srv2 rx 200000
	finish_streams cli srv2 2
}

# The backup may keep one megabyte, and its active's program reads nothing.
memory_is_told()
{
	protect hold-max 2000
	events $BAK
	events $ACT
	check "limit" ctl $BAK node set memory-max 1048576
	server $ACT srv -n 10 --ulp -s 100000 --rx-rate 5000 --rcvbuf 400000 \
		$VIP4 $PORT
	client cli -n 10 --rate 0 --shut after-peer -s 100000000 $VIP4 $PORT
	wait_for "memory-limit is told" was_told $BAK memory-limit
	wait_for "act goes on alone" node_is $ACT state solo
	wait_for "solo is told" was_told $ACT solo
	wait_for "bytes flow" progress_is cli rx 100000
	# and it is a backup again when it may keep enough
	check "limit" ctl $BAK node set memory-max 256M
	link_again
	wait_for "act is protected" node_is $ACT state protected
	alive cli || bad "the client has ended: $(summary cli)"
}

link_again()
{
	ctl $ACT link del id 1 2>/dev/null
	ctl $BAK link del id 1 2>/dev/null
	link_up $ACT $BAK
}

# Thousands of short ones beside two that stay: nothing of them is left.
churn()
{
	local i users

	protect
	server $ACT srv -n 2 --ulp $VIP4 $PORT
	server $BAK srv2 -n 2 --ulp $VIP4 $PORT
	client cli -n 2 $VIP4 $PORT
	launch churn-srv nsenter --net="/run/netns/$ACT" \
		ftchurn -l :: 5001 "$TMP/churn.ready"
	wait_for "the churning server listens" [ -e "$TMP/churn.ready" ]
	wait_for "bak has the two" replicas_are 2
	users=$(module_users)
	for i in 1 2 3; do
		launch churn-$i nsenter --net="/run/netns/$PEER" ftchurn \
			-c "$([ $i = 3 ] && echo $VIP6 || echo $VIP4)" 5001 \
			$((CHURN / 3)) $CHURN_SECONDS
	done
	for i in 1 2 3; do
		ended churn-$i || bad "churn $i: $(summary churn-$i)"
		note "churn $i: $(summary churn-$i)"
	done
	flows cli rx 100000
	flows srv rx 100000
	is "state of act" "$(node $ACT state)" protected
	wait_for "act has the two and no others" node_is $ACT conns 2
	wait_for "bak has the two and no others" replicas_are 2
	wait_for "the module is used as before" users_are "$users"
	takeover
	flows cli rx 100000
	finish_streams cli srv2 2
	check "act ends its own" ctl $ACT node set role backup
	wait_for "act's memory is free" counter_is $ACT CurrMemory 0
	wait_for "bak's memory is free" counter_is $BAK CurrMemory 0
	is "segments held" "$(counter $ACT CurrHeldSegments)" 0
}

users_are()
{
	[ "$(module_users)" -le "$1" ]
}

counter_is()
{
	[ "$(counter $1 $2)" = $3 ]
}

plan 3
run_case "ten times the rate of the link" ten_times
run_case "memory-max is told, and the backup comes back" memory_is_told
run_case "connections come and go by the thousand" churn
finish
