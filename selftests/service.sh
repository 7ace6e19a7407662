#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# fttcpd as the service manager runs it: as a user of its own, told to read its
# configuration again under traffic, ended when it is stuck, killed, and replaced
# by another version, while a connection goes on.
. "$(dirname "$(readlink -f "$0")")/daemons.sh"

readonly SERVICE_USER=63999

# managed NS [ARGUMENT...]: a daemon with a manager; $FTTCPD is the program
managed()
{
	local ns=$1

	shift
	launch "fttcpd-$ns" nsenter --net="/run/netns/$ns" \
		sh -c "exec ftmanager -u $SERVICE_USER $* -- '${FTTCPD:-fttcpd}' \
			-c '$TMP/$ns.conf' 2>>'$TMP/$ns.log'"
}

# both_managed [ARGUMENT...]: up and protected
both_managed()
{
	# what the daemons write belongs to their user
	chmod 711 "$TMP"
	chown $SERVICE_USER "$TMP"
	conf $ACT 1 active
	conf $BAK 2 backup
	managed $ACT "$@"
	managed $BAK "$@"
	becomes $ACT protected
	becomes $BAK ready
}

# daemon_of NS: the process that runs now
daemon_of()
{
	sed -n 's/^started //p' "$TMP/fttcpd-$1.out" | tail -n 1
}

# happened NS TEXT [TIMES]: the manager has told that
happened()
{
	[ "$(grep -c "^$2" "$TMP/fttcpd-$1.out")" -ge "${3:-1}" ]
}

privileges()
{
	local ns thread pid

	both_managed
	# It takes an intent back as it starts, by a thread: privileges are a
	# thread's own.
	pid=$(daemon_of $BAK)
	printf '7\nwas 1 boot %s\n' "$(</proc/sys/kernel/random/boot_id)" \
		>"$TMP/$BAK.epoch"
	kill -KILL "$pid"
	wait_for "the next one" restarted $BAK "$pid"
	becomes $BAK ready
	wait_for "the intent is taken back" grep -qx 1 "$TMP/$BAK.epoch"
	is "threads of bak" "$(ls "/proc/$(daemon_of $BAK)/task" | wc -l)" 2
	# CAP_NET_ADMIN is the bit 12: all that follows is done with it alone
	for ns in $ACT $BAK; do
		for thread in "/proc/$(daemon_of $ns)/task"/*/status; do
			matches "$ns" "$(tr '\n\t' '  ' <"$thread")" \
				"Uid: $SERVICE_USER .*CapInh: 0+ CapPrm: 0+1000 CapEff: 0+1000 .*CapAmb: 0+ NoNewPrivs: 1"
		done
	done
	stream
	gone $ACT
	becomes $BAK solo
	flows cli rx 50000
	has_address $BAK 2 || bad "bak has no service address"
	! grep -i 'permitted' "$TMP/$BAK.log" || bad "something is missing"
	finish_streams cli srv2 1
	buried $ACT
}

# It boots, sees nobody, and asks the neighbours, in both families.
privileges_ask()
{
	chmod 711 "$TMP"
	chown $SERVICE_USER "$TMP"
	conf $ACT 1 active
	service add $BAK
	managed $ACT
	wait_for "it asks" grep -q "another machine on lan" "$TMP/$ACT.log"
	service del $BAK
	becomes $ACT solo
	! grep -i 'permitted' "$TMP/$ACT.log" || bad "something is missing"
}

# What is in force, and from where.
in_force()
{
	local text

	text=$(dctl "$1" config show)
	[[ $text == *$'\n'"$2"$'\n'* ]] || bad "in force is not '$2': $text"
}

# All that a reload can do, while a connection goes on.
reload_under_traffic()
{
	local link down more=10.0.0.101 i

	both_managed -w 5000
	stream
	link=$(link_word $ACT id)
	down=$(counter $ACT LinkDown)
	for i in 1 2 3; do
		cat >"$TMP/more" <<-EOF2
		[policy more$i]
		local-port = 500$i
		[service]
		address = $more/24 dev lan
		[limits]
		memory-max = 12${i}M
		EOF2
		sed -i '/^\[policy more/,$d' "$TMP/$ACT.conf"
		cat "$TMP/more" >>"$TMP/$ACT.conf"
		sed -i "s/^hold-max = .*/hold-max = 5${i}s/; s/^retry = .*/retry = ${i}s/" \
			"$TMP/$ACT.conf"
		matches "reload $i" "$(dctl $ACT reload)" \
			"changed section \"node\" key hold-max from \"[0-9]+s\" to \"5${i}s\" takes-effect now"
		flows cli rx 20000
	done
	is "hold-max" "$(node $ACT hold-max)" 53000ms
	is "policies" "$(node $ACT policies)" 2
	wait_for "the new address" in_ns $PEER ping -c 1 -W 1 $more >/dev/null
	in_force $ACT "hold-max = 53s ; line 6"
	in_force $ACT "mode = sync ; default"
	matches "nothing" "$(dctl $ACT reload)" "changed nothing"

	# by the signal, and what only a restart does
	sed -i 's/^\[control\]/&\ngroup = nobody/; s/^hold-max = .*/hold-max = 60s/' \
		"$TMP/$ACT.conf"
	kill -HUP "$(pid_of "fttcpd-$ACT")"
	wait_for "it is told" grep -q "group: from nothing to nobody (restart)" \
		"$TMP/$ACT.log"
	wait_for "hold-max" node_is $ACT hold-max 60000ms
	in_force $ACT "; group is not set, default, after a restart: nobody"
	happened $ACT 'notify RELOADING=1' || bad "the manager was not told"
	sed -i '/^group = /d' "$TMP/$ACT.conf"

	# what is wrong changes nothing
	cp "$TMP/$ACT.conf" "$TMP/good"
	echo "heartbeat = often" >>"$TMP/$ACT.conf"
	refused 2 ":[0-9]+: \[limits\] heartbeat: unknown key" dctl $ACT reload
	refused 2 ":[0-9]+: \[limits\] heartbeat: unknown key" \
		fttcpctl config check "$TMP/$ACT.conf"
	sed 's/^id = .*/id = 9/' "$TMP/good" >"$TMP/$ACT.conf"
	check "as a file it is right" fttcpctl config check "$TMP/$ACT.conf"
	refused 2 ":2: id: the kernel refuses the value" dctl $ACT reload
	in_force $ACT "id = 1 ; line 2"
	is "id" "$(node $ACT id)" 1

	cp "$TMP/good" "$TMP/$ACT.conf"
	check "reload" dctl $ACT reload
	flows cli rx 50000
	is "link" "$(link_word $ACT id)" "$link"
	is "links lost" "$(counter $ACT LinkDown)" "$down"
	is "state" "$(node $ACT state)" protected
	! happened $ACT watchdog || bad "the watchdog was not fed"
	act_dies
}

# restarted NS OLD: another process, and it is known what became of the old one
restarted()
{
	[ "$(daemon_of "$1")" != "$2" ] && happened "$1" "notify READY=1" 2
}

# stuck WHO: that thread of act's daemon does not come back
stuck()
{
	local pid link

	FTFAIL_STUCK=$TMP/stuck LD_PRELOAD=$(helper ftfail.so) both_managed -w 5000
	stream
	link=$(link_word $ACT id)
	pid=$(daemon_of $ACT)
	wait_for "signs of life" happened $ACT 'notify WATCHDOG=1'
	if [ "$1" = worker ]; then
		check "hold-max" sed -i 's/^hold-max = .*/hold-max = 5s/' "$TMP/$ACT.conf"
		check "reload" dctl $ACT reload
		echo worker >"$TMP/stuck"
		launch asks fttcpctl -n $ACT -s "$TMP/$ACT.sock" switchover
		# the loop goes on, and is given the time that there is
		wait_for "it switches" daemon_is $ACT switching
		# (hold-max and 30 seconds)
		LIMIT=$((LIMIT + 40)) wait_for "it is stuck" grep -q \
			"no progress: the kernel's promotion or handover" "$TMP/$ACT.log"
	else
		echo main >"$TMP/stuck"
	fi
	LIMIT=$((LIMIT + 40)) wait_for "it is ended" happened $ACT 'ended signal 6'
	rm "$TMP/stuck"
	wait_for "another one is there" restarted $ACT "$pid"
	happened $ACT watchdog || bad "it was not the watchdog"
	becomes $ACT protected
	becomes $BAK ready
	is "link" "$(link_word $ACT id)" "$link"
	is "epoch" "$(node $ACT epoch)" 1
	flows cli rx 50000
	act_dies
}

# Killed again and again, on both nodes, and started by the manager.
killed()
{
	local link ns pid i

	both_managed -w 5000
	stream
	link=$(link_word $ACT id)
	for i in 1 2 3; do
		for ns in $ACT $BAK; do
			pid=$(daemon_of $ns)
			kill -KILL "$pid"
			wait_for "$ns: it is dead" happened $ns 'ended signal 9' $i
			flows cli rx 10000
			wait_for "$ns: the next one" happened $ns 'notify READY=1' $((i + 1))
		done
	done
	becomes $ACT protected
	becomes $BAK ready
	is "link" "$(link_word $ACT id)" "$link"
	has_address $ACT 2 || bad "act has no service address"
	act_dies
}

# Killed in the middle of a takeover: whoever comes next ends it.
killed_taking_over()
{
	local pid

	both_managed -w 5000
	stream
	pid=$(daemon_of $BAK)
	gone $ACT
	wait_for "it promotes" grep -q 'fencing -> promoting' "$TMP/$BAK.log"
	kill -KILL "$pid"
	wait_for "the next one" restarted $BAK "$pid"
	becomes $BAK solo
	has_address $BAK 2 || bad "bak has no service address"
	flows cli rx 50000
	finish_streams cli srv2 1
	buried $ACT
}

# ends NS: as "systemctl stop" does it
ends()
{
	kill -TERM "$(pid_of "fttcpd-$1")"
	ended "fttcpd-$1" || bad "$1: it ended with $?"
}

# Another program file with the same state, first on the backup, then on the
# active; then the other way round. Nothing changes its role.
upgrade()
{
	local link ns

	both_managed -w 5000
	stream
	link=$(link_word $ACT id)
	cp "$(command -v fttcpd)" "$TMP/fttcpd-new"
	chmod 755 "$TMP/fttcpd-new"
	for ns in $BAK $ACT $ACT $BAK; do
		ends $ns
		[ ! -e "$TMP/$ns.sock" ] || bad "$ns: the control socket is left"
		refused 7 "no fttcpd listens" dctl $ns daemon
		is "state of act" "$(node $ACT state)" protected
		is "state of bak" "$(node $BAK state)" backup-ready
		has_address $ACT 2 || bad "the address went with the daemon"
		flows cli rx 20000
		FTTCPD=$TMP/fttcpd-new managed $ns -w 5000
		wait_for "$ns: the new one" happened $ns 'notify READY=1'
		matches "$ns runs" "$(readlink "/proc/$(daemon_of $ns)/exe")" "fttcpd-new"
	done
	becomes $ACT protected
	becomes $BAK ready
	is "link" "$(link_word $ACT id)" "$link"
	is "epoch" "$(node $ACT epoch)" 1
	# and they are good for what they are there for
	check "switchover" dctl $ACT switchover
	becomes $BAK protected
	becomes $ACT ready
	flows cli rx 50000
	finish_streams cli srv2 1
}

# Stopped on both nodes, and the active dies: the backup's kernel waits, and the
# daemon that comes back takes over.
stopped()
{
	both_managed
	stream
	ends $BAK
	ends $ACT
	flows cli rx 20000
	cut_off $ACT
	wait_for "the kernel has lost act" node_is $BAK state backup-waiting
	managed $BAK
	becomes $BAK solo
	flows cli rx 50000
	finish_streams cli srv2 1
	buried $ACT
}

plan 9
run_case "a user with CAP_NET_ADMIN alone takes over" privileges
run_case "and asks the neighbours" privileges_ask
run_case "reload under traffic" reload_under_traffic
run_case "a stuck loop is replaced" stuck main
run_case "a stuck thread is replaced" stuck worker
run_case "daemons are killed again and again" killed
run_case "one is killed while it takes over" killed_taking_over
run_case "upgrade of both daemons" upgrade
run_case "stopped daemons, and the active dies" stopped
finish
