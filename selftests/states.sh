#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Takeover in every state of TCP, with every content of the queues. One takeover
# for many connections: ftmatrix has brought each into its own state, and goes on
# with all of them; each is a case.
. "$(dirname "$(readlink -f "$0")")/lib.sh"

# command WORD: of ftmatrix, and its end
command_()
{
	echo "$1" >&8
	wait_for "ftmatrix: $1" answered "$1"
}

answered()
{
	grep -q "^done $1\$" "$TMP/matrix.out" && return
	alive matrix || die "ftmatrix: $(<"$TMP/matrix.err")"
	return 1
}

# lose FROM-NS DEV: nothing that leaves there arrives
lose()
{
	check "lose" tc -n $1 qdisc add dev $2 root netem loss 100%
}

# What was closed has to live until the takeover, and not much longer.
orphan_retries()
{
	local ns

	for ns in $ACT $BAK; do
		check "orphans" in_ns $ns sysctl -qw \
			net.ipv4.tcp_orphan_retries=$1
	done
}

matrix_begin()
{
	LIMIT=$((LIMIT * 4))
	orphan_retries 8
	protect
	mkfifo "$TMP/commands"
	exec 8<>"$TMP/commands"
	launch matrix ftmatrix $PEER $ACT $BAK $1 <&8
	command_ open
	wait_for "the backup has them" replicas_are $CONNS
}

# The backup has every connection as it is on act, byte for byte.
backup_is_right()
{
	ctl $BAK conn show detail | awk '
		/^conn/ { show() }
		{ all = all " " $0 }
		function show() {
			if (all ~ / role replica /) {
				match(all, / remote [^ ]+/)
				port = substr(all, RSTART, RLENGTH)
				sub(/.*:/, "", port)
				print "replica", port, key("tcp-state"),
					key("unacked"), key("unread")
			}
			all = ""
		}
		function key(k) {
			match(all, " " k " +[^ ]+")
			k = substr(all, RSTART, RLENGTH)
			sub(/.* /, "", k)
			return k
		}
		END { show() }' | sort >"$TMP/states.bak"
	cmp -s "$TMP/states.act" "$TMP/states.bak"
}

wait_backup()
{
	command_ states
	grep '^replica' "$TMP/matrix.out" | sort >"$TMP/states.act"
	(wait_for "the backup has what act has" backup_is_right) && return
	note "$(diff "$TMP/states.act" "$TMP/states.bak")"
	exit 1
}

resets()
{
	local pid

	keeper $1
	pid=$(pid_of "keeper-$1")
	awk '/^Tcp: [0-9]/ { print $15 }' "/proc/$pid/net/snmp"
}

no_lane()
{
	[ -z "$(in_ns $1 ss -tnaH "sport = :$LINK_PORT or dport = :$LINK_PORT")" ]
}

# takeover(), and $LANE_RESETS: a lane ends with one when its link was silent
counted_takeover()
{
	cut_off $ACT
	wait_for "bak has lost act" node_is $BAK state backup-waiting
	wait_for "bak's lane is closed" no_lane $BAK
	LANE_RESETS=$(resets $BAK)
	promote $BAK force
	service add $BAK
}

# What is left must be nothing, but for TIME_WAIT.
nothing_left()
{
	[ -z "$(in_ns $PEER ss -tnaH state connected exclude time-wait)" ] &&
		[ -z "$(in_ns $BAK ss -tnaH state connected exclude time-wait)" ] &&
		! ctl $BAK conn show | grep -qv 'role listener'
}

matrix()
{
	CONNS=$(ftmatrix -l $1 | wc -l)
	matrix_begin $1
	if [ $1 = seen ]; then
		lose $ACT lan
		command_ closing
		lose $PEER act
		check "heard again" tc -n $ACT qdisc del dev lan root
	else
		lose $ACT lan
	fi
	command_ act
	wait_backup
	counted_takeover
	is "Promoted" "$(counter $BAK Promoted)" $CONNS
	command_ resume
	orphan_retries 1
	is "resets sent by bak" "$(resets $BAK)" "$LANE_RESETS"
	is "resets sent by the peer" "$(resets $PEER)" 0
	(wait_for "nothing is left" nothing_left)
	is "something is left" $? 0
	note "until the next byte, in ms: connections, least, median, most"
	note "$(grep '^stall' "$TMP/matrix.out")"
	grep -E '^(ok|bad) ' "$TMP/matrix.out" >"$RESULTS"
	[ "$(grep -c . "$RESULTS")" = $CONNS ] || bad "$(<"$TMP/matrix.err")"
}

skip_cases()
{
	local i

	for ((i = 0; i < $1; i++)); do
		case_no=$((case_no + 1)) cases_skipped=$((cases_skipped + 1))
		echo "ok $case_no # SKIP not asked for"
	done
}

# One line of KTAP for each connection.
verdicts()
{
	local name line

	RESULTS=$(mktemp)
	run_case "all connections, $2" matrix $1
	if [[ ! "all connections, $2" =~ ${ONLY:-} ]]; then
		skip_cases "$(ftmatrix -l $1 | wc -l)"
		return
	fi
	while read -r name; do
		line=$(grep -E "^(ok $name$|bad $name:)" "$RESULTS") ||
			line="bad $name: no result"
		case_no=$((case_no + 1))
		if [[ $line == ok* ]]; then
			echo "ok $case_no $name"
		else
			note "$line"
			cases_failed=$((cases_failed + 1))
			echo "not ok $case_no $name"
		fi
	done < <(ftmatrix -l $1)
	rm -f "$RESULTS"
}

# --- connections without a replica ------------------------------------------

# For IPv4 and IPv6: servers on both nodes, act's with arguments.
both_servers()
{
	local family

	for family in 4 6; do
		server $ACT srv$family --ulp "$@" "$(vip $family)" $PORT
		server $BAK new$family --ulp "$(vip $family)" $PORT
	done
}

# The nodes know each other, so that it is the segments alone which are lost.
neighbours()
{
	check "ping" in_ns $PEER ping -q -c 1 -W $LIMIT $VIP4
	check "ping" in_ns $PEER ping -q -c 1 -W $LIMIT $VIP6
}

vip()
{
	[ $1 = 4 ] && echo $VIP4 || echo $VIP6
}

# Clients that are not waited for, and their number on act in a state.
both_clients()
{
	local family

	for family in 4 6; do
		launch cli$family nsenter --net=/run/netns/$PEER ftstream -c \
			--timeout $((LIMIT * 6)) --ready "$TMP/cli$family.ready" \
			--progress "$TMP/cli$family.progress" \
			--stop "$TMP/stop" "$@" "$(vip $family)" $PORT
	done
}

both_in()
{
	[ "$(in_ns $1 ss -tnH state $2 "sport = :$PORT" | wc -l)" = 2 ]
}

both_connected()
{
	[ -e "$TMP/cli4.ready" ] && [ -e "$TMP/cli6.ready" ]
}

# The peer has no answer to its SYN yet: it gets one of bak, as a new one.
syn_unanswered()
{
	local family

	protect
	both_servers
	neighbours
	lose $ACT lan
	both_clients -s 5000
	wait_for "act has two SYNs" both_in $ACT syn-recv
	takeover
	is "Promoted" "$(counter $BAK Promoted)" 0
	for family in 4 6; do
		wait_for "bak has the bytes" progress_is new$family rx 5000
	done
	stop_streams
	for family in 4 6; do
		in_order cli$family 1
		is "bytes of IPv$family" "$(value "$(summary cli$family)" tx)" 5000
		ended new$family
		is "bytes at bak" "$(value "$(summary new$family)" rx)" 5000
		is "resumed" "$(value "$(summary new$family)" resumed)" 0
	done
}

# It has one, and goes on as if connected, until it speaks.
are_reset()
{
	local family

	is "Promoted" "$(counter $BAK Promoted)" 0
	for family in 4 6; do
		ended cli$family
		is "resets of IPv$family" \
			"$(value "$(summary cli$family)" resets)" 1
		is "bytes of IPv$family" \
			"$(value "$(summary cli$family)" rx)" 0
	done
}

# act answered the SYN, and what the peer said to that was lost.
syn_answered()
{
	protect
	both_servers -s 0
	neighbours
	lose $ACT lan
	both_clients --pause "0:$TMP/go"
	wait_for "act has two SYNs" both_in $ACT syn-recv
	lose $PEER act
	check "heard again" tc -n $ACT qdisc del dev lan root
	wait_for "the peers are connected" both_connected
	takeover
	: >"$TMP/go"
	are_reset
}

# Both sides are connected, but no record of it has reached the backup.
before_first_record()
{
	protect
	both_servers
	freeze_link
	both_clients --pause "0:$TMP/go"
	wait_for "act has them" both_in $ACT established
	wait_for "act's program has them" act_has_written
	takeover
	: >"$TMP/go"
	are_reset
}

# Not one byte of it may reach the peers, which are_reset() sees.
act_has_written()
{
	progress_is srv4 tx 5000 && progress_is srv6 tx 5000
}

# act is through with it; the peer waits for the acknowledgement of its FIN.
time_wait()
{
	local family

	protect
	both_servers -s 1000
	both_clients --pause "1000:$TMP/never"
	wait_for "act has ended its half" both_in $ACT fin-wait-2
	for family in 4 6; do
		wait_for "all bytes are there" progress_is srv$family rx 1000
		wait_for "all bytes are there" progress_is cli$family rx 1000
	done
	lose $ACT lan
	stop_streams
	wait_for "act is in TIME_WAIT" both_in $ACT time-wait
	wait_for "no replica is left" replicas_are 0
	takeover
	for family in 4 6; do
		in_order srv$family 1
		in_order cli$family 1
	done
	wait_for "the peers are through" both_gone
}

both_gone()
{
	[ -z "$(in_ns $PEER ss -tnH state connected "dport = :$PORT")" ]
}

plan $(($(ftmatrix -l lost | wc -l) + $(ftmatrix -l seen | wc -l) + 6))
verdicts lost "what act sent last was lost"
verdicts seen "what act sent last has arrived"
run_case "SYN_RECV, the SYN was not answered" syn_unanswered
run_case "SYN_RECV, the answer has arrived" syn_answered
run_case "ESTABLISHED, before the first record" before_first_record
run_case "TIME_WAIT" time_wait
finish
