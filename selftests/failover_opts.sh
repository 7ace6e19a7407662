#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Takeover of connections with options: negotiated ones must go on as they are,
# those of the socket must arrive at the accepted one.
. "$(dirname "$(readlink -f "$0")")/lib.sh"

# of the kernel's rtnetlink.h, 6.7 and later
readonly RTAX_FEATURE_TCP_USEC_TS=16

# through CLIENT-ADDRESS [SERVER-ARGUMENTS [BAK-ARGUMENTS]]: data before and after
through()
{
	protect
	server $ACT srv --ulp ${2:-} $1 $PORT
	server $BAK srv2 --ulp --info ${3:-} $1 $PORT
	client cli ${CLIENT:-} $1 $PORT
	wait_for "the backup has it" replicas_are 1
	flows cli rx 150000
	flows srv rx 150000
	BEFORE=$(tcp_words $ACT)
	takeover
	flows cli rx 150000
	flows srv2 rx 150000
	AFTER=$(tcp_words $BAK)
	[ ! -e "$TMP/cap.pid" ] || WIRE=$(seen)
	finish_streams cli srv2 1
	INFO=$(grep '^options' "$TMP/srv2.out")
}

# What ss knows of the connection: negotiated options, one word each.
tcp_words()
{
	in_ns $1 ss -tinoOH "sport = :$PORT"
}

# peer_sysctl NAME VALUE WORD: the peer does without; ss has no WORD
peer_without()
{
	in_ns $PEER sysctl -qw net.ipv4.$1=$2 || die "sysctl"
	through $VIP4
	[[ ! $BEFORE =~ $3 ]] || bad "the connection had it: $BEFORE"
	[[ ! $AFTER =~ $3 ]] || bad "bak uses it: $AFTER"
}

# With everything on, the words must be there, or the cases above prove nothing.
everything_on()
{
	local word

	through $VIP4
	for word in '\<ts\>' '\<sack\>' 'wscale:[0-9]+,[0-9]+'; do
		matches "before" "$BEFORE" "$word"
		matches "after" "$AFTER" "$word"
	done
	is "window scales" "$(grep -o 'wscale:[0-9,]*' <<<"$AFTER")" \
		"$(grep -o 'wscale:[0-9,]*' <<<"$BEFORE")"
	is "MSS" "$(grep -o ' mss:[0-9]*' <<<"$AFTER")" \
		"$(grep -o ' mss:[0-9]*' <<<"$BEFORE")"
}

md5()
{
	local peer=$PEER4

	[ $1 = $VIP6 ] && peer=$PEER6
	CLIENT="--md5 secret,$1"
	through $1 "--md5 secret,$peer" "--md5 secret,$peer"
}

# A listener on bak without the key: the replica brings its own.
md5_replica_only()
{
	CLIENT="--md5 secret,$VIP4"
	through $VIP4 "--md5 secret,$PEER4"
}

small_mss()
{
	CLIENT="--mss 536"
	through $VIP4
	matches "before" "$BEFORE" ' mss:5[0-9][0-9]'
	is "MSS" "$(grep -o ' mss:[0-9]*' <<<"$AFTER")" \
		"$(grep -o ' mss:[0-9]*' <<<"$BEFORE")"
}

# socket_option ADDRESS ARGUMENTS WORD...: set on act's listener alone
socket_option()
{
	local word

	through $1 "$2"
	shift 2
	for word; do
		matches "options on bak" "$INFO" "\<$word\>"
	done
}

# What leaves bak carries them as well.
ttl_on_wire()
{
	watch
	socket_option $1 "--ttl 33 --tos 32" ttl=33 tos=32
	is "TTL on the wire" "$(value "$WIRE" ttl)" 33
	is "TOS on the wire" "$(value "$WIRE" tos)" 32
}

ecn()
{
	local ns

	for ns in $PEER $ACT $BAK; do
		check "ECN" in_ns $ns sysctl -qw net.ipv4.tcp_ecn=1
	done
	through $VIP4
	matches "before" "$BEFORE" '\<ecn\>'
	matches "after" "$AFTER" '\<ecn\>'
}

# The client is behind a router and a narrow link, of which its MSS does not tell:
# bak has to learn that by itself, from the router's ICMP.
narrow_path()
{
	local far=ftfar-$$-$case_no ns

	ip -batch - <<-EOF || die "a network behind the peer"
	netns add $far
	link add name far netns $PEER mtu $3 type veth peer name near netns $far mtu $3
	EOF
	ip -n $PEER -batch - <<-EOF || die "router"
	addr add 10.1.0.1/24 dev far
	addr add 2001:db8:1::1/64 dev far nodad
	link set dev far up
	EOF
	ip -n $far -batch - <<-EOF || die "client"
	addr add 10.1.0.2/24 dev near
	addr add 2001:db8:1::2/64 dev near nodad
	link set dev near up
	route add default via 10.1.0.1 advmss 1460
	route add default via 2001:db8:1::1 advmss 1440
	EOF
	for ns in $ACT $BAK; do
		ip -n $ns route add 10.1.0.0/24 via $PEER4 || die "route"
		ip -n $ns route add 2001:db8:1::/64 via $PEER6 || die "route"
	done
	check "router" in_ns $PEER sysctl -qw net.ipv4.ip_forward=1 \
		net.ipv6.conf.all.forwarding=1
	protect
	server $ACT srv --ulp $1 $PORT
	server $BAK srv2 --ulp $1 $PORT
	launch cli nsenter --net=/run/netns/$far ftstream -c --rate $PACE \
		--timeout $((LIMIT * 6)) --progress "$TMP/cli.progress" \
		--stop "$TMP/stop" $1 $PORT
	wait_for "the backup has it" replicas_are 1
	flows cli rx 150000
	matches "act has learnt" "$(tcp_words $ACT)" " pmtu:$3 "
	takeover
	flows cli rx 150000
	flows srv2 rx 150000
	AFTER=$(tcp_words $BAK)
	matches "bak has learnt" "$AFTER" " pmtu:$3 "
	matches "and sends less at once" "$AFTER" " mss:$2 "
	finish_streams cli srv2 1
	ip netns del $far
}

vrf()
{
	local ns

	for ns in $ACT $BAK; do
		ip -n $ns link add red type vrf table 100 || skip "no VRF"
		ip -n $ns -batch - <<-EOF || die "VRF"
		link set dev red up
		link set dev lan master red
		EOF
	done
	# Joining a VRF takes the IPv6 addresses away.
	ip -n $ACT addr replace $VIP6/64 dev lan nodad
	through $VIP4 "--dev red" "--dev red"
}

# Only act's route has the feature: bak has it from the replica.
usec_timestamps()
{
	local peer=$PEER4

	[ $1 = $VIP6 ] && peer=$PEER6
	in_ns $ACT ftroute lan $peer $RTAX_FEATURE_TCP_USEC_TS 2>/dev/null ||
		skip "this kernel has no such timestamps"
	through $1 --info
	matches "act" "$(<"$TMP/srv.out")" ' usec_ts=1'
	matches "bak" "$INFO" ' usec_ts=1'
}

# cwnd_of NS: sets CWND; fails before the peer has acknowledged anything
cwnd_of()
{
	local words

	words=$(tcp_words $1)
	CWND=0
	[[ $words =~ ' bytes_acked:' && $words =~ ' cwnd:'([0-9]+) ]] &&
		CWND=${BASH_REMATCH[1]}
}

cwnd_above()
{
	cwnd_of $1 && [ $CWND -gt $2 ]
}

# With a flight of bytes under way, on a long path: bak counts all of it as lost,
# its timer has run out a few times, and none of that is the network's doing.
# bak's window is looked at within the first round trip after the peer's answer.
flight()
{
	local ns before i

	for ns in $PEER $ACT; do
		check "buffers" in_ns $ns sysctl -qw \
			net.ipv4.tcp_rmem="4096 131072 33554432" \
			net.ipv4.tcp_wmem="4096 16384 33554432"
	done
	protect
	server $ACT srv --ulp --rate 0 $1 $PORT
	server $BAK srv2 --ulp $1 $PORT
	client cli --rate 1000 $1 $PORT
	for ns in $ACT $BAK; do
		check "delay" tc -n $ns qdisc add dev lan root netem \
			delay 300ms limit 10000
	done
	wait_for "act has a large window" cwnd_above $ACT 200
	cwnd_of $ACT
	before=$CWND
	takeover
	wait_for "the peer answers bak" cwnd_of $BAK
	for i in 1 2 3; do
		cwnd_above $BAK $((before / 2 - 1)) && break
		nap
	done
	note "segments: $before before, $CWND after; $(tcp_words $BAK)"
	[ $CWND -ge $((before / 2)) ] ||
		bad "bak's window is $CWND segments, of $before"
	finish_streams cli srv2 1
}

plan 22
run_case "all options on" everything_on
run_case "no timestamps" peer_without tcp_timestamps 0 '\<ts\>'
run_case "no SACK" peer_without tcp_sack 0 '\<sack\>'
run_case "no window scale" peer_without tcp_window_scaling 0 wscale
run_case "MSS 536" small_mss
run_case "TCP-MD5, IPv4" md5 $VIP4
run_case "TCP-MD5, IPv6" md5 $VIP6
run_case "TCP-MD5, the key comes with the replica" md5_replica_only
run_case "TTL and TOS" ttl_on_wire $VIP4
run_case "hop limit and traffic class" ttl_on_wire $VIP6
run_case "mark" socket_option $VIP4 "--mark 77" mark=77
run_case "keepalive" socket_option $VIP4 "--keepalive 2" keepalive=1 keepidle=2
# No longer than a VM waits for the module: a dead machine's orphan lives as long.
run_case "user timeout" socket_option $VIP4 "--user-timeout 12345" \
	user_timeout=12345
run_case "no delay" socket_option $VIP4 "--nodelay" nodelay=1
run_case "ECN" ecn
run_case "a narrow path, IPv4" narrow_path $VIP4 1248 1300
run_case "a narrow path, IPv6" narrow_path $VIP6 1228 1300
run_case "VRF" vrf
run_case "timestamps in microseconds, IPv4" usec_timestamps $VIP4
run_case "timestamps in microseconds, IPv6" usec_timestamps $VIP6
run_case "a flight under way, IPv4" flight $VIP4
run_case "a flight under way, IPv6" flight $VIP6
finish
