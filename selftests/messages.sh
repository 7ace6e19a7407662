#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Clients of two fttcpd: they replicate their own state before the sockets
# follow, and each line of it comes once and in order, whatever dies meanwhile.
. "$(dirname "$(readlink -f "$0")")/daemons.sh"
# shellcheck source=lines.sh
. "$(dirname "$(readlink -f "$0")")/lines.sh"

both_daemons()
{
	clients_conf $ACT 1 active
	clients_conf $BAK 2 backup
	daemon $ACT
	daemon $BAK
	becomes $ACT clients
}

missing_is()
{
	[ "$(dctl $ACT client show | grep -c ' missing ')" = "$1" ]
}

initial()
{
	both_daemons
	wait_for "one is missing" missing_is 1
	has_address $ACT 2 || bad "act has no service address"
	is "links" "$(node $ACT links)" 0
	refused 2 "client show" dctl $ACT switchover
	lines $BAK
	lines $ACT
	becomes $ACT protected
	becomes $BAK ready
	missing_is 0 || bad "still missing: $(dctl $ACT client show)"
	matches "log" "$(<"$TMP/$ACT.log")" \
		'FTTCP:Received client complete message from 0x11e5\. [a-z_]+:[0-9]+'
	more $ACT 1 50
	wait_for "bak has it" has $BAK 50
	in_its_order $BAK 50
	# one that dies when all are protected ends nothing
	kill -KILL "$(pid_of "lines-$ACT")"
	wait_for "it is missing" missing_is 1
	is "state" "$(node $ACT state)" protected
}

# A daemon is killed again and again, or the link, and lines go on.
killed()
{
	local i ns

	both_daemons
	lines $BAK
	lines $ACT
	becomes $ACT protected
	more $ACT 1 400 &
	for i in 1 2 3; do
		for ns in $ACT $BAK; do
			kill -KILL "$(pid_of "fttcpd-$ns")"
			wait_for "it is dead" is_zombie "$(pid_of "fttcpd-$ns")"
			daemon $ns
			nap
		done
	done
	wait_for "bak has it" has $BAK 400
	in_its_order $BAK 400
	becomes $ACT protected
	is "epoch" "$(node $BAK epoch)" 1
	wait_for "all is acknowledged" said $ACT "done 400"
	is "undone" "$(msg $ACT list way out state staged | wc -l)" 0
}

# Nothing connects the nodes for a while; what is said meanwhile is kept.
link_loss()
{
	both_daemons
	lines $BAK
	lines $ACT
	becomes $ACT protected
	more $ACT 1 20
	wait_for "bak has it" has $BAK 20
	kill -KILL "$(pid_of "fttcpd-$BAK")"
	more $ACT 21 60
	wait_for "act keeps it" said $ACT "kept 60"
	has $BAK 21 && bad "bak has it, without a daemon"
	[ "$(msg $ACT list state sent | wc -l)" -ge 1 ] ||
		[ "$(msg $ACT list state packed | wc -l)" -ge 1 ] ||
		bad "nothing waits: $(msg $ACT list)"
	daemon $BAK
	wait_for "bak has it" has $BAK 60
	in_its_order $BAK 60
}

# The active machine dies in the middle: its twin goes on with what it has, which
# is all that was called safe.
takes_over()
{
	local safe got

	both_daemons
	lines $BAK
	lines $ACT
	becomes $ACT protected
	more $ACT 1 2000 &
	wait_for "some of it is safe" has $BAK 100
	gone $ACT
	kill -KILL "$(pid_of "lines-$ACT")"
	kill $! 2>/dev/null
	safe=$(sed -n 's/^safe //p' "$TMP/lines-$ACT.out" | tail -n 1)
	wait_for "bak's client is told" said $BAK active
	got=$(sed '/^active$/q' "$TMP/lines-$BAK.out" |
		sed -n 's/^line \([0-9]*\) .*/\1/p' | tail -n 1)
	[ "$got" -ge "$safe" ] || bad "$safe were safe, bak has $got"
	note "safe $safe, taken over $got"
	in_its_order $BAK "$got"
	# the old active comes back, as a backup, and its client begins anew
	becomes $BAK clients
	more $BAK $((got + 1)) $((got + 20))
	printf 'link set dev %s up\n' lan link | ip -n $ACT -batch -
	rm "$TMP/$ACT.clients"	# lines() is to wait for the new one
	daemon $ACT
	lines $ACT
	becomes $BAK protected
	becomes $ACT ready
	wait_for "act has it" has $ACT $((got + 20))
	in_its_order $ACT $((got + 20))
	is "epoch" "$(node $BAK epoch)" 2
	buried $ACT
}

# The tool works on the file, with the daemon and without it.
operator()
{
	local db=$TMP/$ACT.db

	clients_conf $ACT 1 active
	daemon $ACT
	becomes $ACT clients
	lines $ACT
	wait_for "it is there" said $ACT complete
	more $ACT 1 3
	wait_for "three are kept" said $ACT "kept 3"
	kill -TERM "$(pid_of "fttcpd-$ACT")"
	ended "fttcpd-$ACT" || bad "it gave $?"
	matches "one of them" "$(msg $ACT list text n2)" 'client lines way out'
	# the port of the other node was moved on purpose
	clients_conf $ACT 1 active
	sed -i 's/^clients = lines/&\nport = 7055/' "$TMP/$ACT.conf"
	daemon $ACT
	wait_for "errors" moved_are 3
	matches "why" "$(msg $ACT show id 1)" 'reason-group routing'
	clients_conf $BAK 2 backup
	sed -i 's/^clients = lines/&\nport = 7055/' "$TMP/$BAK.conf"
	daemon $BAK
	lines $BAK
	is "resend" "$(msg $ACT resend reason 107)" "resend messages 3"
	wait_for "bak has it" has $BAK 3
	in_its_order $BAK 3
	# a corrupted file is set aside, and the daemon goes on
	kill -KILL "$(pid_of "fttcpd-$ACT")"
	wait_for "it is dead" is_zombie "$(pid_of "fttcpd-$ACT")"
	rm -f "$db-wal"
	echo "no database" >"$db"
	daemon $ACT
	wait_for "it says so" grep -q "was corrupted; it is now $db.bad-" \
		"$TMP/$ACT.log"
	becomes $ACT protected
}

refused_as()
{
	grep -qF "tried to be the other end ($2) on the connection for messages: refused" \
		"$TMP/$1.log"
}

# Who has another key is no twin: refused, told and counted, and messages stay.
another_key()
{
	clients_conf $ACT 1 active
	clients_conf $BAK 2 backup
	key $BAK 1
	daemon $ACT
	daemon $BAK
	lines $ACT
	lines $BAK
	more $ACT 1 20
	wait_for "act keeps it" said $ACT "kept 20"
	wait_for "bak refuses" refused_as $BAK "it has another key"
	wait_for "act refuses" refused_as $ACT \
		"it went away without a proof; it may have another key"
	said $BAK "line 1 n1" && bad "bak has it"
	[ "$(dctl $ACT -j daemon | sed -n 's/.*"messages-refused": *\([0-9]*\).*/\1/p')" -ge 1 ] ||
		bad "not counted: $(dctl $ACT -j daemon)"
	key $BAK 0
	check "reload" dctl $BAK reload >/dev/null
	wait_for "bak has it" has $BAK 20
	in_its_order $BAK 20
	becomes $ACT protected
}

moved_are()
{
	[ "$(msg $ACT list reason 107 | wc -l)" = "$1" ]
}

# in_state NS STATE N: so many messages are in it
in_state()
{
	[ "$(msg "$1" list state "$2" | wc -l)" = "$3" ]
}

# after_five: five lines are done with, and five more follow
after_five()
{
	more $ACT 1 5
	wait_for "five are done with" said $ACT "done 5"
}

# 7 and 8: the other daemon is not there; it is, and does not answer
on_this_node()
{
	both_daemons
	lines $BAK
	lines $ACT
	becomes $ACT protected
	after_five
	kill -STOP "$(pid_of "fttcpd-$BAK")"
	more $ACT 6 7
	wait_for "two are sent (8)" in_state $ACT 8 2
	kill -KILL "$(pid_of "fttcpd-$BAK")"
	wait_for "it is dead" is_zombie "$(pid_of "fttcpd-$BAK")"
	more $ACT 8 10
	wait_for "three are packed (7)" in_state $ACT 7 3
	daemon $BAK
	wait_for "all are acknowledged (21)" in_state $ACT 21 10
	in_its_order $BAK 10
}

# 9 and 11, then 14, then 21, on both nodes: the twin is not there; it is, and does
# not say that it is done; it is done
on_the_other()
{
	local ns

	both_daemons
	lines $BAK
	lines $ACT
	becomes $ACT protected
	after_five
	kill -STOP "$(pid_of "lines-$BAK")"
	more $ACT 6 10
	for ns in $ACT $BAK; do
		wait_for "$ns: delivered (14)" in_state $ns 14 5
	done
	kill -CONT "$(pid_of "lines-$BAK")"
	for ns in $ACT $BAK; do
		wait_for "$ns: acknowledged (21)" in_state $ns 21 10
	done
	in_its_order $BAK 10
}

twin_is_away()
{
	both_daemons
	lines $ACT
	wait_for "it is there" said $ACT complete
	more $ACT 1 10
	wait_for "staged (9)" in_state $ACT 9 10
	wait_for "waiting (11)" in_state $BAK 11 10
	lines $BAK
	wait_for "bak has it" has $BAK 10
	in_its_order $BAK 10
}

# 2: what an operator sends again is checked, and waits for the daemon
sent_again()
{
	clients_conf $ACT 1 active
	daemon $ACT
	becomes $ACT clients
	lines $ACT
	wait_for "it is there" said $ACT complete
	more $ACT 1 10
	wait_for "packed (7)" in_state $ACT 7 10
	kill -TERM "$(pid_of "fttcpd-$ACT")"
	ended "fttcpd-$ACT" || bad "it gave $?"
	sed -i 's/^clients = lines/&\nport = 7055/' "$TMP/$ACT.conf"
	daemon $ACT
	wait_for "errors" moved_are 10
	kill -TERM "$(pid_of "fttcpd-$ACT")"
	ended "fttcpd-$ACT" || bad "it gave $?"
	is "resend" "$(msg $ACT resend reason 107)" "resend messages 10"
	in_state $ACT 2 10 || bad "not checked (2): $(msg $ACT list)"
	daemon $ACT
	wait_for "packed (7)" in_state $ACT 7 10
	is "errors" "$(msg $ACT list errors | wc -l)" 0
}

plan 10
run_case "clients replicate first, then the sockets" initial
run_case "daemons are killed, each line comes once" killed
run_case "what is said while the other is away is kept" link_loss
run_case "the twin takes over in the middle" takes_over
run_case "an operator and the repository" operator
run_case "who has another key is no twin" another_key
run_case "states 7 and 8: the other daemon is away, and does not answer" on_this_node
run_case "states 9 and 11: the twin is away" twin_is_away
run_case "states 14 and 21: the twin is not done, and is" on_the_other
run_case "state 2: sent again out of the error store, no daemon" sent_again
finish
