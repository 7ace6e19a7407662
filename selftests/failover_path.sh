#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Takeover of connections whose route or path is not a plain one.
. "$(dirname "$(readlink -f "$0")")/lib.sh"
. "$here/through.sh"

# of the kernel's rtnetlink.h, 6.7 and later
readonly RTAX_FEATURE_TCP_USEC_TS=16

# Only act's route has the feature: bak has it from the replica.
usec_timestamps()
{
	local peer=$PEER4

	[ $1 = $VIP6 ] && peer=$PEER6
	[[ $(uname -r) =~ ^([0-9]+)\.([0-9]+) ]]
	((BASH_REMATCH[1] * 100 + BASH_REMATCH[2] >= 607)) ||
		skip "kernels before 6.7 have no such timestamps"
	check "route" in_ns $ACT ftroute lan $peer $RTAX_FEATURE_TCP_USEC_TS
	through $1 --info
	matches "act" "$(<"$TMP/srv.out")" ' usec_ts=1'
	matches "bak" "$INFO" ' usec_ts=1'
}

# cwnd_of NS: sets CWND and ACKED; fails before the peer has acknowledged anything
cwnd_of()
{
	local words

	words=$(tcp_words $1)
	CWND=0 ACKED=0
	[[ $words =~ ' bytes_acked:'([0-9]+) ]] && ACKED=${BASH_REMATCH[1]}
	[[ $words =~ ' cwnd:'([0-9]+) ]] && CWND=${BASH_REMATCH[1]}
	[ $ACKED -gt 0 ]
}

cwnd_above()
{
	cwnd_of $1 && [ $CWND -gt $2 ]
}

# With a flight of bytes under way, on a long path: bak counts all of it as lost,
# its timer has run out a few times, and none of that is the network's doing.
# bak's window is looked at within the first round trip after the peer's answer:
# afterwards others may have been lost.
flight()
{
	local ns before i delay=$((250 * SLOW))ms

	for ns in $PEER $ACT; do
		check "buffers" in_ns $ns sysctl -qw \
			net.ipv4.tcp_rmem="4096 131072 33554432" \
			net.ipv4.tcp_wmem="4096 16384 33554432"
	done
	protect
	server $ACT srv --ulp --rate 0 $1 $PORT
	server $BAK srv2 --ulp $1 $PORT
	client cli --rate 1000 $1 $PORT
	for ns in $ACT $BAK; do
		check "delay" tc -n $ns qdisc add dev lan root netem \
			delay $delay limit 10000
	done
	wait_for "act has a large window" cwnd_above $ACT 150
	before=$CWND
	takeover
	wait_for "the peer answers bak" cwnd_of $BAK
	for i in 1 2 3 4 5; do
		cwnd_above $BAK $((before / 2 - 1)) && break
		nap
	done
	note "$before segments before, $CWND after; $ACKED bytes acknowledged"
	# the first round trip brings but what the kick has sent
	[ $ACKED -le 14480 ] || skip "this machine is too slow to see the" \
		"window that bak began with"
	[ $CWND -ge $((before / 2)) ] ||
		bad "bak's window is $CWND segments, of $before"
	finish_streams cli srv2 1
}

plan 4
run_case "timestamps in microseconds, IPv4" usec_timestamps $VIP4
run_case "timestamps in microseconds, IPv6" usec_timestamps $VIP6
run_case "a flight under way, IPv4" flight $VIP4
run_case "a flight under way, IPv6" flight $VIP6
finish
