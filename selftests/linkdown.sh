#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The link goes down at once, with the reason named, on both ends, and the streams
# go on: each reason in turn.
. "$(dirname "$(readlink -f "$0")")/lib.sh"

# The link runs through ftproxy in bak, which can be stopped, killed, or made to
# inject garbage.
link_by_proxy()
{
	launch proxy nsenter --net="/run/netns/$BAK" ftproxy 10.9.0.2 7001 \
		10.9.0.1 $LINK_PORT
	launch link-l fttcpctl -n $ACT link add id 1 listen \
		10.9.0.1:$LINK_PORT dev link timeout $LIMIT
	wait_for "act listens" listening $ACT $LINK_PORT
	wait_for "the proxy listens" listening $BAK 7001
	launch link-c fttcpctl -n $BAK link add id 1 connect \
		10.9.0.2:7001 timeout $LIMIT
	ended link-l || die "link, act: $(cat "$TMP/link-l.err")"
	ended link-c || die "link, bak: $(cat "$TMP/link-c.err")"
	wait_for "act is protected" node_is $ACT state protected
	wait_for "bak is ready" node_is $BAK state backup-ready
}

listening()
{
	[ -n "$(in_ns $1 ss -tlnH "sport = :$2")" ]
}

# begin [SETTING...]: streams over a link through the proxy. hold-max is longer than
# what a case waits for, or it would be the reason.
begin()
{
	roles hold-max 4000 "$@"
	link_by_proxy
	streams
}

streams()
{
	server $ACT srv -n 2 --ulp $VIP4 $PORT
	client cli -n 2 $VIP4 $PORT
	wait_for "bak has them" replicas_are 2
	flows cli rx 100000
	flows srv rx 100000
}

# down NS REASON COUNTER
down()
{
	wait_for "the link of $1 is down" link_is_down $1
	is "reason of $1" "$(node $1 down-reason)" "$2"
	counter_above $1 "$3" 0 || bad "$3 of $1 is 0"
}

# A link that is down may be gone from the list, too.
link_is_down()
{
	local text

	text=$(ctl $1 link show)
	[ -z "$text" ] || [ "$(field "$text" state)" = down ]
}

# The connections are worth more than their copy.
go_on()
{
	wait_for "act is alone" node_is $ACT state solo
	flows cli rx 150000
	flows srv rx 150000
	finish_streams cli srv 2
}

carrier()
{
	protect hold-max 3000
	streams
	ip -n $BAK link set dev link down
	down $ACT carrier LinkDownCarrier
	down $BAK carrier LinkDownCarrier
	go_on
}

eof()
{
	begin
	kill -KILL "$(pid_of proxy)"
	wait_for "act's link is down" link_is_down $ACT
	wait_for "bak's link is down" link_is_down $BAK
	matches "reason of act" "$(node $ACT down-reason)" 'eof|recv-error'
	matches "reason of bak" "$(node $BAK down-reason)" 'eof|recv-error'
	go_on
}

# Both TCP connections stay, but nothing comes any more.
heartbeat()
{
	begin heartbeat 200 heartbeat-misses 5
	kill -STOP "$(pid_of proxy)"
	down $ACT heartbeat LinkDownHeartbeat
	down $BAK heartbeat LinkDownHeartbeat
	counter_above $BAK HeartbeatMissed 4 || bad "fewer beats missed"
	go_on
}

# decode NODE SIGNAL: garbage towards NODE, the name of a variable, since each case
# has namespaces of its own
decode()
{
	local ns=${!1}

	begin
	kill -$2 "$(pid_of proxy)"
	down $ns decode LinkDownDecode
	counter_above $ns DecodeError 0 || bad "DecodeError is 0"
	go_on
}

# Bytes that are no HELLO.
no_hello()
{
	roles
	launch link-l fttcpctl -n $ACT link add id 1 listen \
		10.9.0.1:$LINK_PORT timeout $LIMIT
	wait_for "act listens" listening $ACT $LINK_PORT
	launch talk nsenter --net="/run/netns/$BAK" bash -c \
		"exec 3<>/dev/tcp/10.9.0.1/$LINK_PORT
		 head -c 4096 /dev/zero >&3; cat <&3 >/dev/null"
	wait_for "the link of act came and went" came_and_went $ACT
	down $ACT decode LinkDownDecode
	is "state of act" "$(node $ACT state)" solo
	ended talk
}

# A stranger that says nothing.
silence()
{
	roles
	launch link-l fttcpctl -n $ACT link add id 1 listen \
		10.9.0.1:$LINK_PORT timeout $LIMIT
	wait_for "act listens" listening $ACT $LINK_PORT
	launch talk nsenter --net="/run/netns/$BAK" bash -c \
		"exec 3<>/dev/tcp/10.9.0.1/$LINK_PORT; cat <&3 >/dev/null"
	wait_for "act gives up" ended_quietly talk
	wait_for "the link of act is down" link_is_down $ACT
	is "state of act" "$(node $ACT state)" solo
}

ended_quietly()
{
	! alive "$1"
}

operator()
{
	begin
	check "link del" ctl $ACT link del id 1
	wait_for "bak's link is down" link_is_down $BAK
	is "links of act" "$(node $ACT links)" 0
	is "reason of act" "$(node $ACT down-reason)" operator
	counter_above $ACT LinkDownOperator 0 || bad "LinkDownOperator is 0"
	go_on
}

# A node without a role takes no link, which its peer sees as an end.
no_role()
{
	check "role" ctl $ACT node set id 1 role active
	check "id" ctl $BAK node set id 2
	link_begin $ACT $BAK
	ended link-c && bad "a node without a role took a link"
	matches "refusal" "$(cat "$TMP/link-c.err")" 'set the role'
	wait_for "the link of act is down" down_or_late
	is "state of act" "$(node $ACT state)" solo
}

# The other side may be gone before the socket gets to the kernel.
down_or_late()
{
	came_and_went $ACT || grep -q "not connected" "$TMP/link-l.err"
}

# Two that both believe to be the active.
two_actives()
{
	check "role" ctl $ACT node set id 1 role active
	check "role" ctl $BAK node set id 2 role active
	link_begin $ACT $BAK
	wait_for "the link of act is down" came_and_went $ACT
	is "reason" "$(node $ACT down-reason)" role
	counter_above $ACT LinkDownRole 0 || bad "LinkDownRole is 0"
	is "state of act" "$(node $ACT state)" solo
}

came_and_went()
{
	counter_above $1 LinkDown 0
}

same_id()
{
	check "role" ctl $ACT node set id 7 role active
	check "role" ctl $BAK node set id 7 role backup
	link_begin $ACT $BAK
	wait_for "the link of act is down" came_and_went $ACT
	is "state of act" "$(node $ACT state)" solo
}

# An old active comes back while bak is the new one: it learns of the larger
# epoch, is silent, and its connections end when it becomes backup.
stale_epoch()
{
	protect
	server $ACT srv -n 2 --ulp $VIP4 $PORT
	server $BAK srv2 -n 2 --ulp $VIP4 $PORT
	client cli -n 2 $VIP4 $PORT
	wait_for "bak has them" replicas_are 2
	flows cli rx 100000
	takeover
	flows cli rx 100000
	service del $ACT
	printf 'link set dev %s up\n' link lan | ip -n $ACT -batch -
	ctl $ACT link del id 1 2>/dev/null
	link_begin $BAK $ACT
	wait_for "act is fenced" node_is $ACT state fenced
	counter_above $BAK EpochRefused 0 || counter_above $ACT EpochRefused 0 ||
		bad "EpochRefused is 0"
	is "role of bak" "$(node $BAK role)" active
	flows cli rx 100000
	check "act becomes backup" ctl $ACT node set role backup
	ended srv
	is "connections aborted on act" "$(value "$(summary srv)" aborts)" 2
	flows cli rx 100000
	finish_streams cli srv2 2
}

# A backup that was booted, and was told what its disk remembers: an active that
# stood still while another one was active is refused, and silent.
booted_backup()
{
	protect on-backup-loss hold
	check "bak is booted" ctl $BAK node set role none
	ctl $ACT link del id 1
	ctl $BAK link del id 1
	check "bak" ctl $BAK node set role backup epoch 2
	is "epoch seen by bak" "$(node $BAK epoch-seen)" 2
	link_begin $ACT $BAK
	wait_for "act is fenced" node_is $ACT state fenced
	is "state of bak" "$(node $BAK state)" backup-waiting
	check "bak, a smaller one" ctl $BAK node set role backup epoch 1
	is "epoch seen by bak" "$(node $BAK epoch-seen)" 2
	refused 2 "without a role" ctl $BAK node set role none epoch 3
}

second_link()
{
	protect
	launch link-l fttcpctl -n $ACT link add id 1 listen 10.9.0.1:7002 \
		timeout $LIMIT
	launch link-c fttcpctl -n $BAK link add id 1 connect 10.9.0.1:7002 \
		timeout $LIMIT
	ended link-l && bad "a second link with the same id was taken"
	matches "refusal" "$(cat "$TMP/link-l.err")" '[a-z]'
	is "state of act" "$(node $ACT state)" protected
}

# A link that is slower than the lease is long: every record is acknowledged well
# within hold-max, and no segment may ever leave.
slow_for_lease()
{
	local delay

	protect heartbeat 500 heartbeat-misses 3 hold-max 4000
	# in steps, or the first one would look like silence
	for delay in 300 600 850; do
		egress_delay $ACT ${delay}ms
		egress_delay $BAK ${delay}ms
		stays 0 true
	done
	# so few bytes that every record leaves at once
	server $ACT srv --rate 8000 --ulp $VIP4 $PORT
	client cli --rate 8000 $VIP4 $PORT
	wait_for "the link is given up" node_is $ACT state solo
	is "why" "$(node $ACT down-reason)" hold-max
	flows cli rx 8000
	finish_streams cli srv 1
}

egress_delay()
{
	check "slow" tc -n $1 qdisc replace dev link root netem delay $2
}

# How a backup lost its active decides whether it may take over: attempts to link
# that come to nothing do not change it.
keeps_reason()
{
	protect hold-max 3000
	ip -n $BAK link set dev link down
	wait_for "bak has lost act" node_is $BAK state backup-waiting
	is "reason of bak" "$(node $BAK down-reason)" carrier
	check "carrier" ip -n $BAK link set dev link up
	check "the old link" ctl $BAK link del id 1
	is "reason, without the link" "$(node $BAK down-reason)" carrier
	launch link-l fttcpctl -n $BAK link add id 1 listen \
		10.9.0.2:$LINK_PORT timeout $LIMIT
	wait_for "bak listens" listening $BAK $LINK_PORT
	launch talk nsenter --net="/run/netns/$ACT" bash -c \
		"exec 3<>/dev/tcp/10.9.0.2/$LINK_PORT
		 head -c 4096 /dev/zero >&3; cat <&3 >/dev/null"
	wait_for "it came to nothing" counter_above $BAK LinkDownDecode 0
	wait_for "it has ended" link_is_down $BAK
	ended talk
	is "reason, after an attempt" "$(node $BAK down-reason)" carrier
	check "that one, too" ctl $BAK link del id 1
	is "reason, without it" "$(node $BAK down-reason)" carrier
	is "state of bak" "$(node $BAK state)" backup-waiting
	check "the role again" ctl $BAK node set role backup
	is "reason, for another daemon" "$(node $BAK down-reason)" carrier
}

plan 16
run_case "carrier" carrier
run_case "end of file" eof
run_case "heartbeats missed" heartbeat
run_case "a record that does not decode, at the backup" decode BAK USR2
run_case "a record that does not decode, at the active" decode ACT USR1
run_case "something else than HELLO" no_hello
run_case "a peer that says nothing" silence
run_case "a link that is slower than the lease is long" slow_for_lease
run_case "an attempt to link keeps the reason" keeps_reason
run_case "the operator" operator
run_case "two actives" two_actives
run_case "a peer without role" no_role
run_case "the same id twice" same_id
run_case "a stale epoch" stale_epoch
run_case "a backup that was booted remembers" booted_backup
run_case "a link id that is in use" second_link
finish
