#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Unloading: refused while anything is attached, possible when nothing is, with no
# trace left; and loading again works.
. "$(dirname "$(readlink -f "$0")")/lib.sh"

unloadable()
{
	local out

	out=$(rmmod fttcp 2>&1) && return
	note "$out"
	return 1
}

reload()
{
	need_root_and_module
	[ -d /sys/module/fttcp ] || die "the module could not be loaded again"
}

# in_use WHAT: rmmod has to be refused, and to change nothing
in_use()
{
	local users

	users=$(module_users)
	[ "$users" -gt 0 ] || bad "$1: nobody uses the module"
	if rmmod fttcp 2>/dev/null; then
		bad "$1: the module was unloaded under its users"
		reload
	fi
	is "$1: users" "$(module_users)" "$users"
}

idle()
{
	[ "$(module_users)" = 0 ]
}

free_again()
{
	wait_for "nobody uses the module" idle
	wait_for "rmmod succeeds" unloadable
	[ ! -d /sys/module/fttcp ] || bad "the module is still there"
	grep -q fttcp /proc/net/protocols && bad "a protocol is left"
	in_ns $ACT test ! -e /proc/net/fttcp_stat || bad "a proc file is left"
	reload
}

listener()
{
	server $ACT srv --ulp $VIP4 $PORT
	in_use "a listener"
	check "detach" ctl $ACT conn detach all
	free_again
	client cli -s 100000 $VIP4 $PORT
	stop_streams
	in_order cli 1
	in_order srv 1
}

connections()
{
	protect
	server $ACT srv -n 5 --ulp $VIP4 $PORT
	client cli -n 5 $VIP4 $PORT
	flows cli rx 100000
	in_use "connections and replicas"
	check "detach" ctl $ACT conn detach all
	check "link del" ctl $ACT link del id 1
	ctl $BAK link del id 1
	check "role" ctl $BAK node set role none
	wait_for "no replicas" node_is $BAK replicas 0
	free_again
	flows cli rx 100000
	flows srv rx 100000
	finish_streams cli srv 5
}

# A namespace that ends takes its link, replicas and connections with it.
namespaces()
{
	protect
	server $ACT srv -n 5 --ulp $VIP4 $PORT
	client cli -n 5 $VIP4 $PORT
	flows cli rx 100000
	kill_helpers
	printf 'netns del %s\n' $ACT $BAK | ip -batch -
	wait_for "nobody uses the module" idle
	wait_for "rmmod succeeds" unloadable
	reload
}

after_takeover()
{
	local ns

	protect
	server $ACT srv -n 2 --ulp $VIP4 $PORT
	server $BAK srv2 -n 2 --ulp $VIP4 $PORT
	client cli -n 2 $VIP4 $PORT
	flows cli rx 100000
	takeover
	flows cli rx 100000
	flows srv2 rx 100000
	in_use "promoted connections"
	kill -KILL "$(pid_of srv)"
	# what is held for a backup is not given back as long as that is so
	for ns in $ACT $BAK; do
		check "role" ctl $ns node set role none
		check "detach" ctl $ns conn detach all
	done
	free_again
	flows cli rx 100000
	flows srv2 rx 100000
	finish_streams cli srv2 2
}

# Policies and a role alone do not keep the module.
settings_only()
{
	check "policy" ctl $ACT policy add local-port 179
	check "role" ctl $ACT node set id 1 role active
	free_again
	is "policies after a new start" "$(node $ACT policies)" 0
	is "role after a new start" "$(node $ACT role)" none
}

plan 5
run_case "a listener" listener
run_case "connections under way" connections
run_case "namespaces that end" namespaces
run_case "promoted connections" after_takeover
run_case "settings only" settings_only
finish
