# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2034	# for who reads them
# One connection through a takeover, and what ss and the new program say of it.

# through CLIENT-ADDRESS [SERVER-ARGUMENTS [BAK-ARGUMENTS]]: data before and after
through()
{
	protect
	server $ACT srv --ulp ${2:-} $1 $PORT
	server $BAK srv2 --ulp --info ${3:-} $1 $PORT
	client cli ${CLIENT:-} $1 $PORT
	wait_for "the backup has it" replicas_are 1
	flows cli rx 150000
	flows srv rx 150000
	BEFORE=$(tcp_words $ACT)
	takeover
	flows cli rx 150000
	flows srv2 rx 150000
	AFTER=$(tcp_words $BAK)
	[ ! -e "$TMP/cap.pid" ] || WIRE=$(seen)
	finish_streams cli srv2 1
	INFO=$(grep '^options' "$TMP/srv2.out")
}

# What ss knows of the connection: negotiated options, one word each.
tcp_words()
{
	in_ns $1 ss -tinoOH "sport = :$PORT"
}
