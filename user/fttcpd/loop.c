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
#include <time.h>
#include <unistd.h>

#include "daemon.h"
#include "event.h"
#include "log.h"
#include "notify.h"
#include "privilege.h"

/*
 * The last resort against a kernel that never answers: SIGALRM ends the process,
 * which nobody has to be awake for.
 */
static void limit_stop(const struct fttcpd *d)
{
	uint64_t ms = (uint64_t)d->conf.hold_max_ms + FTTCP_STOP_EXTRA_MS;
	struct itimerspec when = {
		.it_value.tv_sec = ms / 1000,
		.it_value.tv_nsec = ms % 1000 * 1000000,
	};
	timer_t timer;

	if (timer_create(CLOCK_MONOTONIC, NULL, &timer) ||
	    timer_settime(timer, 0, &when, NULL))
		fttcpd_evt_shut_signaltimeout_er(-errno);
}

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
		if (!d->stopping)
			limit_stop(d);
		d->stopping = true;
		return;
	}
	fttcpd_evt_daemon_ends(strsignal(w->signum));
	ev_break(loop, EVBREAK_ALL);
}

static void on_reload(struct ev_loop *loop, ev_signal *w, int revents)
{
	char err[FTTCPD_ERROR] = "";

	(void)loop;
	(void)revents;
	fttcpd_notify("RELOADING=1");
	if (fttcpd_reload(w->data, NULL, NULL, err))
		fttcpd_evt_config_refused(err);
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

/* libev tells the function that failed, and no more: whose loop it is, its thread
 * knows.
 */
static __thread struct fttcpd *own;

/*
 * Trying again would be a loop without end; the next daemon adopts all. libev
 * forgets an ev_break() from here, but not an event.
 */
static void on_wait_failed(const char *what)
{
	struct fttcpd *d = own;
	int err = errno;

	if (!d || !d->failed)
		log_err("%s: %s; ends, for another one to go on", what,
			strerror(err));
	fttcpd_evt_select_failed(-1, -err);
	if (!d)
		_exit(FTTCPD_EXIT_NOT_NOW);
	d->failed = -err;
	ev_feed_event(d->loop, &d->watchdog, EV_CUSTOM);
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
	rc = fttcpd_link_key(&d->conf, &d->auth, err);
	if (rc) {
		log_err("[auth] key-file: %s", err);
		return rc;
	}
	if (!d->auth.keys)
		log_warn("%s: [auth] insecure = yes: whoever reaches the link's "
			 "address can be the other node", d->conf_path);
	rc = fttcpd_path_load(d);
	if (!rc)
		rc = fttcpd_witness_load(d);
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
	fttcpd_path_open(d);
	fttcpd_witness_open(d);
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
	fttcpd_path_exit(d);
	fttcpd_witness_exit(d);
	fttcpd_fence_exit(d);
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
	/* without the kernel there is no stream, and no need to say that twice */
	fttcpd_event_init();
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
	fttcpd_path_init(d);
	fttcpd_witness_init(d);
	fttcpd_fence_init(d);
	start_signals(d);
	own = d;
	ev_set_syserr_cb(on_wait_failed);
	rc = start(d);
	if (!rc) {
		fttcpd_watchdog_start(d);
		fttcpd_notify("READY=1\nSTATUS=%s",
			      fttcpd_state_name(d->state));
		ev_run(d->loop, 0);
		rc = d->failed;
	}
	stop(d);
	fttcpd_auth_forget(&d->auth);
	fttcpd_packet_close(&d->packet);
	ev_loop_destroy(d->loop);
err_close:
	fttcp_nl_close(d->takeover.nl);
	fttcp_nl_close(d->nl);
	fttcpd_event_exit();
	return rc;
}
