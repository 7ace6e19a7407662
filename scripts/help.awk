# SPDX-License-Identifier: GPL-2.0-only
# Print the targets of a Makefile that have a "## description", by "##@ group".
BEGIN { FS = ":.*## " }
/^##@ / { printf "\n%s\n", substr($0, 5) }
/^[a-z_-]+:.*## / { printf "  make %-16s %s\n", $1, $2 }
