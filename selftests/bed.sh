# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# The network of the tests, in one kernel:
#
#	 act  10.0.0.2 ---+              lan: in peer a bridge with two ports
#	                  +--- peer 10.0.0.1
#	 bak  10.0.0.3 ---+              link: 10.9.0.1 === 10.9.0.2, act to bak
#
# The service address 10.0.0.100, 2001:db8::100 is on act and moves to bak. Here
# are also the roles, the link, the takeover and the traffic over them.
#

# shellcheck disable=SC2034,SC2154	# used by, and defined in, the others
PEER='' ACT='' BAK=''
readonly PORT=5000 LINK_PORT=7000
readonly VIP4=10.0.0.100 VIP6=2001:db8::100
readonly PEER4=10.0.0.1 PEER6=2001:db8::1

# --- namespaces ------------------------------------------------------------

in_ns()
{
	local ns=$1

	shift
	nsenter --net="/run/netns/$ns" "$@"
}

ctl()
{
	local ns=$1

	shift
	fttcpctl -n "$ns" "$@"
}

# all_spaces [PREFIX]: those of this case, which may have made more than the three
all_spaces()
{
	local names=("/run/netns/ft"*"-${PEER#ftpeer-}")

	printf "${1:-}%s\n" "${names[@]##*/}"
}

# An orphan of a dead machine gives up soon, for it keeps its namespace.
bed_up()
{
	local tag=$$-$case_no ns

	PEER=ftpeer-$tag ACT=ftact-$tag BAK=ftbak-$tag
	ip -batch - <<-EOF || return
	netns add $PEER
	netns add $ACT
	netns add $BAK
	link add name lan netns $ACT type veth peer name act netns $PEER
	link add name lan netns $BAK type veth peer name bak netns $PEER
	link add name link netns $ACT type veth peer name link netns $BAK
	EOF
	ip -n $PEER -batch - <<-EOF || return
	link add name lan type bridge
	link set dev act master lan
	link set dev bak master lan
	link set dev act up
	link set dev bak up
	addr add $PEER4/24 dev lan
	addr add $PEER6/64 dev lan nodad
	link set dev lan up
	link set dev lo up
	EOF
	{
		node_lines 2 1
		service_lines add
	} | ip -n $ACT -batch - || return
	node_lines 3 2 | ip -n $BAK -batch - || return
	for ns in $ACT $BAK; do
		in_ns $ns sh -c 'echo 1 >/proc/sys/net/ipv4/tcp_orphan_retries'
	done
}

# node_lines LAN LINK: last bytes of the addresses of act and bak
node_lines()
{
	printf '%s\n' "addr add 10.0.0.$1/24 dev lan" \
		"addr add 2001:db8::$1/64 dev lan nodad" \
		"addr add 10.9.0.$2/24 dev link" \
		"link set dev lan up" \
		"link set dev link up" \
		"link set dev lo up"
}

bed_down()
{
	local ns

	[ -n "$PEER" ] || return 0
	clear_faults
	# What a dead machine still holds would keep its namespace for hold-max;
	# its FINs get their answer sooner when it can be reached again.
	for ns in $(all_spaces); do
		ctl $ns node set role none
		ip -n $ns link set dev lan up
	done >/dev/null 2>&1
	kill_helpers
	all_spaces 'netns del ' | ip -batch - 2>/dev/null
	PEER=''
}

# What has to hold at the end of every case, whatever it was about.
bed_invariants()
{
	local ns

	for ns in $ACT $BAK; do
		[ -e "/run/netns/$ns" ] || continue
		is "UncoveredAckLeak in $ns" "$(counter $ns UncoveredAckLeak)" 0
		# without memory for a record a program may be faster than that
		counter_above $ns MemoryLimit 0 || [ -e "$TMP/may-miss" ] ||
			is "RxMissed in $ns" "$(counter $ns RxMissed)" 0
	done
}

# of two lines, names and values: what is not 0
tcp_counters()
{
	awk '!n { n = split($0, name); next }
		{ for (i = 2; i <= n; i++)
			if ($i) printf "%s %s ", name[i], $i
		  n = 0 }'
}

# For whoever reads a failure: the nodes as they are now.
bed_show()
{
	local ns file

	for ns in $ACT $BAK; do
		note "--- $ns" "$(
			ctl $ns node show
			ctl $ns link show
			ctl $ns conn show detail
			in_ns $ns awk '$2 { print $1, $2 }' \
				/proc/net/fttcp_stat | paste -sd ' '
		)"
	done 2>&1
	for ns in $(all_spaces); do
		note "--- TCP of $ns" "$(
			in_ns $ns ss -tinmo
			in_ns $ns cat /proc/net/netstat | tcp_counters
		)"
	done 2>&1
	for file in "$TMP"/*.out "$TMP"/*.err; do
		[ -s "$file" ] && note "--- ${file##*/}: $(tail -n 5 "$file")"
	done
}

# --- fault points (kmod/fault.c), in a module that has them -------------------

readonly FAULT=/sys/module/fttcp/parameters/fault

need_faults()
{
	[ -e $FAULT ] || skip "needs a module with fault points"
}

# injection_ready: the kernel's own fault injection is there, and says nothing of
# what it makes fail (a stack of that would look like trouble).
injection_ready()
{
	local dir=/sys/kernel/debug

	# (in a case the shell is not the process $$)
	[ -e /proc/thread-self/fail-nth ] && [ -d $dir/failslab ] || return
	# allocations that may sleep too, of any order, and without a word
	echo N >$dir/failslab/ignore-gfp-wait
	echo 0 >$dir/failslab/verbose
	echo N >$dir/fail_page_alloc/ignore-gfp-wait
	echo 0 >$dir/fail_page_alloc/min-order
	echo 0 >$dir/fail_page_alloc/verbose
	echo 0 >$dir/fail_usercopy/verbose
}

# arm SPECIFICATION...: POINT[@NODE][:NTH][:ACTION[=NODE]]
arm()
{
	local spec

	for spec; do
		echo "$spec" >$FAULT || die "no such fault: $spec"
	done
}

clear_faults()
{
	[ ! -e $FAULT ] || echo clear >$FAULT
}

# struck POINT: it has happened
struck()
{
	local name times

	while read -r name _ times; do
		[ "$name" != "$1" ] || [ "$times" = 0 ] || return 0
	done <$FAULT
	return 1
}

# fault_points: the names of all
fault_points()
{
	awk '{ print $1 }' $FAULT
}

# --- service address -------------------------------------------------------

service_lines()
{
	echo "addr $1 $VIP4/24 dev lan"
	if [ "$1" = add ]; then
		echo "addr add $VIP6/64 dev lan nodad"
	else
		echo "addr del $VIP6/64 dev lan"
	fi
}

# service add|del NS
service()
{
	# What a device that was down has lost (IPv6) need not be deleted.
	if [ "$1" = del ]; then
		service_lines del | ip -n "$2" -force -batch - 2>/dev/null
		return 0
	fi
	service_lines "$1" | ip -n "$2" -batch - || die "service address"
	in_ns "$2" ftna lan $VIP4 $VIP6
}

# --- counters and state ----------------------------------------------------

# counter NS NAME: a counter of the module. Read through a process that lives in
# the namespace, which costs an emulated machine much less than two programs.
counter()
{
	local name value

	keeper "$1"
	while read -r name value; do
		[ "$name" = "Fttcp$2" ] || continue
		echo "$value"
		return
	done <"/proc/$PID/net/fttcp_stat"
	return 1
}

# keeper NS: sets PID
keeper()
{
	alive "keeper-$1" && return
	launch "keeper-$1" nsenter --net="/run/netns/$1" sleep infinity
	find_pid "keeper-$1"
	while [ "/proc/$PID/ns/net" -ef /proc/$$/ns/net ]; do
		nap
	done
}

counter_above()
{
	[ "$(counter "$1" "$2")" -gt "$3" ]
}

# node NS KEY: a word of "node show"
node()
{
	field "$(fttcpctl -n "$1" node show)" "$2"
}

node_is()
{
	local all word=''

	all=$(fttcpctl -n "$1" node show)
	[[ " $all " =~ [[:space:]]$2[[:space:]]+([^[:space:]]+) ]] &&
		word=${BASH_REMATCH[1]}
	[ "$word" = "$3" ]
}

# conn NS KEY: a word of the first connection that is no listener
conn()
{
	local line keep=no some=''

	while IFS= read -r line; do
		case $line in
		conn*"role listener"*) keep=no ;;
		conn*) keep=${some:+no} keep=${keep:-yes} ;;
		esac
		[ "$keep" != yes ] || some+=$line$'\n'
	done < <(fttcpctl -n "$1" conn show detail)
	field "$some" "$2"
}

link_word()
{
	field "$(fttcpctl -n "$1" link show)" "$2"
}

# --- roles and the link ----------------------------------------------------

# settings [KEY VALUE...]: with defaults for what is not given. The beats are
# wide so that a busy machine does not lose its backup by the way; the scripts
# that test losing it set their own.
settings()
{
	local key value

	while read -r key value; do
		[[ " $* " == *" $key "* ]] || printf '%s %s ' "$key" "$value"
	done <<-EOF
	heartbeat 500
	heartbeat-misses 20
	hold-max 60000
	EOF
	printf '%s ' "$@"
}

# roles [KEY VALUE...]: act and bak get their ids, roles and settings
roles()
{
	local all

	all=$(settings "$@")
	check "act becomes active" ctl $ACT node set id 1 role active $all
	check "bak becomes backup" ctl $BAK node set id 2 role backup $all
}

# link_begin LISTENER CONNECTOR [ID]: both ends of the link, in the background
link_begin()
{
	local id=${3:-1} at=10.9.0.1

	[ "$1" = "$BAK" ] && at=10.9.0.2
	launch link-l fttcpctl -n "$1" link add id $id listen $at:$LINK_PORT \
		dev link timeout $LIMIT
	launch link-c fttcpctl -n "$2" link add id $id connect $at:$LINK_PORT \
		dev link timeout $LIMIT
}

link_up()
{
	link_begin "$@"
	ended link-l || die "link, listening end: $(cat "$TMP/link-l.err")"
	ended link-c || die "link, connecting end: $(cat "$TMP/link-c.err")"
}

# protect [SETTING...]: roles, link, and both nodes say that they are ready
protect()
{
	roles "$@"
	link_up $ACT $BAK
	wait_for "act is protected" node_is $ACT state protected
	wait_for "bak is ready" node_is $BAK state backup-ready
}

replicas_are()
{
	node_is $BAK replicas "$1"
}

# cut NS: the machine is gone, as far as anybody can see
cut_off()
{
	printf 'link set dev %s down\n' link lan | ip -n "$1" -batch -
}

# How the link is lost: the cable, or "from NS..." stops what NS (ACT, BAK) sends, and
# nobody is told.
cable()
{
	ip -n $ACT link set dev link down
}

from()
{
	local ns

	for ns in "$@"; do
		check "stop $ns" tc -n ${!ns} qdisc add dev link root netem \
			loss 100%
	done
}

# freeze_link: nothing crosses it any more, and nobody is told
freeze_link()
{
	check "freeze" tc -n $ACT qdisc add dev link root netem loss 100%
	check "freeze" tc -n $BAK qdisc add dev link root netem loss 100%
}

thaw_link()
{
	check "thaw" tc -n $ACT qdisc del dev link root
	check "thaw" tc -n $BAK qdisc del dev link root
}

# promote NS [ARGUMENT...]: the kernel command; all its connections must come
promote()
{
	local ns=$1 out

	shift
	out=$(ctl $ns promote kernel "$@" 2>&1) || die "promote: $out"
	is "connections that failed to be promoted" "$(field "$out" failed)" 0
	printf '%s\n' "$out" >"$TMP/promote.out"
}

# takeover: act dies, bak takes its place
takeover()
{
	cut_off $ACT
	wait_for "bak has lost act" node_is $BAK state backup-waiting
	promote $BAK force
	service add $BAK
}

# handover FROM TO: planned, both alive
handover()
{
	check "handover" ctl $1 handover
	wait_for "$2 heard the goodbye" node_is $2 down-reason goodbye
	promote $2
	service del $1
	# with the address gone, the silent sockets may end
	check "$1 gives the role up" ctl $1 node set role none
	service add $2
}

# rejoin NS ACTIVE: NS comes back as the backup of ACTIVE
rejoin()
{
	check "$1 becomes backup" ctl $1 node set role backup
	link_up $2 $1
	wait_for "$2 is protected" node_is $2 state protected
	wait_for "$1 is ready" node_is $1 state backup-ready
}

# --- traffic ---------------------------------------------------------------

# Streams run until "stop_streams". They are paced, for nothing is gained by
# moving more bytes than a case needs; a later --rate wins, 0 is no limit.
readonly PACE=400000

# server NS NAME [ARGUMENT...]: ftstream -l in the background, listening
server()
{
	local ns=$1 name=$2

	shift 2
	launch "$name" nsenter --net="/run/netns/$ns" ftstream -l \
		--rate $PACE --timeout $((LIMIT * 6)) --ready "$TMP/$name.ready" \
		--progress "$TMP/$name.progress" --stop "$TMP/stop" "$@"
	wait_for "$name listens" started "$name"
	[ -e "$TMP/$name.ready" ] || die "$name: $(summary "$name")"
}

started()
{
	[ -e "$TMP/$1.ready" ] || ! alive "$1"
}

# client NAME [ARGUMENT...]: ftstream -c in the peer, connected
client()
{
	client_in "$PEER" "$@"
}

# client_in NS NAME [ARGUMENT...]: the same in another namespace
client_in()
{
	local ns=$1 name=$2

	shift 2
	launch "$name" nsenter --net="/run/netns/$ns" ftstream -c \
		--rate $PACE --timeout $((LIMIT * 6)) --ready "$TMP/$name.ready" \
		--progress "$TMP/$name.progress" --stop "$TMP/stop" "$@"
	wait_for "$name is connected" started "$name"
	[ -e "$TMP/$name.ready" ] || die "$name: $(summary "$name")"
}

# progress NAME rx|tx|conns
progress()
{
	local n=0 rx=0 tx=0

	[ ! -e "$TMP/$1.progress" ] || read -r n rx tx <"$TMP/$1.progress"
	case $2 in
	conns) echo $n ;;
	rx) echo $rx ;;
	tx) echo $tx ;;
	esac
}

progress_is()
{
	[ "$(progress "$1" "$2")" -ge "$3" ]
}

# flows NAME rx|tx BYTES: so many more bytes, from now on
flows()
{
	local from

	from=$(progress "$1" "$2")
	wait_for "$1 moves $3 more bytes ($2, had $from)" \
		progress_is "$1" "$2" $((from + $3))
}

stop_streams()
{
	: >"$TMP/stop"
}

# in_order NAME CONNS: the helper ended well and saw no wrong byte
in_order()
{
	local line rc

	ended "$1"
	rc=$?
	line=$(summary "$1")
	[ $rc = 0 ] || bad "$1 gave $rc: $line"
	is "$1: connections" "$(value "$line" conns)" "$2"
	is "$1: ended in order" "$(value "$line" eof)" "$2"
	is "$1: wrong reads" "$(value "$line" bad)" 0
	is "$1: resets" "$(value "$line" resets)" 0
}

# streams_match A B: what one end sent is what the other end has
streams_match()
{
	local a b

	a=$(summary "$1") b=$(summary "$2")
	is "bytes from $1 to $2" "$(value "$b" rx)" "$(value "$a" tx)"
	is "bytes from $2 to $1" "$(value "$a" rx)" "$(value "$b" tx)"
}

# finish_streams CLIENT SERVER CONNS: no more is sent; all must be right
finish_streams()
{
	stop_streams
	in_order "$1" "$3"
	in_order "$2" "$3"
	streams_match "$1" "$2"
}

# --- sockets in a state ----------------------------------------------------

# socket_in NS [-k] STATE: ftstate keeps a socket in that state; $SOCKET says
# what it is
socket_in()
{
	local ns=$1

	shift
	[ -e "$TMP/keep" ] || mkfifo "$TMP/keep"
	exec 7<>"$TMP/keep"
	launch state nsenter --net="/run/netns/$ns" ftstate "$@" <&7
	wait_for "a socket is in state ${*: -1}" \
		grep -q state= "$TMP/state.out"
	SOCKET=$(<"$TMP/state.out")
	[[ $SOCKET != *unavailable=* ]] || skip "$SOCKET"
}

# ulp_shown NS PORT: how many connections of this local port ss shows with it
ulp_shown()
{
	in_ns "$1" ss -tinOH "sport = :$2" | grep -c tcp-ulp-fttcp
}

listener_shown()
{
	ctl "$1" conn show | grep -q "role listener"
}

# remote_of NS: the other end of the only connection to the service port
remote_of()
{
	in_ns "$1" ss -tnH "sport = :$PORT" |
		awk '{ sub(/^\[::ffff:/, "", $5); sub(/^10.*\]/, "10.0.0.1", $5)
			print $5 }'
}

module_users()
{
	cat /sys/module/fttcp/refcnt
}

# --- the wire --------------------------------------------------------------

# watch: records what the service sends, as the peer's side sees it
watch()
{
	launch cap nsenter --net="/run/netns/$PEER" ftcap lan $PORT
	wait_for "the capture runs" grep -q ready "$TMP/cap.out"
}

# seen [WORD]: the connections on the wire until now, one a line; or, with
# "sender", who has sent in their name, one after the other
seen()
{
	local before

	before=$(grep -c '^\.' "$TMP/cap.out")
	kill -USR1 "$(pid_of cap)"
	wait_for "the capture reports" reported $((before + 1))
	tac "$TMP/cap.out" | sed -n "2,/^\.\|^ready/{/^${1:-port}/p}" | tac
}

# senders NS...: only these nodes have spoken for the service, in this order
senders()
{
	local ns want='' got

	for ns in "$@"; do
		want+=" $(field "$(ip -n $ns -o link show dev lan)" link/ether)"
	done
	got=$(seen sender | sed 's/sender=\([^ ]*\) .*/ \1/' | tr -d '\n')
	is "who spoke for the service, in order" "$got" "$want"
}

reported()
{
	[ "$(grep -c '^\.' "$TMP/cap.out")" -ge "$1" ]
}

# Sequence numbers: $1 is not behind $2
seq_covers()
{
	(((($1 - $2) & 0xffffffff) < 0x80000000))
}
