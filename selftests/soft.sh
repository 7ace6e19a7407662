#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Soft and persistent errors: a copy that goes wrong is made anew; one that goes wrong
# again and again is left alone for a while, and the connections go on all the time.
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/daemons.sh"
# shellcheck source=telling.sh
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/telling.sh"

# begin [LINE...]: a pair and a stream; more of bak's [link]
begin()
{
	need_faults
	conf $ACT 1 active
	conf $BAK 2 backup "[link]" "$@"
	daemon $ACT
	daemon $BAK
	becomes $ACT protected
	becomes $BAK ready
	stream
}

# word NS NAME: a number that the daemon tells, nothing for none
word()
{
	dctl "$1" -j daemon | sed -n "s/.*\"$2\": *\([0-9]*\).*/\1/p"
}

errors_are()
{
	[ "$(word $BAK soft-errors)" = "$1" ]
}

# fails: bak has given up what it has of the stream, and cannot say so
fails()
{
	arm replica-lose@2:1:corrupt nack@2:1:fail
	wait_for "the copy goes wrong" struck nack
	clear_faults
}

waits()
{
	[ -n "$(word $BAK backup-down-ms)" ]
}

# A takeover with the new copy finds every byte in it.
once()
{
	begin
	fails
	tells $BAK 113 "FTTCP:Informing serverfsm that fttcp had a soft error, which will bring the backup down\. $AT"
	wait_for "it is counted" errors_are 1
	becomes $ACT protected
	becomes $BAK ready
	waits && bad "bak waits after one error"
	flows cli rx 50000
	act_dies
}

twice()
{
	begin "soft-error-count = 2" "soft-error-window = 20s"
	fails
	wait_for "it is counted" errors_are 1
	becomes $BAK ready
	becomes $ACT protected
	fails
	tells $BAK 112 "FTTCP:Informing serverfsm that fttcp had a persistent error\. $AT"
	wait_for "bak waits" waits
	matches "warning" "$(dctl $BAK daemon)" "again and again.*soft-error-window"
	matches "warning" "$(dctl $BAK ready)" "again and again"
}

# The backup stays down for the window, and comes back by itself.
by_itself()
{
	twice
	becomes $ACT solo
	stays 5 daemon_is $ACT solo
	flows cli rx 50000
	becomes $BAK ready
	becomes $ACT protected
	errors_are 0 || bad "the errors of before count: $(word $BAK soft-errors)"
	act_dies
}

# Or as soon as an operator wants it.
by_operator()
{
	twice
	daemon_is $BAK ready && bad "bak has a copy"
	check "start" dctl $BAK link start
	waits && bad "bak waits still"
	becomes $BAK ready
	becomes $ACT protected
	finish_streams cli srv 1
}

# In the pause the node may be told to take over all the same.
forced()
{
	twice
	gone $ACT
	check "force" dctl $BAK promote force
	becomes $BAK solo
	has_address $BAK 2 || bad "bak has no address"
}

plan 4
run_case "a copy that goes wrong is made anew" once
run_case "again and again: the backup stays down for a while" by_itself
run_case "until an operator wants it" by_operator
run_case "a node that waits is told to take over" forced
finish
