#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Output commit, as the wire shows it: while the link to the backup is frozen no
# segment carries or acknowledges a byte that the backup does not hold. The same in
# async mode shows that this test would see it.
. "$(dirname "$(readlink -f "$0")")/lib.sh"

# What the backup holds, once nothing arrives there any more.
backup_stands_still()
{
	local now

	now="$(conn $BAK tx-seq) $(conn $BAK rx-seq)"

	[ "$now" = "$BACKUP_HAS" ] && return
	BACKUP_HAS=$now
	return 1
}

# freeze, and $HELD_TX, $HELD_RX are what the backup has
freeze()
{
	BACKUP_HAS=''
	freeze_link
	wait_for "the backup gets nothing" backup_stands_still
	read -r HELD_TX HELD_RX <<<"$BACKUP_HAS"
}

# data_is ahead|covered, ack_is ahead|covered: on the wire, against the backup
data_is()
{
	local end

	WIRE="$(seen) and the backup has tx $HELD_TX rx $HELD_RX"
	end=$(value "$WIRE" end) || die "nothing was captured"
	case $1 in
	covered) seq_covers $HELD_TX $end ;;
	ahead) ! seq_covers $HELD_TX $end ;;
	esac
}

ack_is()
{
	local ack

	WIRE="$(seen) and the backup has tx $HELD_TX rx $HELD_RX"
	ack=$(value "$WIRE" ack) || die "nothing was captured"
	case $1 in
	covered) seq_covers $HELD_RX $ack ;;
	ahead) ! seq_covers $HELD_RX $ack ;;
	esac
}

begin()
{
	protect heartbeat 10000 heartbeat-misses 20 on-backup-loss hold \
		hold-max 300000 mode "$1"
	watch
	server $ACT srv --ulp $2 $PORT
	client cli $3 $2 $PORT
	wait_for "the backup has it" replicas_are 1
	flows cli rx 100000
}

waits()
{
	[ "$(conn $ACT held-segments)" -gt 0 ]
}

# sync ADDRESS CLIENT-ARGUMENTS: at two different places
sync()
{
	local i

	begin sync "$1" "$2"
	for i in 1 2; do
		freeze
		wait_for "segments wait" waits
		# time for a retransmission
		stays 0 true
		data_is covered || bad "data ran ahead, round $i: $WIRE"
		ack_is covered || bad "an ACK ran ahead, round $i: $WIRE"
		thaw_link
		flows cli rx $((i * 30000))
		flows srv rx $((i * 30000))
	done
	finish_streams cli srv 1
}

async()
{
	begin async $VIP4 ""
	freeze
	flows cli rx 100000
	flows srv rx 100000
	data_is ahead || bad "data waited in async mode"
	ack_is ahead || bad "ACKs waited in async mode"
	thaw_link
	finish_streams cli srv 1
}

# With nothing new to acknowledge, data goes on.
rx_only_data()
{
	begin rx-only $VIP4 "-s 0 --shut after-peer"
	freeze
	flows cli rx 100000
	thaw_link
	finish_streams cli srv 1
}

# A segment that would acknowledge new bytes waits, whatever it carries.
rx_only_acks()
{
	begin rx-only $VIP4 ""
	freeze
	wait_for "segments wait" waits
	stays 0 true
	ack_is covered || bad "an ACK ran ahead: $WIRE"
	thaw_link
	flows cli rx 30000
	flows srv rx 30000
	finish_streams cli srv 1
}

# With losses there are retransmissions, duplicate and selective ACKs.
lossy()
{
	tc -n $PEER qdisc add dev lan root netem loss 3% || skip "no netem"
	tc -n $ACT qdisc add dev lan root netem loss 3% || skip "no netem"
	sync $VIP4 ""
}

# The lane dies between the making of a record and its queue: what is in none may
# not leave, or the peer has what no node can go on from. Nothing else waits: the
# backup has all that was before.
dies_between()
{
	need_faults
	protect heartbeat 10000 heartbeat-misses 20 on-backup-loss hold \
		hold-max 300000
	watch
	server $ACT srv --ulp --pause "20000:$TMP/go" $VIP4 $PORT
	server $BAK srv2 --ulp $VIP4 $PORT
	client cli -s 0 --shut after-peer $VIP4 $PORT
	wait_for "the client has what was sent" progress_is cli rx 20000
	wait_for "the backup has the rest" all_acknowledged
	arm lane-dies@1
	: >"$TMP/go"
	wait_for "the link dies" struck lane-dies
	wait_for "act holds" node_is $ACT state holding
	wait_for "bak has lost act" node_is $BAK state backup-waiting
	stays 0 true
	read -r HELD_TX HELD_RX <<<"$(conn $BAK tx-seq) $(conn $BAK rx-seq)"
	data_is covered || bad "data ran ahead: $WIRE"
	takeover
	flows cli rx 100000
	finish_streams cli srv2 1
}

# The peer acknowledges bytes that it never got, for they find no room in the lane:
# they are gone, and its connection is sent again. Nobody else notices.
guessed()
{
	need_faults
	protect on-backup-loss hold heartbeat 2000 heartbeat-misses 30 \
		lane-queue-max 65536
	server $ACT srv --rate 50000 --pause "0:$TMP/go" --ulp $VIP4 $PORT
	server $ACT many -n 4 --rate 0 -s 100000 --ulp $VIP4 5001
	server $BAK srv2 --rate 50000 --ulp $VIP4 $PORT
	launch guess nsenter --net="/run/netns/$PEER" \
		ftguess lan 10.0.0.66 $VIP4 $PORT 1000
	wait_for "it is connected" grep -q open "$TMP/guess.out"
	wait_for "the backup has it" replicas_are 1
	arm lane-send@1:1:freeze
	client fill -n 4 -s 0 --shut after-peer $VIP4 5001
	wait_for "the lane is full" counter_above $ACT LaneQueueFull 0
	: >"$TMP/go"
	wait_for "its bytes wait" of_port bytes_sent:[1-9]
	kill -USR1 "$(pid_of guess)"
	wait_for "it guesses" grep -qx guessed.got=0 "$TMP/guess.out"
	wait_for "act believes it" of_port bytes_acked:1000
	stays 0 node_is $ACT state protected || bad "act is not protected"
	clear_faults
	in_order fill 4
	wait_for "it gets what follows" guess_got 20000
	is "LinkDown of act" "$(counter $ACT LinkDown)" 0
	is "LinkDown of bak" "$(counter $BAK LinkDown)" 0
	takeover
	wait_for "it goes on" guess_got 60000
	is "wrong segments" "$(value "$(summary guess)" bad)" 0
}

# of_port REGEX: what ss knows of the connection on act
of_port()
{
	[[ $(in_ns $ACT ss -tinOH "sport = :$PORT") =~ $1 ]]
}

# guess_got BYTES: with those that it guessed
guess_got()
{
	kill -USR2 "$(pid_of guess)"
	nap
	[[ $(summary guess) =~ ^got=([0-9]+) ]] && ((BASH_REMATCH[1] >= $1))
}

all_acknowledged()
{
	[ "$(conn $ACT unacked)" = 0 ] && [ "$(conn $BAK unacked)" = 0 ]
}

plan 9
run_case "sync, IPv4" sync $VIP4 ""
run_case "sync, IPv6" sync $VIP6 ""
run_case "sync, with losses on the way to the peer" lossy
run_case "sync, one byte at a time" sync $VIP4 "--nodelay --chunk 100 --rate 100000"
run_case "sync, the link dies as a record is made" dies_between
run_case "sync, the peer acknowledges what it never got" guessed
run_case "async runs ahead" async
run_case "rx-only: data runs ahead" rx_only_data
run_case "rx-only: acknowledgements do not" rx_only_acks
finish
