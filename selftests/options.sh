#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Options of a socket across a takeover: one takeover for a connection with each
# of them, and each connection is a case. What is not carried has to be listed.
# Negotiated options, and what leaves the node, are in failover_opts.sh.
. "$(dirname "$(readlink -f "$0")")/lib.sh"

# command_ WORD: of ftoption, and its end
command_()
{
	echo "$1" >&8
	wait_for "ftoption: $1" answered "$1"
}

answered()
{
	grep -q "^done $1\$" "$TMP/option.out" && return
	alive option || die "ftoption: $(<"$TMP/option.err")"
	return 1
}

# Both ends must be able to offer the largest window.
large_windows()
{
	local ns

	for ns in $PEER $ACT; do
		check "tcp_rmem" in_ns $ns sysctl -qw \
			net.ipv4.tcp_rmem="4096 131072 2147483647"
	done
}

# Of the connections "rest", and of no others.
rest_is_listed()
{
	local shown want

	want="linger,pacing-rate,time-limits,zerocopy,error-queue,linger2,queue-length"
	shown=$(ctl $ACT conn show | grep -o 'not-carried [^ ]*' | sort | uniq -c)
	is "listed" "$(xargs <<<"$shown")" "2 not-carried $want"
	matches "in JSON" "$(ctl $ACT -j conn show)" \
		'"not-carried":"?none"?.*"not-carried":"?linger,'
	matches "ready" "$(ctl $ACT ready)" '^ready .* not-carried 2$'
	matches "ready, in JSON" "$(ctl $ACT -j ready)" '"not-carried":2'
	is "status of ready" "$(ctl $ACT ready >/dev/null; echo $?)" 0
}

options()
{
	LIMIT=$((LIMIT * 4))
	protect
	large_windows
	mkfifo "$TMP/commands"
	exec 8<>"$TMP/commands"
	launch option ftoption $PEER $ACT $BAK <&8
	command_ open
	wait_for "the backup has them" replicas_are $CONNS
	rest_is_listed
	takeover
	is "Promoted" "$(counter $BAK Promoted)" $CONNS
	command_ resume
	# the program that has them now has set nothing
	is "listed on bak" "$(ctl $BAK conn show | grep -c not-carried)" 0
	grep -E '^(ok|bad) ' "$TMP/option.out" >"$RESULTS"
}

CONNS=$(ftoption -l | wc -l)
plan $((CONNS + 1))
RESULTS=$(mktemp)
run_case "all of them in one takeover, and what is not carried" options
while read -r name; do
	line=$(grep -E "^(ok $name$|bad $name:)" "$RESULTS") ||
		line="bad $name: no result"
	case_no=$((case_no + 1))
	if [[ $line == ok* ]]; then
		echo "ok $case_no $name"
	else
		note "$line"
		cases_failed=$((cases_failed + 1))
		echo "not ok $case_no $name"
	fi
done < <(ftoption -l)
rm -f "$RESULTS"
finish
