#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Sockets that can not be protected: each is refused with an error number, with a
# sentence over netlink, and counted; and they stay as they were.
. "$(dirname "$(readlink -f "$0")")/lib.sh"

# refuse STATE ERRNO COUNTER: by the program itself
itself()
{
	socket_in $ACT "$1"
	is "setsockopt(TCP_ULP)" "$(value "$SOCKET" ulp)" "$2"
	is "connections" "$(node $ACT conns)" 0
	[ "$3" = - ] || is "$3" "$(counter $ACT "$3")" 2
}

# outside STATE REGEX: by address
outside()
{
	local mine remote

	socket_in $ACT -k "$1"
	mine=$(value "$SOCKET" local) remote=$(value "$SOCKET" remote)
	if [ "$remote" = - ]; then
		refused "2|3" "$2" ctl $ACT conn attach local $mine
	else
		refused "2|3" "$2" ctl $ACT conn attach local $mine remote $remote
	fi
	is "connections" "$(node $ACT conns)" 0
	is "listeners" "$(node $ACT listeners)" 0
}

both()
{
	itself "$1" "$2" "$3"
	kill_helpers
	outside "$1" "$4"
}

# A program may not begin another connection in a socket that is protected.
reused()
{
	protect
	socket_in $ACT -r established
	wait_for "it has tried" grep -q connect= "$TMP/state.out"
	SOCKET=$(tail -n 1 "$TMP/state.out")
	is "connect() to no address" "$(value "$SOCKET" reuse)" EOPNOTSUPP
	is "another connect()" "$(value "$SOCKET" connect)" EINVAL
	stays 0 node_is $ACT state protected || bad "act is $(node $ACT state)"
	is "LinkDown of act" "$(counter $ACT LinkDown)" 0
}

# A protected connection would wait for itself.
lanes()
{
	protect
	is "connections of act" "$(node $ACT conns)" 0
	is "connections of bak" "$(node $BAK conns)" 0
	refused 2 "link" ctl $ACT conn attach local 10.9.0.1:$LINK_PORT \
		remote "$(in_ns $ACT ss -tnH "sport = :$LINK_PORT" |
			  awk '{ print $5 }')"
}

# Children of a listener on every address: those of link-local ones go unprotected.
link_local()
{
	ip -n $ACT addr add fe80::5/64 dev lan nodad
	ip -n $PEER addr add fe80::6/64 dev lan nodad
	server $ACT srv -n 2 --ulp :: $PORT
	client near fe80::5%lan $PORT
	client far $VIP6 $PORT
	wait_for "one is protected" node_is $ACT conns 1
	is AttachRefusedAddress "$(counter $ACT AttachRefusedAddress)" 1
	refused "2|3" "link-local" ctl $ACT conn attach \
		local "[fe80::5%lan]:$PORT" remote "$(in_ns $ACT ss -tnH \
			"src fe80::/16 and sport = :$PORT" | awk '{ print $5 }')"
	flows near rx 50000
	stop_streams
	in_order near 1
	in_order far 1
	in_order srv 2
}

plan 15
run_case "a socket that is not connected" \
	itself closed ENOTCONN AttachRefusedState
run_case "SYN_SENT" itself syn-sent ENOTCONN AttachRefusedState
run_case "FIN_WAIT1" both fin-wait-1 ENOTCONN AttachRefusedState \
	"ESTABLISHED"
run_case "FIN_WAIT2" both fin-wait-2 ENOTCONN AttachRefusedState \
	"ESTABLISHED"
run_case "CLOSING" both closing ENOTCONN AttachRefusedState "ESTABLISHED"
run_case "LAST_ACK" both last-ack ENOTCONN AttachRefusedState "ESTABLISHED"
run_case "kTLS by the program" itself tls EEXIST -
run_case "kTLS by address" outside tls "upper layer protocol"
run_case "a subflow of MPTCP" outside mptcp "upper layer protocol|MPTCP"
run_case "repair mode" both repair EBUSY AttachRefusedRepair "repair"
run_case "TCP-AO" both ao EOPNOTSUPP AttachRefusedOption "TCP-AO"
run_case "TCP fast open" both tfo-listen EOPNOTSUPP AttachRefusedFastopen \
	"fast open"
run_case "a socket that is used again" reused
run_case "link-local addresses" link_local
run_case "lanes of a link" lanes
finish
