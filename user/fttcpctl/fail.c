// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a command fails: which exit status an errno means, and whose words are
 * shown, from the handle's opening on. Nothing is printed here, main() does
 * that.
 */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "ctl.h"

__attribute__((format(printf, 4, 0)))
static int failv(struct ctl *ctl, enum ctl_exit status, int err,
		 const char *fmt, va_list ap)
{
	ctl->exit = status;
	vsnprintf(ctl->error, sizeof(ctl->error), fmt, ap);
	return err;
}

int ctl_fail(struct ctl *ctl, enum ctl_exit status, int err, const char *fmt,
	     ...)
{
	va_list ap;

	va_start(ap, fmt);
	failv(ctl, status, err, fmt, ap);
	va_end(ap);
	return err;
}

int ctl_fail_usage(struct ctl *ctl, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	failv(ctl, CTL_USAGE, -EINVAL, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

enum ctl_exit ctl_exit_of(int err)
{
	switch (err) {
	case -EPERM:
	case -EACCES:
		return CTL_NO_PERMISSION;
	case -ENOENT:
	case -ESRCH:
	case -ENODEV:
		return CTL_NOT_FOUND;
	case -ETIMEDOUT:
	case -ETIME:
		return CTL_TIMEOUT;
	default:
		return CTL_REFUSED;
	}
}

int ctl_fail_nl(struct ctl *ctl, int err)
{
	enum ctl_exit status = ctl_exit_of(err);
	char text[2 * FTTCP_TEXT_LEN];

	if (!err)
		return 0;
	fttcp_nl_strerror(ctl->nl, err, text, sizeof(text));
	if (status != CTL_NO_PERMISSION)
		return ctl_fail(ctl, status, err, "%s", text);
	/* netlink itself says no without a word, the module says why */
	if (fttcp_nl_error(ctl->nl)->text[0])
		return ctl_fail(ctl, CTL_REFUSED, err, "%s", text);
	return ctl_fail(ctl, status, err,
			"%s: CAP_NET_ADMIN is needed in this network namespace (try sudo)",
			text);
}

void ctl_warn_nl(struct ctl *ctl)
{
	const char *text = fttcp_nl_error(ctl->nl)->text;

	if (text[0])
		fprintf(stderr, "fttcpctl: warning: %s\n", text);
}

int ctl_fail_daemon(struct ctl *ctl, int err, const char *text)
{
	/* it has looked at the request: that is no lack of privileges here */
	return ctl_fail(ctl, CTL_REFUSED, err, "%s", text);
}

int ctl_fail_open(struct ctl *ctl, int err)
{
	if (!err)
		return 0;
	if (err == -ENOTSUP || err == -EPROTONOSUPPORT)
		return ctl_fail(ctl, CTL_NOT_THERE, err,
				"the module fttcp is not loaded (try modprobe fttcp)");
	return ctl_fail(ctl, ctl_exit_of(err), err, "netlink: %s",
			strerror(-err));
}

int ctl_nl(struct ctl *ctl)
{
	if (ctl->nl)
		return 0;
	return ctl_fail_open(ctl, fttcp_nl_open(&ctl->nl));
}
