#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Automatic resend: a sender and two backups, of which one is stopped forced, in
# order, or just lost. What the sender does then, and how often.
. "$(dirname "$(readlink -f "$0")")/daemons.sh"
# shellcheck source=trio.sh
. "$(dirname "$(readlink -f "$0")")/trio.sh"

trio()
{
	third
	trio_conf $ACT 1 active "connect = 10.9.0.2:$LINK_PORT" \
		"connect-also = 10.9.1.2:$LINK_PORT" \
		"connect-retry-interval = ${INTERVAL}ms" \
		"auto-resend-retry-count = $COUNT"
	trio_conf $BAK 2 backup "listen = 10.9.0.2:$LINK_PORT"
	trio_conf $B2 3 backup "listen = 10.9.1.2:$LINK_PORT"
	daemon $BAK
	daemon $ACT
	becomes $ACT protected
	becomes $BAK ready
}

resend_is()
{
	[[ $(dctl $ACT -j daemon) =~ \"resend\":\ *\"$1\" ]]
}

said()
{
	grep -qF "$2" "$TMP/$1.log"
}

# 1 to 4: stopped forced under traffic; the sender waits, and calls the next
forced()
{
	local from took

	trio
	daemon $B2
	becomes $B2 waiting
	stream
	server $B2 srv3 --rate 200000 0.0.0.0 $PORT
	from=$(now_ms)
	check "stop" dctl $BAK link stop forced
	becomes $ACT protected
	took=$(($(now_ms) - from))
	[ $took -ge $INTERVAL ] || bad "the sender waited $took ms only"
	note "resent after $took ms"
	is "peer" "$(node $ACT peer-id)" 3
	# whoever takes over has to have the key, like the one before
	[[ $(dctl $ACT -j daemon) =~ \"link-authentication\":\ *\"key\" ]] ||
		bad "the link to b2 is not authenticated"
	said $ACT "stopped forced (591-000); resending in $INTERVAL ms, to 10.9.1.2:" ||
		bad "no 591-000: $(tail -n 5 "$TMP/$ACT.log")"
	counter_above $ACT LinkDownForced 0 || bad "it was not counted"
	becomes $BAK waiting
	becomes $B2 ready
	resend_is none || bad "act says $(dctl $ACT daemon)"
	flows cli rx 50000
	flows srv rx 50000
	# what the one that took over has is all of it, and right
	gone $ACT
	ip -n $ACT link set dev link2 down
	becomes $B2 solo
	flows cli rx 50000
	finish_streams cli srv3 1
	buried $ACT
	check "b2 ends" ctl $B2 node set role none
}

# 5: nobody takes over; the sender gives up, until somebody says otherwise
exhausted()
{
	trio
	check "stop" dctl $BAK link stop forced
	wait_for "act gives up" resend_is gave-up
	said $ACT "nobody took over in $COUNT attempts" ||
		bad "not said: $(tail -n 5 "$TMP/$ACT.log")"
	matches "tries" "$(dctl $ACT -j daemon)" "\"resend-tries\": *$COUNT"
	# one that comes now is not called
	daemon $B2
	becomes $B2 waiting
	sleep 3	# longer than an interval: it is that nothing happens
	resend_is gave-up || bad "act says $(dctl $ACT daemon)"
	daemon_is $ACT solo || bad "act is $(dctl $ACT daemon)"
	check "start" dctl $ACT link start
	becomes $ACT protected
	is "peer" "$(node $ACT peer-id)" 3
	check "b2 ends" ctl $B2 node set role none
}

# An orderly stop is answered by nobody until he is told to.
in_order_stop()
{
	trio
	check "stop" dctl $BAK link stop
	wait_for "act knows" resend_is stopped-by-peer
	said $ACT "591-000" && bad "that was no forced stop"
	check "start" dctl $BAK link start
	sleep 3	# longer than an interval: it is that nothing happens
	resend_is stopped-by-peer || bad "act says $(dctl $ACT daemon)"
	is "links" "$(node $ACT links)" 0
	check "start" dctl $ACT link start
	becomes $ACT protected
	becomes $BAK ready
	is "peer" "$(node $ACT peer-id)" 2
}

# A cable that is lost is no forced stop: it is tried for ever, and comes back.
lost_cable()
{
	trio
	# without its daemon it does not take over
	kill -KILL "$(pid_of "fttcpd-$BAK")"
	wait_for "it is dead" is_zombie "$(pid_of "fttcpd-$BAK")"
	ip -n $BAK link set dev link down
	becomes $ACT solo
	sleep 4	# longer than all attempts of a forced stop
	resend_is none || bad "act says $(dctl $ACT daemon)"
	said $ACT "given up" && bad "act gave up"
	ip -n $BAK link set dev link up
	daemon $BAK
	becomes $ACT protected
	is "peer" "$(node $ACT peer-id)" 2
}

plan 4
run_case "points 1 to 4: stopped forced: the node that takes over is called" forced
run_case "point 5: nobody takes over: it is given up" exhausted
run_case "point 2: stopped in order: nobody calls" in_order_stop
run_case "point 2: a lost cable is tried for ever" lost_cable
finish
