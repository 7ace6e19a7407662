# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# What events a namespace has told, for the scripts that test it. A late reader's
# view: nothing has to run meanwhile.

# what stands at the end of many texts
# shellcheck disable=SC2034	# used by the others
readonly AT='[a-z_0-9]+:[0-9]+'

# texts NS NUMBER: of each time that it was told, one a line
texts()
{
	ctl "$1" events | sed -n "s/.* event-id $2 seq .* text \"\(.*\)\"\$/\1/p"
}

told()
{
	texts "$1" "$2" | grep -qxE -- "$3"
}

# tells NS NUMBER REGEX: the event came, and every one of it has this text
tells()
{
	local line

	wait_for "event $2 of $1" told "$@"
	while IFS= read -r line; do
		[[ $line =~ ^$3$ ]] || bad "event $2 says '$line', not '$3'"
	done < <(texts "$1" "$2")
}

# count NS NUMBER raised|suppressed
count()
{
	field "$(ctl "$1" events counts | grep "event-id $2 ")" "$3"
}
