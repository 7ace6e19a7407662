#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Generated sequences of records, valid, nearly valid and damaged, to a backup
# that is promoted at any moment, and answers of all kinds to an active. Each
# round has a seed of its own; what fails is printed with it (ftfuzzlink -r).
# FUZZ_TIME (seconds), FUZZ_SEED.
. "$(dirname "$(readlink -f "$0")")/lib.sh"

TIME=${FUZZ_TIME:-10}
SEED=${FUZZ_SEED:-1}

fuzz()
{
	local out rc

	out=$(ftfuzzlink -s $SEED -t $((TIME / 2 + 1)) $1 2>&1)
	rc=$?
	note "$out"
	[ $rc = 0 ] || bad "ftfuzzlink $1 gave $rc"
	[ "$(value "${out##*$'\n'}" rounds)" -gt 0 ] || bad "no round ended"
}

# each round stands in the kernel's log before what the kernel says of it
echo on >/proc/sys/kernel/printk_devkmsg
note "FUZZ_SEED=$SEED FUZZ_TIME=$TIME ./fuzz_link.sh"
plan 2
run_case "records to a backup" fuzz backup
run_case "answers to an active" fuzz active
finish
