#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Takeover of connections with options: negotiated ones must go on as they are,
# those of the socket must arrive at the accepted one.
. "$(dirname "$(readlink -f "$0")")/lib.sh"
. "$here/through.sh"

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

plan 18
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
finish
