#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# How long a takeover keeps a stream waiting that was in the middle of a burst, in
# retransmission backoff, before a closed window, or idle; whichever end sends,
# over IPv4 and IPv6. Documentation/promotion.rst promises the bound.
. "$(dirname "$(readlink -f "$0")")/lib.sh"

# Milliseconds from when the address is announced until the receiver has a new byte.
readonly BOUND_MS=2000

# command_ WORD: of ftstall, and its end
command_()
{
	echo "$1" >&8
	wait_for "ftstall: $1" answered "$1"
}

answered()
{
	grep -q "^done $1\$" "$TMP/stall.out" && return
	alive stall || die "ftstall: $(<"$TMP/stall.err")"
	return 1
}

# deaf: nothing of act reaches the peer, nor the other way round
deaf()
{
	check "lose" tc -n $ACT qdisc add dev lan root netem loss 100%
	check "lose" tc -n $PEER qdisc add dev act root netem loss 100%
}

situation()
{
	local line ms

	LIMIT=$((LIMIT * 4))
	protect
	mkfifo "$TMP/commands"
	exec 8<>"$TMP/commands"
	launch stall ftstall $PEER $ACT $BAK $1 <&8
	command_ open
	wait_for "the backup has them" replicas_are 4
	if [ $1 = backoff ]; then
		deaf
		command_ lose
		command_ deep
	fi
	cut_off $ACT
	command_ cut
	wait_for "bak has lost act" node_is $BAK state backup-waiting
	promote $BAK force
	service add $BAK
	command_ address
	command_ resume
	is "connections in order" "$(grep -c '^ok$' "$TMP/stall.out")" 4
	[ ! -s "$TMP/stall.err" ] || bad "$(<"$TMP/stall.err")"
	while read -r line; do
		note "$line"
		ms=${line##* }
		[ "$ms" -ge 0 ] && [ "$ms" -lt $BOUND_MS ] ||
			bad "$line: not below $BOUND_MS ms"
	done < <(grep '^stall' "$TMP/stall.out")
}

plan 4
run_case "in the middle of a burst" situation burst
run_case "in retransmission backoff" situation backoff
run_case "before a closed window" situation closed
run_case "idle" situation idle
finish
