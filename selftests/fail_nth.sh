#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# One allocation fails: the first, then the second, and so on until there are no
# more, inside of each command and of the link's worker. Nothing may leak, what
# existed goes on, and the same command succeeds afterwards. Needs a kernel with
# fault injection (scripts/vm/run -k uml).
#
# The slab allocator tells when it could not make a cache:
# console: kmem_cache_create|Call Trace:
. "$(dirname "$(readlink -f "$0")")/lib.sh"

# Further than any command gets; a loop that comes here does not end.
readonly NTH_MAX=400
# Every how many places one fails: 1 is thorough and takes half an hour.
readonly STEP=${NTH_STEP:-1}
# Streams that last for a whole loop (seconds).
readonly LONG=3000

# with_fault N CALLS COMMAND...: its status; injected tells whether one failed
with_fault()
{
	local nth=$1 calls=$2

	shift 2
	: >"$TMP/injected"
	LD_PRELOAD=$(helper ftfail.so) FTFAIL_NTH=$nth FTFAIL_CALLS=$calls \
		FTFAIL_OUT=$TMP/injected "$@" >"$TMP/fault.out" 2>&1
}

injected()
{
	grep -qs injected "$TMP/injected"
}

# each CALLS AFTER COMMAND...: with the Nth place failing, until there is none.
# AFTER gets the command's status and undoes what it did.
each()
{
	local calls=$1 after=$2 nth rc=0 failures=0 begin=${begin:-1}

	shift 2
	for ((nth = begin; nth < begin + NTH_MAX; nth += STEP)); do
		with_fault "$nth" "$calls" "$@"
		rc=$?
		[ "$rc" != 99 ] || die "$(cat "$TMP/fault.out")"
		[ "$rc" -lt 128 ] || bad "$* was killed ($rc) at place $nth"
		[ "$rc" = 0 ] || failures=$((failures + 1))
		$after "$rc"
		injected || break
	done
	[ "$nth" -lt $((begin + NTH_MAX)) ] || die "no end of places after $nth"
	[ "$rc" = 0 ] || bad "$* without a fault: $(cat "$TMP/fault.out")"
	[ "$nth" -gt "$begin" ] || bad "$*: not a single place"
	note "$*: places 1 to $((nth - begin)), step $STEP, $failures errors"
}

nothing()
{
	:
}

# --- the module and the node ------------------------------------------------

# Of the thousand places of a module's load the last are of its own code.
readonly OWN_PLACES=250

load()
{
	local file begin

	bed_down
	for file in "$top/fttcp.ko" "$top/build/kmod/$(uname -r)/fttcp.ko"; do
		[ ! -e "$file" ] || break
	done
	rmmod fttcp || die "fttcp is in use"
	with_fault 100000 finit_module insmod "$file"
	begin=$((100000 - $(sed -n 's/left //p' "$TMP/injected") - OWN_PLACES))
	unload 0
	each finit_module unload insmod "$file"
	insmod "$file" || die "it cannot be loaded any more"
	bed_up || die "no bed"
}

unload()
{
	if [ "$1" = 0 ]; then
		rmmod fttcp || die "fttcp cannot be unloaded"
	elif [ -d /sys/module/fttcp ]; then
		die "insmod failed and the module is there"
	fi
}

role()
{
	each sendto role_back fttcpctl -n $ACT node set id 1 role active
	each sendto role_back fttcpctl -n $ACT node set id 2 role backup
}

# A failed command may have been carried out: the answer was what failed.
role_back()
{
	node_is $ACT role none || check "back to none" ctl $ACT node set role none
	is "role" "$(node $ACT role)" none
}

dumps()
{
	protect
	server $ACT srv -n 3 --ulp $VIP4 $PORT
	client cli -n 3 $VIP4 $PORT
	flows cli rx 50000
	each sendto,recvfrom,recvmsg nothing fttcpctl -n $ACT conn show detail
	each sendto,recvfrom,recvmsg nothing fttcpctl -n $BAK conn show detail
	each sendto,recvfrom,recvmsg nothing fttcpctl -n $ACT link show
	each sendto,recvfrom,recvmsg nothing fttcpctl -n $ACT policy show
	flows cli rx 50000
	finish_streams cli srv 3
}

policy()
{
	each sendto policy_back fttcpctl -n $ACT policy add local-port 7777
}

policy_back()
{
	ctl $ACT policy del all >/dev/null 2>&1
	[[ $(ctl $ACT policy show) != *7777* ]] || bad "the policy is there"
}

# --- connections ------------------------------------------------------------

attach()
{
	roles
	server $ACT srv -n 1 $VIP4 $PORT
	client cli $VIP4 $PORT
	flows cli rx 50000
	each sendto detach fttcpctl -n $ACT conn attach local $VIP4:$PORT
	flows cli rx 50000
	finish_streams cli srv 1
}

detach()
{
	ctl $ACT conn detach all >/dev/null 2>&1
	[[ $(ctl $ACT conn show) != *established* ]] || bad "it is attached"
}

link()
{
	roles
	server $ACT srv --ulp $VIP4 $PORT
	client cli $VIP4 $PORT
	flows cli rx 50000
	launch link-l fttcpctl -n $BAK link add id 1 listen 10.9.0.2:$LINK_PORT \
		dev link timeout $((LIMIT * 10))
	each sendto link_listens fttcpctl -n $ACT link add id 1 \
		connect 10.9.0.2:$LINK_PORT dev link timeout 5
	wait_for "act is protected" node_is $ACT state protected
	wait_for "the backup has it" replicas_are 1
	flows cli rx 50000
	finish_streams cli srv 1
}

# The other end may have taken a connection that its maker gave up, or none.
link_listens()
{
	injected || return 0
	ctl $ACT link del id 1 2>/dev/null
	kill "$(pid_of link-l)" 2>/dev/null
	wait "$(pid_of link-l)"
	ctl $BAK link del id 1 2>/dev/null
	launch link-l fttcpctl -n $BAK link add id 1 listen 10.9.0.2:$LINK_PORT \
		dev link timeout $((LIMIT * 10))
}

# The workers of the link's two ends, oldest first.
lanes()
{
	ps -A -o pid= -o comm= | awk '$2 ~ /^fttcp\/1:/ { print $1 }' | sort -n
}

linked()
{
	if ! node_is $ACT state protected; then
		ctl $ACT link del id 1
		ctl $BAK link del id 1
		link_up $ACT $BAK
		wait_for "act is protected" node_is $ACT state protected
	fi 2>/dev/null
	wait_for "bak is ready" node_is $BAK state backup-ready
}

# Whatever fails in a worker, connections live: they are copied, sent again, or
# the link goes down, act goes on alone, and the link comes up anew.
worker()
{
	local which=$1 nth=0 none=0 places=0

	protect hold-max 1000 on-backup-loss solo
	server $ACT srv --timeout $LONG --ulp $VIP4 $PORT
	server $ACT many -n 500 -s 3000 --timeout $LONG --ulp $VIP4 $((PORT + 1))
	client cli --timeout $LONG $VIP4 $PORT
	flows cli rx 50000
	# twice nothing: what the worker has to do varies a little
	while [ $none -lt 2 ] && [ $nth -lt $NTH_MAX ]; do
		nth=$((nth + (nth ? STEP : 1)))
		linked
		if failed_in_worker "$which" $nth; then
			places=$((places + 1)) none=0
		else
			none=$((none + 1))
		fi
		flows cli rx 10000
	done
	[ $none = 2 ] || bad "no end of places after $nth"
	[ $places -gt $((STEP > 1 ? 0 : 2)) ] || bad "only $places places"
	note "$places places"
	linked
	takeover_of_one
}

# failed_in_worker WHICH N: whether its Nth allocation failed, while a short
# connection came and went
failed_in_worker()
{
	local file left

	file=/proc/$(lanes | sed -n "$1p")
	file=$file/task/${file#/proc/}/fail-nth
	echo "$2" >"$file" || die "no worker"
	in_ns $PEER ftstream -c -s 3000 --timeout $LIMIT $VIP4 $((PORT + 1)) \
		>"$TMP/short.out" 2>&1 ||
		bad "connection $2: $(tail -n 1 "$TMP/short.out")"
	# a worker that has ended took its fault with it
	read -r left 2>/dev/null <"$file" || return 0
	echo 0 >"$file"
	[ "$left" = 0 ]
}

takeover_of_one()
{
	kill -KILL "$(pid_of many)"
	server $BAK srv2 --ulp $VIP4 $PORT
	flows cli rx 10000
	takeover
	flows srv2 tx 10000
	finish_streams cli srv2 1
}

# --- promotion ----------------------------------------------------------------

# Memory that is short for a moment costs no connection. The two nodes take it
# from each other again and again, each time with the next place failing.
promotion()
{
	local from=$ACT to=$BAK nth=0 srv

	protect
	server $ACT srv0 -n 2 --timeout $LONG --ulp $VIP4 $PORT
	client cli -n 2 --timeout $LONG $VIP4 $PORT
	while :; do
		nth=$((nth + (nth ? STEP : 1))) srv=srv$nth
		[ $nth -le $NTH_MAX ] || die "no end of places"
		flows cli rx 30000
		server $to $srv -n 2 --timeout $LONG --ulp $VIP4 $PORT
		handover_with_fault $from $to $nth
		flows $srv tx 30000
		injected || break
		rejoin $from $to
		from=$to
		[ $to = $ACT ] && to=$BAK || to=$ACT
	done
	note "$((nth - 1)) places"
	[ $nth -gt $((STEP > 1 ? 1 : 3)) ] || bad "only $((nth - 1)) places"
	finish_streams cli $srv 2
}

handover_with_fault()
{
	check "handover" ctl $1 handover
	wait_for "$2 heard the goodbye" node_is $2 down-reason goodbye
	# (of a failed command only the answer may have failed)
	with_fault "$3" sendto fttcpctl -n $2 promote kernel ||
		node_is $2 role active ||
		check "promote again" ctl $2 promote kernel
	is "connections not promoted" "$(counter $2 PromoteFailed)" 0
	service del $1
	check "$1 gives the role up" ctl $1 node set role none
	service add $2
}

injection_ready || {
	echo "1..0 # SKIP the kernel has no fault injection (CONFIG_FAULT_INJECTION)"
	exit $KSFT_SKIP
}
plan 9
run_case "loading the module" load
run_case "a role" role
run_case "showing connections, links and policies" dumps
run_case "a policy" policy
run_case "attaching" attach
run_case "a link" link
run_case "the worker of the active" worker 1
run_case "the worker of the backup" worker 2
run_case "a promotion" promotion
finish
