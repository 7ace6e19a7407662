#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A node dies at each named point of its life: as the active, as a backup that
# receives, in the middle of a handover, of a promotion. Needs a module with fault
# points, as the debug kernels have.
. "$(dirname "$(readlink -f "$0")")/lib.sh"

# NOW is the active and NEXT its backup; $ID_NOW and $ID_NEXT their ids.
begin()
{
	need_faults
	protect hold-max 3000
	NOW=$ACT NEXT=$BAK ID_NOW=1 ID_NEXT=2
	# programs stay, whatever becomes of their connections
	server $ACT srv -n 100 --ulp 0.0.0.0 $PORT
	server $BAK srv2 -n 100 --ulp 0.0.0.0 $PORT
	client cli -n 2 $VIP4 $PORT
	wait_for "bak has them" replicas_are 2
	flows cli rx 60000
}

swap()
{
	set -- $NOW $ID_NOW
	NOW=$NEXT ID_NOW=$ID_NEXT NEXT=$1 ID_NEXT=$2
}

# NEXT takes the place of NOW, which has died
takes_over()
{
	wait_for "$NEXT has lost $NOW ($1)" node_is $NEXT state backup-waiting
	promote $NEXT force
	service add $NEXT
	flows cli rx 60000
	swap
}

# NEXT was dead, or lost its role, and is the backup of NOW again
comes_back()
{
	clear_faults
	service del $NEXT
	printf 'link set dev %s up\n' link lan | ip -n $NEXT -batch -
	check "$NEXT becomes backup" ctl $NEXT node set role backup
	ctl $NOW link del id 1 2>/dev/null
	ctl $NEXT link del id 1 2>/dev/null
	link_up $NOW $NEXT
	wait_for "$NOW is protected ($1)" node_is $NOW state protected
	wait_for "$NEXT has them ($1)" node_is $NEXT replicas 2
}

in_the_end()
{
	stop_streams
	in_order cli 2
}

# active_dies POINT...: of the active's way, or @next for one of its backup's, which
# takes the active with it. Each time the other one goes on.
active_dies()
{
	local point

	begin
	for point; do
		if [ "${point#@}" = "$point" ]; then
			arm "$point@$ID_NOW:3:die"
		else
			arm "${point#@}@$ID_NEXT:3:die=$ID_NOW"
		fi
		wait_for "the fault $point" struck "${point#@}"
		takes_over "$point"
		comes_back "$point"
	done
	in_the_end
}

# backup_dies POINT...: while it receives. The active goes on.
backup_dies()
{
	local point

	begin
	for point; do
		arm "$point@$ID_NEXT:2:die"
		wait_for "the fault $point" struck "$point"
		wait_for "the link is down ($point)" link_is_lost $NOW
		flows cli rx 60000
		comes_back "$point"
	done
	cut_off $NOW
	takes_over "the end"
	in_the_end
}

link_is_lost()
{
	[ "$(link_word $1 state)" != up ]
}

# backup_dies_syncing POINT...: while it receives what existed.
backup_dies_syncing()
{
	local point

	begin
	for point; do
		check "link del" ctl $NOW link del id 1
		wait_for "it has lost its active" node_is $NEXT state \
			backup-waiting
		ctl $NEXT link del id 1 2>/dev/null
		arm "$point@$ID_NEXT:1:die"
		link_begin $NOW $NEXT
		wait_for "the fault $point" struck "$point"
		wait_for "the link is down ($point)" link_is_lost $NOW
		flows cli rx 60000
		kill_link_helpers
		comes_back "$point"
	done
	cut_off $NOW
	takes_over "the end"
	in_the_end
}

kill_link_helpers()
{
	kill "$(pid_of link-l)" "$(pid_of link-c)"
	wait "$(pid_of link-l)" "$(pid_of link-c)"
} 2>/dev/null

# relink_dies POINT whole|part: the active dies when a link to a backup that had
# everything has just come back. Until SYNC_BEGIN has come that copy is whole, since
# the active has held its output; afterwards it is not, and nobody takes it for whole.
relink_dies()
{
	local point=$1

	begin
	check "link del" ctl $NOW link del id 1
	wait_for "it has lost its active" node_is $NEXT state backup-waiting
	ctl $NEXT link del id 1 2>/dev/null
	arm "$point@$ID_NOW:1:die"
	link_begin $NOW $NEXT
	wait_for "the fault" struck "$point"
	wait_for "bak has lost it" node_is $NEXT state backup-waiting
	if [ $2 = whole ]; then
		wait_for "the lease has ended" may_promote
		service add $NEXT
		flows cli rx 60000
		in_the_end
	else
		refused 2 "not complete|incomplete|whole" ctl $NEXT promote \
			kernel
	fi
	kill_link_helpers
}

may_promote()
{
	ctl $NEXT promote kernel >/dev/null 2>&1
}

# promotion_dies POINT...: with the active dead, and the backup dying half-way, nobody
# has the connections any more; the kernel has nothing of them, either.
promotion_dies()
{
	local point ns

	begin
	for point; do
		cut_off $NOW
		wait_for "it has lost its active" node_is $NEXT state \
			backup-waiting
		arm "$point@$ID_NEXT:1:die"
		ctl $NEXT promote kernel force >/dev/null 2>&1
		wait_for "the fault $point" struck "$point"
		for ns in $NOW $NEXT; do
			check "$ns ends its own" ctl $ns node set role backup
			check "$ns ends its own" ctl $ns node set role none
			wait_for "nothing is left ($point)" \
				counter_is $ns CurrMemory 0
			wait_for "nothing is left ($point)" node_is $ns conns 0
		done
		clear_faults
		kill -KILL "$(pid_of cli)"
		wait "$(pid_of cli)" 2>/dev/null
		for ns in $NOW $NEXT; do
			service del $ns
			printf 'link set dev %s up\n' link lan |
				ip -n $ns -batch -
			ctl $ns link del id 1 2>/dev/null
		done
		service add $NOW
		# larger than the one of the promotion
		check "role" ctl $NOW node set role active \
			epoch $(($(node $NEXT epoch-seen) + 1))
		check "role" ctl $NEXT node set role backup
		link_up $NOW $NEXT
		wait_for "it is protected" node_is $NOW state protected
		client cli -n 2 $VIP4 $PORT
		wait_for "the backup has them" node_is $NEXT replicas 2
		flows cli rx 60000
	done
	in_the_end
}

counter_is()
{
	[ "$(counter $1 $2)" = $3 ]
}

# A replica that cannot be installed is one connection, not all.
one_fails()
{
	local out

	begin
	cut_off $NOW
	wait_for "it has lost its active" node_is $NEXT state backup-waiting
	arm "promote-conn@$ID_NEXT:1:fail"
	out=$(ctl $NEXT promote kernel force 2>&1) || bad "promote: $out"
	is "failed" "$(field "$out" failed)" 1
	is "promoted" "$(field "$out" promoted)" 1
	service add $NEXT
	flows cli rx 60000
}

# handover_dies POINT...: the active dies on its way to handing over.
handover_dies()
{
	local point

	begin
	for point; do
		arm "$point@$ID_NOW:1:die"
		ctl $NOW handover >/dev/null 2>&1
		wait_for "the fault $point" struck "$point"
		takes_over "$point"
		comes_back "$point"
	done
	in_the_end
}

plan 10
run_case "the active dies as it makes records and lets segments go" active_dies \
	tx-data rx-data state lane-send lane-taken hold-release
run_case "the active dies as its backup takes records and answers" active_dies \
	@take-tx-data @take-rx-data @take-state @lane-ack
run_case "the backup dies as it takes records and answers" backup_dies \
	take-tx-data take-rx-data take-state lane-ack
run_case "the backup dies as it synchronises" backup_dies_syncing \
	take-sync-begin take-conn-add replica-make take-sync-end backup-ready
run_case "the active dies before it says that it synchronises" \
	relink_dies sync-begin whole
run_case "the active dies as it synchronises" relink_dies sync-conn part
run_case "the active dies before it says that all is there" \
	relink_dies sync-end part
run_case "the new active dies as it is promoted" promotion_dies promote-close \
	promote-epoch promote-conn promote-hash promote-end
run_case "one connection can not be promoted" one_fails
run_case "the active dies as it hands over" handover_dies handover-freeze \
	handover-goodbye handover-end
finish
