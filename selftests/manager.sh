#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Somebody else decides who is active (manager = external), or who comes back after it
# has lost its role (rejoin = operator): the daemons report, and do what they are told.
. "$(dirname "$(readlink -f "$0")")/daemons.sh"
. "$(dirname "$(readlink -f "$0")")/telling.sh"

# idle: both run, and neither is active, whatever the configuration says
idle()
{
	conf $ACT 1 active "[node]" "manager = external"
	conf $BAK 2 backup "[node]" "manager = external"
	daemon $ACT
	daemon $BAK
	becomes $ACT waiting
	becomes $BAK waiting
}

begin()
{
	idle
	check "act is told" dctl $ACT promote force
	becomes $ACT protected
	becomes $BAK ready
	stream
}

# Nobody becomes active by itself, and a copy that is not there is not taken.
cold_start()
{
	idle
	stays 3 daemon_is $ACT waiting
	daemon_is $BAK waiting || bad "bak is not waiting"
	has_address $ACT 0 || bad "act has the service address"
	refused 2 "no complete copy" dctl $ACT promote
	[[ $(dctl $ACT -j daemon) =~ \"manager\":\ *\"external\" ]] ||
		bad "the daemon does not say who decides"
	check "force" dctl $ACT promote force
	becomes $ACT protected
	becomes $BAK ready
	has_address $ACT 2 || bad "act does not have the service addresses"
}

# The active dies: it is reported, and the backup waits for the order, which has an id.
death()
{
	begin
	gone $ACT
	becomes $BAK orphaned
	tells $BAK 359 "the active node is lost \([a-z-]+\), and this backup has its connections: waiting for an order"
	stays 4 daemon_is $BAK orphaned
	is "role of bak" "$(node $BAK role)" backup
	has_address $BAK 0 || bad "bak has the service address"
	check "promote" dctl $BAK -i takeover-1 promote
	becomes $BAK solo
	flows cli rx 50000
	matches "given again" "$(dctl $BAK -i takeover-1 promote)" \
		'command id takeover-1 .* outcome "?success"?'
	finish_streams cli srv2 1
	buried $ACT
}

# demote on the active gives the role to the backup; where nobody has the connections it
# has to be meant.
demotes()
{
	begin
	check "demote" dctl $ACT -i away-1 demote
	becomes $BAK protected
	becomes $ACT ready
	has_address $ACT 0 || bad "act still has the service address"
	flows cli rx 50000
	check "a backup stays one" dctl $ACT demote
	daemon_is $ACT ready || bad "act is not ready any more"
	finish_streams cli srv2 1
	gone $ACT
	becomes $BAK solo
	refused 2 "no backup has the connections" dctl $BAK demote
	daemon_is $BAK solo || bad "bak is not active any more"
	check "force" dctl $BAK demote force
	becomes $BAK waiting
	has_address $BAK 0 || bad "bak still has the service address"
	stays 3 daemon_is $BAK waiting
	buried $ACT
}

# A new daemon does not decide either.
daemon_restarts()
{
	begin
	kill -KILL "$(pid_of "fttcpd-$BAK")"
	gone $ACT
	daemon $BAK
	becomes $BAK orphaned
	stays 3 daemon_is $BAK orphaned
	check "promote" dctl $BAK promote
	becomes $BAK solo
	flows cli rx 50000
	finish_streams cli srv2 1
	buried $ACT
}

# outranked: act holds, bak takes over, and act hears of it when the link is back
outranked()
{
	conf $ACT 1 active "[node]" "rejoin = operator"
	conf $BAK 2 backup
	daemon $ACT
	daemon $BAK
	becomes $ACT protected
	becomes $BAK ready
	stream
	cable
	becomes $BAK solo
	flows cli rx 50000
	ip -n $ACT link set dev link up
	becomes $ACT out
	has_address $ACT 0 || bad "act still has the service address"
	is "role of act" "$(node $ACT role)" backup
	tells $ACT 360 "this node has lost its role \(outranked\), and waits for an operator: fttcpctl node rejoin"
	matches "warning" "$(dctl $ACT daemon)" "has lost its role"
}

# Who lost its role stays out, with the next daemon too, until it is let back.
rejoins()
{
	outranked
	stays 2 daemon_is $ACT out
	daemon_is $BAK solo || bad "bak has a backup"
	refused 2 "node rejoin" dctl $ACT promote
	kill -KILL "$(pid_of "fttcpd-$ACT")"
	daemon $ACT
	becomes $ACT out
	stays 2 daemon_is $ACT out
	refused "[12]" "has not lost its role" dctl $BAK node rejoin
	check "rejoin" dctl $ACT -i back-1 node rejoin
	becomes $BAK protected
	becomes $ACT ready
	tells $ACT 361 "this node does not wait for an operator any more \(op-rejoin\)"
	flows cli rx 50000
	finish_streams cli srv2 1
	# what was forgotten is not remembered by the next one
	kill -KILL "$(pid_of "fttcpd-$ACT")"
	daemon $ACT
	becomes $ACT ready
}

# A switchover is no loss, and force is a way back, too.
not_lost()
{
	outranked
	check "force" dctl $ACT promote force
	becomes $ACT protected
	becomes $BAK ready
	check "switchover" dctl $ACT switchover
	becomes $BAK protected
	becomes $ACT ready
}

plan 6
run_case "nobody is active by itself" cold_start
run_case "the active dies" death
run_case "demote" demotes
run_case "the active dies, and the backup's daemon" daemon_restarts
run_case "who lost its role waits for an operator" rejoins
run_case "who lost its role is forced back" not_lost
finish
