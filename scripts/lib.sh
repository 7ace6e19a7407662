# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Common to the scripts: where things are, how they speak, and which kernel
# release a short name such as "6.12" means. Sourced, never run.

# shellcheck disable=SC2034 # used by the scripts that source this file
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck disable=SC2034
build=${FTTCP_BUILD:-$top/build}

# Debian 12 kernels that are built for and tested, by short name.
# shellcheck disable=SC2034
kernels="6.1 6.12"

say()
{
	echo "${0##*/}: $*" >&2
}

die()
{
	say "$@"
	exit 1
}

# kernel_release 6.12 -> 6.12.117+deb12-amd64: the newest installed headers of
# that series; 6.12-rt -> 6.12.117+deb12-rt-amd64. A full release is accepted too.
kernel_release()
{
	local want=${1%-rt} flavour='' dir newest

	[ "$want" = "$1" ] || flavour=-rt

	if [ -d "/usr/src/linux-headers-$1" ]; then
		echo "$1"
		return
	fi
	newest=$(for dir in /usr/src/linux-headers-"$want"[.-]*$flavour-amd64; do
		case $flavour$dir in
		/*-rt-amd64 | *-cloud-amd64) continue ;;
		esac
		[ -e "$dir/Makefile" ] && echo "${dir#/usr/src/linux-headers-}"
	done | sort -V | tail -n 1)
	[ -n "$newest" ] || return 1
	echo "$newest"
}

# The same, for scripts that cannot go on without it.
need_kernel_release()
{
	kernel_release "$1" ||
		die "no headers of Linux $1 are installed: run scripts/setup"
}
