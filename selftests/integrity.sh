#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Every byte, both directions: modes, families, and every way in which a program hands
# bytes to TCP or takes them from it; what the backup has is compared as well.
. "$(dirname "$(readlink -f "$0")")/lib.sh"

readonly SIZE=2000000

# stream MODE CLIENT-ADDRESS LISTEN-ADDRESS [SERVER-ARGUMENTS [CLIENT-ARGUMENTS]]
stream()
{
	protect mode $1
	server $ACT srv --ulp --rate 0 -s $SIZE ${4:-} $3 $PORT
	client cli --rate 0 -s $SIZE ${5:-} $2 $PORT
	in_order cli 1
	in_order srv 1
	is "bytes from the peer" "$(value "$(summary srv)" rx)" $SIZE
	is "bytes to the peer" "$(value "$(summary cli)" rx)" $SIZE
	is "state of act" "$(node $ACT state)" protected
	is "inbound bytes captured" "$(captured Rx)" $SIZE
	[ $1 = rx-only ] || is "outbound bytes captured" "$(captured Tx)" $SIZE
	wait_for "the backup forgot it" replicas_are 0
	is "NACKs" "$(counter $ACT Nack)" 0
}

captured()
{
	echo $(($(counter $ACT BytesReferenced$1) +
		$(counter $ACT BytesCopied$1)))
}

by_reference()
{
	stream sync $VIP4 $VIP4
	[ "$(counter $ACT BytesCopiedTx)" -lt $((SIZE / 20)) ] ||
		bad "$(counter $ACT BytesCopiedTx) outbound bytes were copied"
	[ "$(counter $ACT BytesCopiedRx)" -lt $((SIZE / 20)) ] ||
		bad "$(counter $ACT BytesCopiedRx) inbound bytes were copied"
}

lossy()
{
	tc -n $PEER qdisc add dev lan root netem loss 2% || skip "no netem"
	tc -n $ACT qdisc add dev lan root netem loss 2% || skip "no netem"
	stream sync $VIP4 $VIP4
}

# The pages stay in the program's hands: they have to be copied. bak goes on with
# what was copied, and the peer compares it.
shared_pages()
{
	protect
	server $ACT srv --ulp --rate 0 $2 $VIP4 $PORT
	server $BAK srv2 --ulp $VIP4 $PORT
	client cli --rate 0 --rx-rate 2000000 $VIP4 $PORT
	wait_for "bak has it" replicas_are 1
	flows cli rx 300000
	flows srv rx 300000
	[ "$1" = - ] || counter_above $ACT $1 300000 ||
		bad "$1 is $(counter $ACT $1)"
	takeover
	flows cli rx 300000
	flows srv2 rx 300000
	finish_streams cli srv2 1
}

# Bytes that the program takes by ways that avoid recvmsg(), above a low-water
# mark that keeps the kernel's callback from being called. The reader on bak sees
# whatever was captured: it has to be all.
standby_sees_all()
{
	local i

	protect
	for i in 1 2 3; do
		server $BAK sb$i --ulp --standby --shut never $VIP4 $((PORT + i))
		server $ACT srv$i --ulp $1 --rate 0 -s 100000 $VIP4 \
			$((PORT + i))
		client cli$i --rate 0 -s 3000003 --tx sendfile $VIP4 \
			$((PORT + i))
	done
	for i in 1 2 3; do
		in_order cli$i 1
		in_order srv$i 1
		ended sb$i
		is "bytes that bak saw" "$(value "$(summary sb$i)" rx)" 3000003
		is "wrong reads on bak" "$(value "$(summary sb$i)" bad)" 0
	done
}

# A mark for the head of a message, and none for its rest: what is there then is
# read, though no more comes.
mark_off()
{
	protect
	server $ACT srv --ulp --lowat 1000 --rx lowat-off -s 0 --shut never \
		$VIP4 $PORT
	client cli --chunk 100 --rate 3000 -s 1500 --shut never $VIP4 $PORT
	wait_for "all is read" progress_is srv rx 1500
}

plan 16
run_case "sync, IPv4" stream sync $VIP4 $VIP4
run_case "sync, IPv6" stream sync $VIP6 $VIP6
run_case "sync, IPv4 on an IPv6 socket" stream sync $VIP4 ::
run_case "async" stream async $VIP4 $VIP4
run_case "rx-only" stream rx-only $VIP4 $VIP4
run_case "blocking sockets" stream sync $VIP4 $VIP4 --blocking --blocking
run_case "by page reference" by_reference
run_case "small writes, MSG_PEEK" \
	stream sync $VIP4 $VIP4 "--chunk 777 --rx peek" "--chunk 1333"
run_case "slow reader" stream sync $VIP4 $VIP4 "--rx-rate 1000000"
run_case "losses on the way to the peer" lossy
run_case "sendfile" shared_pages BytesCopiedShared "--tx sendfile"
run_case "MSG_ZEROCOPY" shared_pages BytesCopiedZerocopy "--tx zerocopy"
run_case "splice" shared_pages - "--tx splice --rx splice"
run_case "splice from the socket above SO_RCVLOWAT" \
	standby_sees_all "--rx splice --lowat 200000"
run_case "read above SO_RCVLOWAT" standby_sees_all "--lowat 200000"
run_case "SO_RCVLOWAT and back to 1" mark_off
finish
