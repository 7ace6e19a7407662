#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Without a backup: the hold is bounded, then the active goes on alone, or waits for
# an operator; and a backup that returns protects again.
. "$(dirname "$(readlink -f "$0")")/lib.sh"

# begin SETTING...: streams flow, bak has them
begin()
{
	protect "$@"
	server $ACT srv -n 2 --ulp $VIP4 $PORT
	server $BAK srv2 -n 2 --ulp $VIP4 $PORT
	client cli -n 2 $VIP4 $PORT
	wait_for "bak has them" replicas_are 2
	flows cli rx 100000
	flows srv rx 100000
}

lose_backup()
{
	ip -n $BAK link set dev link down
}

# The hold ends by time.
hold_max()
{
	begin hold-max 1500 on-backup-loss solo
	lose_backup
	wait_for "act holds" node_is $ACT state holding
	wait_for "act is alone" node_is $ACT state solo
	is "SoloEntered" "$(counter $ACT SoloEntered)" 1
	flows cli rx 150000
	flows srv rx 150000
	finish_streams cli srv 2
}

# It does not end by time; nothing moves until the operator says so.
hold_until_told()
{
	begin hold-max 2000 on-backup-loss hold
	lose_backup
	wait_for "act holds" node_is $ACT state holding
	wait_for "bytes under way arrive" stands_still
	stays 3 at_most "$STILL" || bad "something left act while it held"
	is "state" "$(node $ACT state)" holding
	is "SoloEntered" "$(counter $ACT SoloEntered)" 0
	check "solo" ctl $ACT solo
	is "state" "$(node $ACT state)" solo
	flows cli rx 150000
	flows srv rx 150000
	finish_streams cli srv 2
}

# What waits for a backup was not sent: no program's patience with its peer runs out
# meanwhile, neither for bytes, nor for keepalives, nor for probes of a closed window.
impatient()
{
	protect hold-max 2000 on-backup-loss hold
	server $ACT srv -n 2 --user-timeout 2000 --ulp $VIP4 $PORT
	client cli -n 2 $VIP4 $PORT
	server $ACT idle --keepalive 1 --user-timeout 2000 \
		--pause 1:$TMP/go --ulp $VIP4 5001
	client cli-idle --pause 1:$TMP/go $VIP4 5001
	wait_for "bak has them" replicas_are 3
	flows cli rx 100000
	wait_for "it has begun" progress_is cli-idle rx 1
	lose_backup
	wait_for "act holds" node_is $ACT state holding
	stays 7 node_is $ACT conns 3 || bad "a connection has ended"
	check "solo" ctl $ACT solo
	: >"$TMP/go"
	flows cli rx 150000
	flows cli-idle rx 150000
	finish_streams cli srv 2
	finish_streams cli-idle idle 1
}

# Two looks half a second apart see the same.
stands_still()
{
	STILL=$(progress cli rx)
	stays 0 at_most "$STILL"
}

at_most()
{
	[ "$(progress cli rx)" -le "$1" ]
}

# flap: the backup comes back, receives all, and fails at the end of it
flap()
{
	arm take-sync-end@2:1:fail
	ip -n $BAK link set dev link up
	ctl $ACT link del id 1
	ctl $BAK link del id 1
	link_up $ACT $BAK
	wait_for "bak fails" struck take-sync-end
	wait_for "act's link is down" link_is_down
	clear_faults
}

link_is_down()
{
	[ "$(link_word $ACT state)" = down ]
}

# A backup that comes and goes does not make the hold begin again each time.
flapping()
{
	local end

	need_faults
	begin hold-max 6000 on-backup-loss solo
	lose_backup
	wait_for "act holds" node_is $ACT state holding
	end=$((SECONDS + LIMIT))
	until counter_above $ACT SoloEntered 0; do
		[ $SECONDS -lt $end ] || die "act holds for ever"
		flap
	done
	counter_above $ACT HoldMaxExpired 0 || bad "alone without its time"
	wait_for "act is alone" node_is $ACT state solo
	flows cli rx 150000
	flows srv rx 150000
	finish_streams cli srv 2
}

# What is said about a lost backup is heard during a hold, too.
told_later()
{
	begin hold-max 1000 on-backup-loss hold
	lose_backup
	wait_for "act holds" node_is $ACT state holding
	stays 2 node_is $ACT state holding || bad "act did not hold"
	check "on-backup-loss" ctl $ACT node set on-backup-loss solo
	wait_for "act is alone" node_is $ACT state solo
	flows cli rx 150000
	finish_streams cli srv 2
}

# A shorter hold-max counts from when the hold began.
shortened()
{
	begin hold-max 300000 on-backup-loss solo
	lose_backup
	wait_for "act holds" node_is $ACT state holding
	check "hold-max" ctl $ACT node set hold-max 1000
	wait_for "act is alone" node_is $ACT state solo
	flows cli rx 150000
	finish_streams cli srv 2
}

# A backup that comes back during the hold ends it, and can take over.
returns_in_time()
{
	begin hold-max 300000 on-backup-loss solo
	lose_backup
	wait_for "act holds" node_is $ACT state holding
	ip -n $BAK link set dev link up
	ctl $ACT link del id 1
	ctl $BAK link del id 1
	link_up $ACT $BAK
	wait_for "act is protected" node_is $ACT state protected
	is "SoloEntered" "$(counter $ACT SoloEntered)" 0
	flows cli rx 150000
	takeover
	flows cli rx 150000
	finish_streams cli srv2 2
}

returns_late()
{
	begin hold-max 2000 on-backup-loss solo
	lose_backup
	wait_for "act is alone" node_is $ACT state solo
	flows cli rx 150000
	ip -n $BAK link set dev link up
	ctl $ACT link del id 1
	ctl $BAK link del id 1
	link_up $ACT $BAK
	wait_for "act is protected" node_is $ACT state protected
	wait_for "bak has them" replicas_are 2
	flows cli rx 150000
	takeover
	flows cli rx 150000
	flows srv2 rx 150000
	finish_streams cli srv2 2
}

# No backup has ever been there: nothing waits.
never_had_one()
{
	roles
	is "state" "$(node $ACT state)" solo
	server $ACT srv --ulp $VIP4 $PORT
	client cli $VIP4 $PORT
	flows cli rx 500000
	is "SegHeld" "$(counter $ACT SegHeld)" 0
	is "state of the connection" "$(conn $ACT state)" solo
	finish_streams cli srv 1
}

# Closing while output is held: the last bytes and the FIN still come.
close_while_held()
{
	protect hold-max 1500 on-backup-loss solo
	server $ACT srv --ulp -s 300000 --pause 200000:$TMP/go $VIP4 $PORT
	client cli -s 0 --shut after-peer $VIP4 $PORT
	wait_for "most of it is there" progress_is cli rx 200000
	lose_backup
	wait_for "act holds" node_is $ACT state holding
	: >"$TMP/go"
	in_order cli 1
	in_order srv 1
	is "bytes" "$(value "$(summary cli)" rx)" 300000
	wait_for "nothing is left" node_is $ACT conns 0
}

refusals()
{
	refused "2|6" "active" ctl $ACT solo
	protect
	refused "2|6" "backup is connected" ctl $ACT solo
	is "state" "$(node $ACT state)" protected
	refused "2|6" "active" ctl $BAK solo
}

plan 11
run_case "after hold-max" hold_max
run_case "on-backup-loss hold, and the operator's word" hold_until_told
run_case "programs without patience" impatient
run_case "the backup comes and goes" flapping
run_case "on-backup-loss is said during the hold" told_later
run_case "hold-max is made shorter during the hold" shortened
run_case "the backup returns during the hold" returns_in_time
run_case "the backup returns later" returns_late
run_case "there never was a backup" never_had_one
run_case "closing while output is held" close_while_held
run_case "refusals" refusals
finish
