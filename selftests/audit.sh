#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Audits: they find nothing where nothing is wrong, whatever goes on meanwhile; they find
# what was put into a replica, into its bytes or its numbers, the replica that is missing
# and the one that nobody has; and exactly that is made good.
. "$(dirname "$(readlink -f "$0")")/lib.sh"

# audit STATUS: runs one; $AUDIT is what it says
audit()
{
	local rc

	AUDIT=$(ctl $ACT audit run wait $((LIMIT * 2)) 2>&1)
	rc=$?
	[ $rc = "$1" ] || bad "audit gave $rc, not $1: $AUDIT;" \
		"$(grep -h audit-diff "$TMP"/mon*.out)"
}

# says KEY VALUE: of the last audit
says()
{
	is "audit: $1" "$(field "$AUDIT" $1)" $2
}

# --- nothing is wrong ----------------------------------------------------------

# all_kinds: seven connections, of which each is different
all_kinds()
{
	server $ACT srv --ulp $VIP4 $PORT
	client cli $VIP4 $PORT
	server $ACT srv6 --ulp $VIP6 $PORT
	client cli6 $VIP6 $PORT
	server $ACT md5 --ulp --md5 secret,$PEER4 $VIP4 5001
	client cli-md5 --md5 secret,$VIP4 $VIP4 5001
	# half closed, from either side
	server $ACT half --ulp $VIP4 5002
	client cli-half -s 0 --shut asap $VIP4 5002
	server $ACT half2 --ulp -s 0 --shut asap $VIP4 5003
	client cli-half2 $VIP4 5003
	# much in both queues
	server $ACT full --ulp --sndbuf 200000 --rx-pause 1000:$TMP/go $VIP4 5004
	client cli-full --rx-pause 1000:$TMP/go $VIP4 5004
	server $ACT idle --ulp --pause 1:$TMP/go $VIP4 5005
	client cli-idle --pause 1:$TMP/go $VIP4 5005
	wait_for "bak has them" replicas_are 7
}

kinds_end()
{
	local s

	: >"$TMP/go"
	stop_streams
	for s in '' 6 -md5 -half -half2 -full -idle; do
		in_order cli$s 1
	done
}

clean()
{
	local i

	protect ${1:+mode $1} audit-interval 0
	launch mon fttcpctl -n $ACT monitor
	all_kinds
	wait_for "queues are full" queued_above 5004 100000
	for i in 1 2; do
		audit 0
		says result clean
		says conns 7
		says skipped 0
		flows cli rx 10000
	done
	[ "$(field "$AUDIT" bytes)" -gt 100000 ] ||
		bad "too few bytes were compared: $AUDIT"
	is "AuditDiff" "$(counter $ACT AuditDiff)" 0
	is "AuditDone" "$(counter $BAK AuditDone)" 2
	matches "node show of bak" "$(ctl $BAK node show)" \
		'last-audit 2 audit-result clean'
	kinds_end
}

# full queues, each in several pieces, and in several steps, while other data flows
large()
{
	protect audit-interval 0
	server $ACT srv --ulp $VIP4 $PORT
	client cli $VIP4 $PORT
	server $ACT big -n 8 --ulp --rate 0 --sndbuf 400000 $VIP4 5001
	client cli-big -n 8 --rate 0 --rx-pause 1000:$TMP/go $VIP4 5001
	wait_for "much is queued" queued_above 5001 150000
	audit 0
	says conns 9
	[ "$(field "$AUDIT" bytes)" -gt 1000000 ] ||
		bad "not all bytes were compared: $AUDIT"
	flows cli rx 30000
	: >"$TMP/go"
	finish_streams cli srv 1
	in_order cli-big 8
}

# words_of NS PORT: of the connection with this local port
words_of()
{
	ctl $1 -o conn show local $VIP4:$2 detail | grep -v "role listener"
}

# queued_above PORT BYTES [unread]: bytes in the queue of act
queued_above()
{
	[ "$(field "$(words_of $ACT $1)" ${3:-unacked})" -gt "$2" ]
}

# --- something is wrong ----------------------------------------------------------

# begin [INTERVAL]: two connections that stand still but are used later
begin()
{
	need_faults
	protect audit-interval "${1:-0}"
	launch mon fttcpctl -n $ACT monitor
	launch mon-bak fttcpctl -n $BAK monitor
	server $ACT idle -n 2 --ulp --pause 1:$TMP/go $VIP4 $PORT
	client cli-idle -n 2 --pause 1:$TMP/go $VIP4 $PORT
	wait_for "bak has them" replicas_are 2
}

# clogged WORD KEY: a connection at port 5001, of which nobody reads; what is added to
# the queue that $KEY counts stays there. What is to be sent does so when the peer's
# window has closed: before, a byte that a fault changes may have come to the peer.
# The queue takes 20 seconds, in which even two emulated CPUs with all judges come so far.
clogged()
{
	server $ACT srv --ulp --rate 25000 --sndbuf 500000 \
		--rx-pause 1000:$TMP/go $VIP4 5001
	client cli --rate 25000 --sndbuf 500000 --rx-pause 1000:$TMP/go $VIP4 5001
	[ $1 != sent ] || wait_for "the peer's window is closed" probing 5001
	wait_for "bytes wait to be $1" queued_above 5001 10000 $2
}

# probing PORT: act probes a closed window
probing()
{
	ss -N $ACT -Htno sport = :$1 | grep -q persist
}

# made_good WHAT ID PORT: exactly this connection was found, and is sent again
made_good()
{
	local snapshots resent

	snapshots=$(counter $ACT SnapshotConn)
	audit 8
	says result differs
	says differing 1
	wait_for "act tells it" grep -q "audit-diff.*$1" "$TMP/mon.out"
	resent=$(field "$(grep audit-diff "$TMP/mon.out")" conn-id)
	is "the connection found" "$resent" "$2"
	wait_for "it was sent again" counter_above $ACT SnapshotConn $snapshots
	wait_for "it is protected" grep -q "state protected" <(words_of $ACT $3)
	wait_for "bak has all" node_is $BAK state backup-ready
	audit 0
	says conns "$(node $ACT conns)"
	is "connections sent again" "$(counter $ACT SnapshotConn)" \
		$((snapshots + 1))
}

# id_of PORT
id_of()
{
	field "$(words_of $ACT $1)" id
}

# to_the_end: a takeover, and every byte is right
to_the_end()
{
	server $BAK srv2 --ulp $VIP4 5001
	server $BAK idle2 -n 2 --ulp $VIP4 $PORT
	takeover
	: >"$TMP/go"
	flows cli rx 10000
	flows cli-idle rx 50000
	stop_streams
	in_order cli-idle 2
	in_order idle2 2
	in_order cli 1
	in_order srv2 1
}

# bytes POINT WHAT: one byte of a queue is another in the replica
bytes()
{
	begin
	clogged $3
	arm "$1@2:2:corrupt"
	wait_for "the fault" struck $1
	made_good "$2" "$(id_of 5001)" 5001
	to_the_end
}

# It would have been promoted with that byte.
bytes_unseen()
{
	begin
	clogged sent unacked
	arm "replica-tx@2:2:corrupt"
	wait_for "the fault" struck replica-tx
	server $BAK srv2 --ulp $VIP4 5001
	takeover
	: >"$TMP/go"
	flows cli rx 10000
	stop_streams
	ended cli
	[ "$(value "$(summary cli)" bad)" -gt 0 ] ||
		bad "the peer has read no wrong byte: $(summary cli)"
}

numbers()
{
	begin
	# STATE comes since bytes are read; none are sent
	server $ACT srv --ulp --pause 1:$TMP/go2 $VIP4 5001
	client cli --rate 20000 $VIP4 5001
	flows srv rx 5000
	arm "replica-seq@2:2:corrupt"
	wait_for "the fault" struck replica-seq
	made_good "sequence numbers" "$(id_of 5001)" 5001
	: >"$TMP/go2"
	to_the_end
}

# The replica was given up, and the message that asks for it again was not made.
missing()
{
	begin
	server $ACT srv --ulp --pause 20000:$TMP/go2 $VIP4 5001
	arm "replica-lose@2:1:corrupt" "nack-lost@2:1:corrupt"
	client cli --pause 20000:$TMP/go2 $VIP4 5001
	wait_for "the fault" struck nack-lost
	wait_for "it stands still" progress_is cli rx 20000
	is "replicas" "$(node $BAK replicas)" 2
	made_good "no replica" "$(id_of 5001)" 5001
	: >"$TMP/go2"
	to_the_end
}

# A replica whose connection has ended goes, no other one.
stale()
{
	begin
	arm "replica-keep@2:1:corrupt"
	server $ACT srv --ulp -s 30000 $VIP4 5001
	client cli -s 30000 $VIP4 5001
	in_order cli 1
	in_order srv 1
	wait_for "the fault" struck replica-keep
	is "replicas" "$(node $BAK replicas)" 3
	audit 8
	says stale 1
	says differing 0
	is "replicas" "$(node $BAK replicas)" 2
	wait_for "bak tells it" grep -q audit-stale "$TMP/mon-bak.out"
	audit 0
	says conns 2
}

# --- when ------------------------------------------------------------------------

periodic()
{
	begin 200
	wait_for "there are some" counter_above $ACT AuditDone 3
	clogged read unread
	arm "replica-rx@2:2:corrupt"
	wait_for "one finds the fault" counter_above $ACT AuditDiff 0
	wait_for "it is protected" grep -q "state protected" \
		<(words_of $ACT 5001)
	check "no more" ctl $ACT node set audit-interval 0
	wait_for "the last has ended" ended_last
	audit 0
	is "found" "$(counter $ACT AuditDiff)" 1
	is "AuditDone" "$(counter $ACT AuditDone)" $((BEFORE + 1))
	to_the_end
}

ended_last()
{
	BEFORE=$(counter $ACT AuditDone)
	stays 1 test "$(field "$(ctl $ACT audit show)" result)" != running &&
		[ "$(counter $ACT AuditDone)" = $BEFORE ]
}

# Audits one after the other, and nothing that happens to a connection disturbs one.
under_way()
{
	protect audit-interval 100
	server $ACT srv -n 4 --ulp $VIP4 $PORT
	server $BAK srv2 -n 4 --ulp $VIP4 $PORT
	client cli -n 4 $VIP4 $PORT
	launch churn nsenter --net="/run/netns/$PEER" bash -c \
		"while [ ! -e $TMP/stop ]; do ftstream -c -s 3000 $VIP4 5001; done"
	server $ACT many -n 1000 --ulp $VIP4 5001
	wait_for "there are some" counter_above $ACT AuditDone 10
	handover $ACT $BAK
	check "audits go on" ctl $BAK node set audit-interval 100
	rejoin $ACT $BAK
	flows cli rx 50000
	wait_for "there are some" counter_above $BAK AuditDone 20
	is "found by act" "$(counter $ACT AuditDiff)" 0
	is "found by bak" "$(counter $BAK AuditDiff)" 0
	is "stale" "$(counter $ACT AuditStale)" 0
	stop_streams
	in_order cli 4
	in_order srv2 4
}

refusals()
{
	refused 2 "only an active" ctl $ACT audit
	roles
	refused 2 "no backup is connected" ctl $ACT audit
	refused 2 "only an active" ctl $BAK audit
	refused 2 "at least 100" ctl $ACT node set audit-interval 50
	link_up $ACT $BAK
	wait_for "act is protected" node_is $ACT state protected
	audit 0
	says conns 0
	says number 1
}

link_lost()
{
	protect audit-interval 0
	server $ACT srv --ulp $VIP4 $PORT
	client cli $VIP4 $PORT
	wait_for "bak has it" replicas_are 1
	freeze_link
	refused 5 "result running" ctl $ACT audit run wait 500ms
	ip -n $ACT link set dev link down
	wait_for "it has failed" failed
	is "AuditFailed" "$(counter $ACT AuditFailed)" 1
	check "solo" ctl $ACT solo
	finish_streams cli srv 1
}

failed()
{
	[ "$(field "$(ctl $ACT audit show)" result)" = failed ]
}

plan 13
run_case "nothing is wrong" clean
run_case "nothing is wrong, rx-only" clean rx-only
run_case "nothing is wrong in much data" large
run_case "an outbound byte" bytes replica-tx "outbound bytes" \
	"sent unacked"
run_case "an inbound byte" bytes replica-rx "inbound bytes" \
	"read unread"
run_case "the same without an audit" bytes_unseen
run_case "a sequence number" numbers
run_case "a missing replica" missing
run_case "a stale replica" stale
run_case "by themselves" periodic
run_case "connections come and go, nodes change" under_way
run_case "where there is nothing to compare" refusals
run_case "the link is lost" link_lost
finish
