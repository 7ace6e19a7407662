# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# What every test script needs: KTAP output with the plan first, cases and their
# verdict, bounded waiting, background helpers. The network is in bed.sh.
#
# ONLY=REGEX in the environment runs the cases whose description matches.
#
# A script calls "plan" with the number of its cases, then "run_case" for each,
# and ends with "finish". A case runs in a subshell: "die" ends it as failed,
# "check" and "is" mark it failed and let it go on, "skip" ends it as skipped.

set -u

readonly KSFT_PASS=0 KSFT_FAIL=1 KSFT_SKIP=4
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
top=$(readlink -f "$here/..")
for dir in "$here" "$top/build/selftests"; do
	[ -x "$dir/ftstream" ] && PATH=$dir:$PATH
done
[ -d "$top/build/user/bin" ] && PATH=$top/build/user/bin:$PATH
export PATH LC_ALL=C

# All waiting is for a condition with a bound. Slow machines get a wider one.
SLOW=1
if [ "${KSFT_MACHINE_SLOW:-no}" = yes ] || grep -q 'QEMU TCG' /proc/cpuinfo; then
	SLOW=4
fi
LIMIT=$((15 * SLOW))

TMP=''
case_no=0 cases_planned=0 cases_failed=0 cases_skipped=0

note()
{
	local line

	while IFS= read -r line; do
		printf '# %s\n' "$line"
	done <<<"$*"
}

# --- KTAP ------------------------------------------------------------------

# plan N: says how many cases will follow. Ends the script where it can not run.
plan()
{
	echo "KTAP version 1"
	echo "1..$1"
	cases_planned=$1
	need_root_and_module
	TMP=$(mktemp -d /tmp/fttcp-test.XXXXXX)
	trap end_script EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
}

skip_all()
{
	local i

	for ((i = 1; i <= cases_planned; i++)); do
		echo "ok $i # SKIP $*"
	done
	exit $KSFT_SKIP
}

need_root_and_module()
{
	local file

	[ "$(id -u)" = 0 ] || skip_all "needs root"
	command -v ftstream fttcpctl >/dev/null ||
		skip_all "ftstream or fttcpctl is not built"
	[ -d /sys/module/fttcp ] && return
	for file in "$top/fttcp.ko" "$top/build/kmod/$(uname -r)/fttcp.ko"; do
		[ -e "$file" ] && insmod "$file" && return
	done
	modprobe fttcp 2>/dev/null || skip_all "no module fttcp"
}

end_script()
{
	bed_down
	rm -rf "$TMP"
}

# finish: the exit status of the script.
finish()
{
	echo "# Totals: pass:$((case_no - cases_failed - cases_skipped))" \
		"fail:$cases_failed skip:$cases_skipped"
	[ "$case_no" = "$cases_planned" ] || exit $KSFT_FAIL
	[ "$cases_failed" = 0 ] || exit $KSFT_FAIL
	[ "$cases_skipped" -lt "$case_no" ] || exit $KSFT_SKIP
	exit $KSFT_PASS
}

# run_case DESCRIPTION FUNCTION [ARGUMENT...]: one case on a fresh bed.
run_case()
{
	local what=$1 rc start=$SECONDS

	shift
	case_no=$((case_no + 1))
	if [[ ! $what =~ ${ONLY:-} ]]; then
		cases_skipped=$((cases_skipped + 1))
		echo "ok $case_no $what # SKIP not asked for"
		return
	fi
	rm -rf "${TMP:?}"/*
	if ! bed_up; then
		rc=1
		note "the bed could not be made"
	else
		(
			trap - EXIT INT TERM
			"$@"
			bed_invariants
			[ ! -e "$TMP/failed" ]
		)
		rc=$?
	fi
	case $rc in
	0) echo "ok $case_no $what # $((SECONDS - start)) s" ;;
	"$KSFT_SKIP")
		cases_skipped=$((cases_skipped + 1))
		echo "ok $case_no $what # SKIP $(cat "$TMP/skipped")"
		;;
	*)
		cases_failed=$((cases_failed + 1))
		bed_show
		echo "not ok $case_no $what"
		;;
	esac
	bed_down
}

# die MESSAGE: the case ends here, failed.
die()
{
	note "FAILED: $* (${BASH_SOURCE[1]##*/}:${BASH_LINENO[0]}," \
		"${FUNCNAME[1]})"
	exit 1
}

# bad MESSAGE: the case has failed, and goes on.
bad()
{
	note "FAILED: $*"
	: >"$TMP/failed"
}

# skip REASON: this kernel or machine can not do this case.
skip()
{
	echo "$*" >"$TMP/skipped"
	exit $KSFT_SKIP
}

# check WHAT COMMAND...: the command has to succeed.
check()
{
	local what=$1 out

	shift
	out=$("$@" 2>&1) || bad "$what: $* gave $?: $out"
}

# is WHAT GOT WANT
is()
{
	[ "$2" = "$3" ] || bad "$1 is '$2', not '$3'"
}

# matches WHAT TEXT EXTENDED-REGEX
matches()
{
	[[ $2 =~ $3 ]] || bad "$1: '$2' does not match '$3'"
}

# refused STATUS REGEX COMMAND...: the command has to fail in this way.
refused()
{
	local want=$1 regex=$2 out rc

	shift 2
	out=$("$@" 2>&1)
	rc=$?
	[[ $rc =~ ^($want)$ ]] || bad "$* gave $rc, not $want: $out"
	[[ $out =~ $regex ]] || bad "$* said '$out', not '$regex'"
}

# nap: a twentieth of a second, without a process
exec {NAP}<> <(:)
nap()
{
	read -rt 0.05 -u "$NAP" || :
}

# --- waiting ---------------------------------------------------------------

# wait_for WHAT COMMAND...: polls until the command succeeds. The case ends when
# that takes more than $LIMIT seconds: whatever follows would wait in vain too.
wait_for()
{
	local what=$1 end=$((SECONDS + LIMIT))

	shift
	until "$@"; do
		if [ $SECONDS -gt $end ]; then
			note "FAILED: waited $LIMIT s in vain: $what" \
				"(${FUNCNAME[*]:1:4})"
			exit 1
		fi
		nap
	done
	return 0
}

# stays SECONDS COMMAND...: the command has to succeed all that time.
stays()
{
	local end=$((SECONDS + $1 + 1))

	shift
	while [ $SECONDS -lt $end ]; do
		"$@" || return 1
		nap
	done
}

# field TEXT KEY: the word behind KEY in fttcpctl's "key value" output.
field()
{
	[[ " $1 " =~ [[:space:]]$2[[:space:]]+([^[:space:]]+) ]] || return 1
	echo "${BASH_REMATCH[1]}"
}

# value TEXT KEY: of key=value, as the helpers print it.
value()
{
	[[ " $1 " =~ [[:space:]]$2=([^[:space:]]*) ]] || return 1
	echo "${BASH_REMATCH[1]}"
}

# --- background helpers ----------------------------------------------------

# launch NAME COMMAND...: in the background; output in $TMP/NAME.out. It keeps
# this function's standard input, which the shell would take away from it.
launch()
{
	local name=$1

	shift
	# (now: whoever waits for its output may not see that of one before it)
	: >"$TMP/$name.out"
	"$@" <&0 >"$TMP/$name.out" 2>"$TMP/$name.err" &
	echo $! >"$TMP/$name.pid"
}

# find_pid NAME: sets PID. What is called often does without $(), a process each.
find_pid()
{
	PID=''
	[ -e "$TMP/$1.pid" ] && read -r PID <"$TMP/$1.pid"
}

pid_of()
{
	echo "$(<"$TMP/$1.pid")"
}

# helper NAME: its path, for what is not run by name
helper()
{
	local dir

	for dir in "$here" "$top/build/selftests"; do
		[ -e "$dir/$1" ] && echo "$dir/$1" && return
	done
	die "$1 is not built"
}

# ended NAME: waits for its end and gives its status; the case fails if it has
# not ended after twice the limit.
ended()
{
	local pid end=$((SECONDS + LIMIT * 2))

	pid=$(pid_of "$1")
	while [ -d "/proc/$pid" ] && ! is_zombie "$pid"; do
		if [ $SECONDS -gt $end ]; then
			kill -TERM "$pid"
			note "FAILED: $1 did not end (${FUNCNAME[*]:1:4})"
			exit 1
		fi
		nap
	done
	wait "$pid"
}

is_zombie()
{
	local stat tasks

	read -r stat <"/proc/$1/stat" || return 0
	# the first thread may be one while others still have the files open
	tasks=("/proc/$1/task"/*)
	[[ $stat =~ \)\ Z ]] && [ ${#tasks[@]} -le 1 ]
} 2>/dev/null

alive()
{
	find_pid "$1" && [ -d "/proc/$PID" ] && ! is_zombie "$PID"
}

summary()
{
	local lines

	mapfile -t lines <"$TMP/$1.out"
	[ ${#lines[@]} = 0 ] || echo "${lines[-1]}"
}

kill_helpers()
{
	local file pid

	for file in "$TMP"/*.pid; do
		[ -e "$file" ] || continue
		read -r pid <"$file"
		kill -CONT "$pid" 2>/dev/null
		kill -KILL "$pid" 2>/dev/null
	done
	wait 2>/dev/null
	rm -f "$TMP"/*.pid
}

# shellcheck source=bed.sh
. "$here/bed.sh"
