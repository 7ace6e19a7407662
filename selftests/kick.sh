#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The kick: a peer whose retransmissions met nobody for seconds, and that would
# wait as long again, goes on when the connection has been promoted.
. "$(dirname "$(readlink -f "$0")")/lib.sh"

# Doublings of the peer's timer at the takeover. The next one is then at least
# 0.2 s * 2^BACKOFF away, which the kick has to beat by half.
readonly BACKOFF=5
readonly NATURAL_MS=$((200 * (1 << BACKOFF)))

peer_backoff()
{
	local text

	text=$(in_ns $PEER ss -tinH "dport = :$PORT")
	[[ $text =~ backoff:([0-9]+) ]] && [ "${BASH_REMATCH[1]}" -ge "$1" ]
}

now_ms()
{
	echo $((${EPOCHREALTIME/./} / 1000))
}

# deafen: act hears nothing more, but the peer hears act until it has every ACK
# that was under way. One that were lost would make the peer go on by itself: the
# first ACK of the new node would acknowledge something new.
deafen()
{
	check "nothing reaches act" \
		tc -n $PEER qdisc add dev act root netem loss 100%
	# longer than an ACK can be delayed
	wait_for "the peer repeats itself" peer_backoff 2
	wait_for "act holds nothing" conn_is $ACT held-segments 0
}

conn_is()
{
	[ "$(conn "$1" "$2")" = "$3" ]
}

# goes_on CLIENT-ARGUMENTS SERVER-ARGUMENTS ADDRESS: the peer sends, perhaps both do
goes_on()
{
	local start took

	protect
	server $ACT srv --ulp $2 $3 $PORT
	server $BAK srv2 --ulp $2 $3 $PORT
	client cli $1 $3 $PORT
	wait_for "the backup has it" replicas_are 1
	flows srv rx 200000
	deafen
	cut_off $ACT
	wait_for "bak has lost act" node_is $BAK state backup-waiting
	wait_for "the peer is in backoff" peer_backoff $BACKOFF
	promote $BAK force
	service add $BAK
	start=$(now_ms)
	flows srv2 rx 10000
	took=$(($(now_ms) - start))
	note "the peer went on after $took ms, its timer had $NATURAL_MS or more"
	[ $took -lt $((NATURAL_MS / 2)) ] || bad "it waited for its own timer"
	counter_above $BAK KickUnreachable 0 || bad "nobody told it"
	finish_streams cli srv2 1
}

no_sack()
{
	in_ns $PEER sysctl -qw net.ipv4.tcp_sack=0
	goes_on "$@"
}

# A peer that has nothing to send is told nothing: its application might see it.
idle()
{
	local pause="--pause 100000:$TMP/go"

	protect
	server $ACT srv --ulp $pause $VIP4 $PORT
	server $BAK srv2 --ulp $pause $VIP4 $PORT
	client cli $pause $VIP4 $PORT
	wait_for "cli waits" progress_is cli rx 100000
	wait_for "srv waits" progress_is srv rx 100000
	wait_for "nothing is under way" nothing_under_way
	launch monitor fttcpctl -n $BAK monitor
	wait_for "the monitor runs" grep -q . "$TMP/monitor.out"
	takeover
	wait_for "the kick is over" grep -q kick-done "$TMP/monitor.out"
	is "KickUnreachable" "$(counter $BAK KickUnreachable)" 0
	: >"$TMP/go"
	flows srv2 rx 100000
	finish_streams cli srv2 1
}

nothing_under_way()
{
	[ "$(conn $ACT unacked)" = 0 ] && [ "$(conn $BAK unacked)" = 0 ] &&
		[ "$(conn $BAK unread)" = 0 ]
}

plan 5
ONE_WAY="-s 0 --shut after-peer"
run_case "the peer sends, IPv4" goes_on "" "$ONE_WAY" $VIP4
run_case "the peer sends, IPv6" goes_on "" "$ONE_WAY" $VIP6
run_case "the peer sends, without SACK" no_sack "" "$ONE_WAY" $VIP4
run_case "both ends send" goes_on "" "" $VIP4
run_case "the peer is idle" idle
finish
