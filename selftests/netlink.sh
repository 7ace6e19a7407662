#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The netlink interface: what it accepts and what it refuses, with error number,
# sentence and attribute; privileges; truncated and random requests; events.
. "$(dirname "$(readlink -f "$0")")/lib.sh"

# Numbers of include/uapi/linux/fttcp.h, which never change.
readonly NODE_GET=1 NODE_SET=2 LINK_GET=3 LINK_ADD=4 LINK_DEL=5 CONN_GET=6
readonly CONN_ATTACH=7 CONN_DETACH=8 POLICY_GET=9 POLICY_ADD=10 POLICY_DEL=11
readonly STATS_GET=12 PROMOTE=13 HANDOVER=14 SOLO=15 EVENT=16
readonly A_ID=2 A_ROLE=3 A_STATE=4 A_EPOCH=5 A_MODE=6 A_HOLD_MAX=7
readonly A_HEARTBEAT=9 A_QUEUE_MAX=11 A_MEMORY_MAX=12

# nl [OPTION] COMMAND [ATTRIBUTE...]: the answer, as ftnl prints it
nl()
{
	in_ns $ACT ftnl "$@"
}

# want ERRNO ATTR MISS COMMAND...: - means any
# Only what generic netlink itself refuses, EOPNOTSUPP, comes without a sentence.
want()
{
	local err=$1 attr=$2 miss=$3 out

	shift 3
	out=$(nl "$@")
	[ $err = - ] || is "$*: errno" "$(value "$out" errno)" $err
	[ $attr = - ] || is "$*: attribute to blame" "$(value "$out" attr)" $attr
	[ $miss = - ] || is "$*: missing attribute" "$(value "$out" miss)" $miss
	[ $err = 0 ] || [ $err = EOPNOTSUPP ] || [ -n "${out#*msg=}" ] ||
		bad "$*: no sentence: $out"
}

node_set()
{
	want 0 0 0 $NODE_SET $A_ID:u32=7 $A_MODE:u32=1 $A_HOLD_MAX:u32=1234 \
		$A_QUEUE_MAX:u64=1000000
	is "id" "$(node $ACT id)" 7
	is "mode" "$(node $ACT mode)" async
	is "lane-queue-max" "$(node $ACT lane-queue-max)" 1000000
	want 0 0 0 $NODE_SET $A_ROLE:u32=1
	is "role" "$(node $ACT role)" active
	is "epoch" "$(node $ACT epoch)" 1
}

# Every refusal leaves everything as it was.
node_set_refused()
{
	local before

	before=$(ctl $ACT node show | grep -v events-seq)
	want ERANGE $A_ID 0 $NODE_SET $A_ID:u32=0
	want ERANGE $A_ROLE 0 $NODE_SET $A_ROLE:u32=3
	want ERANGE $A_MODE 0 $NODE_SET $A_MODE:u32=99
	want ERANGE $A_HOLD_MAX 0 $NODE_SET $A_HOLD_MAX:u32=9
	want ERANGE $A_HOLD_MAX 0 $NODE_SET $A_HOLD_MAX:u32=600001
	want ERANGE $A_HEARTBEAT 0 $NODE_SET $A_HEARTBEAT:u32=4
	want ERANGE $A_QUEUE_MAX 0 $NODE_SET $A_QUEUE_MAX:u64=65535
	want ERANGE $A_MEMORY_MAX 0 $NODE_SET $A_MEMORY_MAX:u64=1
	want EINVAL $A_ID 0 $NODE_SET $A_ID:u16=1
	want EINVAL $A_STATE - $NODE_SET $A_STATE:u32=1
	want EINVAL 77 0 $NODE_SET $A_MODE:u32=1 77:u32=1
	is "the node" "$(ctl $ACT node show | grep -v events-seq)" "$before"
	want 0 0 0 $NODE_SET $A_ROLE:u32=1 $A_EPOCH:u64=9
	want EBUSY $A_ID 0 $NODE_SET $A_ID:u32=5 $A_MODE:u32=1
	is "mode" "$(node $ACT mode)" sync
	want ESTALE $A_EPOCH 0 $NODE_SET $A_ROLE:u32=1 $A_EPOCH:u64=8
	is "epoch" "$(node $ACT epoch)" 9
}

unknown()
{
	want EOPNOTSUPP - - 99
	want EOPNOTSUPP - - 0
	want EOPNOTSUPP - - $EVENT
	# A dump of what has none, a plain request for what is only dumped.
	want EOPNOTSUPP - - -d $NODE_SET $A_ID:u32=1
	want EOPNOTSUPP - - $CONN_GET
}

missing()
{
	want EINVAL 0 2 $LINK_ADD 8:nest=
	want EINVAL 0 8 $LINK_ADD 2:u32=1
	want EINVAL 0 2 $LINK_DEL
	want EINVAL 0 3 $CONN_ATTACH 4:hex=0a000064 5:u16=5000
	want EINVAL 0 4 $CONN_ATTACH 3:u16=2 5:u16=5000
	want EINVAL 0 5 $CONN_ATTACH 3:u16=2 4:hex=0a000064
	want EINVAL - - $CONN_DETACH
}

wrong_values()
{
	# addresses: of the wrong length, of no family
	want EINVAL 4 - $CONN_ATTACH 3:u16=2 4:hex=0a00006401 5:u16=5000
	want ERANGE 4 - $CONN_ATTACH 3:u16=2 4:hex=0a00 5:u16=5000
	want EINVAL 4 - $CONN_ATTACH 3:u16=10 4:hex=0a000064 5:u16=5000
	want EAFNOSUPPORT 3 - $CONN_ATTACH 3:u16=17 4:hex=0a000064 5:u16=5000
	want ERANGE 5 - $CONN_ATTACH 3:u16=2 4:hex=0a000064 5:u16=0
	want ENOENT - - $CONN_ATTACH 3:u16=2 4:hex=0a000064 5:u16=5000
	want ENOENT - - $CONN_DETACH 2:u64=99
	want ENOENT - - $LINK_DEL 2:u32=99
	want ENOENT - - $POLICY_DEL 2:u32=99
	# a prefix without a family, one that is too long
	want EINVAL - - $POLICY_ADD 4:hex=0a000000 5:u8=24
	want 0 - - $POLICY_ADD 3:u16=2 4:hex=0a000000 5:u8=24
	want EINVAL - - $POLICY_ADD 3:u16=2 4:hex=0a000000 5:u8=33
	want ERANGE 5 - $POLICY_ADD 3:u16=2 4:hex=0a000000 5:u8=129
}

# Descriptors that are no connected TCP socket. 1 is a file, 999 is closed.
link_sockets()
{
	check "role" ctl $ACT node set id 1 role active
	want EBADF - - $LINK_ADD 2:u32=1 8:nest=08000100e7030000
	want ENOTSOCK - - $LINK_ADD 2:u32=1 8:nest=0800010001000000
	want EINVAL - - $LINK_ADD 2:u32=1 8:nest=
	want ERANGE 2 - $LINK_ADD 2:u32=0 8:nest=0800010001000000
	is "links" "$(node $ACT links)" 0
}

commands_refused()
{
	want EPERM - - $PROMOTE
	want EPERM - - $HANDOVER
	want EPERM - - $SOLO
	want 0 - - $NODE_SET $A_ID:u32=1 $A_ROLE:u32=1
	want EPERM - - $PROMOTE
	want EAGAIN - - $HANDOVER
	want 0 - - $SOLO
}

# Everybody may look, nobody without CAP_NET_ADMIN may touch.
privileges()
{
	local cmd

	want 0 - - -u $NODE_GET
	want 0 - - -u -d $LINK_GET
	want 0 - - -u -d $CONN_GET
	refused 6 "." in_ns $ACT unshare --user fttcpctl monitor
	want 0 - - -u -d $POLICY_GET
	want 0 - - -u $STATS_GET
	for cmd in $NODE_SET $LINK_ADD $LINK_DEL $CONN_ATTACH $CONN_DETACH \
		   $POLICY_ADD $POLICY_DEL $PROMOTE $HANDOVER $SOLO; do
		is "command $cmd without privilege" \
			"$(value "$(nl -u $cmd)" errno)" EPERM
	done
	refused 6 "." in_ns $ACT unshare --user \
		fttcpctl node set id 3
}

# Root of a user namespace of its own governs its network namespace if the
# module was told so, which it is not by default.
own_user_namespace()
{
	local out

	out=$(unshare --user --map-root-user --net \
		ftnl $NODE_SET $A_ID:u32=9) || skip "no user namespaces: $out"
	if grep -q Y /sys/module/fttcp/parameters/userns; then
		is "node-set in it" "$(value "$out" errno)" 0
	else
		is "node-set in it" "$(value "$out" errno)" EPERM
		matches "the remedy" "$out" 'userns=1'
	fi
	out=$(unshare --user --map-root-user --net ftnl $NODE_GET)
	is "node-get in it" "$(value "$out" errno)" 0
	matches "act is another" "$(node $ACT id)" '^(0|)$'
}

truncated()
{
	local cut out

	for cut in 1 2 3 4 8 12; do
		out=$(nl -t $cut $NODE_SET $A_ID:u32=5 $A_MODE:u32=1 2>&1)
		matches "cut by $cut" "$out" 'errno='
		[ "$cut" -gt 8 ] || is "id, cut by $cut" "$(node $ACT mode)" sync
	done
}

# Each of several thousand random requests gets an answer, and then the
# namespace still works.
random()
{
	local seed out count=$((4000 / SLOW))

	for seed in 1 2 3; do
		out=$(nl -z $count -s $seed) || bad "seed $seed: $out"
		matches "seed $seed" "$out" "answered=$count"
	done
	check "node set" ctl $ACT node set role none
	check "policies" ctl $ACT policy del all
	check "node set" ctl $ACT node set id 1 role active mode sync \
		lane-queue-max 4194304 memory-max 268435456
	server $ACT srv --ulp $VIP4 $PORT
	client cli $VIP4 $PORT
	flows cli rx 100000
	finish_streams cli srv 1
}

# A hundred connections do not fit into one message of a dump.
dumps()
{
	server $ACT srv -n 100 --ulp $VIP4 $PORT
	client cli -n 100 --rate 1000 $VIP4 $PORT
	is "replies" "$(value "$(nl -d $CONN_GET)" replies)" 101
	is "as fttcpctl counts" "$(ctl $ACT conn show | grep -c '^conn')" 101
	is "in JSON" "$(ctl $ACT -j conn show | jq length)" 101
	[ "$(value "$(nl -d $STATS_GET)" replies)" -ge 1 ] || bad "no counters"
}

# The reader gets what exists, a mark, then every change, without a gap.
events()
{
	local seqs n

	launch mon fttcpctl -n $ACT -j monitor
	wait_for "the mark" grep -q '^{"action":"exists"' "$TMP/mon.out"
	roles
	server $ACT srv --ulp $VIP4 $PORT
	client cli -s 100000 $VIP4 $PORT
	link_up $ACT $BAK
	wait_for "act is protected" node_is $ACT state protected
	ip -n $BAK link set dev link down
	wait_for "act holds or is alone" link_lost_event
	wait_for "a role" has_event node-role
	for n in link-up sync-begin sync-end conn-attached; do
		has_event $n || bad "no event $n"
	done
	seqs=$(grep -o '"seq":[0-9]*' "$TMP/mon.out" | cut -d: -f2)
	is "numbers without a gap" "$seqs" "$(seq "$(head -n 1 <<<"$seqs")" \
		"$(tail -n 1 <<<"$seqs")")"
}

link_lost_event()
{
	has_event link-down && grep -q '"reason":"carrier"' "$TMP/mon.out"
}

has_event()
{
	grep -q "\"name\":\"$1\"" "$TMP/mon.out"
}

# A monitor that nobody reads any more ends, and does not hold the module.
events_end()
{
	local before

	before=$(module_users)
	launch mon fttcpctl -n $ACT monitor
	wait_for "it has begun" grep -q '^-' "$TMP/mon.out"
	kill -TERM "$(pid_of mon)"
	ended mon
	wait_for "the module is free" users_are "$before"
}

users_are()
{
	[ "$(module_users)" = "$1" ]
}

plan 14
run_case "node-set" node_set
run_case "node-set, refused" node_set_refused
run_case "unknown commands" unknown
run_case "missing attributes" missing
run_case "wrong values" wrong_values
run_case "sockets of a link" link_sockets
run_case "commands that the role forbids" commands_refused
run_case "privileges" privileges
run_case "a user namespace of one's own" own_user_namespace
run_case "truncated requests" truncated
run_case "random requests" random
run_case "large dumps" dumps
run_case "events" events
run_case "a monitor that ends" events_end
finish
