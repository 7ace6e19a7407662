#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Events: each cause that can be brought about here is, and the event has the number
# and the text of the catalogue, to the letter. And the stream: what is kept for a
# late reader, what is left out and counted, what the daemon adds.
. "$(dirname "$(readlink -f "$0")")/daemons.sh"
# shellcheck source=telling.sh
. "$(dirname "$(readlink -f "$0")")/telling.sh"

# name_of NUMBER
name_of()
{
	fttcpctl explain "$1" | sed -n '1s/.*(\(.*\))/\1/p'
}

# --- the link -------------------------------------------------------------------

same_ids()
{
	check "role" ctl $ACT node set id 1 role active
	check "role" ctl $BAK node set id 1 role backup
	link_begin $ACT $BAK
	tells $ACT 101 "FTTCP:Couldn't get connection id"
	tells $BAK 101 "FTTCP:Couldn't get connection id"
	is "name" "$(name_of 101)" no-connection-id
}

# caller: a connection to act's link that is not fttcp's
caller()
{
	check "role" ctl $ACT node set id 1 role active
	launch link-l fttcpctl -n $ACT link add id 1 \
		listen 10.9.0.1:$LINK_PORT timeout $LIMIT
	wait_for "act listens" listens $ACT
}

listens()
{
	[ -n "$(in_ns "$1" ss -tlnH "sport = :$LINK_PORT")" ]
}

# calls SCRIPT: with the connection as descriptor 3
calls()
{
	in_ns $BAK bash -c "exec 3<>/dev/tcp/10.9.0.1/$LINK_PORT; $1" \
		>/dev/null 2>&1
}

rubbish()
{
	caller
	calls "printf '%0100d' 0 >&3; sleep 2"
	tells $ACT 105 "FTTCP:Unpack msg failed. $AT"
	tells $ACT 111 "FTTCP:Fttcp kernel tasks have shutdown. $AT"
	is "down-reason" "$(link_word $ACT down-reason)" decode
}

# Magic, version, type 99, no body, no payload, index 1.
unknown_type()
{
	caller
	calls "printf '\xf7\x7c\x01\x63\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01' >&3
		sleep 2"
	tells $ACT 121 "FTTCP:Received unknown/unwanted message 99 from 0x0 in fttcp state (solo|holding). $AT"
	tells $ACT 105 "FTTCP:Unpack msg failed. $AT"
}

# Closed in order, and half a header before that.
ends()
{
	caller
	calls "cat <&3 >/dev/null & sleep 1; kill \$!; exec 3>&-"
	wait_for "the link is down" link_is_down
	told $ACT 117 "FTTCP:Read EOF. $AT" ||
		told $ACT 118 "FTTCP:Read failed 0\(104\). $AT" ||
		bad "$(ctl $ACT events)"
}

eof()
{
	caller
	launch half nsenter --net=/run/netns/$BAK bash -c \
		"exec 3<>/dev/tcp/10.9.0.1/$LINK_PORT; printf '\xf7\x7c\x01' >&3
		timeout 2 cat <&3"
	tells $ACT 117 "FTTCP:Read EOF. $AT"
	tells $ACT 119 "FTTCP:Read partial message of 3 bytes. $AT"
}

# With HELLO unread the kernel of the other side answers with a reset.
reset()
{
	caller
	calls "sleep 1"
	tells $ACT 118 "FTTCP:Read failed 0\(104\). $AT"
}

link_is_down()
{
	[ "$(link_word $ACT state)" = down ]
}

cannot_write()
{
	need_faults
	protect
	server $ACT srv --ulp $VIP4 $PORT
	client cli $VIP4 $PORT
	arm lane-send@1
	tells $ACT 124 "FTTCP:Write failed 0\(32\). $AT"
}

# The socket takes a header, and then no more.
half_a_record()
{
	need_faults
	protect
	server $ACT srv --ulp $VIP4 $PORT
	client cli $VIP4 $PORT
	arm lane-part@1
	tells $ACT 124 "FTTCP:Write failed 0\(32\). $AT"
	tells $ACT 116 "FTTCP:Partial Write. Wrote [0-9]+ out of [0-9]+\. $AT"
}

# --- memory and threads -----------------------------------------------------------

# add_fails: a link whose act's end gets something not at all
add_fails()
{
	roles
	arm "$1@1"
	link_begin $ACT $BAK
	wait_for "the fault $1" struck "$1"
}

no_lane_memory()
{
	need_faults
	add_fails lane-memory
	tells $ACT 3 "FTTCP:USESEGMENT-ERR: memory of 8192 bytes for lane 0 could not be used. $AT"
}

no_worker()
{
	need_faults
	add_fails lane-worker
	tells $ACT 110 "FTTCP:Failed to spawn the fttcp/1:0 task. $AT"
	tells $ACT 25 "FTTCP:BKP-SIGNALTIMEOUT-ERR: nothing watches the other node \(12\): no backup. $AT"
}

# record_fails POINT act|bak NUMBER TEXT
record_fails()
{
	local ns=$ACT

	[ "$2" = act ] || ns=$BAK
	need_faults
	protect
	server $ACT srv --ulp $VIP4 $PORT
	client cli $VIP4 $PORT
	wait_for "the backup has it" replicas_are 1
	arm "$1"
	tells $ns "$3" "FTTCP:$4. $AT"
}

# An answer finds no memory: one of the first places of a request does it.
no_answer()
{
	local nth

	injection_ready || skip "needs a kernel with fault injection"
	for ((nth = 1; nth < 60; nth++)); do
		LD_PRELOAD=$(helper ftfail.so) FTFAIL_NTH=$nth \
			FTFAIL_CALLS=sendto FTFAIL_OUT=/dev/null \
			fttcpctl -n $ACT node show >/dev/null 2>&1
		! told $ACT 108 "FTTCP:Failed to get memory. $AT" || break
	done
	tells $ACT 108 "FTTCP:Failed to get memory. $AT"
}

# --- refusals -----------------------------------------------------------------------

# cannot_read STATE OPTION ERRNO
cannot_read()
{
	socket_in $ACT "$1"
	tells $ACT 107 "FTTCP:Couldn't getsockopt $2\($3\). $AT"
}

full_table()
{
	local port

	for ((port = 10000; port < 10257; port++)); do
		ctl $ACT policy add local-port $port 2>/dev/null || break
	done
	is "policies" $((port - 10000)) 256
	tells $ACT 23 "FTTCP:SCB-FULL: the table of policies is full \(256\). $AT"
	# the same while it lasts is counted, and told again after 5 seconds only
	ctl $ACT policy add local-port 9 2>/dev/null
	ctl $ACT policy add local-port 9 2>/dev/null
	is "left out" "$(count $ACT 23 suppressed)" 2
}

intruder()
{
	local out

	! grep -q Y /sys/module/fttcp/parameters/userns || skip "userns=1"
	out=$(unshare --user --map-root-user --net sh -c \
		'ftnl 2 2:u32=9; fttcpctl events') || skip "no user namespaces"
	matches "event" "$out" " event-id 35 .* text \"FTTCP:SECURITY-VIOL: ftnl \(uid 0\) tried node-set on a namespace that is not the machine's: refused. $AT\""
}

# --- the daemon -------------------------------------------------------------------

in_log()
{
	grep -qE -- ": $2\$" "$TMP/$1.log"
}

# logs NS NUMBER REGEX: into the log, and into the stream
logs()
{
	tells "$@"
	wait_for "the log of $1 has event $2" in_log "$1" "$3"
}

# The active dies; the backup takes over. Both say so.
takeover_events()
{
	both
	logs $ACT 301 "fttcpd runs, the node's role is none"
	logs $BAK 33 "FTTCP:SUMSTATE-CHANGE: .* -> .* \(.*\). $AT"
	gone $ACT
	logs $BAK 126 "FTTCP:Received promote backup message, ip 10.0.0.100, from FSM. $AT"
	becomes $BAK solo
	matches "it says who raised it" "$(ctl $BAK events)" \
		' name promote-backup event-id 126 seq [0-9]+ .* by-daemon text'
	buried $ACT
}

backup_goes()
{
	both
	gone $BAK
	logs $ACT 120 "FTTCP:Received backup down notification"
	buried $BAK
}

mistakes()
{
	conf $ACT 1 active
	daemon $ACT
	becomes $ACT solo
	echo "[nonsense]" >>"$TMP/$ACT.conf"
	kill -HUP "$(pid_of "fttcpd-$ACT")"
	logs $ACT 303 ".*unknown section.*; the configuration in force stays"
	kill -TERM "$(pid_of "fttcpd-$ACT")"
	logs $ACT 302 "ends \(Terminated\); replication and addresses stay as they are"
}

# An operator sets what the kernel refuses.
kernel_refuses()
{
	conf $ACT 1 active
	daemon $ACT
	becomes $ACT solo
	sed -i 's/^id = 1/id = 5/' "$TMP/$ACT.conf"
	refused 2 "" dctl $ACT daemon reload
	logs $ACT 115 "FTTCP:Ioctl failed 2\(16\). $AT"
}

# strange NS VARIABLE=VALUE...: a daemon with something wrong
strange()
{
	local ns=$1

	shift
	launch "fttcpd-$ns" nsenter --net="/run/netns/$ns" env "$@" \
		LD_PRELOAD="$(helper ftfail.so)" sh -c \
		"exec fttcpd -c '$TMP/$ns.conf' 2>>'$TMP/$ns.log'"
}

cannot_wait()
{
	conf $ACT 1 active
	strange $ACT FTFAIL_WAIT="$TMP/wait"
	becomes $ACT solo
	: >"$TMP/wait"
	dctl $ACT daemon >/dev/null 2>&1 &
	wait_for "the log has it" in_log $ACT "FTTCP:Select failed -1\(9\). $AT"
	ended "fttcpd-$ACT"
	is "exit status" $? 3
	tells $ACT 122 "FTTCP:Select failed -1\(9\). $AT"
}

no_threads()
{
	conf $ACT 1 active
	strange $ACT FTFAIL_THREADS=1
	becomes $ACT solo
	logs $ACT 110 "FTTCP:Failed to spawn the epoch task. $AT"
}

# It is told to end in the middle of a switchover, and has no timer for that.
no_timer()
{
	both
	kill -KILL "$(pid_of "fttcpd-$ACT")"
	launch "fttcpd-$ACT" nsenter --net="/run/netns/$ACT" bash -c \
		"ulimit -i 0; exec fttcpd -c '$TMP/$ACT.conf' 2>>'$TMP/$ACT.log'"
	becomes $ACT protected
	freeze_link
	launch switch fttcpctl -n $ACT -s "$TMP/$ACT.sock" switchover
	becomes $ACT switching
	kill -TERM "$(pid_of "fttcpd-$ACT")"
	logs $ACT 1 "FTTCP:SHUT-SIGNALTIMEOUT-ER: the timer of the orderly end could not be set \(11\). $AT"
	thaw_link
}

# --- the stream ------------------------------------------------------------------

# The last 256, in order, without a gap, up to the number that the node tells.
late_reader()
{
	local i last

	for ((i = 0; i < 150; i++)); do
		ctl $ACT policy add local-port 7777
		ctl $ACT policy del all
	done >/dev/null
	last=$(node $ACT events-seq)
	is "numbers" "$(ctl $ACT events | grep -o ' seq [0-9]*' | cut -c6-)" \
		"$(seq $((last - 255)) "$last")"
	is "in JSON" "$(ctl $ACT -j events | jq '.[-1].seq')" "$last"
	is "raised" "$(count $ACT 238 raised)" 150
	is "left out" "$(count $ACT 238 suppressed)" 0
	is "of another namespace" "$(ctl $BAK events)" ""
	refused 6 "CAP_NET_ADMIN" in_ns $ACT unshare --user fttcpctl events
}

left_out()
{
	server $ACT srv -n 120 --ulp $VIP4 $PORT
	client cli -n 120 --rate 1000 $VIP4 $PORT
	wait_for "all are attached" node_is $ACT conns 120
	is "attached" $(($(count $ACT 225 raised) + $(count $ACT 225 suppressed))) 121
	# all at once, however slowly they came
	check "detach" ctl $ACT conn detach all
	is "detached" $(($(count $ACT 227 raised) + $(count $ACT 227 suppressed))) 121
	[ "$(count $ACT 227 suppressed)" -gt 0 ] || bad "nothing was left out"
}

# What is raised by the daemon is numbered with the rest, and shown at once.
one_stream()
{
	launch mon fttcpctl -n $ACT -j monitor
	wait_for "the mark" grep -q '"action":"sync"' "$TMP/mon.out"
	conf $ACT 1 active
	daemon $ACT
	becomes $ACT solo
	wait_for "its start" grep -q '"name":"daemon-started","event-id":301' \
		"$TMP/mon.out"
	wait_for "and the kernel's" grep -q '"name":"node-role","event-id":202' \
		"$TMP/mon.out"
	is "numbers without a gap" "$(grep -o '"seq":[0-9]*' "$TMP/mon.out" |
		cut -d: -f2 | awk 'n && $1 != n + 1 { print $1 } { n = $1 }')" ""
	# none that is the module's own
	matches "raising link-up" "$(in_ns $ACT ftnl 21 3:u32=205 8:hex=6100)" \
		'errno=EINVAL .*attr=3'
	is "command 21" "$(value "$(in_ns $ACT ftnl -u 21)" errno)" EPERM
}

plan 29
run_case "two nodes of one id" same_ids
run_case "what comes is no record" rubbish
run_case "a record of an unknown type" unknown_type
run_case "the other node closes the link" ends
run_case "the other node closes it within a record" eof
run_case "the other node resets it" reset
run_case "writing fails" cannot_write
run_case "the link ends within a record" half_a_record
run_case "no memory for a lane" no_lane_memory
run_case "no worker for a lane" no_worker
run_case "no packet buffer" record_fails lane-skb@2 bak 102 \
	"Failed to get mbuf"
run_case "no memory for a record" record_fails take-tx-data@2 bak 103 \
	"Failed to get memory"
run_case "no record" record_fails tx-data@1 act 104 "Pack msg failed"
run_case "no memory for an answer" no_answer
run_case "a socket in repair mode" cannot_read repair 19 16
run_case "a socket with fast open" cannot_read tfo-listen 23 95
run_case "a socket with TCP-AO" cannot_read ao 40 95
run_case "as many policies as there may be" full_table
run_case "root of another user namespace" intruder
run_case "a takeover" takeover_events
run_case "a backup that goes" backup_goes
run_case "a configuration with a mistake" mistakes
run_case "the kernel refuses a setting" kernel_refuses
run_case "waiting fails" cannot_wait
run_case "no threads" no_threads
run_case "no timer" no_timer
run_case "a late reader" late_reader
run_case "more than are told" left_out
run_case "one stream" one_stream
finish
