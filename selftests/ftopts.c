// SPDX-License-Identifier: GPL-2.0-only
/*
 * Command line of ftstream, and printing FTTCP_INFO.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ftinfo.h"
#include "ftopts.h"

enum {
	O_STOP = 256, O_PAUSE, O_RX_PAUSE, O_RATE, O_RX_RATE, O_CHUNK, O_TX, O_RX, O_SHUT,
	O_BASE_TX, O_BASE_RX, O_BIND, O_DIR, O_SEED, O_BLOCKING, O_INFO,
	O_TIMEOUT, O_READY, O_PROGRESS, O_ULP, O_STANDBY, O_CLAIM, O_MD5,
	O_DEV, O_LOWAT, O_RCVBUF, O_SNDBUF, O_MSS, O_TTL, O_TOS, O_MARK,
	O_KEEPALIVE, O_USER_TIMEOUT, O_BACKLOG, O_NODELAY, O_V6ONLY,
	O_OOBINLINE, O_TFO, O_LEAD,
};

static const struct option longs[] = {
	{ "stop", required_argument, NULL, O_STOP },
	{ "pause", required_argument, NULL, O_PAUSE },
	{ "rx-pause", required_argument, NULL, O_RX_PAUSE },
	{ "rate", required_argument, NULL, O_RATE },
	{ "rx-rate", required_argument, NULL, O_RX_RATE },
	{ "chunk", required_argument, NULL, O_CHUNK },
	{ "lead", required_argument, NULL, O_LEAD },
	{ "tx", required_argument, NULL, O_TX },
	{ "rx", required_argument, NULL, O_RX },
	{ "shut", required_argument, NULL, O_SHUT },
	{ "base-tx", required_argument, NULL, O_BASE_TX },
	{ "base-rx", required_argument, NULL, O_BASE_RX },
	{ "bind", required_argument, NULL, O_BIND },
	{ "dir", required_argument, NULL, O_DIR },
	{ "seed", required_argument, NULL, O_SEED },
	{ "blocking", no_argument, NULL, O_BLOCKING },
	{ "info", no_argument, NULL, O_INFO },
	{ "timeout", required_argument, NULL, O_TIMEOUT },
	{ "ready", required_argument, NULL, O_READY },
	{ "progress", required_argument, NULL, O_PROGRESS },
	{ "ulp", no_argument, NULL, O_ULP },
	{ "standby", no_argument, NULL, O_STANDBY },
	{ "claim", required_argument, NULL, O_CLAIM },
	{ "md5", required_argument, NULL, O_MD5 },
	{ "dev", required_argument, NULL, O_DEV },
	{ "lowat", required_argument, NULL, O_LOWAT },
	{ "rcvbuf", required_argument, NULL, O_RCVBUF },
	{ "sndbuf", required_argument, NULL, O_SNDBUF },
	{ "mss", required_argument, NULL, O_MSS },
	{ "ttl", required_argument, NULL, O_TTL },
	{ "tos", required_argument, NULL, O_TOS },
	{ "mark", required_argument, NULL, O_MARK },
	{ "keepalive", required_argument, NULL, O_KEEPALIVE },
	{ "user-timeout", required_argument, NULL, O_USER_TIMEOUT },
	{ "backlog", required_argument, NULL, O_BACKLOG },
	{ "nodelay", no_argument, NULL, O_NODELAY },
	{ "v6only", no_argument, NULL, O_V6ONLY },
	{ "oobinline", no_argument, NULL, O_OOBINLINE },
	{ "tfo", no_argument, NULL, O_TFO },
	{ }
};

static int usage(const char *prog)
{
	fprintf(stderr,
		"usage: %s -l|-c ADDRESS PORT [-n CONNS] [-s BYTES] [-v]\n"
		"  --stop FILE        send until FILE exists (or -s is reached)\n"
		"  --pause OFF:FILE --rx-pause OFF:FILE   at offset OFF wait until FILE\n"
		"                     exists: with sending, with reading\n"
		"  --rate N --rx-rate N   bytes per second and connection\n"
		"  --chunk N          bytes per call\n"
		"  --lead N           speak in turns: at most N bytes more than received\n"
		"  --tx write|sendfile|zerocopy|splice\n"
		"  --rx read|splice|peek|lowat-off\n"
		"  --shut asap|after-peer|never\n"
		"  --base-tx N --base-rx N   offsets where fttcp was attached\n"
		"  --bind ADDR[,PORT]  --dir c|s  --seed N  --blocking  --info\n"
		"  --timeout SEC  --ready FILE  --progress FILE\n"
		"  --ulp --standby --claim REMOTE-PORT --tfo --v6only --nodelay\n"
		"  --oobinline\n"
		"  --md5 KEY,PEER  --dev DEV  --lowat N  --rcvbuf N  --sndbuf N\n"
		"  --mss N --ttl N --tos N --mark N --keepalive SEC\n"
		"  --user-timeout MS --backlog N\n", prog);
	return -EINVAL;
}

/* "a<sep>b": cuts at the first @sep and gives b, NULL without one. */
static char *cut(char *arg, char sep)
{
	char *at = strchr(arg, sep);

	if (!at)
		return NULL;
	*at = 0;
	return at + 1;
}

static int choose(const char *word, const char *const *list)
{
	int i;

	for (i = 0; list[i]; i++) {
		if (!strcmp(word, list[i]))
			return i;
	}
	fprintf(stderr, "ftstream: unknown word '%s'\n", word);
	return -EINVAL;
}

static int parse_plan(struct options *o, int c, char *arg)
{
	static const char *const tx[] = { "write", "sendfile", "zerocopy",
					  "splice", NULL };
	static const char *const rx[] = { "read", "splice", "peek",
					  "lowat-off", NULL };
	static const char *const shut[] = { "asap", "after-peer", "never",
					    NULL };
	struct conn_plan *p = &o->plan;
	int n = 0;

	switch (c) {
	case O_STOP:
		p->stop_file = arg;
		break;
	case O_PAUSE:
		p->pause_file = cut(arg, ':');
		p->pause_at = strtoull(arg, NULL, 0);
		return p->pause_file ? 0 : -EINVAL;
	case O_RX_PAUSE:
		p->rx_pause_file = cut(arg, ':');
		p->rx_pause_at = strtoull(arg, NULL, 0);
		return p->rx_pause_file ? 0 : -EINVAL;
	case O_RATE:
		p->rate = strtoull(arg, NULL, 0);
		break;
	case O_RX_RATE:
		p->rx_rate = strtoull(arg, NULL, 0);
		break;
	case O_CHUNK:
		p->chunk = strtoul(arg, NULL, 0);
		return p->chunk ? 0 : -EINVAL;
	case O_LEAD:
		p->lead = strtoll(arg, NULL, 0);
		break;
	case O_TX:
		n = choose(arg, tx);
		p->tx = n < 0 ? TX_WRITE : (enum tx_how)n;
		break;
	case O_RX:
		n = choose(arg, rx);
		p->rx = n < 0 ? RX_READ : (enum rx_how)n;
		break;
	case O_SHUT:
		n = choose(arg, shut);
		p->shut = n < 0 ? SHUT_ASAP : (enum shut_when)n;
		break;
	case O_BASE_TX:
		p->base_tx = strtoull(arg, NULL, 0);
		break;
	case O_BASE_RX:
		p->base_rx = strtoull(arg, NULL, 0);
		break;
	default:
		return -ENOENT;
	}
	return n < 0 ? n : 0;
}

static int parse_sock(struct options *o, int c, char *arg)
{
	struct sock_opts *s = &o->sock;
	int *const ints[] = {
		[O_LOWAT - O_LOWAT] = &s->lowat,
		[O_RCVBUF - O_LOWAT] = &s->rcvbuf,
		[O_SNDBUF - O_LOWAT] = &s->sndbuf,
		[O_MSS - O_LOWAT] = &s->mss,
		[O_TTL - O_LOWAT] = &s->ttl,
		[O_TOS - O_LOWAT] = &s->tos,
		[O_MARK - O_LOWAT] = &s->mark,
		[O_KEEPALIVE - O_LOWAT] = &s->keepalive,
		[O_USER_TIMEOUT - O_LOWAT] = &s->user_timeout,
		[O_BACKLOG - O_LOWAT] = &s->backlog,
	};

	if (c >= O_LOWAT && c <= O_BACKLOG) {
		*ints[c - O_LOWAT] = atoi(arg);
		return 0;
	}
	switch (c) {
	case O_ULP:
		s->ulp = true;
		break;
	case O_STANDBY:
		s->standby = true;
		break;
	case O_CLAIM:
		s->claim = true;
		s->claim_port = atoi(arg);
		break;
	case O_TFO:
		s->tfo = true;
		break;
	case O_NODELAY:
		s->nodelay = true;
		break;
	case O_V6ONLY:
		s->v6only = true;
		break;
	case O_OOBINLINE:
		s->oobinline = true;
		break;
	case O_DEV:
		s->dev = arg;
		break;
	case O_MD5:
		s->md5_peer = cut(arg, ',');
		s->md5_key = arg;
		return s->md5_peer ? 0 : -EINVAL;
	default:
		return -ENOENT;
	}
	return 0;
}

static int parse_own(struct options *o, int c, char *arg)
{
	char *port;

	switch (c) {
	case 'l':
	case 'c':
		o->listen = c == 'l';
		if (!o->dir)
			o->dir = c == 'l' ? 's' : 'c';
		break;
	case 'n':
		o->conns = strtoul(arg, NULL, 0);
		return o->conns ? 0 : -EINVAL;
	case 's':
		o->plan.total = strtoull(arg, NULL, 0);
		break;
	case 'v':
		o->verbose = true;
		break;
	case O_BIND:
		port = cut(arg, ',');
		o->bind_addr = arg;
		o->bind_port = port ? atoi(port) : 0;
		break;
	case O_DIR:
		o->dir = *arg;
		return *arg == 'c' || *arg == 's' ? 0 : -EINVAL;
	case O_SEED:
		o->seed = strtoull(arg, NULL, 0);
		break;
	case O_BLOCKING:
		o->blocking = true;
		break;
	case O_INFO:
		o->info = true;
		break;
	case O_TIMEOUT:
		o->timeout = atoi(arg);
		break;
	case O_READY:
		o->ready = arg;
		break;
	case O_PROGRESS:
		o->progress = arg;
		break;
	default:
		return -ENOENT;
	}
	return 0;
}

/**
 * options_parse() - read the command line
 * @o: result
 * @argc: as main() got it
 * @argv: as main() got it; strings are referenced and cut
 *
 * Return: 0 or a negative errno after a message.
 */
int options_parse(struct options *o, int argc, char **argv)
{
	int c, err;

	memset(o, 0, sizeof(*o));
	o->conns = 1;
	o->timeout = 60;
	o->plan.chunk = 16384;
	o->plan.total = UINT64_MAX;
	o->plan.lead = -1;
	while ((c = getopt_long(argc, argv, "lcn:s:v", longs, NULL)) != -1) {
		err = parse_plan(o, c, optarg);
		if (err == -ENOENT)
			err = parse_sock(o, c, optarg);
		if (err == -ENOENT)
			err = parse_own(o, c, optarg);
		if (err)
			return usage(argv[0]);
	}
	if (optind != argc - 2 || !o->dir ||
	    sock_addr(argv[optind], atoi(argv[optind + 1]), &o->addr))
		return usage(argv[0]);
	if (!o->plan.stop_file && o->plan.total == UINT64_MAX)
		o->plan.total = 0;
	return 0;
}

static int get_int(int fd, int level, int name)
{
	socklen_t len = sizeof(int);
	int val = -1;

	getsockopt(fd, level, name, &val, &len);
	return val;
}

static void print_options(int fd)
{
	bool v6 = get_int(fd, SOL_SOCKET, SO_DOMAIN) == AF_INET6;
	int level = v6 ? IPPROTO_IPV6 : IPPROTO_IP;

	printf("options domain=%d ttl=%d tos=%d mark=%d keepalive=%d keepidle=%d user_timeout=%d nodelay=%d lowat=%d mss=%d usec_ts=%d\n",
	       get_int(fd, SOL_SOCKET, SO_DOMAIN),
	       get_int(fd, level, v6 ? IPV6_UNICAST_HOPS : IP_TTL),
	       get_int(fd, level, v6 ? IPV6_TCLASS : IP_TOS),
	       get_int(fd, SOL_SOCKET, SO_MARK),
	       get_int(fd, SOL_SOCKET, SO_KEEPALIVE),
	       get_int(fd, IPPROTO_TCP, TCP_KEEPIDLE),
	       get_int(fd, IPPROTO_TCP, TCP_USER_TIMEOUT),
	       get_int(fd, IPPROTO_TCP, TCP_NODELAY),
	       get_int(fd, SOL_SOCKET, SO_RCVLOWAT),
	       get_int(fd, IPPROTO_TCP, TCP_MAXSEG), more_info(fd).usec_ts);
}

/**
 * print_info() - FTTCP_INFO and the options of a connection as key=value
 * @fd: the connection
 */
void print_info(int fd)
{
	struct fttcp_info i = { 0 };
	socklen_t len = sizeof(i);

	if (getsockopt(fd, SOL_FTTCP, FTTCP_INFO, &i, &len)) {
		printf("info error=%s\n", errno_name(errno));
	} else {
		printf("info len=%u resumed=%d standby=%d protected=%d active_open=%d mode=%u state=%u down_reason=%u epoch=%llu conn_id=%llu rx_received=%llu rx_consumed=%llu tx_written=%llu tx_acked=%llu tx_held=%llu\n",
		       len, !!(i.flags & FTTCP_INFO_RESUMED),
		       !!(i.flags & FTTCP_INFO_STANDBY),
		       !!(i.flags & FTTCP_INFO_PROTECTED),
		       !!(i.flags & FTTCP_INFO_ACTIVE_OPEN), i.mode, i.state,
		       i.down_reason, (unsigned long long)i.epoch,
		       (unsigned long long)i.conn_id,
		       (unsigned long long)i.rx_received,
		       (unsigned long long)i.rx_consumed,
		       (unsigned long long)i.tx_written,
		       (unsigned long long)i.tx_acked,
		       (unsigned long long)i.tx_held);
	}
	print_options(fd);
	fflush(stdout);
}
