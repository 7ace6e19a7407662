#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A hostile peer of protected connections, of connections in the middle of a
# takeover, and of promoted ones. What applications read has to be right, no
# acknowledgement may go back, and a connection beside it goes on.
# FUZZ_TIME (seconds), FUZZ_SEED.
. "$(dirname "$(readlink -f "$0")")/lib.sh"

readonly HOSTILE=10.0.0.66 HPORT=5001
TIME=${FUZZ_TIME:-10}
SEED=${FUZZ_SEED:-1}

# hserver NS NAME: the application of the hostile peer
hserver()
{
	server $1 $2 -n 2000 --ulp --oobinline --rate 0 $VIP4 $HPORT
}

# attack: until $TMP/peace is there
attack()
{
	launch hostile nsenter --net="/run/netns/$PEER" fthostile -s $SEED \
		-n 12 -p "$TMP/hostile.progress" -x "$TMP/peace" \
		lan $HOSTILE $VIP4 $HPORT
	wait_for "the hostile peer speaks" has_opened 8
}

has_opened()
{
	alive hostile || die "the hostile peer: $(summary hostile)"
	[ "$(opened)" -ge "$1" ]
}

# opened: handshakes, the last word of the progress
opened()
{
	local words=(0)

	[ ! -e "$TMP/hostile.progress" ] ||
		read -ra words <"$TMP/hostile.progress"
	echo "${words[-1]}"
}

# meanwhile SECONDS: the attack goes on, and the healthy connection too
meanwhile()
{
	local end=$((SECONDS + $1)) from

	from=$(opened)
	flows cli rx 20000
	while [ $SECONDS -lt $end ]; do
		alive hostile || die "the hostile peer: $(summary hostile)"
		nap
	done
	flows cli rx 20000
	wait_for "the hostile peer connects" has_opened $((from + 3))
}

# right NAME: an application that is ended saw no wrong byte
right()
{
	local line

	kill -TERM "$(pid_of $1)" 2>/dev/null
	ended $1
	line=$(summary $1)
	is "$1: wrong reads" "$(value "$line" bad)" 0
	note "$1: $line"
}

# Orphans of a peer that is gone would keep their namespace until their timers,
# which it has made long, run out.
end_orphans()
{
	local ns

	for ns in $ACT $BAK; do
		in_ns $ns ss -K "sport = :$HPORT" >/dev/null
	done
}

fight()
{
	local line

	# a byte that takes the place of the peer's own FIN, which the program has
	# read as the end, looks as if it had been read too early
	: >"$TMP/may-miss"
	protect
	server $ACT srv --ulp $VIP4 $PORT
	hserver $ACT hsrv
	server $BAK srv2 --ulp $VIP4 $PORT
	hserver $BAK hsrv2
	client cli $VIP4 $PORT
	attack
	meanwhile $((TIME / 2))
	takeover
	meanwhile $((TIME - TIME / 2))
	: >"$TMP/peace"
	ended hostile
	is "the hostile peer's verdict" $? 0
	line=$(summary hostile)
	note "$line"
	right hsrv
	right hsrv2
	counter_above $BAK Claimed 1 || bad "no attacked connection was claimed"
	finish_streams cli srv2 1
	end_orphans
}

note "FUZZ_SEED=$SEED FUZZ_TIME=$TIME ./fuzz_peer.sh"
plan 1
run_case "a hostile peer, and a takeover" fight
finish
