#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A slow backup and full memory: connections wait for the lane, memory stays under its
# limit, and what can not be protected goes on alone.
. "$(dirname "$(readlink -f "$0")")/lib.sh"

# A link of 1 Mbit/s and the smallest queue: senders wait, nothing is lost, and
# what arrives is acknowledged meanwhile. (More than one connection: what a single one
# has under way may stay below the limit.)
lane_queue()
{
	protect heartbeat 2000 heartbeat-misses 30 lane-queue-max 65536 \
		hold-max 300000
	check "slow link" tc -n $ACT qdisc add dev link root netem rate 1mbit
	watch
	server $ACT srv -n 4 --ulp --rate 0 -s 250000 $VIP4 $PORT
	client cli -n 4 --rate 20000 -s 100000 $VIP4 $PORT
	wait_for "the queue is full" counter_above $ACT LaneQueueFull 0
	stays 1 queue_is_bounded || bad "the lane has $(link_word $ACT lane-queued)"
	in_order cli 4
	in_order srv 4
	streams_match cli srv
	is "state of act" "$(node $ACT state)" protected
	seen | grep -q 'ahead=[1-9]' ||
		bad "acknowledgements waited for what was written: $(seen)"
}

# The limit, and one piece of the largest size that was let in under it.
queue_is_bounded()
{
	[ "$(link_word $ACT lane-queued)" -le $((65536 + (1 << 20))) ]
}

# Many wait for room for longer than hold-max, but no record does for its receipt:
# the backup takes what it gets.
lane_is_slow()
{
	check "a short send queue" in_ns $ACT \
		sysctl -qw net.ipv4.tcp_wmem="4096 16384 65536"
	protect heartbeat 2000 heartbeat-misses 30 lane-queue-max 65536 \
		hold-max 4000
	check "slow link" tc -n $ACT qdisc add dev link root netem rate 1mbit
	server $ACT srv -n 40 --ulp --rate 0 -s 35000 $VIP4 $PORT
	client cli -n 40 -s 0 --shut after-peer $VIP4 $PORT
	wait_for "the queue is full" counter_above $ACT LaneQueueFull 0
	in_order cli 40
	in_order srv 40
	is "links that went down" "$(counter $ACT LinkDown)" 0
	is "HoldMaxExpired" "$(counter $ACT HoldMaxExpired)" 0
}

# The program has written all and shut its half, but the lane was full: the backup
# must not learn of the end before it has the bytes, or it would send a FIN in
# their place.
end_waits()
{
	protect heartbeat 2000 heartbeat-misses 30 lane-queue-max 65536 \
		hold-max 300000
	check "slow link" tc -n $ACT qdisc add dev link root netem rate 1mbit
	check "room for all of it" in_ns $ACT \
		sysctl -qw net.ipv4.tcp_wmem="4096 4000000 4000000"
	server $ACT srv --ulp --rate 0 -s 1000000 $VIP4 $PORT
	server $BAK srv2 --ulp --rate 0 -s 1000000 $VIP4 $PORT
	client cli -s 0 --shut after-peer $VIP4 $PORT
	wait_for "act has shut its half" act_has_shut
	wait_for "the queue is full" counter_above $ACT LaneQueueFull 0
	wait_for "bak has a part" bak_has 300000
	is "act's state" "$(conn $ACT tcp-state)" fin-wait-1
	takeover
	! bak_has 1000000 || bad "bak had all: nothing was tested"
	in_order cli 1
	is "bytes of the client" "$(value "$(summary cli)" rx)" 1000000
	in_order srv2 1
}

act_has_shut()
{
	[ "$(conn $ACT tcp-state)" = fin-wait-1 ]
}

bak_has()
{
	local n

	n=$(conn $BAK tx-bytes)
	[ "${n:-0}" -ge $1 ]
}

# In async mode the peer is fast and the lane is not.
lane_queue_async()
{
	protect heartbeat 2000 heartbeat-misses 30 lane-queue-max 65536 \
		hold-max 300000 mode async
	check "slow link" tc -n $ACT qdisc add dev link root netem rate 4mbit
	server $ACT srv --ulp --rate 0 -s 1500000 $VIP4 $PORT
	client cli --rate 0 -s 1500000 $VIP4 $PORT
	stays 1 queue_is_bounded || bad "the lane has $(link_word $ACT lane-queued)"
	in_order cli 1
	in_order srv 1
	streams_match cli srv
}

# The backup may keep one megabyte; the application on act reads nothing.
memory_of_backup()
{
	protect hold-max 2000
	check "limit" ctl $BAK node set memory-max 1048576
	server $ACT srv -n 10 --ulp -s 100000 --rx-rate 5000 --rcvbuf 400000 \
		$VIP4 $PORT
	client cli -n 10 --rate 0 --shut after-peer -s 100000000 $VIP4 $PORT
	wait_for "memory-max is reached" counter_above $BAK MemoryLimit 0
	[ "$(node $BAK memory-used)" -le 1048576 ] ||
		bad "bak uses $(node $BAK memory-used) bytes"
	wait_for "act goes on alone" node_is $ACT state solo
	wait_for "bytes flow" progress_is cli rx 100000
	alive cli || bad "the client has ended: $(summary cli)"
	alive srv || bad "the server has ended: $(summary srv)"
}

# What is left of a connection that ended while no link was up must not keep out
# what has begun meanwhile.
memory_of_old_copies()
{
	local limit

	protect on-backup-loss solo hold-max 300
	slow_reader srv
	client one -n 8 --rate 0 $VIP4 $PORT
	wait_for "bak has its bytes" unread_at_least $BAK 2000000
	check "the link ends" ctl $ACT link del id 1
	wait_for "act goes on alone" node_is $ACT state solo
	kill -KILL "$(pid_of srv)"
	wait_for "act has none" conns_are $ACT 0
	slow_reader next
	client two -n 6 --rate 0 $VIP4 $PORT
	wait_for "act has the bytes of the next" unread_at_least $ACT 1500000
	# (not even for the first words is there room)
	limit=$(($(node $BAK memory-used) - 1000))
	check "less" ctl $BAK node set memory-max $limit
	link_up $ACT $BAK
	wait_for "act is protected" node_is $ACT state protected
	is "replicas" "$(node $BAK replicas)" 6
}

slow_reader()
{
	server $ACT $1 --ulp -n 20 -s 0 --shut after-peer --rx-rate 1000 \
		--rcvbuf 400000 $VIP4 $PORT
}

# unread_at_least NS BYTES: of all connections
unread_at_least()
{
	[ "$(ctl $1 conn show detail | grep -o 'unread [0-9]*' |
		awk '{ n += $2 } END { print n + 0 }')" -ge $2 ]
}

conns_are()
{
	[ "$(node $1 conns)" = "$2" ]
}

# The active may keep one megabyte, its link is frozen and it runs ahead.
memory_of_active()
{
	protect heartbeat 10000 heartbeat-misses 50 hold-max 2000 \
		mode async lane-queue-max 1000000000
	check "limit" ctl $ACT node set memory-max 1048576
	server $ACT srv --ulp $VIP4 $PORT
	client cli $VIP4 $PORT
	wait_for "bak has it" replicas_are 1
	freeze_link
	wait_for "memory-max is reached" counter_above $ACT MemoryLimit 0
	[ "$(node $ACT memory-used)" -le $((1048576 * 2)) ] ||
		bad "act uses $(node $ACT memory-used) bytes"
	flows cli rx 200000
	flows srv rx 200000
	finish_streams cli srv 1
}

# What was used is given back.
memory_returned()
{
	protect
	server $ACT srv -n 10 --ulp --rcvbuf 1000000 -s 200000 $VIP4 $PORT
	client cli -n 10 -s 200000 --pause 100000:$TMP/go $VIP4 $PORT
	wait_for "bak has them" replicas_are 10
	counter_above $BAK CurrMemory 0 || bad "bak never used memory"
	: >"$TMP/go"
	in_order cli 10
	in_order srv 10
	wait_for "act's memory is free" counter_is $ACT CurrMemory 0
	wait_for "bak's memory is free" counter_is $BAK CurrMemory 0
	wait_for "no segment is held" counter_is $ACT CurrHeldSegments 0
}

counter_is()
{
	[ "$(counter $1 $2)" = $3 ]
}

plan 8
run_case "lane queue, sync" lane_queue
run_case "lane queue, for longer than hold-max" lane_is_slow
run_case "lane queue, the end of a stream" end_waits
run_case "lane queue, async" lane_queue_async
run_case "memory-max of the backup" memory_of_backup
run_case "memory-max of the backup, and copies of before" memory_of_old_copies
run_case "memory-max of the active" memory_of_active
run_case "memory is given back" memory_returned
finish
