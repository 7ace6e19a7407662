// SPDX-License-Identifier: GPL-2.0-only
/*
 * The director: what goes wrong, when, and what the managers of the two machines
 * do about it. It knows the truth about both, as a witness does, so that every
 * decision it takes is one that keeps the promise.
 */
#include <errno.h>
#include <string.h>

#include <fttcp/strings-gen.h>

#include "capture.h"
#include "node.h"
#include "story.h"
#include "traffic.h"

#define ROUNDS_MIN	40
#define ROUNDS_MAX	60
#define CONNS_AT_ONCE	12
#define SETTLE_MS	20000	/* for anything that takes the cluster forward */
#define FINISH_MS	120000	/* until the last stream has ended */

static const char * const port[] = { "a", "b" };

static struct netem lan, wire;	/* as they are when nothing disturbs */
static bool complete;		/* the backup was seen with the whole copy */

static uint64_t ms(uint64_t from, uint64_t to)
{
	return rng_range(&sim.rng, from * 1000, to * 1000) * 1000;
}

static void stuck(enum stuck where, int who)
{
	hist(.type = H_STUCK, .who = who, .a = where);
	sim_say("the cluster does not move: %d", where);
	node_show(0);
	node_show(1);
}

/* --- disturbances --------------------------------------------------------- */

static void netem_lan(struct netem em)
{
	em.seed = rng_next(&sim.rng);
	net_netem(&sim.sw, "p", &em);
	em.seed++;
	if (sim.node[0].on)
		net_netem(&sim.sw, "a", &em);
	em.seed++;
	if (sim.node[1].on)
		net_netem(&sim.sw, "b", &em);
}

static void netem_link(struct netem em)
{
	int i;

	em.seed = rng_next(&sim.rng);
	for (i = 0; i < 2; i++, em.seed++) {
		if (sim.node[i].on)
			net_netem(&sim.node[i].ns, "link", &em);
	}
}

static void calm(void)
{
	netem_lan(lan);
	netem_link(wire);
}

/* One or several bad habits at once. */
static struct netem bad(struct netem em, unsigned int much)
{
	uint64_t what = rng_range(&sim.rng, 1, 31);

	if (what & 1)
		em.loss = rng_range(&sim.rng, 50, much);
	if (what & 2)
		em.dup = rng_range(&sim.rng, 50, 1000);
	if (what & 4)
		em.reorder = rng_range(&sim.rng, 100, 3000);
	if (what & 8)
		em.corrupt = rng_range(&sim.rng, 20, 300);
	if (what & 16)
		em.jitter_us = rng_range(&sim.rng, 10, em.delay_us);
	if (rng_chance(&sim.rng, 25))
		em.delay_us += rng_range(&sim.rng, 1000, 30000);
	if (rng_chance(&sim.rng, 25))
		em.rate_kbit = rng_range(&sim.rng, 500, 5000);
	return em;
}

static void begin(enum disturb what, const char *name)
{
	sim_say("disturb: %s", name);
	hist(.type = H_DISTURB, .a = what);
}

static void end(enum disturb what)
{
	hist(.type = H_CALM, .a = what);
}

static void disturb_netem(void)
{
	int which = rng_below(&sim.rng, 3);
	enum disturb what = which == 1 ? D_LINK : D_LAN;

	begin(what, which == 0 ? "lan" : which == 1 ? "link" : "lan and link");
	if (which != 1)
		netem_lan(bad(lan, 1500));
	if (which != 0)
		netem_link(bad(wire, 500));
	sim_sleep(ms(10, 600));
	if (rng_chance(&sim.rng, 50))
		calm();
	end(what);
}

static void disturb_flap(void)
{
	int i = rng_below(&sim.rng, 2);
	bool link = rng_chance(&sim.rng, 50);
	const struct ns *ns = link ? &sim.node[i].ns : &sim.sw;
	const char *dev = link ? "link" : port[i];

	begin(D_FLAP, link ? "carrier of the link" : "carrier of the lan");
	net_up(ns, dev, false);
	sim_sleep(ms(1, 200));
	net_up(ns, dev, true);
	end(D_FLAP);
}

/* Packets get through in one direction only. */
static void disturb_one_way(void)
{
	struct netem nothing = { .loss = 10000 };
	int i = rng_below(&sim.rng, 2);
	bool link = rng_chance(&sim.rng, 50);

	begin(link ? D_LINK : D_LAN, link ? "link, one way" : "lan, one way");
	if (link)
		net_netem(&sim.node[i].ns, "link", &nothing);
	else
		net_netem(&sim.sw, i ? "p" : port[sim.owner], &nothing);
	sim_sleep(ms(1, link ? 400 : 150));
	calm();
	end(link ? D_LINK : D_LAN);
}

static void disturb_mtu(void)
{
	int mtu = rng_range(&sim.rng, 1280, 1500), i;
	bool link = rng_chance(&sim.rng, 50);

	begin(D_MTU, link ? "mtu of the link" : "mtu of the lan");
	for (i = 0; i < 2; i++)
		net_mtu(&sim.node[i].ns, link ? "link" : "lan", mtu);
	if (!link)
		net_mtu(&sim.peer, "lan", mtu);
	sim_sleep(ms(10, 200));
	for (i = 0; i < 2; i++)
		net_mtu(&sim.node[i].ns, link ? "link" : "lan", 1500);
	if (!link)
		net_mtu(&sim.peer, "lan", 1500);
	end(D_MTU);
}

/* A connection of the link ends by itself. */
static void disturb_reset(void)
{
	struct node *n = &sim.node[rng_below(&sim.rng, 2)];

	begin(D_RESET, "a lane ends");
	if (n->n_lanes)
		shutdown(n->lanes[rng_below(&sim.rng, n->n_lanes)], SHUT_RDWR);
	sim_sleep(ms(1, 50));
	end(D_RESET);
}

static void disturb(void)
{
	switch (rng_below(&sim.rng, 8)) {
	case 0:
		disturb_flap();
		break;
	case 1:
		disturb_one_way();
		break;
	case 2:
		disturb_mtu();
		break;
	case 3:
		disturb_reset();
		break;
	default:
		disturb_netem();
		break;
	}
}

/* --- protection ----------------------------------------------------------- */

static bool is_protected(void)
{
	return node_state(sim.owner) == FTTCP_STATE_PROTECTED &&
	       node_state(!sim.owner) == FTTCP_STATE_BACKUP_READY;
}

/* Until the copy is there, the link is lost again, or time is over. */
static bool sync_wait(void)
{
	uint64_t give_up = sim_now() + SETTLE_MS * MS;
	bool seen = false;

	while (sim_now() < give_up) {
		uint32_t state = node_state(!sim.owner);

		if (is_protected())
			return true;
		seen |= state != FTTCP_STATE_BACKUP_WAITING;
		if (seen && state == FTTCP_STATE_BACKUP_WAITING)
			return false;
		sim_sleep(3 * MS);
	}
	return false;
}

static int relink(void)
{
	complete = false;
	return link_dial();
}

static bool try_protect(void)
{
	int tries, err = 0;

	for (tries = 0; tries < 8; tries++) {
		if (tries == 3)
			netem_link(wire);
		err = relink();
		if (!err && sync_wait())
			return true;
		sim_say("not protected yet: %d, %s, %s", err,
			fttcp_state_name(node_state(0)),
			fttcp_state_name(node_state(1)));
		sim_sleep(ms(1, 100));
	}
	stuck(err ? S_LINK : S_PROTECT, !sim.owner);
	return false;
}

/* Whatever became of the link: bring it back. */
static bool protect(void)
{
	if (is_protected()) {
		complete = true;
		return true;
	}
	hist(.type = H_DISTURB, .a = D_BACKUP);
	complete = try_protect();
	hist(.type = H_CALM, .a = D_BACKUP);
	return complete;
}

/*
 * May the active be lost now? If so, the connections are put on record, at the
 * same instant.
 */
static bool expendable(void)
{
	uint32_t active, backup;
	bool ok;

	pthread_mutex_lock(&sim.lock);
	active = node_state(sim.owner);
	backup = node_state(!sim.owner);
	ok = complete &&
	     (active == FTTCP_STATE_PROTECTED ||
	      active == FTTCP_STATE_HOLDING) &&
	     (backup == FTTCP_STATE_BACKUP_READY ||
	      backup == FTTCP_STATE_BACKUP_WAITING);
	if (ok)
		traffic_guard();
	pthread_mutex_unlock(&sim.lock);
	if (!ok)
		sim_say("not now: %s, %s", fttcp_state_name(active),
			fttcp_state_name(backup));
	return ok;
}

/* --- what happens --------------------------------------------------------- */

static bool promote_other(bool force)
{
	int to = !sim.owner;

	if (sim.mutant != M_EARLY &&
	    !node_wait(to, FTTCP_STATE_BACKUP_WAITING, SETTLE_MS * MS)) {
		stuck(S_NOTICE, to);
		return false;
	}
	if (sim.mutant != M_EARLY && rng_chance(&sim.rng, 30))
		sim_sleep(ms(1, 300));
	if (node_promote(to, force)) {
		stuck(S_PROMOTE, to);
		return false;
	}
	sim.owner = to;
	sim.takeovers++;
	return true;
}

/* A machine is replaced by a new one. */
static void reboot(int i)
{
	node_off(i);
	sim_sleep(ms(1, 100));
	node_on(i);
	cable_link();
	calm();
	node_role(i, FTTCP_ROLE_BACKUP);
}

/* The active dies. */
static bool kill_active(void)
{
	bool carrier = rng_chance(&sim.rng, 60), ok;
	int dead = sim.owner;

	if (!expendable())
		return true;
	sim_say("kill %s, %s", port[dead], carrier ? "dead cables" : "silent");
	hist(.type = H_DISTURB, .a = D_TAKEOVER);
	node_cut(dead, carrier);
	ok = promote_other(rng_chance(&sim.rng, 50));
	if (ok) {
		service_add(sim.owner);
		hist(.type = H_CALM, .a = D_TAKEOVER);
		if (rng_chance(&sim.rng, 60))
			sim_sleep(ms(1, 300));
		reboot(dead);
	}
	return ok;
}

/* It only seems to be dead, and comes back when it has been replaced. */
static bool isolate_active(void)
{
	int old = sim.owner;

	if ((settings.on_loss != FTTCP_LOSS_HOLD && sim.mutant != M_EARLY) ||
	    !expendable())
		return true;
	sim_say("isolate %s", port[old]);
	hist(.type = H_DISTURB, .a = D_SPLIT);
	if (sim.mutant != M_EARLY)
		node_cut(old, false);
	else
		netem_link((struct netem){ .loss = 10000 });
	if (!promote_other(sim.mutant == M_EARLY))
		return false;
	if (sim.mutant == M_EARLY)
		sim.mutant = M_NONE;
	service_add(sim.owner);
	sim_sleep(ms(1, 300));
	node_mend(old);
	calm();
	sim_sleep(ms(1, 600));
	hist(.type = H_CALM, .a = D_SPLIT);
	service_del(old);
	node_role(old, FTTCP_ROLE_BACKUP);
	return true;
}

static bool handover(void)
{
	int from = sim.owner, err;

	if (node_state(from) != FTTCP_STATE_PROTECTED || !expendable())
		return true;
	sim_say("hand over from %s", port[from]);
	hist(.type = H_DISTURB, .a = D_HANDOVER);
	err = fttcp_handover(sim.node[from].nl);
	if (err)
		sim_say("not handed over: %d, %s", err,
			fttcp_state_name(node_state(from)));
	if (err && node_state(from) != FTTCP_STATE_FENCED) {
		hist(.type = H_CALM, .a = D_HANDOVER);
		return true;
	}
	if (!node_wait(!from, FTTCP_STATE_BACKUP_WAITING, SETTLE_MS * MS) ||
	    node_promote(!from, false)) {
		stuck(S_HANDOVER, !from);
		return false;
	}
	sim.owner = !from;
	sim.handovers++;
	service_del(from);
	node_role(from, FTTCP_ROLE_NONE);
	service_add(sim.owner);
	hist(.type = H_CALM, .a = D_HANDOVER);
	node_role(from, FTTCP_ROLE_BACKUP);
	return true;
}

static void kill_backup(void)
{
	bool carrier = rng_chance(&sim.rng, 60);

	sim_say("kill the backup, %s", carrier ? "dead cables" : "silent");
	hist(.type = H_DISTURB, .a = D_BACKUP);
	node_cut(!sim.owner, carrier);
	sim_sleep(ms(1, 800));
	reboot(!sim.owner);
	hist(.type = H_CALM, .a = D_BACKUP);
}

/* Death of the backup, or of the link, in the middle of its first copy. */
static void interrupt_sync(void)
{
	sim_say("interrupt the synchronisation");
	hist(.type = H_DISTURB, .a = D_BACKUP);
	if (relink() == 0)
		sim_sleep(ms(0, 20));
	if (rng_chance(&sim.rng, 50)) {
		node_cut(!sim.owner, rng_chance(&sim.rng, 50));
		sim_sleep(ms(1, 200));
		reboot(!sim.owner);
	} else {
		link_drop();
	}
	hist(.type = H_CALM, .a = D_BACKUP);
}

static bool event(void)
{
	uint64_t what = rng_below(&sim.rng, 100);

	if (what < 65)
		return kill_active();
	if (what < 77)
		return handover();
	if (what < 89)
		return isolate_active();
	if (what < 95)
		kill_backup();
	return true;
}

/* --- errors by order ------------------------------------------------------ */

static void mutate(void)
{
	switch (sim.mutant) {
	case M_STALL:
		netem_lan((struct netem){ .loss = 10000 });
		sim_sleep(40000 * MS);
		calm();
		break;
	case M_EARLY:
		isolate_active();
		return;
	case M_EMITTER:
		capture_forge(!sim.owner, 0);
		break;
	case M_ACK:
		capture_forge(sim.owner, 100000);
		break;
	case M_RESET:
		pthread_mutex_lock(&sim.lock);
		traffic_abort(&sim.node[sim.owner]);
		pthread_mutex_unlock(&sim.lock);
		break;
	default:
		return;
	}
	sim.mutant = M_NONE;
}

/* --- the whole ------------------------------------------------------------ */

static void choose(void)
{
	struct rng *r = &sim.rng;

	settings = (struct settings){
		.heartbeat_ms = rng_range(r, 10, 100),
		.misses = rng_range(r, 3, 8),
		.hold_max_ms = rng_range(r, 1000, 6000),
		.on_loss = rng_chance(r, 70) ? FTTCP_LOSS_HOLD :
					       FTTCP_LOSS_SOLO,
		.lanes = rng_range(r, 1, 3),
		.queue_max = rng_chance(r, 30) ? FTTCP_LANE_QUEUE_MAX_MIN : 0,
	};
	lan = (struct netem){
		.delay_us = rng_range(r, 100, 15000),
		.loss = rng_chance(r, 30) ? rng_range(r, 1, 50) : 0,
		.rate_kbit = rng_chance(r, 30) ? rng_range(r, 3000, 50000) : 0,
	};
	wire = (struct netem){
		.delay_us = rng_range(r, 20, 3000),
		.loss = rng_chance(r, 15) ? rng_range(r, 1, 20) : 0,
	};
	if (!sim.rounds)
		sim.rounds = rng_range(r, ROUNDS_MIN, ROUNDS_MAX);
	sim_say("heartbeat %u ms, %u misses, hold-max %u ms, %s, %u lanes, lan %u us, link %u us, %u rounds",
		settings.heartbeat_ms, settings.misses, settings.hold_max_ms,
		fttcp_loss_name(settings.on_loss), settings.lanes,
		lan.delay_us, wire.delay_us, sim.rounds);
}

static void populate(bool first)
{
	unsigned int left, want;

	pthread_mutex_lock(&sim.lock);
	left = traffic_left();
	want = rng_range(&sim.rng, 1, first ? CONNS_AT_ONCE : 3);
	if (left + want > CONNS_AT_ONCE)
		want = left < CONNS_AT_ONCE ? CONNS_AT_ONCE - left : 0;
	if (first || rng_chance(&sim.rng, 50))
		traffic_open(want);
	pthread_mutex_unlock(&sim.lock);
}

static bool one_round(void)
{
	if (rng_chance(&sim.rng, 10))
		interrupt_sync();
	if (!protect())
		return false;
	populate(false);
	if (rng_chance(&sim.rng, 70))
		sim_sleep(ms(1, 400));
	if (sim.mutant && sim.takeovers > 2)
		mutate();
	if (rng_chance(&sim.rng, 50))
		disturb();
	if (!event())
		return false;
	if (rng_chance(&sim.rng, 50))
		calm();
	return true;
}

/* Everything ends in order, and nothing is left. */
static void finish(void)
{
	uint64_t give_up;

	calm();
	protect();
	sim_sleep(500 * MS);
	pthread_mutex_lock(&sim.lock);
	traffic_guard();
	traffic_stop();
	pthread_mutex_unlock(&sim.lock);
	give_up = sim_now() + FINISH_MS * MS;
	while (traffic_left() && sim_now() < give_up) {
		/* what happened last may be noticed only now */
		if (node_state(sim.owner) == FTTCP_STATE_HOLDING)
			protect();
		sim_sleep(10 * MS);
	}
	if (!traffic_left())
		return;
	traffic_show();
	stuck(S_FINISH, WHO_PEER);
}

void story(void)
{
	unsigned int round;

	choose();
	bed_up();
	traffic_start();
	node_on(0);
	node_on(1);
	cable_link();
	calm();
	node_role(0, FTTCP_ROLE_ACTIVE);
	node_role(1, FTTCP_ROLE_BACKUP);
	service_add(0);
	if (rng_chance(&sim.rng, 50))
		protect();
	populate(true);
	sim_sleep(ms(50, 500));
	for (round = 0; round < sim.rounds; round++) {
		sim_say("round %u", round);
		if (!one_round())
			break;
	}
	if (round == sim.rounds)
		finish();
	node_counters(0);
	node_counters(1);
	pthread_mutex_lock(&sim.lock);
	capture_close(0);
	capture_close(1);
	hist(.type = H_END, .a = sim.takeovers, .b = sim.handovers,
	     .c = capture_lost());
	pthread_mutex_unlock(&sim.lock);
}
