#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Bad networks, on the way to the peer, on the link, and on both: bytes flow, a
# takeover happens in the middle of it, and the streams see pauses only.
. "$(dirname "$(readlink -f "$0")")/lib.sh"

# Small segments and few bytes: it is about what happens, not how often.
readonly FEW=60000

# egress NS DEVICE NETEM...
egress()
{
	local ns=$1 dev=$2

	shift 2
	tc -n $ns qdisc replace dev $dev root netem "$@" || skip "no netem"
}

# public NETEM...: both directions, on the way to both nodes
public()
{
	egress $ACT lan "$@"
	egress $BAK lan "$@"
	egress $PEER act "$@"
	egress $PEER bak "$@"
}

# dedicated NETEM...: both directions of the link
dedicated()
{
	egress $ACT link "$@"
	egress $BAK link "$@"
}

both_nets()
{
	public "$@"
	dedicated "$@"
}

# begin [SETTING...]: two connections, over IPv4 and over IPv6
begin()
{
	# shellcheck disable=SC2086	# words
	protect ${BEATS:-heartbeat 1000 heartbeat-misses 30} "$@"
	server $ACT srv -n 2 --ulp :: $PORT
	server $BAK srv2 -n 2 --ulp :: $PORT
	client cli4 $VIP4 $PORT
	client cli6 $VIP6 $PORT
	wait_for "bak has them" replicas_are 2
}

# both_flow SERVER
both_flow()
{
	flows cli4 rx $FEW
	flows cli6 rx $FEW
	flows $1 rx $((2 * FEW))
}

in_the_end()
{
	stop_streams
	in_order cli4 1
	in_order cli6 1
	in_order $1 2
	is "bytes to the peer" "$(value "$(summary $1)" tx)" \
		$(($(value "$(summary cli4)" rx) + $(value "$(summary cli6)" rx)))
	is "bytes from the peer" "$(value "$(summary $1)" rx)" \
		$(($(value "$(summary cli4)" tx) + $(value "$(summary cli6)" tx)))
	note "longest pauses: IPv4 $(value "$(summary cli4)" gap_ms) ms," \
		"IPv6 $(value "$(summary cli6)" gap_ms) ms"
}

# under WHERE NETEM...: from the middle of a stream on, and through a takeover
under()
{
	local ns

	begin
	"$@"
	both_flow srv
	is "state of act" "$(node $ACT state)" protected
	takeover
	both_flow srv2
	# the last bytes need no fault; they would only take their time
	for ns in $BAK $PEER; do
		tc -n $ns qdisc del dev "$([ $ns = $BAK ] && echo lan ||
			echo bak)" root 2>/dev/null
	done
	in_the_end srv2
}

# one_way NS PEER-NS: nothing crosses the link from NS to PEER-NS. Both find out, the
# active goes on alone, and is protected again when the link is well.
one_way()
{
	local from=${!1}

	BEATS="heartbeat 200 heartbeat-misses 5" begin hold-max 1500
	egress $from link loss 100%
	wait_for "act has lost bak" counter_above $ACT LinkDown 0
	wait_for "bak has lost act" counter_above $BAK LinkDown 0
	wait_for "act is alone" node_is $ACT state solo
	both_flow srv
	tc -n $from qdisc del dev link root
	ctl $ACT link del id 1 2>/dev/null
	ctl $BAK link del id 1 2>/dev/null
	link_up $ACT $BAK
	wait_for "act is protected" node_is $ACT state protected
	wait_for "bak has them" replicas_are 2
	takeover
	both_flow srv2
	in_the_end srv2
}

# One direction of the public side is gone for a second, then the other: the
# backup has nothing to do with it.
public_one_way()
{
	local end

	begin
	for end in "$ACT lan" "$PEER act"; do
		# shellcheck disable=SC2086	# two words
		egress $end loss 100%
		stays 0 node_is $ACT state protected ||
			bad "act lost its backup: $(node $ACT state)"
		# shellcheck disable=SC2086
		set -- $end
		tc -n $1 qdisc del dev $2 root
		both_flow srv
	done
	takeover
	both_flow srv2
	in_the_end srv2
}

# The cable of the public side is pulled and put back, on the node's side.
carrier_flaps()
{
	local i

	begin
	for i in 1 2 3 4; do
		ip -n $PEER link set dev act down
		nap
		ip -n $PEER link set dev act up
		nap
	done
	both_flow srv
	is "state of act" "$(node $ACT state)" protected
	takeover
	for i in 1 2 3; do
		ip -n $PEER link set dev bak down
		nap
		ip -n $PEER link set dev bak up
	done
	both_flow srv2
	in_the_end srv2
}

# mtu BYTES: of the whole public segment and of the link
mtu()
{
	local at

	for at in "$ACT lan" "$BAK lan" "$PEER act" "$PEER bak" "$PEER lan" \
		"$ACT link" "$BAK link"; do
		# shellcheck disable=SC2086	# two words
		set -- $1 $at
		check "MTU $1" ip -n $2 link set dev $3 mtu $1
	done
}

mtu_changes()
{
	begin
	both_flow srv
	mtu 1300
	both_flow srv
	mtu 9000
	both_flow srv
	mtu 1400
	is "state of act" "$(node $ACT state)" protected
	takeover
	both_flow srv2
	mtu 1500
	in_the_end srv2
}

readonly MIXED="delay 3ms 1ms 25% reorder 25% 50% duplicate 5%"
# What act has selectively acknowledged, out of order, is in no replica. bak does not
# acknowledge it, and the peer, which need not keep it in mind, sends it again.
reneged()
{
	begin
	both_flow srv
	until sacked; do
		egress $PEER act delay 20ms loss 30%
		nap
		# what was under way has come
		egress $PEER act loss 100%
		nap
	done
	cut_off $ACT
	wait_for "bak has lost act" node_is $BAK state backup-waiting
	promote $BAK force
	service add $BAK
	both_flow srv2
	matches "the peer's view" "$(in_ns $PEER cat /proc/net/netstat |
		tcp_counters)" TCPSACKReneging
	stop_streams
	in_order cli4 1
	in_order cli6 1
	in_order srv2 2
}

sacked()
{
	[[ $(in_ns $PEER ss -tinOH "dport = :$PORT") =~ \ sacked:[1-9] ]]
}

plan 13
run_case "loss, public side" under public loss 4%
run_case "loss, link" under dedicated loss 4%
# shellcheck disable=SC2086	# words
{
	run_case "reordering and duplicates, link" under dedicated $MIXED
	run_case "losses, reordering and duplicates, both" \
		under both_nets $MIXED loss 1%
}
run_case "corruption, both" under both_nets corrupt 2%
run_case "delay with jitter, both" under both_nets delay 40ms 15ms
run_case "rate, both" under both_nets rate 10mbit
run_case "the link passes nothing from the active" one_way ACT
run_case "the link passes nothing from the backup" one_way BAK
run_case "the public side passes one direction" public_one_way
run_case "the carrier of the public side flaps" carrier_flaps
run_case "SACK of what no replica has" reneged
run_case "the MTU changes" mtu_changes
finish
