// SPDX-License-Identifier: GPL-2.0-only
/*
 * fttcpd.conf: what is accepted becomes the right numbers, what is refused
 * has exactly the text that its reader will see.
 */
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

#include <fttcp/limits.h>
#include <linux/fttcp.h>

#include "fttcpd/conf.h"

#define PATH	"test_conf.tmp"
#define HEAD	"[node]\nid = 1\nrole = active\n"
#define LINK	"[link]\nlisten = 10.1.0.1:7000\n"
/* Nobody is asked before this node goes on alone. */
#define ALONE	"[fence]\nallow-unfenced = yes\n"
#define NO_KEY	"[auth]\ninsecure = yes\n"

static struct fttcpd_conf conf;
static char err[FTTCPD_CONF_ERROR];

static int enter_scratch(void **state)
{
	static char dir[] = "/tmp/test_conf.XXXXXX";

	*state = dir;
	return !mkdtemp(dir) || chdir(dir);
}

static int leave_scratch(void **state)
{
	unlink(PATH);
	return chdir("/") || rmdir(*state);
}

/* @accepted: not to be refused for what all these files leave out */
static int read_as(const char *text, bool accepted)
{
	FILE *f = fopen(PATH, "w");

	assert_non_null(f);
	fputs(text, f);
	if (accepted && !strstr(text, "on-backup-loss"))
		fputs(ALONE, f);
	if (accepted && !strstr(text, "[auth]"))
		fputs(NO_KEY, f);
	fclose(f);
	memset(&conf, 0xa5, sizeof(conf));
	return fttcpd_conf_read(PATH, &conf, err);
}

static int read_text(const char *text)
{
	return read_as(text, true);
}

static void smallest(void **state)
{
	(void)state;
	assert_int_equal(read_text(HEAD LINK), 0);
	assert_string_equal(err, "");
	assert_int_equal(conf.id, 1);
	assert_int_equal(conf.peer_id, 0);
	assert_int_equal(conf.role, FTTCP_ROLE_ACTIVE);
	assert_int_equal(conf.on_backup_loss, FTTCP_LOSS_SOLO);
	assert_int_equal(conf.mode, FTTCP_MODE_SYNC);
	assert_int_equal(conf.hold_max_ms, 2000);
	assert_int_equal(conf.startup_wait_ms, 3000);
	assert_int_equal(conf.local_peers, FTTCP_LOCAL_PEERS_LEAVE);
	assert_int_equal(conf.conflict_check, 1);
	assert_int_equal(conf.audit_interval_ms,
			 FTTCP_AUDIT_INTERVAL_MS_DEFAULT);
	assert_int_equal(conf.heartbeat_ms, 100);
	assert_int_equal(conf.heartbeat_misses, 3);
	assert_int_equal(conf.retry_ms, 500);
	assert_int_equal(conf.lanes, 1);
	assert_int_equal(conf.announce_count, 5);
	assert_int_equal(conf.announce_interval_ms, 300);
	assert_int_equal(conf.services, 0);
	assert_int_equal(conf.policies, 0);
	assert_int_equal(conf.lane_queue_max, 0);
	assert_string_equal(conf.socket, "/run/fttcp/control.sock");
	assert_string_equal(conf.group, "");
	assert_string_equal(conf.key_file, "");
	assert_int_equal(conf.insecure, 1);
	assert_int_equal(conf.listen.family, AF_INET);
	assert_int_equal(conf.listen.port, 7000);
	assert_memory_equal(conf.listen.addr, "\x0a\x01\x00\x01", 4);
}

/* Those of largest(): one with everything, two with what they need. */
static void probes(void)
{
	const struct fttcpd_probe_conf *p = conf.probe;

	assert_int_equal(conf.probes, 3);
	assert_string_equal(p->name, "web");
	assert_int_equal(p->addresses, 2);
	assert_int_equal(p->address[1].family, AF_INET6);
	assert_int_equal(p->ports.count, 3);
	assert_int_equal(p->ports.port[0], 80);
	assert_int_equal(p->ports.port[2], 8080);
	assert_int_equal(p->timeout_ms, 2000);
	assert_int_equal(p->interval_ms, 60000);
	assert_int_equal(p->retry_interval_ms, 600000);
	assert_int_equal(p->retry_count, 5);
	assert_string_equal(p->device, "vrf-blue");
	assert_string_equal(p->restart, "/bin/x y z");
	assert_int_equal(p->restart_timeout_ms, 30000);
	assert_int_equal(p->restart_wait_ms, 20000);
	assert_int_equal(p->failover, 0);
	assert_int_equal(p->request.len, 18);
	assert_memory_equal(p->request.data, "GET / HTTP/1.0\r\n\r\n", 18);
	assert_int_equal(p->expect.len, 4);
	assert_memory_equal(p->expect.data, "\0\xff\t\\", 4);
	p++;
	assert_int_equal(p->addresses, 0);
	assert_int_equal(p->timeout_ms, FTTCP_PROBE_TIMEOUT_MS_DEFAULT);
	assert_int_equal(p->interval_ms, FTTCP_PROBE_INTERVAL_MS_DEFAULT);
	assert_int_equal(p->retry_interval_ms, FTTCP_PROBE_RETRY_MS_DEFAULT);
	assert_int_equal(p->retry_count, FTTCP_PROBE_RETRY_COUNT_DEFAULT);
	assert_string_equal(p->restart, "bird@a.service");
	assert_int_equal(p->restart_timeout_ms, FTTCP_PROBE_RESTART_MS_DEFAULT);
	assert_int_equal(p->restart_wait_ms, FTTCP_PROBE_WAIT_MS_DEFAULT);
	assert_int_equal(p->failover, 1);
	assert_int_equal(p->request.len, 0);
	p++;
	assert_string_equal(p->restart, "");
	assert_int_equal(p->retry_count, 0);
}

/* Where a setting stands, for what is found out later. */
static void lines(void)
{
	assert_int_equal(fttcpd_conf_line(&conf, "id"), 4);
	assert_int_equal(fttcpd_conf_line(&conf, "peer-id"), 5);
	assert_int_equal(fttcpd_conf_line(&conf, "startup-wait"), 9);
	assert_int_equal(fttcpd_conf_line(&conf, "listen"), 0);
	assert_int_equal(fttcpd_conf_line(&conf, "local-port"), 0);
	assert_int_equal(fttcpd_conf_line(&conf, "nonsense"), 0);
}

static void largest(void **state)
{
	static const char text[] =
		"# a comment\n\n"
		"[node]\nid = 2\npeer-id = 1\nrole = backup\n"
		"on-backup-loss = hold\nhold-max = 1500ms ; inline\n"
		"startup-wait = 0ms\nmode = rx-only\n"
		"[link]\nconnect = [2001:db8::1]:7000\nbind = 2001:db8::2\n"
		"device = eth1\nlanes = 2\nheartbeat = 50ms\n"
		"heartbeat-misses = 4\nretry = 1s\n"
		"[service]\naddress = 10.0.0.100/24 dev eth0\n"
		"address = 2001:db8:1::100/64 dev eth0\n"
		"announce-count = 3\nannounce-interval = 1s\n"
		"conflict-check = no\n"
		"[policy bgp]\nlocal-port = 179\nlocal = 10.0.0.0/8\n"
		"mode = async\n"
		"[policy ldp]\nremote-port = 646\ndevice = vrf-blue\n"
		"remote = 192.0.2.1\n"
		"[limits]\nlane-queue-max = 512K\nmemory-max = 1G\n"
		"[probe web]\naddress = 10.0.0.100\naddress = 2001:db8::1\n"
		"port-list = 80, 443 8080\nprobe-timeout = 2s\n"
		"interval = 1m\nretry-interval = 10m\nretry-count = 5\n"
		"device = vrf-blue\nrestart = /bin/x y z\n"
		"restart-timeout = 30s\nrestart-wait = 20s\nfailover = no\n"
		"request = GET /\\x20HTTP/1.0\\r\\n\\r\\n\n"
		"expect = \\x00\\xfF\\t\\\\\n"
		"[probe bgp]\nport-list = 179\nrestart = bird@a.service\n"
		"[probe ldp]\nport-list = 646\n"
		"[control]\nsocket = /tmp/c.sock\ngroup = fttcp\n"
		"[node]\naudit-interval = 30s\nlocal-peers = protect\n"
		"[messages]\nclients = bgp, ldp,x.1\nport = 7005\n"
		"client-group = routing\n"
		"[repository]\nfile = /tmp/m.db\nsize-max = 2M\n"
		"count-max = 5000\nage-max = 1h\n"
		"[auth]\nkey-file = /etc/k\ninsecure = yes\n";

	(void)state;
	assert_int_equal(read_text(text), 0);
	assert_int_equal(conf.role, FTTCP_ROLE_BACKUP);
	assert_int_equal(conf.peer_id, 1);
	assert_int_equal(conf.on_backup_loss, FTTCP_LOSS_HOLD);
	assert_int_equal(conf.hold_max_ms, 1500);
	assert_int_equal(conf.startup_wait_ms, 0);
	assert_int_equal(conf.conflict_check, 0);
	assert_int_equal(conf.mode, FTTCP_MODE_RX_ONLY);
	assert_int_equal(conf.connect.family, AF_INET6);
	assert_int_equal(conf.bind.addr[15], 2);
	assert_string_equal(conf.link_device, "eth1");
	assert_int_equal(conf.lanes, 2);
	assert_int_equal(conf.retry_ms, 1000);
	assert_int_equal(conf.services, 2);
	assert_int_equal(conf.service[0].prefixlen, 24);
	assert_string_equal(conf.service[0].dev, "eth0");
	assert_int_equal(conf.service[0].line, 20);
	assert_int_equal(conf.service[1].addr.family, AF_INET6);
	assert_int_equal(conf.service[1].prefixlen, 64);
	assert_int_equal(conf.announce_count, 3);
	assert_int_equal(conf.policies, 2);
	assert_string_equal(conf.policy[0].name, "bgp");
	assert_int_equal(conf.policy[0].local_port, 179);
	assert_int_equal(conf.policy[0].local.len, 8);
	assert_int_equal(conf.policy[0].mode, FTTCP_MODE_ASYNC);
	assert_string_equal(conf.policy[1].device, "vrf-blue");
	assert_int_equal(conf.policy[1].remote.len, 32);
	assert_int_equal(conf.policy[1].mode, FTTCPD_UNSET);
	assert_int_equal(conf.lane_queue_max, 512 * 1024);
	assert_int_equal(conf.memory_max, 1 << 30);
	assert_string_equal(conf.group, "fttcp");
	assert_int_equal(conf.audit_interval_ms, 30000);
	assert_int_equal(conf.local_peers, FTTCP_LOCAL_PEERS_PROTECT);
	assert_int_equal(conf.clients.count, 3);
	assert_string_equal(conf.clients.name[1], "ldp");
	assert_string_equal(conf.clients.name[2], "x.1");
	assert_string_equal(conf.client_socket, "/run/fttcp/clients.sock");
	assert_string_equal(conf.client_group, "routing");
	assert_int_equal(conf.messages_port, 7005);
	assert_string_equal(conf.repo_file, "/tmp/m.db");
	assert_int_equal(conf.repo_size_max, 2 << 20);
	assert_int_equal(conf.repo_count_max, 5000);
	assert_int_equal(conf.repo_age_ms, 3600000);
	assert_string_equal(conf.key_file, "/etc/k");
	assert_int_equal(conf.insecure, 1);
	probes();
	lines();
}

static const struct refusal {
	const char *text;
	const char *err;
} refusals[] = {
	{ "", "PATH:0: [node] id is missing; add for example \"id = 1\" below "
	  "[node]" },
	{ "[node]\nid = 1\n", "PATH:2: [node] role is missing; add \"role = "
	  "active\" or \"role = backup\" below [node]" },
	{ HEAD, "PATH:3: [link]: neither listen nor connect; add for example "
	  "\"listen = 10.1.0.1:7000\"" },
	{ "id = 1\n", "PATH:1: id stands before the first section; write "
	  "[node] above it" },
	{ "[nodes]\n", "PATH:1: [nodes]: unknown section; the sections are: "
	  "node link auth second-path fence witness service policy probe "
	  "limits messages repository control" },
	{ "[node]\nidd = 1\n", "PATH:2: [node] idd: unknown key; the keys here "
	  "are: id peer-id role manager rejoin on-backup-loss hold-max "
	  "startup-wait audit-interval mode local-peers epoch-file" },
	{ "[node]\nid = x\n", "PATH:2: [node] id: \"x\" is not a number; write "
	  "decimal digits only" },
	{ "[node]\nid = 0\n", "PATH:2: [node] id: \"0\" is out of range; write "
	  "a value from 1 to 4294967295" },
	{ "[node]\nid = 4294967296\n", "PATH:2: [node] id: \"4294967296\" is "
	  "out of range; write a value from 1 to 4294967295" },
	{ "[node]\nid = 1\nid = 2\n", "PATH:3: [node] id: given already in "
	  "line 2; remove one of the two" },
	{ "[node]\nrole = standby\n", "PATH:2: [node] role: \"standby\" is not "
	  "known here; write one of: active backup" },
	{ "[node]\nrole = none\n", "PATH:2: [node] role: \"none\" is not "
	  "known here; write one of: active backup" },
	{ "[node]\nmode = sync async\n", "PATH:2: [node] mode: \"sync async\" "
	  "is not known here; write one of: sync async rx-only" },
	{ "[node]\nhold-max = 2\n", "PATH:2: [node] hold-max: \"2\" is not a "
	  "duration; write a number and a unit, like 300ms or 2s" },
	{ "[node]\nhold-max = 1x\n", "PATH:2: [node] hold-max: \"1x\" is not a "
	  "duration; write a number and a unit, like 300ms or 2s" },
	{ "[node]\nhold-max = 1ms\n", "PATH:2: [node] hold-max: \"1ms\" is out "
	  "of range; write a value from 10ms to 600000ms" },
	{ "[node]\nid\n", "PATH:2: neither \"[section]\" nor \"key = value\"; "
	  "comments begin with # or ;" },
	{ "[node\nid = 1\n", "PATH:1: neither \"[section]\" nor \"key = "
	  "value\"; comments begin with # or ;" },
	{ "[node]\n id = 1\n", "PATH:2: line begins with white space; begin it "
	  "in the first column" },
	{ "[node]\nid = 1\npeer-id = 1\nrole = active\n" LINK, "PATH:3: [node] "
	  "peer-id: is the same as id; give each node its own number" },
	{ HEAD LINK "[second-path]\nlocal = 10.0.0.1:1\n", "PATH:7: "
	  "[second-path]: local and peer belong together; give both" },
	{ HEAD LINK "[second-path]\nlocal = 10.0.0.1:1\npeer = [::1]:1\n",
	  "PATH:8: [second-path] peer: not of the address family of local; "
	  "make them the same" },
	{ HEAD LINK "[second-path]\nlocal = 10.0.0.1:1\npeer = 10.0.0.2:1\n",
	  "PATH:8: [second-path]: it has to be known which node is heard; add "
	  "for example \"peer-id = 2\" below [node]" },
	{ "[node]\nid = 1\npeer-id = 2\nrole = active\n" LINK
	  "[second-path]\nlocal = 10.0.0.1:1\npeer = 10.0.0.2:1\n", "PATH:9: "
	  "[second-path]: nothing proves who sends; add \"key-file = PATH\", "
	  "or, where nobody else can reach the network, \"insecure = yes\"" },
	{ HEAD LINK "[fence]\nprogram = none\n", "PATH:7: [fence] program: "
	  "without a fence nothing proves that the other node is silent when "
	  "this one takes over; if that is meant, add \"allow-unfenced = "
	  "yes\"" },
	{ HEAD LINK "[fence]\nprogram = stonith\n", "PATH:7: [fence] program: "
	  "\"stonith\" is not a program; write its path, beginning with /, or "
	  "none" },
	{ HEAD LINK "[fence]\nprogram = /bin/f\n", "PATH:7: [fence] program: it "
	  "has to be known which node is fenced; add for example \"peer-id = "
	  "2\" below [node]" },
	{ HEAD LINK, "PATH:5: [node] on-backup-loss: \"solo\", the default, "
	  "without a fence or a witness: if the link is cut while both nodes "
	  "live, both become active after hold-max. Add [fence] program or "
	  "[witness] server, say \"on-backup-loss = hold\", or, if that is "
	  "meant, [fence] \"allow-unfenced = yes\"" },
	{ HEAD LINK ALONE, "PATH:7: [auth]: nothing proves who the link's other "
	  "end is; add \"key-file = PATH\" (\"openssl rand -hex 32\", the same "
	  "on both nodes), or, where nobody else can reach the network, "
	  "\"insecure = yes\"" },
	{ HEAD LINK "[witness]\nserver = 10.0.0.9:1\n", "PATH:7: [witness] "
	  "key-file is missing: nothing proves who answers; add \"key-file = "
	  "PATH\"" },
	{ HEAD LINK "[witness]\nserver = 10.0.0.9:1\nkey-file = /k\n",
	  "PATH:7: [witness] server: it has to be known which node is the "
	  "other one; add for example \"peer-id = 2\" below [node]" },
	{ HEAD LINK "[witness]\nlisten = 10.0.0.9:1\n", "PATH:7: [witness]: "
	  "listen and state-file are for a witness; put them into a file for "
	  "\"fttcpd --witness\", and \"server = ADDRESS:PORT\" here" },
	{ "[link]\nlisten = 10.0.0.1\n", "PATH:2: [link] listen: \"10.0.0.1\" "
	  "is not an address and a port; write for example 10.1.0.1:7000 or "
	  "[2001:db8::1]:7000" },
	{ "[link]\nconnect = 10.0.0.1:70000\n", "PATH:2: [link] connect: "
	  "\"10.0.0.1:70000\" is not an address and a port; write for example "
	  "10.1.0.1:7000 or [2001:db8::1]:7000" },
	{ "[link]\nlisten = [fe80::1%nodev0]:7000\n", "PATH:2: [link] listen: "
	  "\"[fe80::1%nodev0]:7000\" is not an address and a port; the device "
	  "behind % does not exist" },
	{ "[link]\nbind = 10.0.0.300\n", "PATH:2: [link] bind: \"10.0.0.300\" "
	  "is not an address; write for example 10.0.0.1 or 2001:db8::1" },
	{ "[link]\ndevice = a/b\n", "PATH:2: [link] device: \"a/b\" is not a "
	  "device name; write a name as \"ip link\" shows it" },
	{ "[link]\nlanes = 9\n", "PATH:2: [link] lanes: \"9\" is out of range; "
	  "write a value from 1 to 8" },
	{ HEAD LINK "connect = 10.1.0.2:7000\n", "PATH:6: [link]: both listen "
	  "and connect; keep listen on one node and connect on the other" },
	{ HEAD LINK "bind = 10.1.0.2\n", "PATH:6: [link] bind: has no use with "
	  "listen; remove it" },
	{ HEAD "[link]\nconnect = 10.1.0.1:7000\nbind = ::1\n", "PATH:6: [link] "
	  "bind: not of the address family of connect; make them the same" },
	{ "[service]\naddress = 10.0.0.100 dev eth0\n", "PATH:2: [service] "
	  "address: \"10.0.0.100 dev eth0\" is not a service address; write "
	  "for example 10.0.0.100/24 dev eth0" },
	{ "[service]\naddress = 10.0.0.100/24\n", "PATH:2: [service] address: "
	  "\"10.0.0.100/24\" is not a service address; write for example "
	  "10.0.0.100/24 dev eth0" },
	{ "[service]\naddress = 10.0.0.1/33 dev eth0\n", "PATH:2: [service] "
	  "address: \"10.0.0.1/33 dev eth0\" is not a service address; write "
	  "for example 10.0.0.100/24 dev eth0" },
	{ "[service]\naddress = 10.0.0.1/0 dev eth0\n", "PATH:2: [service] "
	  "address: \"10.0.0.1/0 dev eth0\" is not a service address; the "
	  "prefix length must not be 0" },
	{ HEAD LINK "[service]\naddress = 10.0.0.9/24 dev a\n"
	  "address = 10.0.0.9/16 dev b\n", "PATH:8: [service] address: given "
	  "already in line 7; remove one of the two" },
	{ "[policy]\n", "PATH:1: [policy]: \"\" is not a name; write one short "
	  "word without blanks or slashes" },
	{ "[policy a]\n[policy a]\n", "PATH:2: [policy a]: exists already in "
	  "line 1; choose another name" },
	{ HEAD LINK "[policy a]\nmode = sync\n", "PATH:6: [policy a]: matches "
	  "every connection of this machine; add for example \"local-port = "
	  "179\"" },
	{ HEAD LINK "[policy a]\nlocal = 10.0.0.0/8\nremote = ::1\n",
	  "PATH:6: [policy a]: local and remote are of two address families; "
	  "make two policies of it" },
	{ "[policy a]\nlocal = 10.0.0.1/8\n", "PATH:2: [policy a] local: "
	  "\"10.0.0.1/8\" is not a prefix; the bits behind its length must be "
	  "zero" },
	{ "[policy a]\nremote = ten\n", "PATH:2: [policy a] remote: \"ten\" is "
	  "not a prefix; write for example 10.0.0.0/8 or 2001:db8::/32" },
	{ "[service]\naddress = 0.0.0.0/8 dev lo\n", "PATH:2: [service] "
	  "address: \"0.0.0.0/8 dev lo\" is not a service address; write an "
	  "address that one machine can have" },
	{ "[service]\naddress = ff02::1/64 dev lo\n", "PATH:2: [service] "
	  "address: \"ff02::1/64 dev lo\" is not a service address; write an "
	  "address that one machine can have" },
	{ "[policy a]\nlocal-port = 0\n", "PATH:2: [policy a] local-port: \"0\" "
	  "is out of range; write a value from 1 to 65535" },
	{ "[limits]\nmemory-max = lots\n", "PATH:2: [limits] memory-max: "
	  "\"lots\" is not a size; write bytes, or a number with K, M or G" },
	{ "[limits]\nmemory-max = 1K\n", "PATH:2: [limits] memory-max: \"1K\" "
	  "is out of range; write a value from 1048576 bytes to 1099511627776 "
	  "bytes" },
	{ "[probe]\n", "PATH:1: [probe]: \"\" is not a name; write one short "
	  "word without blanks or slashes" },
	{ "[probe a]\n[probe a]\n", "PATH:2: [probe a]: exists already in "
	  "line 1; choose another name" },
	{ "[probe a]\nport-list = 1\nport-list = 2\n", "PATH:3: [probe a] "
	  "port-list: given already in line 2; remove one of the two" },
	{ "[probe a]\nport-list = 1 0\n", "PATH:2: [probe a] port-list: "
	  "\"1 0\" is not a list of ports; write up to 16 port numbers, for "
	  "example 179, 8080" },
	{ "[probe a]\nport-list = ,\n", "PATH:2: [probe a] port-list: "
	  "\",\" is not a list of ports; write up to 16 port numbers, for "
	  "example 179, 8080" },
	{ "[probe a]\nport-list = 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n",
	  "PATH:2: [probe a] port-list: \"1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 "
	  "16 17\" is not a list of ports; write up to 16 port numbers, for "
	  "example 179, 8080" },
	{ "[probe a]\nport-list = 1 2 1\n", "PATH:2: [probe a] port-list: "
	  "\"1\" is not a new port; name each once" },
	{ "[probe a]\nrequest = a\\q\n", "PATH:2: [probe a] request: "
	  "\"a\\q\" is not understood; behind a backslash write n, r, t, "
	  "another backslash, or x and two digits" },
	{ "[probe a]\nexpect = a\\x1\n", "PATH:2: [probe a] expect: "
	  "\"a\\x1\" is not understood; behind a backslash write n, r, t, "
	  "another backslash, or x and two digits" },
	{ "[probe a]\nexpect = a\\\n", "PATH:2: [probe a] expect: "
	  "\"a\\\" is not understood; behind a backslash write n, r, t, "
	  "another backslash, or x and two digits" },
	{ "[probe a]\nexpect =\n", "PATH:2: [probe a] expect: \"\" is not "
	  "any byte; write some, or remove the line" },
	{ "[probe a]\nrestart = bird\n", "PATH:2: [probe a] restart: \"bird\" "
	  "is not a unit or a command; write for example bird.service, or a "
	  "command that begins with /" },
	{ "[probe a]\nrestart = a b.service\n", "PATH:2: [probe a] restart: "
	  "\"a b.service\" is not a unit or a command; write for example "
	  "bird.service, or a command that begins with /" },
	{ "[probe a]\nrestart = -x.service\n", "PATH:2: [probe a] restart: "
	  "\"-x.service\" is not a unit or a command; write for example "
	  "bird.service, or a command that begins with /" },
	{ "[probe a]\nprobe-timeout = 1ms\n", "PATH:2: [probe a] "
	  "probe-timeout: \"1ms\" is out of range; write a value from 10ms to "
	  "600000ms" },
	{ "[probe a]\nfailover = maybe\n", "PATH:2: [probe a] failover: "
	  "\"maybe\" is not known here; write one of: yes no" },
	{ HEAD LINK "[probe a]\n", "PATH:6: [probe a]: port-list is missing; "
	  "add for example \"port-list = 179\"" },
	{ HEAD LINK "[probe a]\nport-list = 1\n", "PATH:6: [probe a]: address "
	  "is missing, and there is no service address; add for example "
	  "\"address = 127.0.0.1\"" },
	{ HEAD LINK "[probe a]\nport-list = 1\naddress = ::1\naddress = ::1\n",
	  "PATH:6: [probe a]: an address is given twice; remove one of the "
	  "two" },
	{ HEAD LINK "[probe a]\nport-list = 1\naddress = ::1\n"
	  "retry-count = 1\n", "PATH:6: [probe a]: retry-count has no use "
	  "without restart; add for example \"restart = bird.service\"" },
	{ HEAD LINK "[probe a]\nport-list = 1\naddress = ::1\n"
	  "restart-timeout = 1s\n", "PATH:6: [probe a]: restart-timeout has no "
	  "use without restart; add for example \"restart = bird.service\"" },
	{ HEAD LINK "[probe a]\nport-list = 1\naddress = ::1\nfailover = no\n",
	  "PATH:6: [probe a]: neither restart nor failover, so nothing follows "
	  "from a failure; add for example \"restart = bird.service\"" },
	{ HEAD LINK "[probe a]\nport-list = 1\naddress = ::1\n"
	  "retry-interval = 14999ms\n", "PATH:6: [probe a]: retry-interval is "
	  "shorter than interval and probe-timeout together, so that partial "
	  "failures cannot add up; make it at least 15000ms" },
	{ HEAD LINK "[service]\naddress = 10.0.0.1/8 dev e\n"
	  "address = 10.0.0.2/8 dev e\naddress = 10.0.0.3/8 dev e\n"
	  "address = 10.0.0.4/8 dev e\naddress = 10.0.0.5/8 dev e\n"
	  "[probe a]\nport-list = 1 2 3 4 5 6 7 8 9 10 11 12 13\n",
	  "PATH:12: [probe a]: more than 64 connections (addresses times "
	  "ports); make two probes of it" },
	{ "[control]\nsocket = here\n", "PATH:2: [control] socket: \"here\" is "
	  "not a usable path; write a path that begins with / and has less "
	  "than 108 characters" },
	{ "[messages]\nclients = bgp, bgp\n", "PATH:2: [messages] clients: "
	  "\"bgp\" is not a new name; it is given twice; remove one of the "
	  "two" },
	{ "[messages]\nclients = BGP\n", "PATH:2: [messages] clients: \"BGP\" "
	  "is not the name of a client; write small letters, digits, dots, "
	  "dashes and underscores, as in bgp, ldp" },
	{ "[messages]\nclients = ,\n", "PATH:2: [messages] clients: \",\" is "
	  "not a list of clients; write small letters, digits, dots, dashes "
	  "and underscores, as in bgp, ldp" },
	{ HEAD LINK "[messages]\nclients = a\nport = 7000\n", "PATH:8: "
	  "[messages] port: is that of the link; choose another" },
	{ HEAD LINK "[control]\nsocket = /s\n[messages]\nclient-socket = /s\n",
	  "PATH:9: [messages] client-socket: is the control socket; choose "
	  "another path" },
	{ HEAD "[link]\nlisten = 10.1.0.1:65535\n[messages]\nclients = a\n",
	  "PATH:7: [messages] port: the link has the last port there is; add "
	  "for example \"port = 7001\" below [messages], on both nodes" },
	{ HEAD "[link]\nconnect = 10.1.0.2:7000\n"
	  "connect-also = 10.1.0.3:65535\n[messages]\nclients = a\n",
	  "PATH:8: [messages] port: the link has the last port there is; add "
	  "for example \"port = 7001\" below [messages], on both nodes" },
	{ HEAD "[link]\nconnect = 10.1.0.2:7000\n"
	  "connect-also = 10.1.0.3:7001\n[messages]\nclients = a\n"
	  "port = 7001\n", "PATH:9: [messages] port: is that of the link; "
	  "choose another" },
	{ "[repository]\ncount-max = 1\n", "PATH:2: [repository] count-max: "
	  "\"1\" is out of range; write a value from 16 to 100000000" },
	{ "[control]\ngroup = a b\n", "PATH:2: [control] group: \"a b\" is not "
	  "a name; write one short word without blanks or slashes" },
};

static void refused(void **state)
{
	char expect[FTTCPD_CONF_ERROR];
	struct fttcpd_conf before;
	size_t i;

	(void)state;
	memset(&before, 0xa5, sizeof(before));
	for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		assert_int_equal(read_as(refusals[i].text, false), -EINVAL);
		snprintf(expect, sizeof(expect), PATH "%s",
			 refusals[i].err + strlen("PATH"));
		assert_string_equal(err, expect);
		/* Nothing half applied. */
		assert_memory_equal(&conf, &before, sizeof(conf));
	}
}

static void first_error_counts(void **state)
{
	(void)state;
	assert_int_equal(read_text("[node]\nrubbish\nid = x\n"), -EINVAL);
	assert_string_equal(err, PATH ":2: neither \"[section]\" nor \"key = "
			    "value\"; comments begin with # or ;");
}

static void too_long(void **state)
{
	char text[600];

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	memcpy(text, "[node]\nid = ", 12);
	assert_int_equal(read_text(text), -EINVAL);
	assert_string_equal(err, PATH ":2: line is longer than 198 characters; "
			    "shorten it");
}

static void too_many(void **state)
{
	char *text = malloc(65536);
	size_t len;
	int i;

	(void)state;
	assert_non_null(text);
	len = sprintf(text, HEAD LINK "[service]\n");
	for (i = 0; i <= FTTCPD_CONF_SERVICES; i++)
		len += sprintf(text + len, "address = 10.0.0.%d/24 dev e\n", i);
	assert_int_equal(read_text(text), -EINVAL);
	assert_string_equal(err, PATH ":71: [service] address: more than 64 "
			    "addresses; remove some");
	len = 0;
	for (i = 0; i <= FTTCPD_CONF_POLICIES; i++)
		len += sprintf(text + len, "[policy p%d]\nlocal-port = 1\n", i);
	assert_int_equal(read_text(text), -EINVAL);
	assert_string_equal(err, PATH ":129: [policy p64]: more than 64 "
			    "policies; join some of them");
	len = 0;
	for (i = 0; i <= FTTCPD_CONF_PROBES; i++)
		len += sprintf(text + len, "[probe p%d]\nport-list = 1\n", i);
	assert_int_equal(read_text(text), -EINVAL);
	assert_string_equal(err, PATH ":33: [probe p16]: more than 16 probes; "
			    "join some of them");
	len = sprintf(text, "[probe p]\n");
	for (i = 0; i <= FTTCPD_CONF_PROBE_ADDRESSES; i++)
		len += sprintf(text + len, "address = 10.0.0.%d\n", i + 1);
	assert_int_equal(read_text(text), -EINVAL);
	assert_string_equal(err, PATH ":10: [probe p] address: more than 8 "
			    "addresses; remove some");
	len = sprintf(text, "[probe p]\nexpect = ");
	memset(text + len, 'a', FTTCPD_CONF_BYTES + 1);
	text[len + FTTCPD_CONF_BYTES + 1] = '\0';
	assert_int_equal(read_text(text), -EINVAL);
	assert_non_null(strstr(err, "is not short enough; 128 bytes are the "
			       "most"));
	free(text);
}

static void unreadable(void **state)
{
	(void)state;
	assert_int_equal(fttcpd_conf_read("missing.conf", &conf, err),
			 -ENOENT);
	assert_string_equal(err, "missing.conf: cannot be read: No such file "
			    "or directory; name a readable file with -c");
	assert_int_equal(fttcpd_conf_read(".", &conf, err), -EIO);
	assert_string_equal(err, ".: cannot be read: Input/output error; name "
			    "a readable file with -c");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(smallest),
		cmocka_unit_test(largest),
		cmocka_unit_test(refused),
		cmocka_unit_test(first_error_counts),
		cmocka_unit_test(too_long),
		cmocka_unit_test(too_many),
		cmocka_unit_test(unreadable),
	};

	return cmocka_run_group_tests_name("conf", tests, enter_scratch,
					   leave_scratch);
}
