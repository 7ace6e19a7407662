#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Commands with an id: executed once, here and after a takeover; what is answered
# when one is repeated, when it cannot be executed now, and when there is nothing to
# do any more.
. "$(dirname "$(readlink -f "$0")")/daemons.sh"
# shellcheck source=telling.sh
. "$(dirname "$(readlink -f "$0")")/telling.sh"

policies()
{
	ctl $1 policy show | grep -c '^policy'
}

# outcome NS ID WORD: of a command
outcome()
{
	field "$(ctl $1 command show id $2 2>&1)" $3
}

twice()
{
	local out

	out=$(ctl $ACT -i add-1 policy add local-port 7001)
	is "the first" "$out" "policy id 1"
	out=$(ctl $ACT -i add-1 policy add local-port 7001) ||
		bad "the second failed: $out"
	matches "the second" "$out" '^command id add-1 name "policy add" state done outcome "success" node 0 epoch 0 began .* advice executed-already'
	is "policies" "$(policies $ACT)" 1
	tells $ACT 245 "a command that was begun before is not executed again"
	is "in JSON" "$(ctl $ACT -j -i add-1 policy add local-port 7001 |
		jq -c '[.id, .errno, .advice]')" '["add-1",0,"executed-already"]'
	# each gets one, of its own
	ctl $ACT policy add local-port 7002 >/dev/null
	ctl $ACT policy add local-port 7003 >/dev/null
	is "commands" "$(ctl $ACT command | grep -c 'name "policy add" state done')" 3
	matches "an id that nobody chose" "$(ctl $ACT command | tail -n 1)" \
		'^command id [0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12} '
}

# A failure is an outcome.
failed_first()
{
	refused 3 "no such connection" ctl $ACT -i gone conn detach id 99
	refused 3 "executed before, and it failed: No such file" \
		ctl $ACT -i gone conn detach id 99
	is "outcome" "$(outcome $ACT gone errno)" -2
}

# What did not happen may happen the next time.
not_executed()
{
	refused 2 "only an active" ctl $ACT -i later handover
	check "role" ctl $ACT node set id 1 role active
	refused 2 "advice: hold-commands" ctl $ACT -i later handover
	refused 3 "nothing is known" ctl $ACT command show id later
	refused 1 "unexpected word" ctl $ACT -i typo policy add nonsense 1
	check "without the mistake" ctl $ACT -i typo policy add local-port 1
	check "a dry run" ctl $BAK node set id 2 role backup
	ctl $BAK -i dry promote dry-run >/dev/null 2>&1
	refused 3 "nothing is known" ctl $BAK command show id dry
	refused 7 "advice: restart" ctl $ACT -s "$TMP/nobody" switchover
}

other_command()
{
	check "the first" ctl $ACT -i x policy add local-port 7001
	refused 2 "another command had this id" ctl $ACT -i x policy del id 1
	is "policies" "$(policies $ACT)" 1
	refused 2 "no blank" ctl $ACT -i "a b" policy del id 1
	refused 1 "longer than 36" ctl $ACT -i "$(printf '%041d' 0)" policy del id 1
	refused 2 "36 printing characters" ctl $ACT -i "$(printf '%037d' 0)" \
		policy del id 1
	refused 2 "36 printing characters" ctl $ACT -i "" policy del id 1
	refused 1 "changes nothing" ctl $ACT -i y node show
	is "policies" "$(policies $ACT)" 1
}

# by the numbers of include/uapi/linux/fttcp.h
bare()
{
	local out

	out=$(in_ns $ACT ftnl 23 2:hex=6100 3:hex=6200)
	is "begin" "$(value "$out" errno)" 0
	is "its state" "$(outcome $ACT a state)" abandoned
	is "again" "$(value "$(in_ns $ACT ftnl 23 2:hex=6100 3:hex=6200)" errno)" EALREADY
	is "no id" "$(value "$(in_ns $ACT ftnl 23 3:hex=6200)" miss)" 2
	is "no name" "$(value "$(in_ns $ACT ftnl 23 2:hex=6100)" miss)" 3
	is "a name that rings" "$(value "$(in_ns $ACT ftnl 23 2:hex=6300 3:hex=0700)" errno)" EINVAL
	is "a positive outcome" "$(value "$(in_ns $ACT ftnl 24 2:hex=6100 5:u32=5)" attr)" 5
	is "end" "$(value "$(in_ns $ACT ftnl 24 2:hex=6100)" errno)" 0
	is "its state" "$(outcome $ACT a state)" "done"
	is "end again" "$(value "$(in_ns $ACT ftnl 24 2:hex=6100)" errno)" EALREADY
	is "of nobody" "$(value "$(in_ns $ACT ftnl 24 2:hex=6400)" errno)" ENOENT
	for out in 23 24; do
		is "command $out" "$(value "$(in_ns $ACT ftnl -u $out)" errno)" EPERM
	done
}

# Commands of other programs.
of_others()
{
	check "begin" ctl $ACT command begin id job-1 name "move the disk"
	refused 2 "not known to have ended" \
		ctl $ACT command begin id job-1 name "move the disk"
	check "end" ctl $ACT command end id job-1 errno 5
	is "outcome" "$(outcome $ACT job-1 errno)" -5
	refused 2 "it failed: Input/output error" \
		ctl $ACT command begin id job-1 name "move the disk"
	check "begin" ctl $ACT command begin id job-2 name "move the disk"
	check "end" ctl $ACT command end id job-2 forget
	check "once more" ctl $ACT command begin id job-2 name "move the disk"
}

after_takeover()
{
	protect
	server $ACT srv --ulp $VIP4 $PORT
	client cli $VIP4 $PORT
	wait_for "the backup has it" replicas_are 1
	check "one" ctl $ACT -i t-1 policy add local-port 7001
	refused 3 "no such connection" ctl $ACT -i t-2 conn detach id 99
	check "begun" ctl $ACT command begin id t-3 name upgrade
	# it was told before this program had its answer
	is "the backup knows" "$(outcome $BAK t-1 state)" "done"
	takeover
	matches "the same after it" "$(ctl $BAK -i t-1 policy add local-port 7001)" \
		'state done outcome "success" node 1 .* advice executed-already'
	is "policies" "$(policies $BAK)" 0
	refused 3 "it failed" ctl $BAK -i t-2 conn detach id 99
	refused 2 "begun on node 1" ctl $BAK command begin id t-3 name upgrade
}

# What was before a backup came, and what it is told to forget.
comes_later()
{
	roles
	check "one" ctl $ACT -i l-1 policy add local-port 7001
	check "two" ctl $ACT command begin id l-2 name job
	check "its own" ctl $BAK -i l-3 policy add local-port 7001
	link_up $ACT $BAK
	wait_for "ready" node_is $BAK state backup-ready
	is "one" "$(outcome $BAK l-1 state)" "done"
	is "two" "$(outcome $BAK l-2 state)" abandoned
	is "its own" "$(outcome $BAK l-3 state)" "done"
	check "two, nothing was done" ctl $ACT command end id l-2 forget
	refused 3 "nothing is known" ctl $BAK command show id l-2
	refused 3 "nothing is known" ctl $ACT command show id l-3
}

# The link stands still: the answer waits for the backup, but not for ever.
slow_backup()
{
	local start

	protect
	check "hold-max" ctl $ACT node set hold-max 2s heartbeat 1s heartbeat-misses 30
	freeze_link
	start=$SECONDS
	check "a command" ctl $ACT -i s-1 policy add local-port 7001
	[ $((SECONDS - start)) -ge 1 ] || bad "nobody waited for the backup"
	[ $((SECONDS - start)) -lt $LIMIT ] || bad "it took $((SECONDS - start)) s"
	thaw_link
}

# A switchover gives the connections away; who asks the new active for it once more
# must not get them back.
switchover_twice()
{
	both
	stream
	check "switchover" dctl $ACT -i sw-1 switchover
	becomes $BAK protected
	refused 2 'begun on node 1' dctl $BAK -i sw-1 switchover
	matches "what it says" "$(dctl $BAK -i sw-1 switchover 2>/dev/null)" \
		'name "?switchover"? state begun node 1 .* advice executed-already'
	becomes $BAK protected
	matches "where it was asked" "$(dctl $ACT -i sw-1 switchover)" \
		'outcome "success" node 1 .* advice executed-already'
	flows cli rx 50000
	finish_streams cli srv2 1
}

# A second one meanwhile is answered at once.
switching()
{
	local start

	both
	freeze_link
	launch switch fttcpctl -n $ACT -s "$TMP/$ACT.sock" -i sw-1 switchover
	becomes $ACT switching
	start=$SECONDS
	refused 2 "under way" dctl $ACT -i sw-1 switchover
	refused 2 "advice: hold-commands" dctl $ACT -i sw-2 switchover
	[ $((SECONDS - start)) -lt $LIMIT ] || bad "it took $((SECONDS - start)) s"
	thaw_link
}

many()
{
	launch many nsenter --net=/run/netns/$ACT ftcommands 1100 m
	wait_for "all places are taken" grep -q begun "$TMP/many.out"
	is "how many" "$(cat "$TMP/many.out")" "begun 1024 errno ENOSPC"
	tells $ACT 23 "FTTCP:SCB-FULL: the table of commands is full \(1024\). $AT"
	refused 2 "advice: send-elsewhere" ctl $ACT -i new policy add local-port 1
	is "policies" "$(policies $ACT)" 0
	# who gave no id is not held up
	check "without an id" ctl $ACT policy add local-port 2
	kill -KILL "$(pid_of many)"
	wait_for "they are abandoned" is_abandoned
	check "another one" ctl $ACT -i new policy add local-port 1
	refused 3 "nothing is known" ctl $ACT command show id m0
	is "how many are kept" "$(ctl $ACT command | wc -l)" 1024
}

is_abandoned()
{
	[ "$(outcome $ACT m1 state)" = abandoned ]
}

# STOP of what is stopped.
stopped()
{
	local id out

	check "policy" ctl $ACT policy add local-port 7001
	check "del" ctl $ACT policy del id 1
	out=$(ctl $ACT policy del id 1 2>&1) || bad "policy del again: $out"
	matches "it says so" "$out" "gone already"
	refused 3 "no policy" ctl $ACT policy del id 2
	protect
	server $ACT srv --ulp $VIP4 $PORT
	client cli $VIP4 $PORT
	wait_for "the backup has it" replicas_are 1
	id=$(conn $ACT id)
	check "detach" ctl $ACT conn detach id $id
	out=$(ctl $ACT conn detach id $id 2>&1) || bad "detach again: $out"
	matches "it says so" "$out" "detached already"
	refused 3 "no such" ctl $ACT conn detach id "$(printf %u $((id + 100)))"
	check "link" ctl $ACT link del id 1
	out=$(ctl $ACT link del id 1 2>&1) || bad "link del again: $out"
	matches "it says so" "$out" "gone already"
	refused 3 "no link" ctl $ACT link del id 2
	finish_streams cli srv 1
}

# A stop that is repeated after a start does not stop the link once more.
link_stop_twice()
{
	both
	check "stop" dctl $BAK -i ls-1 link stop
	becomes $ACT solo
	check "start" dctl $BAK -i ls-2 link start
	becomes $ACT protected
	becomes $BAK ready
	matches "given again" "$(dctl $BAK -i ls-1 link stop)" \
		'name "link stop" state done outcome "success" .* advice executed-already'
	stays 2 daemon_is $ACT protected
	matches "start given again" "$(dctl $BAK -i ls-2 link start)" \
		'name "link start" state done .* advice executed-already'
}

plan 14
run_case "the same command twice" twice
run_case "a failure is an outcome too" failed_first
run_case "what was not executed" not_executed
run_case "an id of another command, wrong words" other_command
run_case "netlink" bare
run_case "commands of other programs" of_others
run_case "after a takeover" after_takeover
run_case "a backup that comes later" comes_later
run_case "a backup that is slow" slow_backup
run_case "a switchover, given twice" switchover_twice
run_case "a link stop, given twice" link_stop_twice
run_case "while the node is switching" switching
run_case "as many as there may be" many
run_case "what has ended already" stopped
finish
