#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Who has the key is the other node, through a takeover; who has another one, or
# none, or says nothing, is refused, told, and in nobody's way.
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/daemons.sh"
# shellcheck source=telling.sh
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/telling.sh"

refusal()
{
	echo "FTTCP:SECURITY-VIOL: $1 tried to be the other end \($2\)" \
	     "on the link: refused\. $AT"
}

refused_ever()
{
	[[ $(dctl "$1" -j daemon) =~ \"link-refused\":\ *[1-9] ]]
}

# apart: both run, and there is no link between them
apart()
{
	daemon $ACT
	becomes $ACT solo
	daemon $BAK
	wait_for "$ACT refuses" refused_ever $ACT
	stays 2 daemon_is $ACT solo
}

right_key_takes_over()
{
	both
	[[ $(dctl $ACT -j daemon) =~ \"link-authentication\":\ *\"key\" ]] ||
		bad "the daemon does not say that the link is authenticated"
	stream
	act_dies
}

# Each lane is a connection, and proves the key for itself.
several_lanes()
{
	local ns

	conf $ACT 1 active
	conf $BAK 2 backup
	for ns in $ACT $BAK; do
		sed -i 's/^\[link\]/&\nlanes = 3/' "$TMP/$ns.conf"
	done
	daemon $ACT
	daemon $BAK
	becomes $ACT protected
	is "lanes" "$(field "$(ctl $ACT link show)" lanes)" 3
	stream
	act_dies
}

wrong_key_is_refused()
{
	conf $ACT 1 active
	conf $BAK 2 backup
	key $BAK 1
	apart
	tells $BAK 35 "$(refusal 10.9.0.1 'it has another key')"
	tells $ACT 35 "$(refusal 10.9.0.2 \
		'it went away without a proof; it may have another key')"
}

no_key_is_refused()
{
	conf $ACT 1 active
	conf $BAK 2 backup
	sed -i 's/^key-file.*/insecure = yes/' "$TMP/$BAK.conf"
	apart
	tells $ACT 35 "$(refusal 10.9.0.2 \
		'it does not speak as a node with a key')"
}

# Somebody has to have said so.
without_a_key()
{
	local ns

	conf $ACT 1 active
	conf $BAK 2 backup
	sed -i '/^key-file/d' "$TMP/$ACT.conf"
	refused 2 'nothing proves who the link.s other end is; add "key-file' \
		fttcpctl config check "$TMP/$ACT.conf"
	refused 2 'nothing proves' fttcpd -c "$TMP/$ACT.conf"
	for ns in $ACT $BAK; do
		sed -i '/^key-file/d; s/^\[auth\]/&\ninsecure = yes/' \
			"$TMP/$ns.conf"
	done
	daemon $ACT
	daemon $BAK
	becomes $ACT protected
	[[ $(dctl $ACT -j daemon) =~ \"link-authentication\":\ *\"none\" ]] ||
		bad "the daemon does not say that nothing proves the other end"
	matches "log" "$(cat "$TMP/$ACT.log")" "insecure = yes: whoever reaches"
	stream
	act_dies
}

foreign_node_is_refused()
{
	conf $ACT 1 active
	conf $BAK 2 backup
	sed -i 's/^id = 2/id = 3/' "$TMP/$BAK.conf"
	apart
	tells $ACT 35 "$(refusal 10.9.0.2 \
		'it says that it is another node than \[node\] peer-id')"
}

# More of them than are listened to at the same time.
silent_callers_are_in_nobodys_way()
{
	local i

	conf $ACT 1 active
	conf $BAK 2 backup
	daemon $ACT
	becomes $ACT solo
	for i in {1..12}; do
		launch "silent-$i" nsenter --net="/run/netns/$BAK" bash -c \
			"exec 3<>/dev/tcp/10.9.0.1/$LINK_PORT; exec sleep 60"
	done
	wait_for "some made room" refused_ever $ACT
	daemon $BAK
	becomes $ACT protected
	becomes $BAK ready
}

# link_of NS: the daemon's number of its link, 0 for none
link_of()
{
	dctl "$1" -j daemon | sed -n 's/.*"link": *\([0-9]*\).*/\1/p'
}

next_link()
{
	[ "$(link_of "$1")" -gt "$2" ]
}

key_changes_without_a_gap()
{
	local before

	both
	key $ACT 0 1 && dctl $ACT reload >/dev/null || bad "no reload"
	key $BAK 1 0 && dctl $BAK reload >/dev/null || bad "no reload"
	# the next link is another one, and made with both keys
	before=$(link_of $ACT)
	ctl $ACT link del id "$before"
	wait_for "another link" next_link $ACT "$before"
	becomes $ACT protected
	becomes $BAK ready
	chmod 644 "$TMP/$ACT.key"
	! dctl $ACT reload >"$TMP/out" 2>&1 || bad "a key for all is taken"
	grep -q 'chmod 640' "$TMP/out" || bad "$(cat "$TMP/out")"
}

plan 8
run_case "the right key, through a takeover" right_key_takes_over
run_case "several lanes" several_lanes
run_case "another key" wrong_key_is_refused
run_case "no key" no_key_is_refused
run_case "neither a key nor a word that none is wanted" without_a_key
run_case "another node" foreign_node_is_refused
run_case "silent callers" silent_callers_are_in_nobodys_way
run_case "a new key" key_changes_without_a_gap
finish
