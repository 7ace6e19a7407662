#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The events of the module itself: each is brought about, with the text of the
# catalogue.
. "$(dirname "$(readlink -f "$0")")/lib.sh"
# shellcheck source=telling.sh
. "$(dirname "$(readlink -f "$0")")/telling.sh"

# A link, a policy, a connection: they come, and go.
life()
{
	protect
	tells $ACT 201 "node state changed(: operator)?"
	tells $ACT 202 "node role changed"
	check "setting" ctl $ACT node set audit-interval 1h
	tells $ACT 203 "node settings changed"
	tells $ACT 204 "link added"
	tells $ACT 205 "link up"
	tells $ACT 209 "transfer of existing connections began"
	tells $ACT 210 "backup has every connection"
	tells $BAK 210 "backup has every connection"
	check "policy" ctl $ACT policy add local-port $PORT
	tells $ACT 238 "policy added"
	server $ACT srv $VIP4 $PORT
	client cli $VIP4 $PORT
	wait_for "the backup has it" replicas_are 1
	tells $ACT 225 "connection attached"
	tells $ACT 226 "connection state changed"
	tells $BAK 230 "replica added"
	check "policy" ctl $ACT policy del all
	tells $ACT 239 "policy removed"
	check "detach" ctl $ACT conn detach all
	tells $ACT 227 "connection detached"
	tells $BAK 231 "replica removed"
	check "link del" ctl $ACT link del id 1
	tells $ACT 206 "link down: operator"
	tells $ACT 207 "link removed"
}

loss()
{
	protect hold-max 500 on-backup-loss solo
	ip -n $BAK link set dev link down
	tells $ACT 211 "backup lost, output waits: carrier"
	tells $ACT 212 "no backup within hold-max: carrier"
	tells $ACT 213 "going on without backup.*"
	tells $ACT 206 "link down: carrier \(error -100\)"
}

no_fit()
{
	check "role" ctl $ACT node set id 1 role active
	check "role" ctl $BAK node set id 1 role backup
	link_begin $ACT $BAK
	tells $ACT 208 "the other node has the same id"
}

begin()
{
	protect "$@"
	server $ACT srv -n 2 --ulp $VIP4 $PORT
	client cli -n 2 $VIP4 $PORT
	wait_for "the backup has them" replicas_are 2
	flows cli rx 50000
}

planned()
{
	begin
	server $BAK srv2 -n 2 --ulp $VIP4 $PORT
	handover $ACT $BAK
	tells $ACT 218 "handover began"
	tells $ACT 219 "handover ended"
	tells $BAK 217 "active has handed over"
	tells $BAK 220 "promotion began"
	tells $BAK 221 "promoted"
	tells $BAK 234 "promoted connection given to a listener"
	tells $BAK 223 "every peer has answered after the takeover"
}

# One connection cannot be promoted, and the peer cannot be reached.
takeover_fails()
{
	need_faults
	begin
	cut_off $ACT
	wait_for "bak has lost act" node_is $BAK state backup-waiting
	arm promote-conn@2:1:fail
	check "promote" ctl $BAK promote kernel force
	tells $BAK 222 "promotion failed \(error -12\)"
	tells $BAK 224 "a peer does not answer after the takeover"
}

# The backup takes over while the active lives, and the two meet.
two_meet()
{
	begin heartbeat 100 heartbeat-misses 5 on-backup-loss hold
	ip -n $ACT link set dev link down
	wait_for "bak has lost act" node_is $BAK state backup-waiting
	promote $BAK force
	ip -n $ACT link set dev link up
	ctl $ACT link del id 1
	ctl $BAK link del id 1
	link_begin $BAK $ACT
	tells $ACT 215 "larger epoch met, protected connections muted(: epoch)?"
	tells $BAK 216 "smaller epoch refused"
}

# A lease of a second on a link that is taken for silent after five.
lease_ends()
{
	roles heartbeat 1000 heartbeat-misses 20
	check "lease" ctl $BAK node set heartbeat 200 heartbeat-misses 5
	link_up $ACT $BAK
	wait_for "act is protected" node_is $ACT state protected
	freeze_link
	wait_for "the lease has run out" lease_is_over
	thaw_link
	tells $ACT 214 "lease had run out; it is renewed"
}

lease_is_over()
{
	[[ $(node $ACT lease) =~ ^(expired|0ms)$ ]]
}

refused_by_policy()
{
	ip -n $ACT addr add fe80::5/64 dev lan nodad
	ip -n $PEER addr add fe80::6/64 dev lan nodad
	server $ACT srv :: $PORT
	check "policy" ctl $ACT policy add local-port $PORT
	client cli fe80::5%lan $PORT
	tells $ACT 228 "a link-local address belongs to one machine; use another one"
}

no_replica()
{
	need_faults
	protect
	arm replica-refuse@2:1:corrupt
	server $ACT srv --ulp $VIP4 $PORT
	client cli $VIP4 $PORT
	tells $BAK 232 "record could not be applied to replica \(error -19\)"
	tells $ACT 229 "connection lost its protection: nack"
}

standby()
{
	protect
	server $BAK srv2 --ulp --standby $VIP4 $PORT
	server $ACT srv --ulp $VIP4 $PORT
	client cli $VIP4 $PORT
	tells $BAK 233 "replica given to a standby listener"
}

no_room()
{
	protect
	server $ACT srv -n 6 --ulp $VIP4 $PORT
	client cli -n 6 $VIP4 $PORT
	wait_for "the backup has them" replicas_are 6
	server $BAK srv2 -n 6 --ulp --backlog 1 $VIP4 $PORT
	kill -STOP "$(pid_of srv2)"
	takeover
	tells $BAK 235 "accept queue of listener is full"
}

slow_link()
{
	protect heartbeat 2000 heartbeat-misses 30 lane-queue-max 65536 \
		hold-max 300000
	check "slow link" tc -n $ACT qdisc add dev link root netem rate 1mbit
	server $ACT srv -n 4 --ulp --rate 0 $VIP4 $PORT
	client cli -n 4 --rate 20000 $VIP4 $PORT
	tells $ACT 236 "lane queue is full"
}

# The backup may keep one megabyte; the application on act reads nothing.
full_memory()
{
	protect hold-max 2000
	check "limit" ctl $BAK node set memory-max 1048576
	server $ACT srv -n 10 --ulp -s 100000 --rx-rate 5000 --rcvbuf 400000 \
		$VIP4 $PORT
	client cli -n 10 --rate 0 --shut after-peer -s 100000000 $VIP4 $PORT
	tells $BAK 237 "memory limit reached"
	: >"$TMP/may-miss"
}

# Who listens is told that some were left out, and how many.
too_many()
{
	launch mon fttcpctl -n $ACT -j monitor
	wait_for "the monitor runs" grep -q '"sync"' "$TMP/mon.out"
	server $ACT srv -n 120 --ulp $VIP4 $PORT
	client cli -n 120 --rate 1000 $VIP4 $PORT
	wait_for "all are attached" node_is $ACT conns 120
	# all at once, however slowly they came
	check "detach" ctl $ACT conn detach all
	tells $ACT 240 "[0-9]+ events were lost, dump again"
}

audits()
{
	need_faults
	protect audit-interval 0
	# STATE comes since bytes are read; none are sent
	server $ACT srv --ulp --pause 1:$TMP/go $VIP4 $PORT
	client cli --rate 20000 $VIP4 $PORT
	wait_for "bak has it" replicas_are 1
	flows srv rx 5000
	arm "replica-seq@2:2:corrupt"
	wait_for "the fault" struck replica-seq
	ctl $ACT audit >/dev/null
	tells $ACT 241 "audit [0-9]+: [0-9]+ connections, [0-9]+ bytes, [0-9]+ differ, [0-9]+ skipped, [0-9]+ stale, [0-9]+ ms"
	tells $ACT 242 "the replica is not what it should be: .*sequence numbers.*"
	tells $BAK 242 "the replica is not what it should be: .*sequence numbers.*"
	arm "replica-keep@2:1:corrupt"
	server $ACT other --ulp -s 30000 $VIP4 5001
	client cli-other -s 30000 $VIP4 5001
	in_order cli-other 1
	wait_for "the fault" struck replica-keep
	ctl $ACT audit >/dev/null
	tells $BAK 243 "the replica is not what it should be: not named by the active"
}

# As in splitbrain.sh: bak has no turn until act has gone on alone.
no_turn()
{
	need_faults
	begin heartbeat 200 heartbeat-misses 10 hold-max 1000 \
		on-backup-loss solo
	arm lane-ack@2:1:freeze
	wait_for "bak stands still" struck lane-ack
	freeze_link
	wait_for "act has given it up" node_is $ACT state solo
	stays 2 node_is $ACT state solo
	thaw_link
	clear_faults
	tells $BAK 244 "stood still for so long that the active may have gone on alone"
}

plan 16
run_case "a link, a policy, a connection" life
run_case "the backup is lost" loss
run_case "two nodes that do not fit" no_fit
run_case "a handover" planned
run_case "a takeover that fails in part" takeover_fails
run_case "two actives meet" two_meet
run_case "a lease runs out" lease_ends
run_case "a policy meets what can not be protected" refused_by_policy
run_case "a replica that can not be made" no_replica
run_case "a standby program" standby
run_case "an accept queue without room" no_room
run_case "a link that is too slow" slow_link
run_case "memory that is used up" full_memory
run_case "more events than are told" too_many
run_case "audits" audits
run_case "a backup that stood still" no_turn
finish
