# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Clients of fttcpd (replicated-lines) on nodes of the bed, for the scripts that
# test their messages.

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

msg()
{
	local ns=$1 verb=$2

	shift 2
	ctl "$ns" msg "$verb" "$@" file "$TMP/$ns.db"
}
