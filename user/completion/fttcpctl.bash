# SPDX-License-Identifier: GPL-2.0-only
# bash completion for fttcpctl: nouns, verbs, key words, and the values that
# have names. The grammar is that of fttcpctl(8).
# shellcheck shell=bash disable=SC2207

_fttcpctl_values()
{
	case $1 in
	role)		echo none active backup ;;
	mode)		echo sync async rx-only ;;
	on-backup-loss)	echo solo hold ;;
	way)		echo in out ;;
	state)		echo accepted checked routed packed sent staged \
				arrived waiting delivering delivered failed \
				acknowledged ;;
	encoding|-e)	echo opaque tlv8 tlv16 ;;
	file)		compgen -f -- "$cur" ;;
	local-peers)	echo leave protect ;;
	dev)		command ls /sys/class/net 2>/dev/null ;;
	-n|--netns)	command ls /var/run/netns 2>/dev/null ;;
	id|epoch|hold-max|heartbeat|heartbeat-misses|lane-queue-max| \
	memory-max|audit-interval|local|remote|local-port|remote-port|connect|listen|bind| \
	lanes|timeout|wait|-i|--command-id|errno|client|reason|dest|since|until|text|limit|name)
			echo '' ;;
	*)		return 1 ;;
	esac
}

_fttcpctl_filter()
{
	echo id client state errors reason way dest since until text file
}

_fttcpctl_keys()
{
	case $1 in
	'node set')	echo id role epoch mode hold-max on-backup-loss \
				heartbeat heartbeat-misses lane-queue-max \
				memory-max audit-interval local-peers ;;
	'conn show')	echo local remote id detail ;;
	'conn attach')	echo local remote dev mode ;;
	'conn detach')	echo local remote dev id all ;;
	'policy add')	echo local local-port remote remote-port dev mode ;;
	'policy del')	echo id all ;;
	'link add')	echo id connect listen bind lanes dev timeout ;;
	'link del')	echo id ;;
	'link stop')	echo forced ;;
	'promote ')	echo dry-run force epoch kernel ;;
	'demote ')	echo force timeout ;;
	'switchover ')	echo timeout ;;
	'command show')	echo id ;;
	'command begin') echo id name ;;
	'command end')	echo id errno forget ;;
	'probe show')	echo name ;;
	'ready ')	echo wait ;;
	'audit run')	echo wait ;;
	'explain ')	command fttcpctl explain 2>/dev/null | awk '{print $2}' ;;
	'msg list')	_fttcpctl_filter; echo limit newest ;;
	'msg show')	echo id file ;;
	'msg resend')	_fttcpctl_filter; echo all encoding ;;
	'msg purge')	_fttcpctl_filter; echo all undone ;;
	'stats ')	command fttcpctl stats 2>/dev/null | awk '{print $1}' ;;
	esac
}

_fttcpctl_verbs()
{
	case $1 in
	node)		echo show set rejoin help ;;
	conn)		echo show attach detach help ;;
	policy)		echo show add del help ;;
	link)		echo show add del stop start help ;;
	daemon)		echo status reload help ;;
	config)		echo show check help ;;
	probe)		echo show help ;;
	audit)		echo run show help ;;
	client)		echo show help ;;
	command)	echo show begin end help ;;
	msg)		echo list show resend purge help ;;
	events)		echo list counts help ;;
	esac
}

_fttcpctl()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
	local noun='' verb='' word words='' i

	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		case $word in
		-n|--netns|-s|--socket|-i|--command-id)	((i++)) ;;
		-*)	;;
		*)
			if [ -z "$noun" ]; then
				noun=$word
			elif [ -z "$verb" ] && [ -n "$(_fttcpctl_verbs "$noun")" ]; then
				verb=$word
			fi
			;;
		esac
	done

	if [ "$prev" = -s ] || [ "$prev" = --socket ]; then
		COMPREPLY=($(compgen -f -- "$cur"))
		return
	fi
	if [ "$noun" = config ] && [ -n "$verb" ]; then
		COMPREPLY=($(compgen -f -- "$cur"))
		return
	fi
	if ! words=$(_fttcpctl_values "$prev"); then
		if [ -z "$noun" ]; then
			words='node conn policy link stats ready audit monitor
				events explain promote demote switchover handover solo
				daemon client command msg probe config reload help
				-j -p -o -t -n -s -i -V -h --json --pretty
				--oneline --timestamp --netns --socket
				--command-id --version --help'
		elif [ -z "$verb" ] && [ -n "$(_fttcpctl_verbs "$noun")" ]; then
			words=$(_fttcpctl_verbs "$noun")
		else
			words=$(_fttcpctl_keys "$noun $verb")
		fi
	fi
	COMPREPLY=($(compgen -W "$words" -- "$cur"))
}

complete -F _fttcpctl fttcpctl
