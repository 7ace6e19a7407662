#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Health probes, point by point: what a round does and finds, how failures add up and
# expire, what follows from them, and that neither load nor the probe itself does harm.
# (A disconnect that fails is made in user/tests/test_probe_round.c: there is no time for it here.)
# Two fttcpd; the service is a server with a protected stream, and a second program
# whose port is probed and which can be made ill without the stream.
. "$(dirname "$(readlink -f "$0")")/daemons.sh"

readonly HEALTH=5080

# health NS [ARGUMENT...]: the program that is probed; it gives back what it gets
health()
{
	local ns=$1

	shift
	launch "health-$ns" nsenter --net="/run/netns/$ns" ftecho "$@" $HEALTH
	wait_for "it listens" listens "$ns" $HEALTH
}

listens()
{
	[ -n "$(in_ns "$1" ss -tlnH "sport = :$2")" ]
}

# sick NS: the program is killed
sick()
{
	kill -KILL "$(pid_of "health-$1")"
	wait_for "it is dead" is_zombie "$(pid_of "health-$1")"
}

# probing [LINE...]: both nodes, with this in [probe svc]
probing()
{
	local probe=("[probe svc]" "address = $VIP4" "address = $VIP6"
		"port-list = $HEALTH" "interval = 300ms"
		"probe-timeout = $((1 * SLOW))s" "retry-interval = 600s"
		"restart-wait = 0ms" "$@")

	conf $ACT 1 active "${probe[@]}"
	conf $BAK 2 backup "${probe[@]}"
	daemon $ACT
	daemon $BAK
}

# probed [LINE...]: the same, up and protected; the service has to be there already
probed()
{
	probing "$@"
	becomes $ACT protected
	becomes $BAK ready
}

# shown NS KEY: of its only probe
shown()
{
	field "$(dctl "$1" probe show)" "$2"
}

shown_is()
{
	[ "$(shown "$1" "$2")" = "$3" ]
}

shown_above()
{
	[ "$(shown "$1" "$2")" -gt "$3" ]
}

rounds()
{
	wait_for "$2 more rounds" shown_above "$1" rounds $(($(shown "$1" rounds) + $2 - 1))
}

said()
{
	grep -qF "$2" "$TMP/$1.log"
}

# restarter [COMMAND]: a program that restarts the service; it says that it ran
restarter()
{
	cat >"$TMP/restart" <<-EOF
	#!/bin/sh
	echo "\$FTTCP_PROBE" >>"$TMP/restarted"
	${1:-:}
	EOF
	chmod +x "$TMP/restart"
	echo "restart = $TMP/restart"
}

restarted()
{
	[ -e "$TMP/restarted" ] && [ "$(wc -l <"$TMP/restarted")" = "$1" ]
}

# --- what a round does -----------------------------------------------------

# It connects to every address and port, reads the answer, disconnects; it is well.
well()
{
	health $ACT
	probed "request = ping\\r\\n" "expect = ping"
	rounds $ACT 3
	is "state" "$(shown $ACT state)" ok
	is "score" "$(shown $ACT score)" 0
	is "failed rounds" "$(shown $ACT rounds-failed)" 0
	matches "JSON" "$(dctl $ACT -j probe show)" '"name": *"svc".*"next": *"fail-over"'
	wait_for "both addresses were asked" asked_both
	is "the backup" "$(shown $BAK state)" off
	is "rounds of the backup" "$(shown $BAK rounds)" 0
	refused 3 "no probe" dctl $ACT probe show name other
}

asked_both()
{
	grep -q "$VIP4" "$TMP/health-$ACT.out" && grep -q "$VIP6" "$TMP/health-$ACT.out"
}

# Its connections are neither protected nor counted, nor is anything held for them,
# where the listener and all that comes to it is protected; a client's are.
not_protected()
{
	local how=$1 hits attached sent

	[ $how != policy ] || set -- "[policy health]" "local-port = $HEALTH" \
		"[policy health-opened-here]" "remote-port = $HEALTH"
	[ $how = policy ] || set --
	# (the policies come before the service; it may be missed once or twice)
	probed "request = ping" "expect = ping" "failover = no" "$(restarter)" "$@"
	if [ $how = ulp ]; then
		health $ACT --ulp
	else
		health $ACT
	fi
	wait_for "the listener is protected" listener_of $ACT $HEALTH
	wait_for "it is well" shown_is $ACT state ok
	attached=$(counter $ACT ConnAttached)
	hits=$(counter $ACT PolicyHit)
	sent=$(counter $ACT SegHeld)
	rounds $ACT 5
	is "ConnAttached" "$(counter $ACT ConnAttached)" "$attached"
	is "PolicyHit" "$(counter $ACT PolicyHit)" "$hits"
	is "SegHeld" "$(counter $ACT SegHeld)" "$sent"
	is "connections" "$(node $ACT conns)" 0
	is "replicas" "$(node $BAK replicas)" 0
	counter_above $ACT LocalPeerLeft 4 || bad "LocalPeerLeft does not count"
	launch cli nsenter --net="/run/netns/$PEER" ftecho -c $VIP4 $HEALTH
	wait_for "a client is protected" node_is $BAK replicas 1
}

# listener_of NS PORT: it is protected
listener_of()
{
	ctl "$1" conn show | grep "role listener" | grep -q "local [^ ]*:$2 "
}

# --- complete and partial failures -----------------------------------------

# A connect that fails is a complete failure, with its text.
connect_fails()
{
	probing
	wait_for "it is told" said $ACT \
		"Failed to connect to the host <$VIP4> and port <$HEALTH>."
	said $ACT "Failed to connect to the host <$VIP6> and port <$HEALTH>." ||
		bad "not told of the second address"
	wait_for "it fails over" said $ACT "failing over to the other node"
	is "fail-overs" "$(shown $ACT fail-overs)" 1
}

# A service that connects and does not answer: partial; two make a complete one.
hung()
{
	health $ACT
	probed "request = ping" "expect = ping" "failover = no" "$(restarter)" "retry-count = 1"
	wait_for "it is well" shown_is $ACT state ok
	kill -STOP "$(pid_of "health-$ACT")"
	wait_for "a partial failure" shown_is $ACT score 50
	restarted 1 && bad "restarted after one partial failure"
	said $ACT "Failed to communicate with server $VIP4 port $HEALTH: it did not answer" ||
		bad "not told"
	wait_for "restarted after two" restarted 1
}

wrong_answer()
{
	health $ACT
	probed "request = ping" "expect = pong" "failover = no" "$(restarter)"
	wait_for "it is told" said $ACT \
		"Failed to communicate with server $VIP4 port $HEALTH: it did not give the expected answer"
	wait_for "restarted" restarted 1
}

# Partial failures that are older than retry-interval have expired.
expires()
{
	health $ACT
	probed "request = ping" "expect = ping" "failover = no" "$(restarter)"
	sed -i "s/retry-interval = .*/retry-interval = $((2 * SLOW))s/" "$TMP/$ACT.conf"
	check "reload" dctl $ACT daemon reload
	wait_for "it is well" shown_is $ACT state ok
	kill -STOP "$(pid_of "health-$ACT")"
	wait_for "a partial failure" shown_is $ACT score 50
	kill -CONT "$(pid_of "health-$ACT")"
	wait_for "it has expired" shown_is $ACT score 0
	restarted 1 && bad "restarted"
	is "restarts" "$(shown $ACT restarts)" 0
}

# --- what follows ----------------------------------------------------------

# The service is killed, restarted here, and well again; nothing is failed over.
restarted_here()
{
	health $ACT
	probed "$(restarter "ftecho $HEALTH >/dev/null 2>&1 & echo \$! >$TMP/second")" \
		"request = ping" "expect = ping"
	wait_for "it is well" shown_is $ACT state ok
	stream
	sick $ACT
	wait_for "restarted" restarted 1
	wait_for "it works again" said $ACT "the service works again"
	rounds $ACT 3
	is "state" "$(shown $ACT state)" ok
	is "restarts" "$(shown $ACT restarts)" 1
	is "environment" "$(<"$TMP/restarted")" svc
	daemon_is $ACT protected || bad "act is not protected"
	finish_streams cli srv 1
	kill -KILL "$(<"$TMP/second")"
}

# Restarts do not help: at most retry-count, then the other node, and the peer's
# connections go on there. Each line of the story is in the log.
failed_over()
{
	health $ACT
	health $BAK
	probed "$(restarter)" "retry-count = 2" "request = ping" "expect = ping"
	wait_for "it is well" shown_is $ACT state ok
	stream
	sick $ACT
	becomes $BAK protected
	becomes $ACT ready
	restarted 2 || bad "restarted $(wc -l <"$TMP/restarted") times, not 2"
	has_address $ACT 0 || bad "act still has the service address"
	has_address $BAK 2 || bad "bak has no service address"
	flows cli rx 50000
	flows srv2 rx 50000
	wait_for "bak finds it well" shown_is $BAK state ok
	is "act looks no more" "$(shown $ACT state)" off
	said $ACT "restarting the service ($TMP/restart), 2 of 2 times" || bad "restart not told"
	said $ACT "failing over to the other node" || bad "fail-over not told"
	said $ACT "phase=detected" && said $ACT "reason=probe" || bad "no time line"
	finish_streams cli srv2 1
	is "epoch" "$(node $BAK epoch)" 2
}

# Without a backup the service stays, told once, until there is one.
no_backup()
{
	conf $ACT 1 active "[probe svc]" "port-list = $HEALTH" "interval = 200ms" \
		"restart-wait = 0ms"
	conf $BAK 2 backup
	daemon $ACT
	becomes $ACT solo
	wait_for "it is told" said $ACT "there is no backup to hand over to"
	rounds $ACT 5
	daemon_is $ACT solo || bad "act is not active any more"
	has_address $ACT 2 || bad "act has no service address"
	is "told" "$(grep -c 'nothing more is done now' "$TMP/$ACT.log")" 1
	daemon $BAK
	becomes $BAK protected
	becomes $ACT ready
}

# Nowhere well: it does not go to and fro.
nowhere_well()
{
	probing
	wait_for "there" said $ACT "failing over to the other node"
	wait_for "and back" said $BAK "failing over to the other node"
	becomes $ACT protected
	rounds $ACT 5
	daemon_is $ACT protected || bad "it went again"
	is "fail-overs of act" "$(shown $ACT fail-overs)" 1
	is "fail-overs of bak" "$(shown $BAK fail-overs)" 1
	is "next" "$(shown $ACT next)" none
}

# A restart that hangs is ended, with all that it began.
restart_hangs()
{
	health $ACT
	probed "$(restarter "trap '' TERM; sleep 600 & wait; wait")" "restart-timeout = 1s" \
		"failover = no" "retry-count = 1"
	wait_for "it is well" shown_is $ACT state ok
	sick $ACT
	wait_for "restarting" shown_is $ACT state restarting
	wait_for "it is ended" said $ACT "it took longer than restart-timeout and was ended"
	wait_for "nothing of it is left" no_sleeper
	wait_for "it goes on" said $ACT "nothing more is done now"
}

no_sleeper()
{
	! pgrep -f 'sleep 600' >/dev/null
}

# --- load ------------------------------------------------------------------

# The machine has too much to do for the service, which computes before it answers:
# rounds fail, and neither a restart nor a fail-over follows. The same failures without
# load do have one.
overloaded()
{
	local i hogs=$(($(nproc) * 8))

	health $ACT --work 100
	health $BAK
	probed "request = ping" "expect = ping" "$(restarter)" "retry-count = 1"
	# long enough to work off afterwards what has piled up
	sed -i "s/^probe-timeout = .*/probe-timeout = 500ms/
		s/^restart-wait = .*/restart-wait = $((5 * SLOW))s/" "$TMP/$ACT.conf"
	check "reload" dctl $ACT daemon reload
	wait_for "it is well" shown_is $ACT state ok
	stream
	for ((i = 0; i < hogs; i++)); do
		launch "hog$i" sh -c 'while :; do :; done'
	done
	wait_for "rounds fail for it" said $ACT "(the machine is overloaded)"
	wait_for "many of them" shown_above $ACT rounds-failed 5
	note "$(dctl $ACT probe show)"
	daemon_is $ACT protected || bad "act is not protected any more"
	is "fail-overs" "$(shown $ACT fail-overs)" 0
	for ((i = 0; i < hogs; i++)); do
		kill -KILL "$(pid_of "hog$i")"
	done
	restarted 1 && bad "restarted"
	rounds $ACT 2
	wait_for "it is well again" shown_is $ACT state ok
	# the same, but for the load, in a time in which no emulated machine stands still
	sed -i "s/^probe-timeout = .*/probe-timeout = $((1 * SLOW))s/
		s/^restart-wait = .*/restart-wait = 1s/" "$TMP/$ACT.conf"
	check "reload" dctl $ACT daemon reload
	kill -STOP "$(pid_of "health-$ACT")"
	wait_for "restarted" restarted 1
	becomes $BAK protected
	flows cli rx 50000
	finish_streams cli srv2 1
}

plan 13
run_case "every address and port, request and answer: well" well
run_case "the probe is not protected, listener and policy" not_protected policy
run_case "the probe is not protected, listener that asks for it" not_protected ulp
run_case "a connect that fails is complete" connect_fails
run_case "no answer is partial, two are complete" hung
run_case "a wrong answer is partial" wrong_answer
run_case "partial failures expire" expires
run_case "killed, and restarted here" restarted_here
run_case "restarts do not help: fail-over, connections alive" failed_over
run_case "no backup" no_backup
run_case "nowhere well" nowhere_well
run_case "a restart that hangs" restart_hangs
run_case "overload alone is no reason" overloaded
finish
