#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Two actives meet, of which one was booted while it saw nobody: whatever the epochs
# are and whoever connects, the one with the connections goes on.
. "$(dirname "$(readlink -f "$0")")/daemons.sh"

# kernel_boots LISTENER CONNECTOR [EPOCH]: act dies, bak is promoted; act begins anew as
# the active, with what its disk remembers, and they meet.
kernel_boots()
{
	local listener=${!1} connector=${!2}

	protect
	server $ACT srv -n 2 --ulp $VIP4 $PORT
	server $BAK srv2 -n 2 --ulp $VIP4 $PORT
	client cli -n 2 $VIP4 $PORT
	wait_for "bak has them" replicas_are 2
	flows cli rx 100000
	takeover
	flows cli rx 100000
	service del $ACT
	buried $ACT
	check "act is booted" ctl $ACT node set role none
	ctl $ACT link del id 1
	ctl $BAK link del id 1
	[ $# = 2 ] || check "its disk" ctl $ACT node set role backup epoch $3
	check "act begins" ctl $ACT node set role active
	printf 'link set dev %s up\n' link lan | ip -n $ACT -batch -
	link_begin $listener $connector
	wait_for "act is fenced" node_is $ACT state fenced
	is "state of bak" "$(node $BAK state)" solo
	flows cli rx 100000
	ctl $ACT link del id 1
	ctl $BAK link del id 1
	rejoin $ACT $BAK
	finish_streams cli srv2 2
}

# begins NS: its daemon, which sees nobody, becomes active; nor does it look for the
# service address elsewhere, which would keep it from this
begins()
{
	grep -q conflict-check "$TMP/$1.conf" ||
		printf '%s\n' "[service]" "conflict-check = no" >>"$TMP/$1.conf"
	daemon "$1"
	becomes "$1" solo
}

# The daemons meet again, by the link alone: two with the service address would be
# another matter. Bak, which connects, has the connection and keeps it.
bak_goes_on()
{
	flows cli rx 50000
	check "the link is back" ip -n $ACT link set dev link up
	becomes $BAK protected
	becomes $ACT ready
	has_address $ACT 0 || bad "act still has the service address"
	has_address $BAK 2 || bad "bak has no service address"
	flows cli rx 50000
	finish_streams cli srv2 1
}

# daemon_boots TIMES: act dies, bak takes over, act is booted so often without a link
daemon_boots()
{
	local i

	both
	stream
	gone $ACT
	becomes $BAK solo
	flows cli rx 50000
	for ((i = 0; i < $1; i++)); do
		service del $ACT
		buried $ACT
		check "act is booted" ctl $ACT node set role none
		begins $ACT
		kill -KILL "$(pid_of "fttcpd-$ACT")"
	done
	daemon $ACT
	bak_goes_on
}

# Nobody was promoted: bak began while act was off, and has a connection of which there
# never was a copy. Act has an epoch of long ago on its disk, which may be larger.
first_come()
{
	conf $ACT 1 active
	conf $BAK 2 active
	begins $BAK
	server $BAK srv2 --rate 200000 0.0.0.0 $PORT
	client cli --rate 200000 $VIP4 $PORT
	flows cli rx 50000
	cut_off $ACT
	[ "$1" = 0 ] || echo "$1" >"$TMP/$ACT.epoch"
	begins $ACT
	bak_goes_on
}

# One that has begun by itself meets a backup that remembers more: nobody has replaced it,
# and it goes on, in that epoch.
backup_knows_more()
{
	conf $ACT 1 active
	conf $BAK 2 backup
	echo 7 >"$TMP/$BAK.epoch"
	begins $ACT
	server $ACT srv --rate 200000 0.0.0.0 $PORT
	client cli --rate 200000 $VIP4 $PORT
	flows cli rx 50000
	is "epoch" "$(node $ACT epoch)" 1
	daemon $BAK
	becomes $ACT protected
	becomes $BAK ready
	is "epoch" "$(node $ACT epoch)" 7
	wait_for "it is on the disk" grep -qx 7 "$TMP/$ACT.epoch"
	server $BAK srv2 --rate 200000 0.0.0.0 $PORT
	gone $ACT
	becomes $BAK solo
	is "epoch" "$(node $BAK epoch)" 8
	flows cli rx 50000
	finish_streams cli srv2 1
}

# Both are of the same epoch, but the one that a backup has followed there has nothing to
# lose any more.
nothing_to_lose()
{
	protect
	check "bak begins by itself" ctl $BAK node set role none
	check "bak begins by itself" ctl $BAK node set role active
	service add $BAK
	server $BAK srv2 --ulp $VIP4 $PORT
	client cli $VIP4 $PORT
	flows cli rx 50000
	is "epochs" "$(node $ACT epoch) $(node $BAK epoch)" "1 1"
	ctl $ACT link del id 1
	ctl $BAK link del id 1
	link_begin $ACT $BAK
	wait_for "act is fenced" node_is $ACT state fenced
	is "state of bak" "$(node $BAK state)" solo
	ctl $ACT link del id 1
	ctl $BAK link del id 1
	rejoin $ACT $BAK
	flows cli rx 50000
	finish_streams cli srv2 1
}

plan 8
run_case "the booted one listens" kernel_boots ACT BAK
run_case "the booted one connects" kernel_boots BAK ACT
run_case "it has heard of the other's epoch" kernel_boots ACT BAK 2
run_case "the one without connections" nothing_to_lose
run_case "daemons, booted three times" daemon_boots 3
run_case "daemons, nobody was promoted" first_come 0
run_case "daemons, the booted one remembers more" first_come 9
run_case "one that has begun meets a backup that knows more" backup_knows_more
finish
