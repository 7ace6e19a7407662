# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Two fttcpd on the bed, each in a namespace of its own, for the scripts that
# test them.
# shellcheck source=lib.sh
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/lib.sh"

if ! command -v fttcpd >/dev/null; then
	echo "1..0 # SKIP fttcpd is not built"
	exit $KSFT_SKIP
fi

# conf NS ID ROLE [LINE...]: the configuration of a node; act listens
conf()
{
	local ns=$1 id=$2 role=$3 link="listen = 10.9.0.1:$LINK_PORT"

	shift 3
	[ $id = 1 ] || link="connect = 10.9.0.1:$LINK_PORT"
	cat >"$TMP/$ns.conf" <<-EOF
	[node]
	id = $id
	peer-id = $((3 - id))
	role = $role
	startup-wait = 1s
	hold-max = 60s
	epoch-file = $TMP/$ns.epoch
	[link]
	$link
	device = link
	heartbeat = 200ms
	heartbeat-misses = 10
	retry = 100ms
	[auth]
	key-file = $TMP/$ns.key
	[fence]
	allow-unfenced = yes
	[service]
	address = $VIP4/24 dev lan
	address = $VIP6/64 dev lan
	[policy stream]
	local-port = $PORT
	[control]
	socket = $TMP/$ns.sock
	EOF
	[ $# = 0 ] || printf '%s\n' "$@" >>"$TMP/$ns.conf"
	[ -e "$TMP/$ns.key" ] || key $ns 0
}

# key NS DIGIT...: its key file, of keys that are easily told apart
key()
{
	local ns=$1 digit

	shift
	for digit; do
		printf '%064d\n' 0 | tr 0 "$digit"
	done | (umask 077 && cat >"$TMP/$ns.key")
	# as the unit has it: root's, and its user may read it
	chown "0:${SERVICE_USER:-0}" "$TMP/$ns.key"
	chmod 640 "$TMP/$ns.key"
}

# A daemon's log outlives it: the next one of the namespace goes on with it.
daemon()
{
	launch "fttcpd-$1" nsenter --net="/run/netns/$1" \
		sh -c "exec fttcpd -c '$TMP/$1.conf' 2>>'$TMP/$1.log'"
}

dctl()
{
	local ns=$1

	shift
	ctl "$ns" -s "$TMP/$ns.sock" "$@"
}

daemon_is()
{
	[[ $(dctl "$1" -j daemon 2>/dev/null) =~ \"state\":\ *\"$2\" ]]
}

becomes()
{
	wait_for "the daemon of $1 is $2" daemon_is "$1" "$2" || {
		note "$(tail -n 20 "$TMP/$1.log")"
		exit 1
	}
}

has_address()
{
	[ "$(ip -n "$1" -o addr show dev lan |
		grep -cE " ($VIP4/24|$VIP6/64) ")" = "$2" ]
}

# both: up and protected
both()
{
	conf $ACT 1 active
	conf $BAK 2 backup
	daemon $ACT
	daemon $BAK
	becomes $ACT protected
	becomes $BAK ready
}

# stream [ADDRESS LISTEN-ADDRESS]: a connection that both know
stream()
{
	server $ACT srv --rate 200000 "${2:-0.0.0.0}" $PORT
	server $BAK srv2 --rate 200000 "${2:-0.0.0.0}" $PORT
	client cli --rate 200000 "${1:-$VIP4}" $PORT
	wait_for "the backup has it" replicas_are 1
	flows cli rx 50000
	flows srv rx 50000
}

# gone NS: the machine is off the air and its daemon does not run
gone()
{
	kill -KILL "$(pid_of "fttcpd-$1")"
	cut_off "$1"
}

back()
{
	printf 'link set dev %s up\n' link lan | ip -n "$1" -batch -
	daemon "$1"
}

# act_dies: bak takes over, and the stream comes to its end
act_dies()
{
	gone $ACT
	becomes $BAK solo
	flows cli rx 50000
	finish_streams cli srv2 1
	buried $ACT
}

# buried NS: a machine that is off the air ends what it still holds. Without
# this its sockets, whose programs the bed kills, try for minutes to say goodbye
# to a peer that they cannot reach, and keep the module busy.
buried()
{
	check "$1 ends its connections" ctl "$1" node set role backup
}
