#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Promotions that must not be what they were asked for: of half a connection, of one
# that goes on without its copy, and without an epoch left.
. "$(dirname "$(readlink -f "$0")")/lib.sh"

# A connection with unread bytes is sent again, and bak stands still before them.
half_there()
{
	need_faults
	protect
	# so slowly that they still are when the fault is armed
	server $ACT srv --ulp -s 0 --shut after-peer \
		--rx-rate $((300000 / SLOW)) --rcvbuf 300000 0.0.0.0 $PORT
	server $BAK srv2 --ulp -s 0 --shut after-peer 0.0.0.0 $PORT
	client cli --rate 0 $VIP4 $PORT
	wait_for "the backup has it" replicas_are 1
	wait_for "bytes are unread" has_unread
	arm replica-added@2:1:freeze replica-lose@2:1:corrupt
	wait_for "it was sent again" struck replica-added
	wait_for "bak is not ready" not_ready "sent again"
}

has_unread()
{
	[ "$(conn $BAK unread)" -gt 100000 ]
}

not_ready()
{
	[[ $(ctl $BAK node show) == *"$1"* ]]
}

ready()
{
	field "$(ctl $BAK promote kernel dry-run)" promoted | grep -qx 1
}

# act dies: the connection is lost, as was said, and nothing wrong is delivered.
lost()
{
	local out

	half_there
	cut_off $ACT
	wait_for "bak has lost act" node_is $BAK state backup-waiting
	out=$(ctl $BAK promote kernel dry-run)
	matches "dry run" "$out" "sent again"
	is "dry run: failed" "$(field "$out" failed)" 1
	[ "$(field "$out" would-lose)" -gt 100000 ] || bad "would lose: $out"
	out=$(ctl $BAK promote kernel force)
	is "promoted" "$(field "$out" promoted)" 0
	is "failed" "$(field "$out" failed)" 1
	is "PromoteFailed" "$(counter $BAK PromoteFailed)" 1
	is "connections" "$(node $BAK conns)" 0
	is "srv2 has read" "$(progress srv2 rx)" 0
}

# act lives: the rest follows, and after that a takeover is whole.
followed()
{
	half_there
	clear_faults
	wait_for "bak is ready" ready
	cut_off $ACT
	wait_for "bak has lost act" node_is $BAK state backup-waiting
	promote $BAK force
	service add $BAK
	flows srv2 rx 100000
	finish_streams cli srv2 1
}

# bak refuses a connection and, sent again, takes it, before its refusal has come:
# act must not believe that there is no copy.
refused_late()
{
	need_faults
	roles
	server $ACT srv --ulp -s 0 --shut after-peer --rx-rate 300000 \
		--rcvbuf 300000 $VIP4 $PORT
	server $BAK srv2 --ulp -s 0 --shut after-peer $VIP4 $PORT
	client cli --rate 0 $VIP4 $PORT
	wait_for "bytes are unread" act_has_unread
	check "slow answers" tc -n $BAK qdisc add dev link root netem delay 2s
	# half of it can not be sent, so all is sent again
	arm rx-data@1:1:fail replica-refuse@2:1:corrupt
	link_up $ACT $BAK
	wait_for "it was sent again" replicas_are 1
	is "answers that have come" "$(counter $ACT Nack)" 0
	wait_for "act was refused" counter_above $ACT Nack 0
	check "fast answers" tc -n $BAK qdisc del dev link root
	wait_for "act is protected" node_is $ACT state protected
	is "refused" "$(struck replica-refuse && echo yes)" yes
	is "state" "$(conn $ACT state)" protected
	takeover
	flows srv2 rx 30000
	finish_streams cli srv2 1
}

# bak has given a copy up and can not say so: act must not believe in it.
nack_unmade()
{
	need_faults
	protect audit-interval 0 on-backup-loss hold
	server $ACT srv --ulp $VIP4 $PORT
	client cli $VIP4 $PORT
	wait_for "the backup has it" replicas_are 1
	arm replica-lose@2:1:corrupt nack@2:1:fail
	wait_for "bak gives up" node_is $BAK state backup-waiting
	is "why" "$(node $BAK down-reason)" memory
	wait_for "act holds" node_is $ACT state holding
	clear_faults
	link_up $ACT $BAK
	wait_for "act is protected" node_is $ACT state protected
	takeover_goes_on
}

takeover_goes_on()
{
	server $BAK srv2 --ulp $VIP4 $PORT
	takeover
	flows srv2 rx 30000
	finish_streams cli srv2 1
}

act_has_unread()
{
	[ "$(conn $ACT unread)" -gt 100000 ]
}

readonly LAST=4611686018427387904

no_epoch()
{
	check "id" ctl $ACT node set id 1
	check "act takes the last epoch" ctl $ACT node set role active epoch $LAST
	check "bak" ctl $BAK node set id 2 role backup
	link_up $ACT $BAK
	wait_for "bak is ready" node_is $BAK state backup-ready
	cut_off $ACT
	wait_for "bak has lost act" node_is $BAK state backup-waiting
	refused 2 "no epoch left" ctl $BAK promote kernel force
	refused 2 "no epoch left" ctl $BAK promote kernel dry-run
	is "state" "$(node $BAK state)" backup-waiting
	check "role none" ctl $BAK node set role none
	refused 2 "no epoch left" ctl $BAK node set role active
	is "role" "$(node $BAK role)" none
	is "role of act" "$(node $ACT role)" active
}

plan 5
run_case "half a connection is not promoted" lost
run_case "a connection that was sent again is" followed
run_case "a refusal that comes late" refused_late
run_case "no memory to tell of a lost copy" nack_unmade
run_case "no epoch is left" no_epoch
finish
