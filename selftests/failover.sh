#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Takeover: act dies while bytes flow, bak goes on, and the peer's connections see
# a pause, never a reset, never a lost or doubled byte.
. "$(dirname "$(readlink -f "$0")")/lib.sh"

# begin MODE CLIENT-ADDRESS LISTEN-ADDRESS CONNS [SETTINGS]
begin()
{
	protect mode "$1"
	CONNS=$4
	server $ACT srv -n $4 --ulp ${SERVER:-} $RATE "$3" $PORT
	server $BAK srv2 -n $4 --ulp $RATE ${SERVER2:-${SERVER:-}} "$3" $PORT
	client cli -n $4 $RATE ${CLIENT:-} "$2" $PORT
	wait_for "the backup has them" replicas_are $4
}

# What has to be so after every takeover.
taken_over()
{
	is "role of bak" "$(node $BAK role)" active
	is "epoch of bak" "$(node $BAK epoch)" 2
	is "Promoted" "$(counter $BAK Promoted)" $CONNS
	wait_for "all are claimed" all_claimed
	is "PromoteFailed" "$(counter $BAK PromoteFailed)" 0
}

all_claimed()
{
	[ "$(counter $BAK Claimed)" = $CONNS ]
}

end()
{
	finish_streams cli srv2 $CONNS
	is "resumed" "$(value "$(summary srv2)" resumed)" $CONNS
	note "longest pause at the peer: $(value "$(summary cli)" gap_ms) ms"
}

# Both directions, in the middle of it.
mid_stream()
{
	begin "$@"
	flows cli rx $((100000 * CONNS))
	flows srv rx $((100000 * CONNS))
	takeover
	taken_over
	flows cli rx $((100000 * CONNS))
	flows srv2 rx $((100000 * CONNS))
	end
}

many()
{
	begin "$@"
	flows cli rx $((10000 * CONNS))
	takeover
	taken_over
	flows cli rx $((10000 * CONNS))
	flows srv2 rx $((10000 * CONNS))
	end
}

peer_sends()
{
	SERVER="-s 0 --shut after-peer"
	begin "$@"
	flows srv rx 200000
	takeover
	taken_over
	flows srv2 rx 200000
	end
}

peer_receives()
{
	CLIENT="-s 0 --shut after-peer"
	begin "$@"
	flows cli rx 200000
	takeover
	taken_over
	flows cli rx 200000
	end
}

# Nothing under way: both ends wait at 100000 until a file appears.
quiet()
{
	CLIENT="--pause 100000:$TMP/go" SERVER=$CLIENT
	begin "$@"
	wait_for "cli waits" progress_is cli rx $((100000 * CONNS))
	wait_for "srv waits" progress_is srv rx $((100000 * CONNS))
	wait_for "nothing is under way" no_unacked
	takeover
	taken_over
	: >"$TMP/go"
	flows cli rx 200000
	flows srv2 rx 200000
	end
}

no_unacked()
{
	[ "$(conn $ACT unacked)" = 0 ] && [ "$(conn $BAK unacked)" = 0 ] &&
		[ "$(conn $BAK unread)" = 0 ]
}

# The application is behind: what it has not read must be there on bak.
unread()
{
	SERVER="-s 0 --shut after-peer --rx-rate 300000 --rcvbuf 300000"
	SERVER2="-s 0 --shut after-peer" RATE="--rate 0"
	begin "$@"
	wait_for "bytes are unread" has_unread
	takeover
	taken_over
	flows srv2 rx 200000
	end
}

has_unread()
{
	[ "$(conn $BAK unread)" -gt 200000 ]
}

# The peer is behind: its window is closed when act dies.
window_closed()
{
	RATE="--rate 0" CLIENT="-s 0 --shut after-peer --rx-rate 200000 --rcvbuf 60000"
	begin "$@"
	flows cli rx 200000
	takeover
	taken_over
	flows cli rx 400000
	end
}

# The peer has ended its direction; bak inherits CLOSE_WAIT.
close_wait()
{
	CLIENT="-s 500000"
	begin "$@"
	wait_for "the server has seen the end" \
		state_on $ACT close-wait
	wait_for "the backup knows it" conn_is $BAK tcp-state close-wait
	takeover
	taken_over
	flows cli rx 500000
	end
	is "bytes of the half that had ended" "$(value "$(summary srv2)" rx)" \
		$((500000 * CONNS))
}

state_on()
{
	[ "$(in_ns $1 ss -tnH state $2 "sport = :$PORT" | wc -l)" = $CONNS ]
}

conn_is()
{
	[ "$(conn $1 $2)" = $3 ]
}

# Attached and replicated only after both directions had moved 200000 bytes.
attached_late()
{
	local remote

	protect
	CONNS=1
	CLIENT="--pause 200000:$TMP/go $RATE"
	server $ACT srv $CLIENT $VIP4 $PORT
	server $BAK srv2 --ulp --base-tx 200000 --base-rx 200000 $RATE \
		$VIP4 $PORT
	client cli $CLIENT $VIP4 $PORT
	wait_for "cli waits" progress_is cli rx 200000
	wait_for "srv waits" progress_is srv rx 200000
	remote=$(remote_of $ACT)
	check "attach" ctl $ACT conn attach local $VIP4:$PORT remote $remote
	wait_for "the backup has it" replicas_are 1
	: >"$TMP/go"
	flows cli rx 200000
	flows srv rx 200000
	takeover
	taken_over
	flows cli rx 200000
	flows srv2 rx 200000
	end
}

# Without force a promotion waits for the lease, and dry-run changes nothing.
lease()
{
	local out

	RATE="--rate 300000"
	begin sync $VIP4 $VIP4 1
	flows cli rx 100000
	out=$(ctl $BAK promote dry-run) || bad "dry-run: $out"
	is "promotable" "$(field "$out" promoted)" 1
	is "role after a dry run" "$(node $BAK role)" backup
	refused "2|4" "lease" ctl $BAK promote kernel
	is "role after a refusal" "$(node $BAK role)" backup
	cut_off $ACT
	wait_for "the lease has run out" promoted_unforced
	service add $BAK
	taken_over
	flows cli rx 200000
	end
}

promoted_unforced()
{
	ctl $BAK promote kernel >"$TMP/promote.out" 2>&1
}

RATE=''
plan 16
run_case "sync, IPv4, both directions" mid_stream sync $VIP4 $VIP4 4
run_case "sync, IPv6, both directions" mid_stream sync $VIP6 $VIP6 4
run_case "sync, IPv4 on an IPv6 socket" mid_stream sync $VIP4 :: 4
run_case "sync, the peer only sends" peer_sends sync $VIP4 $VIP4 1
run_case "sync, the peer only receives" peer_receives sync $VIP4 $VIP4 1
RATE='--rate 0'
run_case "sync, as fast as it goes" mid_stream sync $VIP4 $VIP4 2
RATE=''
run_case "sync, nothing under way" quiet sync $VIP4 $VIP4 2
run_case "async, nothing under way" quiet async $VIP4 $VIP4 2
run_case "async, nothing under way, IPv6" quiet async $VIP6 $VIP6 2
run_case "rx-only, the peer only sends" peer_sends rx-only $VIP4 $VIP4 1
run_case "sync, unread bytes" unread sync $VIP4 $VIP4 1
run_case "sync, the peer's window closed" window_closed sync $VIP4 $VIP4 1
run_case "sync, CLOSE_WAIT" close_wait sync $VIP4 $VIP4 2
RATE="--rate 30000"
run_case "sync, a hundred connections" many sync $VIP4 $VIP4 100
RATE=''
run_case "attached in mid-stream" attached_late
run_case "the lease and the dry run" lease
finish
