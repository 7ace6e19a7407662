/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The daemon's configuration as numbers and addresses: what fttcpd.conf(5)
 * says, checked. Reading a file either fills a struct fttcpd_conf completely
 * or gives one error text and leaves nothing behind; applying it is done
 * elsewhere.
 */
#ifndef FTTCPD_CONF_H
#define FTTCPD_CONF_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include <fttcp/limits.h>

#include "addr.h"
#include "value_text.h"

#define FTTCPD_CONF_SERVICES	64
#define FTTCPD_CONF_POLICIES	64
#define FTTCPD_CONF_ERROR	512
#define FTTCPD_CONF_PATH	108	/* what a socket address holds */
#define FTTCPD_CONF_NAME	32
#define FTTCPD_CONF_KEYS	76
#define FTTCPD_CONF_PROBES	16
#define FTTCPD_CONF_PROBE_ADDRESSES 8
#define FTTCPD_CONF_PROBE_PORTS	16
#define FTTCPD_CONF_BYTES	128	/* of a request, of an answer */
#define FTTCPD_CONF_COMMAND	192	/* a line of the file holds no more */

/**
 * struct fttcpd_service - one address that follows the active role
 * @addr:	the address; the port is 0
 * @prefixlen:	length of its on-link prefix
 * @dev:	the device that carries it
 * @line:	line in the file, for messages after the parse
 */
struct fttcpd_service {
	struct fttcp_endpoint addr;
	uint8_t prefixlen;
	char dev[IF_NAMESIZE];
	unsigned int line;
};

/**
 * struct fttcpd_policy - which connections are protected as they come up
 * @name:	the section's name
 * @line:	line of the section in the file
 * @local:	prefix of the own address, family 0 for any
 * @remote:	prefix of the peer's address, family 0 for any
 * @local_port:	own port, 0 for any
 * @remote_port: peer's port, 0 for any
 * @device:	device or VRF the socket is bound to, "" for any
 * @mode:	enum fttcp_mode, or FTTCPD_UNSET for the node's own
 */
struct fttcpd_policy {
	char name[FTTCPD_CONF_NAME];
	unsigned int line;
	struct fttcp_prefix local;
	struct fttcp_prefix remote;
	uint32_t local_port;
	uint32_t remote_port;
	char device[IF_NAMESIZE];
	uint32_t mode;
};

#define FTTCPD_UNSET	0xffffffffu

/**
 * struct fttcpd_endpoints - list of addresses with ports
 * @count:	how many
 * @ep:		in the order of the file
 */
struct fttcpd_endpoints {
	unsigned int count;
	struct fttcp_endpoint ep[FTTCP_BACKUPS_MORE];
};

/**
 * struct fttcpd_clients - names of clients
 * @count:	how many
 * @name:	they
 */
struct fttcpd_clients {
	unsigned int count;
	char name[FTTCP_CLIENTS_MAX][FTTCP_CLIENT_NAME];
};

/**
 * struct fttcpd_ports - list of ports
 * @port:	in the order of the file
 * @count:	how many
 */
struct fttcpd_ports {
	uint16_t port[FTTCPD_CONF_PROBE_PORTS];
	unsigned int count;
};

/**
 * struct fttcpd_bytes - what goes over a connection
 * @data:	any bytes
 * @len:	how many, 0 for none
 */
struct fttcpd_bytes {
	char data[FTTCPD_CONF_BYTES];
	unsigned int len;
};

/**
 * struct fttcpd_probe_conf - how the health of a service is looked after
 * @name:	the section's name
 * @line:	line of the section in the file
 * @address:	@addresses own addresses; none, every service address
 * @addresses:	how many
 * @ports:	ports on each of them
 * @device:	VRF or device of the addresses, "" for none
 * @timeout_ms:	probe-timeout, for all of a round
 * @interval_ms: from the end of a round to the next
 * @retry_interval_ms: how long failures, restarts and fail-overs count
 * @retry_count: restarts in that time
 * @request:	sent on each connection
 * @expect:	has to be in the answer
 * @restart:	systemd unit, or a command with its arguments; "" for none
 * @restart_timeout_ms: how long that may take
 * @restart_wait_ms: failures do not count for so long after a start
 * @failover:	1 when it may be failed over
 */
struct fttcpd_probe_conf {
	char name[FTTCPD_CONF_NAME];
	unsigned int line;
	struct fttcp_endpoint address[FTTCPD_CONF_PROBE_ADDRESSES];
	unsigned int addresses;
	struct fttcpd_ports ports;
	char device[IF_NAMESIZE];
	uint32_t timeout_ms;
	uint32_t interval_ms;
	uint32_t retry_interval_ms;
	uint32_t retry_count;
	struct fttcpd_bytes request;
	struct fttcpd_bytes expect;
	char restart[FTTCPD_CONF_COMMAND];
	uint32_t restart_timeout_ms;
	uint32_t restart_wait_ms;
	uint32_t failover;
};

/**
 * struct fttcpd_conf - one configuration
 * @id:		this node's number
 * @peer_id:	the other node's number, 0 when any is welcome
 * @role:	enum fttcp_role to begin with when nobody is active
 * @external:	1 when the role is decided elsewhere
 * @stay_out:	1 when it waits for an operator after it has lost its role
 * @on_backup_loss: enum fttcp_loss
 * @hold_max_ms: how long output waits for a lost backup
 * @startup_wait_ms: how long an active node looks for another active one
 * @audit_interval_ms: from one audit to the next, 0 for none
 * @mode:	enum fttcp_mode of connections whose policy has none
 * @local_peers: enum fttcp_local_peers
 * @epoch_file:	where epoch.c keeps its number, "" for nowhere
 * @listen:	where the other node's link arrives; or
 * @connect:	where this node's link goes
 * @connect_also: further backups, called in their order (resend_link.c)
 * @bind:	source address of @connect
 * @link_device: device that carries the link and whose carrier is watched
 * @lanes:	TCP connections of the link
 * @heartbeat_ms: interval of the kernel's heartbeats
 * @heartbeat_misses: how many missed ones mean that the other node is gone
 * @retry_ms:	pause between attempts to connect
 * @connect_retry_ms: the same after the other node was stopped forced
 * @auto_resend_count: how many attempts there are then
 * @soft_error_count: so many soft errors are a persistent one, 0 never
 * @soft_error_window_ms: within so long
 * @key_file:	of the key that both nodes share, "" for none
 * @insecure:	1 when there is none on purpose
 * @path_local:	where datagrams of the second path arrive, family 0 for none
 * @path_peer:	the same of the other node
 * @path_interval_ms: between two of them
 * @path_misses: how many missed ones mean that the other node is not heard
 * @path_key_file: keys that prove who sends, "" for none
 * @path_insecure: 1 to send and believe them without one
 * @fence_program: command that silences the other node, "none", or "" for none
 * @fence_timeout_ms: how long that may take
 * @fence_retry_ms: after one that failed
 * @allow_unfenced: 1 to say "none" and mean it
 * @witness_server: where the witness answers, family 0 for none
 * @witness_key: file of the key that it and both nodes have
 * @witness_listen: of a witness: where it answers
 * @witness_state: of a witness: file with what it has granted
 * @conflict_check: 1 to look whether another machine has a service address
 *		before this one becomes active by itself, 0 not to
 * @announce_count: how often a moved address is announced
 * @announce_interval_ms: pause between two announcements
 * @service:	@services addresses that follow the active role
 * @services:	how many
 * @policy:	@policies policies
 * @policies:	how many
 * @probe:	@probes services whose health is looked after
 * @probes:	how many
 * @lane_queue_max: bytes, 0 leaves the kernel's default
 * @memory_max:	bytes, 0 leaves the kernel's default
 * @clients:	have to replicate their own state before the sockets follow
 * @client_socket: where clients register, "" for nowhere
 * @client_group: group that may do so beside root, "" for none
 * @messages_port: of the connection for messages, 0 for that beside the link's
 * @repo_file:	the repository of messages
 * @repo_size_max: bytes of it
 * @repo_count_max: messages in it
 * @repo_age_ms: for how long what is done is kept in it
 * @socket:	path of the control socket
 * @group:	group that may use it beside root, "" for none
 * @key_line:	line in which a key outside the named sections stood last, 0 for
 *		not at all; fttcpd_conf_line() reads it
 */
struct fttcpd_conf {
	uint32_t id;
	uint32_t peer_id;
	uint32_t role;
	uint32_t external;
	uint32_t stay_out;
	uint32_t on_backup_loss;
	uint32_t hold_max_ms;
	uint32_t startup_wait_ms;
	uint32_t audit_interval_ms;
	uint32_t mode;
	uint32_t local_peers;
	char epoch_file[FTTCPD_CONF_PATH];

	struct fttcp_endpoint listen;
	struct fttcp_endpoint connect;
	struct fttcpd_endpoints connect_also;
	struct fttcp_endpoint bind;
	char link_device[IF_NAMESIZE];
	uint32_t lanes;
	uint32_t heartbeat_ms;
	uint32_t heartbeat_misses;
	uint32_t retry_ms;
	uint32_t connect_retry_ms;
	uint32_t auto_resend_count;
	uint32_t soft_error_count;
	uint32_t soft_error_window_ms;

	char key_file[FTTCPD_CONF_PATH];
	uint32_t insecure;

	struct fttcp_endpoint path_local;
	struct fttcp_endpoint path_peer;
	uint32_t path_interval_ms;
	uint32_t path_misses;
	char path_key_file[FTTCPD_CONF_PATH];
	uint32_t path_insecure;

	char fence_program[FTTCPD_CONF_COMMAND];
	uint32_t fence_timeout_ms;
	uint32_t fence_retry_ms;
	uint32_t allow_unfenced;

	struct fttcp_endpoint witness_server;
	char witness_key[FTTCPD_CONF_PATH];
	struct fttcp_endpoint witness_listen;
	char witness_state[FTTCPD_CONF_PATH];

	uint32_t conflict_check;
	uint32_t announce_count;
	uint32_t announce_interval_ms;
	struct fttcpd_service service[FTTCPD_CONF_SERVICES];
	unsigned int services;

	struct fttcpd_policy policy[FTTCPD_CONF_POLICIES];
	unsigned int policies;

	struct fttcpd_probe_conf probe[FTTCPD_CONF_PROBES];
	unsigned int probes;

	uint64_t lane_queue_max;
	uint64_t memory_max;

	struct fttcpd_clients clients;
	char client_socket[FTTCPD_CONF_PATH];
	char client_group[FTTCPD_CONF_NAME];
	uint32_t messages_port;

	char repo_file[FTTCPD_CONF_PATH];
	uint64_t repo_size_max;
	uint32_t repo_count_max;
	uint32_t repo_age_ms;

	char socket[FTTCPD_CONF_PATH];
	char group[FTTCPD_CONF_NAME];

	unsigned int key_line[FTTCPD_CONF_KEYS];
};

/* Keys, further addresses, and all keys of all policies and probes. */
#define FTTCPD_SETTINGS_MAX	(FTTCPD_CONF_KEYS + FTTCPD_CONF_SERVICES + \
				 FTTCPD_CONF_POLICIES * 8 + \
				 FTTCPD_CONF_PROBES * \
				 (16 + FTTCPD_CONF_PROBE_ADDRESSES))

/**
 * struct fttcpd_setting - one key of a configuration, as text
 * @section:	"node", or "policy NAME", "probe NAME"
 * @key:	its name
 * @value:	as it would stand in the file; "" for one that was not set
 * @line:	where it stands there, of a policy's or probe's key the section; 0 for a
 *		default
 * @many:	the key may stand there more than once
 */
struct fttcpd_setting {
	char section[48];
	const char *key;
	char value[FTTCPD_VALUE_TEXT];
	unsigned int line;
	bool many;
};

int fttcpd_conf_read(const char *path, struct fttcpd_conf *conf,
		     char err[FTTCPD_CONF_ERROR]);
int fttcpd_conf_read_witness(const char *path, struct fttcpd_conf *conf,
			     char err[FTTCPD_CONF_ERROR]);
bool fttcpd_conf_decides(const struct fttcpd_conf *conf);
unsigned int fttcpd_conf_line(const struct fttcpd_conf *conf,
			      const char *key);
unsigned int fttcpd_conf_settings(const struct fttcpd_conf *conf,
				  struct fttcpd_setting *list);
void fttcpd_conf_keep(const struct fttcpd_conf *from, struct fttcpd_conf *to,
		      const char *section, const char *key);

#endif /* FTTCPD_CONF_H */
