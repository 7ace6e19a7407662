// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the order in which the daemon comes up and goes, and the signals.
 *
 * The end of the daemon is not the end of the service: the kernel goes on
 * replicating, and the next daemon adopts what is there.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "daemon.h"
#include "log.h"
#include "notify.h"
#include "privilege.h"

/*
 * Whatever the kernel does is finished first: who ends in the middle leaves
 * live sockets without their address, or an address without its sockets.
 */
static void on_stop(struct ev_loop *loop, ev_signal *w, int revents)
{
	struct fttcpd *d = w->data;

	(void)revents;
	fttcpd_notify("STOPPING=1\nEXTEND_TIMEOUT_USEC=%d", FTTCPD_EXTEND_US);
	if (fttcpd_takeover_busy(d)) {
		log_notice("ends (%s) when the switchover under way has",
			   strsignal(w->signum));
		d->stopping = true;
		return;
	}
	log_notice("ends (%s); replication and addresses stay as they are",
		   strsignal(w->signum));
	ev_break(loop, EVBREAK_ALL);
}

static void on_reload(struct ev_loop *loop, ev_signal *w, int revents)
{
	char err[FTTCPD_ERROR] = "";

	(void)loop;
	(void)revents;
	fttcpd_notify("RELOADING=1");
	if (fttcpd_reload(w->data, NULL, NULL, err))
		log_err("%s; the configuration in force stays", err);
	fttcpd_notify("READY=1");
}

static void start_signals(struct fttcpd *d)
{
	ev_signal_init(&d->sig_term, on_stop, SIGTERM);
	ev_signal_init(&d->sig_int, on_stop, SIGINT);
	ev_signal_init(&d->sig_hup, on_reload, SIGHUP);
	d->sig_term.data = d;
	d->sig_int.data = d;
	d->sig_hup.data = d;
	ev_signal_start(d->loop, &d->sig_term);
	ev_signal_start(d->loop, &d->sig_int);
	ev_signal_start(d->loop, &d->sig_hup);
}

static int open_kernel(struct fttcpd *d)
{
	int rc;

	rc = fttcp_nl_open(&d->nl);
	if (!rc)
		rc = fttcp_nl_open(&d->takeover.nl);
	if (rc == -ENOTSUP)
		log_err("the kernel module is not loaded; run \"modprobe "
			"fttcp\"");
	else if (rc)
		log_err("cannot talk to the kernel: %s", strerror(-rc));
	return rc;
}

static int start(struct fttcpd *d)
{
	char err[FTTCPD_ERROR] = "";
	int rc;

	rc = fttcpd_monitor_init(d);
	if (rc) {
		log_err("cannot follow the kernel's events: %s", strerror(-rc));
		return rc;
	}
	rc = fttcpd_control_init(d);
	if (rc)
		return rc;
	/* before the first thread, which epoch_load() may start */
	rc = fttcpd_privilege_drop();
	if (rc) {
		log_err("cannot give up privileges: %s", strerror(-rc));
		return rc;
	}
	fttcpd_epoch_load(d);
	d->filed = d->conf;
	rc = fttcpd_apply(d, NULL, &d->conf, err);
	if (rc) {
		log_err("%s", err);
		return rc;
	}
	fttcpd_probe_reload(d);
	rc = fttcpd_monitor_start(d);
	if (rc)
		log_err("cannot read the node's state: %s",
			fttcpd_kernel_error(d, rc));
	return rc;
}

static void stop(struct fttcpd *d)
{
	fttcpd_watchdog_stop(d);
	fttcpd_probe_exit(d);
	fttcpd_takeover_exit(d);
	fttcpd_messages_exit(d);
	fttcpd_epoch_exit(d);
	fttcpd_link_exit(d);
	fttcpd_control_exit(d);
	fttcpd_monitor_exit(d);
}

/**
 * fttcpd_loop_run() - all of the daemon's life
 * @d:		daemon with its configuration, all else zero
 *
 * Return: 0 after a signal, or a negative errno when it could not start.
 */
int fttcpd_loop_run(struct fttcpd *d)
{
	int rc;

	d->control.fd = -1;
	rc = open_kernel(d);
	if (rc)
		goto err_close;
	/* The default loop would take the ends of restarts from probe_restart.c. */
	d->loop = ev_loop_new(EVFLAG_AUTO);
	if (!d->loop) {
		log_err("cannot start the event loop");
		rc = -ENOMEM;
		goto err_close;
	}
	fttcpd_packet_open(&d->packet);
	fttcpd_action_init(d);
	fttcpd_epoch_init(d);
	fttcpd_takeover_init(d);
	fttcpd_vip_init(d);
	fttcpd_look_init(d);
	fttcpd_link_init(d);
	fttcpd_messages_init(d);
	start_signals(d);
	rc = start(d);
	if (!rc) {
		fttcpd_watchdog_start(d);
		fttcpd_notify("READY=1\nSTATUS=%s",
			      fttcpd_state_name(d->state));
		ev_run(d->loop, 0);
	}
	stop(d);
	fttcpd_packet_close(&d->packet);
	ev_loop_destroy(d->loop);
err_close:
	fttcp_nl_close(d->takeover.nl);
	fttcp_nl_close(d->nl);
	return rc;
}
