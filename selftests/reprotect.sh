#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Protection comes back: a backup that joins gets the connections that exist, live;
# a node that lost its role comes back as backup, and can take over again.
. "$(dirname "$(readlink -f "$0")")/lib.sh"

# Connections that are older than the backup, with bytes in every queue.
late_backup()
{
	roles
	server $ACT srv -n 3 --ulp $VIP4 $PORT
	server $BAK srv2 -n 3 --ulp $VIP4 $PORT
	client cli -n 3 $VIP4 $PORT
	flows cli rx 150000
	is "state without a backup" "$(node $ACT state)" solo
	link_up $ACT $BAK
	wait_for "act is protected" node_is $ACT state protected
	wait_for "bak has them" replicas_are 3
	counter_above $ACT SnapshotConn 2 || bad "no snapshot was sent"
	flows cli rx 150000
	flows srv rx 150000
	takeover
	flows cli rx 150000
	flows srv2 rx 150000
	finish_streams cli srv2 3
}

# act dies, comes back, and takes over from bak, which dies in its turn.
there_and_back()
{
	protect
	server $ACT srv -n 2 --ulp $VIP4 $PORT
	server $BAK srv2 -n 2 --ulp $VIP4 $PORT
	client cli -n 2 $VIP4 $PORT
	wait_for "bak has them" replicas_are 2
	flows cli rx 150000
	takeover
	flows cli rx 150000
	flows srv2 rx 150000

	service del $ACT
	printf 'link set dev %s up\n' link lan | ip -n $ACT -batch -
	rejoin $ACT $BAK
	ended srv
	is "connections aborted on act" "$(value "$(summary srv)" aborts)" 2
	server $ACT srv3 -n 2 --ulp $VIP4 $PORT
	wait_for "act has them" node_is $ACT replicas 2
	flows cli rx 150000
	flows srv2 rx 150000

	cut_off $BAK
	wait_for "act has lost bak" node_is $ACT state backup-waiting
	promote $ACT force
	service add $ACT
	is "epoch of act" "$(node $ACT epoch)" 3
	flows cli rx 150000
	flows srv3 rx 150000
	finish_streams cli srv3 2
}

# The link comes and goes in full flow; nothing of it is seen by the streams.
again_and_again()
{
	local i

	protect hold-max 2000
	server $ACT srv -n 2 --ulp $VIP4 $PORT
	server $BAK srv2 -n 2 --ulp $VIP4 $PORT
	client cli -n 2 $VIP4 $PORT
	for i in 1 2 3 4; do
		flows cli rx 150000
		flows srv rx 150000
		check "link del" ctl $ACT link del id 1
		wait_for "bak has lost act" node_is $BAK state backup-waiting
		check "link del" ctl $BAK link del id 1
		flows cli rx 150000
		link_up $ACT $BAK
		wait_for "act is protected" node_is $ACT state protected
		wait_for "bak has them" replicas_are 2
	done
	flows cli rx 150000
	takeover
	flows cli rx 150000
	flows srv2 rx 150000
	finish_streams cli srv2 2
}

# The link is lost and comes back while segments wait: what they waited for was of
# the old one, which has carried many more records than the new one soon will.
held_meanwhile()
{
	local small="--chunk 500 --rate 1000000"

	protect hold-max 300000
	server $ACT srv --ulp $small $VIP4 $PORT
	client cli $small $VIP4 $PORT
	flows cli rx 2000000
	freeze_link
	wait_for "segments wait" counter_above $ACT CurrHeldSegments 0
	check "cable out" ip -n $ACT link set dev link down
	wait_for "act holds" node_is $ACT state holding
	cut_link
	thaw_link
	check "cable in" ip -n $ACT link set dev link up
	mend_link
	flows cli rx 150000
	flows srv rx 150000
	finish_streams cli srv 1
}

# What ended while the backup was away is not there when it is back.
ended_meanwhile()
{
	local half="-s 100000 --pause 50000:$TMP/go" next=$((PORT + 1))

	protect hold-max 2000
	server $ACT srv --ulp $VIP4 $PORT
	server $ACT short-srv --ulp $half $VIP4 $next
	client cli $VIP4 $PORT
	client short-cli $half $VIP4 $next
	wait_for "bak has both" replicas_are 2
	wait_for "half of it is there" progress_is short-cli rx 50000
	cut_link
	: >"$TMP/go"
	in_order short-cli 1
	in_order short-srv 1
	is "replicas left" "$(node $BAK replicas)" 2
	mend_link
	wait_for "only one is left" replicas_are 1
	flows cli rx 100000
	finish_streams cli srv 1
}

cut_link()
{
	check "link del" ctl $ACT link del id 1
	wait_for "bak has lost act" node_is $BAK state backup-waiting
	check "link del" ctl $BAK link del id 1
}

mend_link()
{
	link_up $ACT $BAK
	wait_for "act is protected" node_is $ACT state protected
}

plan 5
run_case "a backup that comes late" late_backup
run_case "there and back" there_and_back
run_case "the link comes and goes" again_and_again
run_case "segments held meanwhile" held_meanwhile
run_case "connections that ended meanwhile" ended_meanwhile
finish
