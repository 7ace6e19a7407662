#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Two daemons and a witness on a third machine: which of the two goes on when they do not
# see each other, that it is never both, and that nobody does without the witness.
. "$(dirname "$(readlink -f "$0")")/daemons.sh"
. "$(dirname "$(readlink -f "$0")")/telling.sh"

readonly WITNESS=10.0.0.1:7003

# While it begins it lets nobody go on (FTTCP_WITNESS_START_MS), and who asks first when
# that is over is not what most cases are about.
readonly BEGINS=4

witness()
{
	SERVES=$((SECONDS + BEGINS + 1))
	launch witness nsenter --net="/run/netns/$PEER" sh -c \
		"exec fttcpd --witness -c '$TMP/witness.conf' 2>>'$TMP/witness.log'"
}

witness_dies()
{
	kill -KILL "$(pid_of witness)"
}

# witness_says REGEX: it has written this
witness_says()
{
	grep -qE "$1" "$TMP/witness.log"
}

# word NS NAME: what the daemon says of the witness
word()
{
	dctl "$1" -j daemon |
		sed -n "s/.*\"witness\":[^}]*\"$2\": *\"\?\([a-z0-9-]*\).*/\1/p"
}

word_is()
{
	[ "$(word "$1" "$2")" = "$3" ]
}

answers()
{
	wait_for "the witness answers $1" word_is "$1" state up
}

# prepare [LINE...]: the three files, with more of [node]
prepare()
{
	local ns

	key witness 7
	printf '%s\n' "[witness]" "listen = $WITNESS" \
		"key-file = $TMP/witness.key" "state-file = $TMP/lease" \
		>"$TMP/witness.conf"
	conf $ACT 1 active "[node]" "$@"
	conf $BAK 2 backup "[node]" "$@"
	for ns in $ACT $BAK; do
		sed -i 's/^hold-max.*/hold-max = 2s/; /^allow-unfenced/d' \
			"$TMP/$ns.conf"
		printf '%s\n' "[witness]" "server = $WITNESS" \
			"key-file = $TMP/witness.key" >>"$TMP/$ns.conf"
	done
}

# begin [LINE...]: all run, a stream flows, the peer's side is watched
begin()
{
	prepare "$@"
	witness
	daemon $ACT
	daemon $BAK
	becomes $ACT protected
	becomes $BAK ready
	answers $ACT
	answers $BAK
	wait_for "the lease is nobody's" word_is $ACT owner 0
	watch
	stream
	wait_for "the witness lets one go on" serves
}

serves()
{
	[ $SECONDS -ge $SERVES ]
}

mend()
{
	ip -n $ACT link set dev link up
}

# deaf NS: what it says to the witness does not arrive
deaf()
{
	check "$1 does not reach the witness" ip -n "$1" neigh replace \
		10.0.0.1 lladdr 02:00:00:00:00:01 dev lan nud permanent
}

hears()
{
	ip -n "$1" neigh flush dev lan nud permanent
}

act_holds()
{
	node_is $ACT state holding
}

# One of them goes on: the backup, which asks first. Act asks when hold-max has passed,
# and may not. When they see each other again, act is a backup.
cut_link()
{
	begin
	cable
	becomes $BAK solo
	flows cli rx 50000
	wait_for "bak has the lease" word_is $BAK owner 2
	tells $BAK 352 "the witness has given this node the lease [0-9]+"
	tells $ACT 353 "this node may not go on without the other one: the witness has let the other node go on"
	stays 1 act_holds
	matches "warning" "$(dctl $ACT daemon)" "does not let this node go on"
	senders $ACT $BAK
	mend
	becomes $BAK protected
	becomes $ACT ready
	wait_for "the lease is nobody's" word_is $BAK owner 0
	finish_streams cli srv2 1
	senders $ACT $BAK
}

# Only act reaches the witness: it goes on alone, and bak has to stay what it is, also
# when it can ask again.
cut_backup()
{
	begin
	deaf $BAK
	wait_for "bak hears nothing" word_is $BAK state down
	tells $BAK 351 "the witness 10.0.0.1:7003 has not answered for 3000 ms.*"
	cable
	wait_for "act goes on alone" node_is $ACT state solo
	flows cli rx 50000
	tells $BAK 353 "this node may not go on without the other one: the witness does not answer"
	daemon_is $BAK fencing || bad "bak is not fencing"
	hears $BAK
	wait_for "bak is told" texts_match $BAK 353 "has let the other node go on"
	stays 2 daemon_is $BAK fencing
	is "role of bak" "$(node $BAK role)" backup
	has_address $BAK 0 || bad "bak has the service address"
	flows cli rx 50000
	senders $ACT
	mend
	becomes $ACT protected
	becomes $BAK ready
	wait_for "the lease is nobody's" word_is $ACT owner 0
	gone $ACT
	becomes $BAK solo
	flows cli rx 50000
	finish_streams cli srv2 1
	senders $ACT $BAK
	buried $ACT
}

texts_match()
{
	texts "$1" "$2" | grep -q "$3"
}

# Told to hold, act asks for nothing.
told_to_hold()
{
	begin "on-backup-loss = hold"
	deaf $BAK
	wait_for "bak hears nothing" word_is $BAK state down
	cable
	wait_for "act holds" act_holds
	stays 4 act_holds
	word_is $ACT owner 0 || bad "act has the lease"
	hears $BAK
	becomes $BAK solo
	flows cli rx 50000
	mend
	becomes $BAK protected
	becomes $ACT ready
	finish_streams cli srv2 1
	senders $ACT $BAK
}

death()
{
	begin
	gone $ACT
	becomes $BAK solo
	wait_for "bak has the lease" word_is $BAK owner 2
	flows cli rx 50000
	finish_streams cli srv2 1
	senders $ACT $BAK
	witness_says "the lease [0-9]+ is given to node 2 \(it has asked\)" ||
		bad "the witness does not tell of it"
	buried $ACT
}

# Without the witness nobody goes on, until an operator says so.
no_witness()
{
	begin
	witness_dies
	wait_for "bak hears nothing" word_is $BAK state down
	wait_for "act hears nothing" word_is $ACT state down
	stays 1 daemon_is $ACT protected
	flows cli rx 50000
	matches "warning" "$(dctl $BAK daemon)" "the witness does not answer"
	matches "warning" "$(dctl $ACT ready)" "the witness does not answer"
	cable
	wait_for "act holds" act_holds
	becomes $BAK fencing
	stays 4 act_holds
	daemon_is $BAK fencing || bad "bak is not fencing"
	tells $BAK 353 "this node may not go on.*the witness does not answer"
	refused 2 "the witness does not answer" dctl $BAK promote
	check "force" dctl $BAK promote force
	becomes $BAK solo
	flows cli rx 50000
	# it learns of that, and refuses act
	witness
	wait_for "bak has the lease" word_is $BAK owner 2
	witness_says "is given to node 2 \(an operator said so\)" ||
		bad "the witness does not tell of it"
	stays 3 act_holds
	senders $ACT $BAK
	mend
	becomes $BAK protected
	finish_streams cli srv2 1
}

# The other override: the active goes on, whatever the witness says. A witness that comes
# back is told so before it gives the lease to the other node, which asks all the time.
force_alone()
{
	begin
	witness_dies
	wait_for "act hears nothing" word_is $ACT state down
	cable
	wait_for "act holds" act_holds
	check "solo" ctl $ACT solo
	flows cli rx 50000
	becomes $BAK fencing
	witness
	wait_for "act has the lease" word_is $ACT owner 1
	wait_for "bak is told" texts_match $BAK 353 "has let the other node go on"
	stays 2 daemon_is $BAK fencing
	has_address $BAK 0 || bad "bak has the service address"
	senders $ACT
	mend
	becomes $ACT protected
	becomes $BAK ready
	finish_streams cli srv 1
}

# What was granted is remembered by the next witness.
restarts()
{
	begin
	cable
	becomes $BAK solo
	wait_for "bak has the lease" word_is $BAK owner 2
	witness_dies
	wait_for "act hears nothing" word_is $ACT state down
	stays 1 act_holds
	witness
	answers $ACT
	word_is $ACT owner 2 || bad "the lease is not bak's any more"
	stays 4 act_holds
	flows cli rx 50000
	senders $ACT $BAK
	mend
	becomes $BAK protected
	finish_streams cli srv2 1
}

# Whom the witness does not know it does not answer.
wrong_key()
{
	local conf=$TMP/$ACT.conf

	begin
	check "the file is right" fttcpd --check -c "$conf"
	sed 's,^key-file = .*/witness.key,&-lost,' "$conf" >"$conf.lost"
	refused 2 '\[witness\] key-file: .*-lost' fttcpd --check -c "$conf.lost"
	witness_dies
	key witness 8
	witness
	wait_for "it refuses" witness_says \
		"tried a question with a wrong key on the witness: refused"
	wait_for "bak hears nothing" word_is $BAK state down
	gone $ACT
	becomes $BAK fencing
	stays 4 daemon_is $BAK fencing
	is "role of bak" "$(node $BAK role)" backup
	check "force" dctl $BAK promote force
	becomes $BAK solo
	flows cli rx 50000
	finish_streams cli srv2 1
	buried $ACT
}

# Both boot, and do not see each other: one becomes active.
boots_apart()
{
	prepare
	sed -i 's/^role = .*/role = active/; s/^\[service\]/&\nconflict-check = no/' \
		"$TMP/$ACT.conf" "$TMP/$BAK.conf"
	witness
	cable
	daemon $ACT
	becomes $ACT solo
	daemon $BAK
	wait_for "bak is told" texts_match $BAK 353 "has let the other node go on"
	stays 3 daemon_is $BAK starting
	has_address $BAK 0 || bad "bak has the service address"
	mend
	becomes $ACT protected
	becomes $BAK ready
}

plan 9
run_case "the link is cut, both live" cut_link
run_case "the backup reaches nobody" cut_backup
run_case "an active that is told to hold" told_to_hold
run_case "the active dies" death
run_case "no witness: nobody goes on" no_witness
run_case "an active that is told to go on" force_alone
run_case "the witness restarts" restarts
run_case "another key" wrong_key
run_case "both boot, and do not see each other" boots_apart
finish
