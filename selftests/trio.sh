# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# One more node on the bed, for the scripts in which a sender has two backups.

# What the sender waits, and how often it calls.
# shellcheck disable=SC2034	# used by the others
INTERVAL=1000
readonly COUNT=3
B2=''

# third: one more backup, b2, with a cable of its own to act
third()
{
	B2=ftb2-${PEER#ftpeer-}
	ip -batch - <<-EOF || die "no third node"
	netns add $B2
	link add name lan netns $B2 type veth peer name b2 netns $PEER
	link add name link2 netns $ACT type veth peer name link netns $B2
	EOF
	printf '%s\n' "link set dev b2 master lan" "link set dev b2 up" |
		ip -n $PEER -batch -
	printf '%s\n' "addr add 10.9.1.1/24 dev link2" \
		"link set dev link2 up" | ip -n $ACT -batch -
	node_lines 4 2 | sed 's/10\.9\.0/10.9.1/' | ip -n $B2 -batch -
	in_ns $B2 sh -c 'echo 1 >/proc/sys/net/ipv4/tcp_orphan_retries'
}

# trio_conf NS ID ROLE LINK-LINE...: nodes that do not name their peer
trio_conf()
{
	local ns=$1 id=$2 role=$3

	shift 3
	conf "$ns" "$id" "$role"
	sed -i '/^peer-id/d; /^device = link/d; /^listen/d; /^connect/d' \
		"$TMP/$ns.conf"
	printf '%s\n' "$@" >"$TMP/lines"
	sed -i "/^\[link\]/r $TMP/lines" "$TMP/$ns.conf"
}

now_ms()
{
	echo $(($(date +%s%N) / 1000000))
}
