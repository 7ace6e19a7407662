// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the service addresses: brings them up on the active node, announces
 * them some times, takes them down on a node that is not active. An address
 * that cannot be added is tried again until it can, or is not wanted any more:
 * connections without their address are dead connections.
 */
#include <errno.h>
#include <string.h>

#include "announce.h"
#include "daemon.h"
#include "log.h"
#include "rtaddr.h"

static const char *text_of(const struct fttcpd_service *service, char *buf)
{
	struct fttcp_prefix prefix = {
		.family = service->addr.family, .len = service->prefixlen,
	};

	memcpy(prefix.addr, service->addr.addr, sizeof(prefix.addr));
	return fttcp_prefix_format(&prefix, buf);
}

static bool add_one(struct fttcpd *d, unsigned int i)
{
	const struct fttcpd_service *service = &d->conf.service[i];
	struct fttcpd_vip *vip = &d->vip;
	char buf[FTTCP_ADDR_STRLEN];
	int rc;

	rc = fttcpd_rtaddr(true, service);
	if (rc && rc != -EEXIST) {
		log_err("%s:%u: cannot add %s to %s: %s; trying again",
			d->conf_path, service->line, text_of(service, buf),
			service->dev, strerror(-rc));
		return false;
	}
	vip->present[i] = true;
	vip->announced[i] = 0;
	if (!rc)
		log_notice("service address %s on %s added",
			   text_of(service, buf), service->dev);
	return true;
}

static void announce_one(struct fttcpd *d, unsigned int i)
{
	const struct fttcpd_service *service = &d->conf.service[i];
	char buf[FTTCP_ADDR_STRLEN];
	int rc;

	rc = fttcpd_announce(&service->addr, service->dev);
	if (rc && rc != -EOPNOTSUPP)
		log_warn("cannot announce %s on %s: %s", text_of(service, buf),
			 service->dev, strerror(-rc));
	d->vip.announced[i]++;
}

/* One round over all addresses. Return: whether another one is needed. */
static bool round_over(struct fttcpd *d)
{
	bool more = false;
	unsigned int i;

	for (i = 0; i < d->conf.services; i++) {
		if (!d->vip.present[i] && !add_one(d, i)) {
			more = true;
			continue;
		}
		if (d->vip.announced[i] < d->conf.announce_count)
			announce_one(d, i);
		if (d->vip.announced[i] < d->conf.announce_count)
			more = true;
	}
	return more;
}

static void next_round(struct fttcpd *d)
{
	d->vip.timer.repeat = d->conf.announce_interval_ms / 1000.0;
	if (round_over(d))
		ev_timer_again(d->loop, &d->vip.timer);
	else
		ev_timer_stop(d->loop, &d->vip.timer);
}

static void on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	next_round(w->data);
}

/** fttcpd_vip_init() - before anything else here */
void fttcpd_vip_init(struct fttcpd *d)
{
	ev_init(&d->vip.timer, on_timer);
	d->vip.timer.data = d;
}

/**
 * fttcpd_vip_add() - this node is active: have the addresses, announce them
 * @d:		daemon
 *
 * All addresses are added before the first is announced: announcing may wait
 * for nothing, but it need not be waited for either.
 */
void fttcpd_vip_add(struct fttcpd *d)
{
	struct fttcpd_vip *vip = &d->vip;
	unsigned int i, missing = 0;

	vip->wanted = true;
	memset(vip->announced, 0, sizeof(vip->announced));
	for (i = 0; i < d->conf.services; i++)
		missing += !add_one(d, i);
	fttcpd_phase(d, "address-moved", "addresses=%u missing=%u",
		     d->conf.services - missing, missing);
	next_round(d);
	fttcpd_phase(d, "announced", "addresses=%u",
		     d->conf.services - missing);
}

static void del_one(const struct fttcpd_service *service)
{
	char buf[FTTCP_ADDR_STRLEN];
	int rc;

	rc = fttcpd_rtaddr(false, service);
	if (!rc)
		log_notice("service address %s on %s removed",
			   text_of(service, buf), service->dev);
	else if (rc != -EADDRNOTAVAIL && rc != -ENODEV)
		log_err("cannot remove %s from %s: %s; remove it with \"ip "
			"addr del\"", text_of(service, buf), service->dev,
			strerror(-rc));
}

/** fttcpd_vip_del() - this node is not active: have none of the addresses */
void fttcpd_vip_del(struct fttcpd *d)
{
	struct fttcpd_vip *vip = &d->vip;
	unsigned int i;

	vip->wanted = false;
	ev_timer_stop(d->loop, &vip->timer);
	for (i = 0; i < d->conf.services; i++)
		del_one(&d->conf.service[i]);
	memset(vip->present, 0, sizeof(vip->present));
}

static int find(const struct fttcpd_conf *conf, const struct fttcpd_service *s)
{
	unsigned int i;

	for (i = 0; i < conf->services; i++)
		if (conf->service[i].prefixlen == s->prefixlen &&
		    !strcmp(conf->service[i].dev, s->dev) &&
		    fttcp_endpoint_equal(&conf->service[i].addr, &s->addr))
			return i;
	return -1;
}

/**
 * fttcpd_vip_reload() - from the configuration in force to another one
 * @d:		daemon; @d->conf is still the old one
 * @to:		the new one
 *
 * Addresses in both are not touched. The caller puts @to in force and then
 * calls fttcpd_vip_refresh().
 */
void fttcpd_vip_reload(struct fttcpd *d, const struct fttcpd_conf *to)
{
	bool present[FTTCPD_CONF_SERVICES] = { false };
	uint32_t announced[FTTCPD_CONF_SERVICES] = { 0 };
	unsigned int i;
	int at;

	for (i = 0; i < d->conf.services; i++) {
		at = find(to, &d->conf.service[i]);
		if (at < 0) {
			del_one(&d->conf.service[i]);
		} else {
			present[at] = d->vip.present[i];
			announced[at] = d->vip.announced[i];
		}
	}
	memcpy(d->vip.present, present, sizeof(present));
	memcpy(d->vip.announced, announced, sizeof(announced));
}

/** fttcpd_vip_refresh() - after a reload: add what is new, if active */
void fttcpd_vip_refresh(struct fttcpd *d)
{
	if (d->vip.wanted)
		next_round(d);
}
