#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The fault points themselves: what is armed happens, there, once, on that node.
. "$(dirname "$(readlink -f "$0")")/lib.sh"

parsing()
{
	local spec

	need_faults
	for spec in nonsense tx-data:-1 tx-data:1:burn tx-data@x tx-data:1:fail:2 \
		tx-data:1:die=x; do
		refused 1 "" sh -c "echo $spec >$FAULT"
	done
	arm tx-data@7:3:count
	struck tx-data && bad "it struck too soon"
	[ "$(fault_points | wc -l)" -gt 20 ] || bad "points: $(fault_points)"
}

begin()
{
	need_faults
	protect
	server $ACT srv --ulp 0.0.0.0 $PORT
	server $BAK srv2 --ulp 0.0.0.0 $PORT
	client cli $VIP4 $PORT
	wait_for "the backup has it" replicas_are 1
	flows cli rx 50000
}

go_on()
{
	wait_for "it is claimed" counter_above $BAK Claimed 0
	flows cli rx 50000
	flows srv2 rx 50000
	finish_streams cli srv2 1
}

# dies POINT: at the fifth time that it is passed
dies()
{
	begin
	arm "$1"
	wait_for "the fault" struck "${1%%[@:]*}"
	wait_for "bak has lost act" node_is $BAK state backup-waiting
	is "link of act" "$(ip -n $ACT -br link show up | grep -c lan)" 0
	promote $BAK force
	service add $BAK
	go_on
}

# The worker of bak stands still; act notices that nothing comes.
freezes()
{
	begin
	arm take-tx-data@2:5:freeze
	wait_for "the fault" struck take-tx-data
	stays 1 node_is $BAK state backup-ready
	clear_faults
	flows cli rx 50000
	finish_streams cli srv 1
}

# What fails on bak ends the link, and a new one makes all well.
fails()
{
	begin
	arm take-rx-data@2:5
	wait_for "the fault" struck take-rx-data
	wait_for "the link is down" link_is_down
	is "reason" "$(link_word $ACT down-reason)" memory
	node_is $ACT state holding || node_is $ACT state solo ||
		bad "act is $(node $ACT state)"
	link_up $ACT $BAK 2
	wait_for "act is protected" node_is $ACT state protected
	flows cli rx 50000
	finish_streams cli srv 1
}

link_is_down()
{
	[ "$(link_word $ACT state)" = down ]
}

plan 5
run_case "what can be armed" parsing
run_case "act dies at a record that it makes" dies tx-data@1:5:die
run_case "act dies at a record that bak reads" dies take-rx-data@2:5:die=1
run_case "a lane stands still" freezes
run_case "a record fails" fails
finish
