#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Clients of two fttcpd: they replicate their own state before the sockets
# follow, and each line of it comes once and in order, whatever dies meanwhile.
. "$(dirname "$(readlink -f "$0")")/daemons.sh"

if ! command -v replicated-lines >/dev/null; then
	echo "1..0 # SKIP replicated-lines is not built"
	exit $KSFT_SKIP
fi

# clients_conf NS ID ROLE: the configuration, with clients
clients_conf()
{
	conf "$1" "$2" "$3" "[messages]" "clients = lines" \
		"client-socket = $TMP/$1.clients" \
		"[repository]" "file = $TMP/$1.db"
}

both_daemons()
{
	clients_conf $ACT 1 active
	clients_conf $BAK 2 backup
	daemon $ACT
	daemon $BAK
	becomes $ACT clients
}

# lines NS: the client of a node; its input is a pipe that is written to by hand
lines()
{
	rm -f "$TMP/$1.in"
	mkfifo "$TMP/$1.in"
	wait_for "it may register" [ -S "$TMP/$1.clients" ]
	# (open for both, so that nobody waits for the other end)
	launch "lines-$1" replicated-lines -s "$TMP/$1.clients" <>"$TMP/$1.in"
}

# more NS FROM TO: further lines of the state
more()
{
	local ns=$1 i

	for ((i = $2; i <= $3; i++)); do
		echo "n$i"
		[ $((i % 10)) = 0 ] && nap
	done >"$TMP/$ns.in"
}

said()
{
	grep -qx "$2" "$TMP/lines-$1.out"
}

# has NS N: the client of NS has line N
has()
{
	said "$1" "line $2 n$2"
}

# in_its_order NS N: lines 1 to N, each once, behind the last reset
in_its_order()
{
	local got want

	got=$(sed -n '/^reset$/{s/.*//;h;d};/^line /H;${g;p}' \
		"$TMP/lines-$1.out" | sed '/^$/d')
	want=$(for ((i = 1; i <= $2; i++)); do echo "line $i n$i"; done)
	[ "$got" = "$want" ] ||
		bad "$1 has: $(diff <(echo "$got") <(echo "$want") | head -n 5)"
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

msg()
{
	local ns=$1 verb=$2

	shift 2
	ctl "$ns" msg "$verb" "$@" file "$TMP/$ns.db"
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

moved_are()
{
	[ "$(msg $ACT list reason 107 | wc -l)" = "$1" ]
}

plan 5
run_case "clients replicate first, then the sockets" initial
run_case "daemons are killed, each line comes once" killed
run_case "what is said while the other is away is kept" link_loss
run_case "the twin takes over in the middle" takes_over
run_case "an operator and the repository" operator
finish
