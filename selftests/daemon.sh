#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Two fttcpd without traffic: how they find their roles, what they are told and
# refuse, how they end.
. "$(dirname "$(readlink -f "$0")")/daemons.sh"

startup()
{
	both
	check "act is ready" ctl $ACT ready
	has_address $ACT 2 || bad "act has no service address"
	has_address $BAK 0 || bad "bak has a service address"
	is "epoch" "$(node $ACT epoch)" 1
	is "policies" "$(node $BAK policies)" 1
	matches "status" "$(dctl $BAK -j daemon)" '"state": *"ready"'
}

# Both would be active: one is, whoever came first.
two_wishes()
{
	local states

	conf $ACT 1 active
	conf $BAK 2 active
	daemon $ACT
	daemon $BAK
	wait_for "one is protected" one_protects || exit 1
	states="$(has_address $ACT 2 && echo act)$(has_address $BAK 2 && echo bak)"
	matches "owner" "$states" '^(act|bak)$'
}

one_protects()
{
	{ daemon_is $ACT protected && daemon_is $BAK ready; } ||
		{ daemon_is $BAK protected && daemon_is $ACT ready; }
}

# A node that comes late finds the other one active and follows it.
late_active()
{
	conf $ACT 1 active
	conf $BAK 2 active
	# where no daemon has run yet, no address is
	service del $ACT
	daemon $BAK
	becomes $BAK solo
	daemon $ACT
	becomes $ACT ready
	becomes $BAK protected
	has_address $ACT 0 || bad "act has a service address"
}

there_and_back()
{
	local i

	both
	for i in 1 2; do
		check "switchover $i" dctl $ACT switchover
		becomes $BAK protected
		becomes $ACT ready
		check "switchover $i back" dctl $BAK switchover
		becomes $ACT protected
		becomes $BAK ready
	done
	is "epoch" "$(node $ACT epoch)" 5
	has_address $ACT 2 || bad "act has no service address"
}

refusals()
{
	conf $ACT 1 active
	conf $BAK 2 backup
	daemon $ACT
	becomes $ACT solo
	refused 2 "no backup to hand over to" dctl $ACT switchover
	daemon $BAK
	becomes $BAK ready
	refused 2 "run switchover on the active" dctl $BAK switchover
	refused 2 "the active node is alive" dctl $BAK promote
	check "promote on the active" dctl $ACT promote
	refused 2 "another fttcpd runs already" in_ns $ACT \
		fttcpd -c "$TMP/$ACT.conf"
	daemon_is $ACT protected || bad "act is not protected any more"
}

force()
{
	both
	check "promote force" dctl $BAK promote force
	becomes $BAK protected
	becomes $ACT ready
	has_address $ACT 0 || bad "act still has the service address"
}

ends()
{
	both
	kill -TERM "$(pid_of "fttcpd-$ACT")"
	ended "fttcpd-$ACT" || bad "it gave $?"
	has_address $ACT 2 || bad "the address went with the daemon"
	is "state" "$(node $ACT state)" protected
	[ ! -e "$TMP/$ACT.sock" ] || bad "the control socket is still there"
}

reload()
{
	local link

	both
	link=$(link_word $ACT id)
	printf '[policy more]\nlocal-port = 5001\n' >>"$TMP/$ACT.conf"
	check "reload" dctl $ACT daemon reload
	is "policies" "$(node $ACT policies)" 2
	sed -i "/local-port = 5001/d; /policy more/d; s/hold-max = .*/hold-max = 50s/" \
		"$TMP/$ACT.conf"
	kill -HUP "$(pid_of "fttcpd-$ACT")"
	wait_for "one policy" node_is $ACT policies 1
	echo "[nonsense]" >>"$TMP/$ACT.conf"
	refused 2 "unknown section" dctl $ACT daemon reload
	is "link" "$(link_word $ACT id)" "$link"
	daemon_is $ACT protected || bad "act is not protected any more"
}

# The neighbours are told: the peer's entries point to bak afterwards.
announced()
{
	local mac

	both
	in_ns $PEER ping -c 1 -W 5 $VIP4 >/dev/null || bad "no ping"
	in_ns $PEER ping -c 1 -W 5 $VIP6 >/dev/null || bad "no ping, IPv6"
	gone $ACT
	becomes $BAK solo
	mac=$(ip -n $BAK -o link show dev lan | field_of link/ether)
	wait_for "the peer knows, IPv4" neighbour_is $VIP4 "$mac"
	wait_for "the peer knows, IPv6" neighbour_is $VIP6 "$mac"
}

field_of()
{
	field "$(cat)" "$1"
}

neighbour_is()
{
	[[ $(ip -n $PEER neigh show "$1" dev lan) == *" $2 "* ]]
}

# A machine that is booted has forgotten everything but what is on its disk. The
# peer's namespace, where no role was ever set, plays that.
remembers()
{
	both
	gone $ACT
	becomes $BAK solo
	is "epoch on the disk" "$(cat "$TMP/$BAK.epoch")" 2
	kill -KILL "$(pid_of "fttcpd-$BAK")"
	check "device" ip -n $PEER link add name link up type dummy
	sed "s|$BAK.sock|$PEER.sock|" "$TMP/$BAK.conf" >"$TMP/$PEER.conf"
	daemon $PEER
	becomes $PEER waiting
	is "epoch seen" "$(node $PEER epoch-seen)" 2
}

plan 10
run_case "two daemons find each other and protect" startup
run_case "two that both want to be active agree" two_wishes
run_case "one that comes late follows the active one" late_active
run_case "neighbours are told" announced
run_case "switchover there and back, twice" there_and_back
run_case "what is refused, and why" refusals
run_case "promote force takes the role away" force
run_case "SIGTERM leaves everything in place" ends
run_case "reload" reload
run_case "the epoch outlives a boot" remembers
finish
