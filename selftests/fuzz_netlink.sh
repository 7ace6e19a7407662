#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Generated netlink requests, from the policies that the kernel tells, to two
# nodes with a link and connections. FUZZ_TIME (seconds), FUZZ_SEED.
. "$(dirname "$(readlink -f "$0")")/lib.sh"

TIME=${FUZZ_TIME:-10}
SEED=${FUZZ_SEED:-1}

fuzz()
{
	local out rc

	out=$(ftfuzznl -s $SEED -t $TIME 2>&1)
	rc=$?
	note "$out"
	[ $rc = 0 ] || bad "ftfuzznl gave $rc"
	out=${out##*$'\n'}
	# a generator whose requests all fail early tests nothing
	[ "$(value "$out" accepted)" -gt $(($(value "$out" requests) / 50)) ] ||
		bad "hardly a request was accepted"
}

note "FUZZ_SEED=$SEED FUZZ_TIME=$TIME ./fuzz_netlink.sh"
plan 1
run_case "requests of every kind" fuzz
finish
