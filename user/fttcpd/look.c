// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the look around before this node becomes active without having heard
 * from the other one: whether another machine answers for a service address.
 * A machine that boots beside an active one whose link is broken would take
 * the address from it, and answer the peers' segments with resets.
 *
 * Each address is asked for some times, as RFC 5227 and RFC 4862 do; the first
 * answer ends it. Who cannot be asked is told apart: addresses on devices
 * without neighbours are free. Where no address is free and none can be asked
 * for, since no device is up, nobody can be served either, and it is tried
 * again later; for other reasons, which may pass (an IPv6 device has no address
 * of its own yet), some times.
 *
 * Where there is a witness, it has to give its lease as well: neighbours that cannot be
 * reached do not answer either.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <fttcp/limits.h>

#include "daemon.h"
#include "event.h"
#include "log.h"
#include "neighbour.h"

static void end(struct fttcpd *d)
{
	struct fttcpd_look *look = &d->look;
	int i;

	ev_timer_stop(d->loop, &look->timer);
	look->asks = 0;
	for (i = 0; i < FTTCPD_PACKET_KINDS; i++)
		ev_io_stop(d->loop, &look->io[i]);
	fttcpd_neighbour_end(&d->packet);
	fttcpd_witness_stop(d, FTTCPD_ASKING_LOOK);
}

/* The table is told when the loop comes round: a step may be under way. */
static void finish(struct fttcpd *d, enum fttcpd_event event)
{
	struct fttcpd_look *look = &d->look;

	end(d);
	look->found = event;
	ev_timer_set(&look->timer, 0., 0.);
	ev_timer_start(d->loop, &look->timer);
}

static void nobody_has_them(struct fttcpd *d)
{
	if (!fttcpd_witness_wanted(&d->conf)) {
		finish(d, FTTCPD_E_ADDRESS_FREE);
		return;
	}
	end(d);
	fttcpd_witness_ask(d, FTTCPD_ASKING_LOOK);
}

/**
 * fttcpd_look_answer() - the witness has answered, or has not
 * @d:		daemon
 * @granted:	this node has the lease
 */
void fttcpd_look_answer(struct fttcpd *d, bool granted)
{
	finish(d, granted ? FTTCPD_E_ADDRESS_FREE : FTTCPD_E_ADDRESS_UNSURE);
}

static void on_packet(struct ev_loop *loop, ev_io *w, int revents)
{
	struct fttcpd *d = ev_userdata(loop);
	const struct fttcpd_service *service;
	char buf[FTTCP_ADDR_STRLEN];
	uint8_t mac[6];
	char hw[18];
	int which;

	(void)revents;
	which = fttcpd_neighbour_taken(&d->packet, w - d->look.io, d->look.ask,
				       d->look.asks, mac);
	if (which < 0)
		return;
	service = &d->look.ask[which];
	snprintf(hw, sizeof(hw), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0],
		 mac[1], mac[2], mac[3], mac[4], mac[5]);
	if (!d->look.said)
		fttcpd_evt_address_taken(d->conf_path, service->line,
					 service->dev,
					 fttcpd_service_text(service, buf), hw);
	d->look.said = true;
	finish(d, FTTCPD_E_ADDRESS_UNSURE);
}

static void watch(struct fttcpd *d, ev_io *io, int fd)
{
	if (ev_is_active(io))
		return;
	ev_io_set(io, fd, EV_READ);
	ev_io_start(d->loop, io);
}

/* Return: 0 when it is asked for, -EOPNOTSUPP when there is nobody to ask. */
static int begin(struct fttcpd *d, const struct fttcpd_service *service)
{
	int fd = fttcpd_neighbour_begin(&d->packet, &service->addr,
					service->dev);
	int rc = fd;

	if (fd >= 0)
		rc = fttcpd_neighbour_ask(&d->packet, &service->addr,
					  service->dev);
	if (rc < 0) {
		char buf[FTTCP_ADDR_STRLEN];

		if (rc != -EOPNOTSUPP && !d->look.failed)
			log_warn("cannot ask on %s who has %s: %s",
				 service->dev,
				 fttcpd_service_text(service, buf),
				 strerror(-rc));
		return rc;
	}
	d->look.ask[d->look.asks++] = *service;
	watch(d, &d->look.io[fttcpd_packet_kind(service->addr.family)], fd);
	return 0;
}

/* An address that cannot be asked for again was asked for once. */
static void ask_again(struct fttcpd *d)
{
	struct fttcpd_look *look = &d->look;
	unsigned int i;

	for (i = 0; i < look->asks; i++)
		fttcpd_neighbour_ask(&d->packet, &look->ask[i].addr,
				     look->ask[i].dev);
	look->round++;
	ev_timer_set(&look->timer, FTTCP_LOOK_MS / 1000., 0.);
	ev_timer_start(d->loop, &look->timer);
}

static void on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct fttcpd *d = w->data;

	(void)loop;
	(void)revents;
	if (d->look.found != FTTCPD_EVENTS)
		fttcpd_event(d, d->look.found);
	else if (d->look.round < FTTCP_LOOK_COUNT)
		ask_again(d);
	else
		nobody_has_them(d);
}

/** fttcpd_look_init() - before anything else here */
void fttcpd_look_init(struct fttcpd *d)
{
	int i;

	ev_set_userdata(d->loop, d);
	for (i = 0; i < FTTCPD_PACKET_KINDS; i++)
		ev_init(&d->look.io[i], on_packet);
	ev_init(&d->look.timer, on_timer);
	d->look.timer.data = d;
}

/** fttcpd_look_stop() - enough, whatever it has found so far */
void fttcpd_look_stop(struct fttcpd *d)
{
	end(d);
	d->look.said = false;
	d->look.failed = false;
	d->look.tries = 0;
}

/**
 * fttcpd_look_trouble() - what keeps this node from becoming active
 * @d:		daemon
 *
 * Return: what an operator has to know, "" when there is nothing.
 */
const char *fttcpd_look_trouble(const struct fttcpd *d)
{
	return !d->look.said && !d->look.failed ? "" :
		"another machine has a service address, or nobody can be asked "
		"for it: not becoming active; fttcpd's log says which and what "
		"to do";
}

/**
 * fttcpd_look_start() - look around
 * @d:		daemon
 *
 * Gives ADDRESS_FREE or ADDRESS_UNSURE, later, unless it is stopped.
 */
void fttcpd_look_start(struct fttcpd *d)
{
	struct fttcpd_look *look = &d->look;
	bool down = false, failed = false, free = false;
	unsigned int i;
	int rc;

	end(d);
	look->found = FTTCPD_EVENTS;
	look->round = 1;
	for (i = 0; i < d->conf.services && d->conf.conflict_check; i++) {
		rc = begin(d, &d->conf.service[i]);
		free |= rc == -EOPNOTSUPP;
		/* (of IPv6 there is no route then) */
		down |= rc == -ENETDOWN || rc == -ENODEV ||
			rc == -ENETUNREACH;
		failed |= rc && rc != -EOPNOTSUPP;
	}
	if (look->asks) {
		ev_timer_set(&look->timer, FTTCP_LOOK_MS / 1000., 0.);
		ev_timer_start(d->loop, &look->timer);
		return;
	}
	if (failed && !free && (down || ++look->tries < FTTCP_LOOK_TRIES)) {
		look->failed = true;
		finish(d, FTTCPD_E_ADDRESS_UNSURE);
		return;
	}
	nobody_has_them(d);
}
