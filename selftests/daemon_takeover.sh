#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Two fttcpd and a connection between them and the peer, which must not notice
# more than a pause, whatever becomes of nodes, links and daemons.
. "$(dirname "$(readlink -f "$0")")/daemons.sh"

# phases NS: the time line of its takeover, in order
phases()
{
	sed -n 's/.*takeover phase=\([a-z-]*\) .*/\1/p' "$TMP/$1.log" |
		tr '\n' ' '
}

takes_over()
{
	both
	stream "$@"
	gone $ACT
	becomes $BAK solo
	flows cli rx 50000
	flows srv2 rx 50000
	finish_streams cli srv2 1
	has_address $BAK 2 || bad "bak has no service address"
	is "time line" "$(phases $BAK)" \
		"detected promoted address-moved announced "
	note "$(sed -n 's/.*takeover \(phase=[^ ]*\).*\(since_us=[^ ]*\).*/\1 \2/p' \
		"$TMP/$BAK.log")"
	is "epoch" "$(node $BAK epoch)" 2
	buried $ACT
}

# The old active comes back, is told, and becomes the backup of the new one.
comes_back()
{
	both
	stream
	gone $ACT
	becomes $BAK solo
	flows cli rx 50000
	back $ACT
	becomes $ACT ready
	becomes $BAK protected
	has_address $ACT 0 || bad "act still has the service address"
	is "connections left on act" "$(node $ACT conns)" 0
	is "replicas on act" "$(node $ACT replicas)" 1
	flows cli rx 50000
	finish_streams cli srv2 1
}

# The link only is cut: with both alive, bak takes over, act has to give way.
gives_way()
{
	both
	stream
	ip -n $ACT link set dev link down
	becomes $BAK solo
	ip -n $ACT link set dev link up
	becomes $ACT ready
	becomes $BAK protected
	has_address $ACT 0 || bad "act still has the service address"
	flows cli rx 50000
	finish_streams cli srv2 1
}

switchover()
{
	both
	stream
	check "switchover" dctl $ACT switchover
	becomes $BAK protected
	becomes $ACT ready
	has_address $ACT 0 || bad "act still has the service address"
	has_address $BAK 2 || bad "bak has no service address"
	flows cli rx 50000
	flows srv2 rx 50000
	finish_streams cli srv2 1
	is "epoch" "$(node $BAK epoch)" 2
}

# The daemons die and come back; nobody notices.
daemons_die()
{
	local link ns

	both
	stream
	link=$(link_word $ACT id)
	for ns in $ACT $BAK; do
		kill -KILL "$(pid_of "fttcpd-$ns")"
		wait_for "it is dead" is_zombie "$(pid_of "fttcpd-$ns")"
	done
	flows cli rx 50000
	daemon $ACT
	daemon $BAK
	becomes $ACT protected
	becomes $BAK ready
	is "link" "$(link_word $ACT id)" "$link"
	flows cli rx 50000
	act_dies
}

# The active dies while the backup has no daemon: the next one takes over.
missed_death()
{
	both
	stream
	kill -KILL "$(pid_of "fttcpd-$BAK")"
	wait_for "it is dead" is_zombie "$(pid_of "fttcpd-$BAK")"
	gone $ACT
	wait_for "the kernel has lost act" node_is $BAK state backup-waiting
	daemon $BAK
	becomes $BAK solo
	flows cli rx 50000
	finish_streams cli srv2 1
	buried $ACT
}

# The daemon ends while it waits for the lease to run out. Nobody has acted in a new epoch,
# and none is on the disk: after a reboot the active would be fenced by it.
ends_before_promotion()
{
	both
	stream
	gone $ACT
	wait_for "it waits" grep -q 'fencing -> promoting' "$TMP/$BAK.log"
	kill -KILL "$(pid_of "fttcpd-$BAK")"
	wait_for "it is dead" is_zombie "$(pid_of "fttcpd-$BAK")"
	is "role" "$(node $BAK role)" backup
	is "epoch on the disk" "$(<"$TMP/$BAK.epoch")" 1
	daemon $BAK
	becomes $BAK solo
	flows cli rx 50000
	finish_streams cli srv2 1
	wait_for "epoch on the disk" grep -qx 2 "$TMP/$BAK.epoch"
	is "the same, as a fact" "$(<"$TMP/$BAK.epoch")" 2
	buried $ACT
}

# The link fails, and the active dies before there is another one. With on-backup-loss
# hold it is silent meanwhile, so that the copy is as good as it was.
dies_after_failure()
{
	conf $ACT 1 active "[node]" "on-backup-loss = hold"
	conf $BAK 2 backup
	daemon $ACT
	daemon $BAK
	becomes $ACT protected
	becomes $BAK ready
	# so few bytes that no half record keeps the active from saying why it ends
	# the link
	server $ACT srv --rate 4000 --chunk 500 0.0.0.0 $PORT
	server $BAK srv2 --rate 4000 --chunk 500 0.0.0.0 $PORT
	client cli --rate 4000 --chunk 500 $VIP4 $PORT
	wait_for "the backup has it" replicas_are 1
	flows cli rx 4000
	is "alone" "$(node $BAK alone-after)" never
	kill -KILL "$(pid_of "fttcpd-$ACT")"
	wait_for "it is dead" is_zombie "$(pid_of "fttcpd-$ACT")"
	check "slow link" tc -n $ACT qdisc add dev link root netem delay 200ms
	check "no patience" ctl $ACT node set hold-max 10ms
	wait_for "the link fails" \
		grep -q 'ready -> orphaned (link-failed)' "$TMP/$BAK.log"
	cut_off $ACT
	becomes $BAK solo
	flows cli rx 8000
	finish_streams cli srv2 1
	is "time line" "$(phases $BAK)" \
		"detected promoted address-moved announced "
	buried $ACT
}

# The disk with the epoch hangs: the takeover does not.
disk_hangs()
{
	FTFAIL_HANG=$TMP/hang LD_PRELOAD=$(helper ftfail.so) both
	stream
	touch "$TMP/hang"
	gone $ACT
	becomes $BAK solo
	flows cli rx 50000
	wait_for "it is told" grep -q "the epoch 2 is not on the disk" "$TMP/$BAK.log"
	is "epoch" "$(node $BAK epoch)" 2
	is "epoch on the disk" "$(<"$TMP/$BAK.epoch")" 1
	rm "$TMP/hang"
	wait_for "it is on the disk" grep -qx 2 "$TMP/$BAK.epoch"
	finish_streams cli srv2 1
	buried $ACT
}

# A machine that was active boots beside the new one, and the link is still cut.
boots_alone()
{
	both
	stream $1 ${2:-}
	gone $ACT
	becomes $BAK solo
	buried $ACT
	check "as after a boot" ctl $ACT node set role none
	service del $ACT
	ip -n $ACT link set dev lan up
	# only the one that this is about
	sed -i "\\|^address = $1/|!s|^address =.*||" "$TMP/$ACT.conf"
	daemon $ACT
	wait_for "it asks" grep -q "another machine on lan has the service address $1" \
		"$TMP/$ACT.log"
	daemon_is $ACT starting || bad "act did not wait"
	has_address $ACT 0 || bad "act has a service address"
	flows cli rx 100000
	matches "warning" "$(dctl $ACT daemon)" "another machine has a service address"
	ip -n $ACT link set dev link up
	becomes $ACT ready
	becomes $BAK protected
	finish_streams cli srv2 1
}

# Nobody answers any more: it does not wait for ever.
boots_alone_later()
{
	conf $ACT 1 active
	service add $BAK
	daemon $ACT
	wait_for "it asks" grep -q "another machine on lan" "$TMP/$ACT.log"
	service del $BAK
	becomes $ACT solo
	has_address $ACT 2 || bad "act has no service address"
}

plan 13
run_case "takeover, IPv4" takes_over
run_case "takeover, IPv6" takes_over $VIP6 ::
run_case "the old active comes back as backup" comes_back
run_case "an active without its link gives way" gives_way
run_case "switchover" switchover
run_case "daemons are killed and adopt what is there" daemons_die
run_case "the active dies while its backup has no daemon" missed_death
run_case "the daemon ends before the promotion" ends_before_promotion
run_case "the active dies after the link has failed" dies_after_failure
run_case "a boot beside another active, IPv4" boots_alone $VIP4
run_case "a boot beside another active, IPv6" boots_alone $VIP6 ::
run_case "a boot, and nobody has the address any more" boots_alone_later
run_case "takeover while the disk with the epoch hangs" disk_hangs
finish
