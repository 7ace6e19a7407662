// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the service addresses: brings them up on the active node, announces
 * them some times, takes them down on a node that is not active. An address
 * that cannot be added, or removed, is tried again until it can: connections
 * without their address are dead connections, and an address on two nodes is
 * worse. While this node is active it looks now and then whether they are
 * still there: Linux drops IPv6 addresses of a device that goes down.
 */
#include <errno.h>
#include <string.h>

#include "announce.h"
#include "daemon.h"
#include "event.h"
#include "log.h"
#include "rtaddr.h"

/* How often the addresses of an active node are looked at. */
#define CHECK_SEC	5.

/**
 * fttcpd_service_text() - a service address for messages
 * @service:	the address
 * @buf:	room of FTTCP_ADDR_STRLEN bytes
 *
 * Return: @buf, with the address and the length of its prefix.
 */
const char *fttcpd_service_text(const struct fttcpd_service *service, char *buf)
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
	vip->present[i] = !rc || rc == -EEXIST;
	if (!vip->present[i] && rc != vip->said[i])
		fttcpd_evt_address_not_added(d->conf_path, service->line,
					     fttcpd_service_text(service, buf),
					     service->dev, strerror(-rc));
	vip->said[i] = vip->present[i] ? 0 : rc;
	if (!rc) {
		vip->announced[i] = 0;
		log_notice("service address %s on %s added",
			   fttcpd_service_text(service, buf), service->dev);
	}
	return vip->present[i];
}

static void announce_one(struct fttcpd *d, unsigned int i)
{
	const struct fttcpd_service *service = &d->conf.service[i];
	char buf[FTTCP_ADDR_STRLEN];
	int rc;

	rc = fttcpd_announce(&d->packet, &service->addr, service->dev);
	if (rc && rc != -EOPNOTSUPP)
		log_warn("cannot announce %s on %s: %s",
			 fttcpd_service_text(service, buf), service->dev,
			 strerror(-rc));
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

/* Return: whether it is still there. */
static bool del_one(struct fttcpd *d, unsigned int i)
{
	const struct fttcpd_service *service = &d->conf.service[i];
	struct fttcpd_vip *vip = &d->vip;
	char buf[FTTCP_ADDR_STRLEN];
	int rc;

	rc = fttcpd_rtaddr(false, service);
	vip->present[i] = rc && rc != -EADDRNOTAVAIL && rc != -ENODEV;
	if (vip->present[i] && rc != vip->said[i])
		fttcpd_evt_address_not_removed(d->conf_path, service->line,
					       fttcpd_service_text(service, buf),
					       service->dev, strerror(-rc));
	vip->said[i] = vip->present[i] ? rc : 0;
	if (!rc)
		log_notice("service address %s on %s removed",
			   fttcpd_service_text(service, buf), service->dev);
	return vip->present[i];
}

/* One attempt at what could not be removed. Return: whether there is more. */
static bool clean_up(struct fttcpd *d)
{
	bool more = false;
	unsigned int i;

	for (i = 0; i < d->conf.services; i++)
		if (d->vip.present[i] && del_one(d, i))
			more = true;
	return more;
}

static void next_round(struct fttcpd *d)
{
	struct fttcpd_vip *vip = &d->vip;
	bool more = vip->wanted ? round_over(d) : clean_up(d);

	vip->settled = !more;
	vip->timer.repeat = more ? d->conf.announce_interval_ms / 1000.0 :
				   CHECK_SEC;
	if (more || (vip->wanted && d->conf.services))
		ev_timer_again(d->loop, &vip->timer);
	else
		ev_timer_stop(d->loop, &vip->timer);
}

/*
 * Adding what is there does nothing. But somebody may have taken the role
 * away from the kernel, and the address with it.
 */
static void look_again(struct fttcpd *d)
{
	struct fttcp_node node = { 0 };
	unsigned int i;

	if (fttcp_node_get(d->nl, &node) || node.role != FTTCP_ROLE_ACTIVE ||
	    node.state == FTTCP_STATE_FENCED)
		return;
	for (i = 0; i < d->conf.services; i++)
		add_one(d, i);
	next_round(d);
}

static void on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct fttcpd *d = w->data;

	(void)loop;
	(void)revents;
	if (d->vip.settled)
		look_again(d);
	else
		next_round(d);
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

/** fttcpd_vip_del() - this node is not active: have none of the addresses */
void fttcpd_vip_del(struct fttcpd *d)
{
	struct fttcpd_vip *vip = &d->vip;
	unsigned int i;

	vip->wanted = false;
	for (i = 0; i < d->conf.services; i++)
		vip->present[i] = true;
	next_round(d);
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
			del_one(d, i);
		} else {
			present[at] = d->vip.present[i];
			announced[at] = d->vip.announced[i];
		}
	}
	memset(d->vip.said, 0, sizeof(d->vip.said));
	memcpy(d->vip.present, present, sizeof(present));
	memcpy(d->vip.announced, announced, sizeof(announced));
}

/** fttcpd_vip_refresh() - after a reload: add what is new, if active, else
 * see to what is still there
 */
void fttcpd_vip_refresh(struct fttcpd *d)
{
	next_round(d);
}

/**
 * fttcpd_vip_trouble() - where the addresses are not as the role wants them
 * @d:		daemon
 *
 * Return: what an operator has to know, "" when all is well.
 */
const char *fttcpd_vip_trouble(const struct fttcpd *d)
{
	const struct fttcpd_vip *vip = &d->vip;
	unsigned int i;

	for (i = 0; i < d->conf.services; i++)
		if (vip->present[i] != vip->wanted)
			return vip->wanted ?
				"a service address could not be added; fttcpd "
				"tries again and its log says why" :
				"a service address could not be removed, two "
				"nodes may have it; remove it with \"ip addr "
				"del\", fttcpd's log says why it could not";
	return "";
}
