#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Connections arrive through accept() of an ordinary listener with the ULP on the
# node that took over.
. "$(dirname "$(readlink -f "$0")")/lib.sh"

# begin COUNT [CLIENT-ADDRESS [LISTEN-ADDRESS]]: connections of act under way. A
# program gets sockets of the family that it had, so both listen on the same.
begin()
{
	protect
	server $ACT srv -n $1 --ulp ${3:-$VIP4} $PORT
	client cli -n $1 ${2:-$VIP4} $PORT
	wait_for "the backup has them" replicas_are $1
	flows cli rx $((50000 * $1))
	flows srv rx $((50000 * $1))
}

end()
{
	flows cli rx 50000
	finish_streams cli $1 $2
	is "resumed" "$(value "$(summary $1)" resumed)" $2
	is "Claimed" "$(counter $BAK Claimed)" $2
}

# listener_is LISTEN-ADDRESS CLIENT-ADDRESS [ADDRESS-ON-ACT]
listener_is()
{
	begin 2 $2 ${3:-$1}
	server $BAK srv2 -n 2 --ulp $1 $PORT
	takeover
	end srv2 2
}

# The application on bak starts when all is over.
late()
{
	begin 2
	takeover
	wait_for "they wait" unclaimed 2
	server $BAK srv2 -n 2 --ulp $VIP4 $PORT
	end srv2 2
}

unclaimed()
{
	[ "$(ctl $BAK conn show | grep -c 'role promoted')" = $1 ] &&
		[ "$(counter $BAK Claimed)" = 0 ]
}

# Nobody comes for them, and the peer gives up: they do not stay for ever.
nobody()
{
	begin 2
	takeover
	wait_for "they wait" unclaimed 2
	check "the peer resets them" in_ns $PEER ss -K dport = :$PORT
	wait_for "they are gone" node_is $BAK conns 0
}

# A listener without the ULP gets none of them; with it, it does.
without_ulp()
{
	begin 1
	server $BAK srv2 --ulp $VIP4 $PORT
	check "detach" ctl $BAK conn detach local $VIP4:$PORT
	takeover
	wait_for "it waits" unclaimed 1
	stays 1 unclaimed 1 || bad "a listener without the ULP got it"
	check "attach" ctl $BAK conn attach local $VIP4:$PORT
	end srv2 1
}

# An accept queue for one: the others come when there is room.
small_backlog()
{
	begin 6
	server $BAK srv2 -n 6 --ulp --backlog 1 $VIP4 $PORT
	kill -STOP "$(pid_of srv2)"
	takeover
	wait_for "the queue is full" counter_above $BAK ClaimQueueFull 0
	kill -CONT "$(pid_of srv2)"
	end srv2 6
}

# The same port on another address is not the same place.
two_listeners()
{
	begin 2
	server $BAK other -n 2 --ulp 10.0.0.3 $PORT
	server $BAK srv2 -n 2 --ulp $VIP4 $PORT
	takeover
	end srv2 2
	is "connections of the other" "$(progress other conns)" 0
}

blocking_accept()
{
	begin 2
	server $BAK srv2 -n 2 --ulp --blocking $VIP4 $PORT
	takeover
	end srv2 2
}

# After a takeover the same listener takes new connections, protected ones.
new_ones_too()
{
	begin 1
	server $BAK srv2 -n 2 --ulp $VIP4 $PORT
	takeover
	flows cli rx 50000
	client cli2 $VIP4 $PORT
	flows cli2 rx 50000
	is "connections" "$(node $BAK conns)" 2
	stop_streams
	in_order cli 1
	in_order cli2 1
	in_order srv2 2
	is "resumed" "$(value "$(summary srv2)" resumed)" 1
}

info()
{
	local line

	begin 1
	server $BAK srv2 --ulp --info $VIP4 $PORT
	takeover
	end srv2 1
	line=$(grep '^info' "$TMP/srv2.out")
	is "resumed" "$(value "$line" resumed)" 1
	is "standby" "$(value "$line" standby)" 0
	is "active_open" "$(value "$line" active_open)" 0
	is "epoch" "$(value "$line" epoch)" 2
	[ "$(value "$line" rx_consumed)" -ge 50000 ] || bad "$line"
	[ "$(value "$line" tx_written)" -ge 50000 ] || bad "$line"
	[ "$(value "$line" tx_acked)" -le "$(value "$line" tx_written)" ] ||
		bad "$line"
}

plan 12
run_case "the same address" listener_is $VIP4 $VIP4
run_case "the wildcard address" listener_is 0.0.0.0 $VIP4 $VIP4
run_case "IPv4 on the IPv6 wildcard" listener_is :: $VIP4
run_case "IPv6 on the IPv6 wildcard" listener_is :: $VIP6 $VIP6
run_case "a listener that comes later" late
run_case "a listener without the ULP" without_ulp
run_case "nobody claims them" nobody
run_case "a short accept queue" small_backlog
run_case "two listeners" two_listeners
run_case "blocking accept" blocking_accept
run_case "new connections" new_ones_too
run_case "FTTCP_INFO" info
finish
