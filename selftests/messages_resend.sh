#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Automatic resend of clients' messages: a sender and two backups, of which one is
# stopped forced, in order, or just lost. Which node the messages go to then, and
# that each line is there once and in its order.
. "$(dirname "$(readlink -f "$0")")/daemons.sh"
# shellcheck source=lines.sh
. "$(dirname "$(readlink -f "$0")")/lines.sh"
# shellcheck source=trio.sh
. "$(dirname "$(readlink -f "$0")")/trio.sh"

# with_clients NS: its configuration gets clients
with_clients()
{
	printf '%s\n' "[messages]" "clients = lines" \
		"client-socket = $TMP/$1.clients" \
		"[repository]" "file = $TMP/$1.db" >>"$TMP/$1.conf"
}

# act_conf CONNECT CONNECT-ALSO: of the sender
act_conf()
{
	trio_conf $ACT 1 active "connect = $1:$LINK_PORT" \
		"connect-also = $2:$LINK_PORT" \
		"connect-retry-interval = ${INTERVAL}ms" \
		"auto-resend-retry-count = $COUNT"
	with_clients $ACT
}

# trio: act and bak run, with a client each, and are protected
trio()
{
	third
	act_conf 10.9.0.2 10.9.1.2
	trio_conf $BAK 2 backup "listen = 10.9.0.2:$LINK_PORT"
	trio_conf $B2 3 backup "listen = 10.9.1.2:$LINK_PORT"
	with_clients $BAK
	with_clients $B2
	daemon $BAK
	daemon $ACT
	lines $BAK
	lines $ACT
	becomes $ACT protected
	becomes $BAK ready
}

# the_other: b2 runs, too
the_other()
{
	daemon $B2
	lines $B2
	becomes $B2 waiting
}

# ordered NS N: lines 1 to N, each once, behind the last reset, and no other
ordered()
{
	[ "$(sed -n '/^reset$/{s/.*//;h;d};/^line /H;${g;p}' \
		"$TMP/lines-$1.out" | sed '/^$/d')" = \
	  "$(for ((i = 1; i <= $2; i++)); do echo "line $i n$i"; done)" ]
}

# at_last NS N: the rest of an old incarnation comes before the state of the new one
at_last()
{
	wait_for "$1 has $2 lines in their order" ordered "$1" "$2"
}

resend_is()
{
	[[ $(dctl $ACT -j daemon) =~ \"messages-resend\":\ *\"$1\" ]]
}

logged()
{
	grep -qF "$2" "$TMP/$1.log"
}

moved()
{
	msg $ACT list reason 107 | wc -l
}

# 1 to 4: stopped forced in the middle; what is not acknowledged goes to the next
forced()
{
	local from took
	# a slow machine reads the messages' own word of it before the link is back
	local INTERVAL=4000

	trio
	the_other
	more $ACT 1 200 &
	wait_for "bak has some of it" has $BAK 60
	from=$(now_ms)
	check "stop" dctl $BAK link stop forced
	wait_for "act knows" logged $ACT "messages: the other node was stopped forced (591-000); resending in $INTERVAL ms, to 10.9.1.2:7001"
	logged $BAK "messages: stopped by this node, forced (591-000)" ||
		bad "bak does not say that it is stopped"
	wait_for "b2 has all of it" has $B2 200
	took=$(($(now_ms) - from))
	[ $took -ge $INTERVAL ] || bad "the sender waited $took ms only"
	note "resent after $took ms"
	at_last $B2 200
	becomes $ACT protected
	becomes $B2 ready
	# the sockets go where the clients' state is
	is "peer" "$(node $ACT peer-id)" 3
	resend_is none || bad "act says $(dctl $ACT daemon)"
	is "bak has no more" "$(grep -c '^line 200 ' "$TMP/lines-$BAK.out")" 0
	wait_for "all is acknowledged" said $ACT "done 200"
}

# 4: and back, where a part of it is already
there_and_back()
{
	trio
	the_other
	more $ACT 1 40
	wait_for "bak has it" has $BAK 40
	check "stop" dctl $BAK link stop forced
	wait_for "b2 has it" has $B2 40
	becomes $ACT protected
	check "start" dctl $BAK link start
	more $ACT 41 80 &
	wait_for "some of it is on b2" has $B2 50
	check "stop" dctl $B2 link stop forced
	wait_for "bak has it" has $BAK 80
	at_last $BAK 80
	becomes $ACT protected
	is "peer" "$(node $ACT peer-id)" 2
	# what bak was given before its client was told to begin anew came once, too
	is "twice" "$(sed 's/^reset$/&&/' "$TMP/lines-$BAK.out" | awk '
		/^reset/ { split("", seen) } /^line/ && seen[$2]++ { n++ }
		END { print n + 0 }')" 0
}

# 5: nobody takes over; messages are kept until somebody says otherwise
exhausted()
{
	trio
	check "stop" dctl $BAK link stop forced
	more $ACT 1 20
	wait_for "act gives up" resend_is gave-up
	logged $ACT "messages: nobody took over in $COUNT attempts" ||
		bad "not said: $(tail -n 5 "$TMP/$ACT.log")"
	matches "tries" "$(dctl $ACT -j daemon)" "\"messages-resend-tries\": *$COUNT"
	matches "warning" "$(dctl $ACT -j daemon)" 'no node took over'
	the_other
	sleep 3	# longer than an interval: it is that nothing happens
	resend_is gave-up || bad "act says $(dctl $ACT daemon)"
	said $B2 "line 1 n1" && bad "b2 has it"
	wait_for "act keeps it" said $ACT "kept 20"
	check "start" dctl $ACT link start
	wait_for "b2 has it" has $B2 20
	at_last $B2 20
	becomes $ACT protected
}

# 2: in order: nobody is called, though there is somebody
in_order_stop()
{
	trio
	the_other
	check "stop" dctl $BAK link stop
	wait_for "act knows" resend_is stopped-by-peer
	logged $ACT "messages: stopped by the other node, in order" ||
		bad "not said: $(tail -n 5 "$TMP/$ACT.log")"
	logged $ACT "591-000" && bad "that was no forced stop"
	more $ACT 1 20
	wait_for "act keeps it" said $ACT "kept 20"
	sleep 3	# longer than an interval: it is that nothing happens
	resend_is stopped-by-peer || bad "act says $(dctl $ACT daemon)"
	said $B2 "line 1 n1" && bad "b2 has it"
	check "start" dctl $BAK link start
	check "start" dctl $ACT link start
	wait_for "bak has it" has $BAK 20
	at_last $BAK 20
	said $B2 "line 1 n1" && bad "b2 has it"
	becomes $ACT protected
}

# 2: a daemon that is killed is no forced stop: tried for ever
lost()
{
	trio
	kill -KILL "$(pid_of "fttcpd-$BAK")"
	wait_for "it is dead" is_zombie "$(pid_of "fttcpd-$BAK")"
	more $ACT 1 20
	wait_for "act keeps it" said $ACT "kept 20"
	sleep 4	# longer than all attempts of a forced stop
	resend_is none || bad "act says $(dctl $ACT daemon)"
	logged $ACT "given up" && bad "act gave up"
	daemon $BAK
	wait_for "bak has it" has $BAK 20
	at_last $BAK 20
}

# for_bak N: so many messages have the destination of bak
for_bak()
{
	[ "$(msg $ACT list dest "0@10.9.0.2:7001" state packed |
		wc -l)" = "$1" ]
}

# act_again CONNECT CONNECT-ALSO: the sender's daemon starts with these
act_again()
{
	local before

	before=$(grep -c ' goes on in incarnation ' "$TMP/$ACT.log")
	kill -TERM "$(pid_of "fttcpd-$ACT")"
	ended "fttcpd-$ACT" || bad "it gave $?"
	act_conf "$1" "$2"
	daemon $ACT
	wait_for "it has its client" client_is_here $((before + 1))
}

# client_is_here N: it has come back so often
client_is_here()
{
	[ "$(grep -c ' goes on in incarnation ' "$TMP/$ACT.log")" = "$1" ]
}

# 107: the destination is that of the routing, whoever is called; only when the
# configuration names it no more is it moved, and a resend takes that of today
fixed_destination()
{
	trio
	more $ACT 1 10
	wait_for "it is done" said $ACT "done 10"
	check "stop" dctl $BAK link stop
	wait_for "act knows" resend_is stopped-by-peer
	more $ACT 11 20
	wait_for "they are for bak" for_bak 10
	# another one is called first, and they stay what they are
	act_again 10.9.1.2 10.9.0.2
	is "moved" "$(moved)" 0
	for_bak 10 || bad "they are not: $(msg $ACT list)"
	# bak is in the configuration no more
	act_again 10.9.1.2 10.9.1.3
	wait_for "those for bak are errors" all_moved
	the_other
	wait_for "b2 is met" logged $ACT "messages: connected with node 3"
	is "resend" "$(msg $ACT resend reason 107)" "resend messages 10"
	is "moved" "$(moved)" 0
	wait_for "b2 has it" has $B2 20
	at_last $B2 20
	for_bak 0 || bad "still for bak: $(msg $ACT list)"
}

all_moved()
{
	[ "$(moved)" = 10 ]
}

plan 6
run_case "points 1 to 4: stopped forced: the node that takes over gets it" forced
run_case "point 4: there and back, each line once" there_and_back
run_case "point 5: nobody takes over: it is given up, and kept" exhausted
run_case "point 2: stopped in order: nobody is called" in_order_stop
run_case "point 2: a lost daemon is tried for ever" lost
run_case "error 107: the destination of the routing" fixed_destination
finish
