// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the table of sections and keys.
 */
#include <string.h>

#include <fttcp/limits.h>
#include <fttcp/strings-gen.h>
#include <linux/fttcp.h>

#include "conf_keys.h"

const char * const fttcpd_section_name[SECTIONS] = {
	[NODE] = "node",
	[LINK] = "link",
	[AUTH] = "auth",
	[SECOND_PATH] = "second-path",
	[FENCE] = "fence",
	[WITNESS] = "witness",
	[SERVICE] = "service",
	[POLICY] = "policy",
	[PROBE] = "probe",
	[LIMITS] = "limits",
	[MESSAGES] = "messages",
	[REPOSITORY] = "repository",
	[CONTROL] = "control",
};

#define RANGE(lo, hi)	{ .min = (lo), .max = (hi) }
#define WORDS(w, fn)	{ .words = (w), .word_value = (fn) }
#define FREE		{ .max = 0 }

static int yes_no(const char *word)
{
	return !strcmp(word, "yes");
}

static int is_external(const char *word)
{
	return !strcmp(word, "external");
}

static int is_operator(const char *word)
{
	return !strcmp(word, "operator");
}

/** fttcpd_section_is_named() - it has a name of its own, and there may be many */
bool fttcpd_section_is_named(enum section s)
{
	return s == POLICY || s == PROBE;
}

/* One longer than what may be used, so that the last one ends it. */
const struct fttcpd_key fttcpd_keys[FTTCPD_CONF_KEYS + 1] = {
	{ NODE, "id", fttcpd_value_number, AT(id), RANGE(1, UINT32_MAX) },
	{ NODE, "peer-id", fttcpd_value_number, AT(peer_id),
	  RANGE(1, UINT32_MAX) },
	{ NODE, "role", fttcpd_value_word, AT(role),
	  WORDS("active backup", fttcp_role_value) },
	{ NODE, "manager", fttcpd_value_word, AT(external),
	  WORDS("builtin external", is_external) },
	{ NODE, "rejoin", fttcpd_value_word, AT(stay_out),
	  WORDS("auto operator", is_operator) },
	{ NODE, "on-backup-loss", fttcpd_value_word, AT(on_backup_loss),
	  WORDS("solo hold", fttcp_loss_value) },
	{ NODE, "hold-max", fttcpd_value_duration, AT(hold_max_ms),
	  RANGE(FTTCP_HOLD_MAX_MS_MIN, FTTCP_HOLD_MAX_MS_MAX) },
	{ NODE, "startup-wait", fttcpd_value_duration, AT(startup_wait_ms),
	  RANGE(0, 3600000) },
	{ NODE, "audit-interval", fttcpd_value_duration, AT(audit_interval_ms),
	  RANGE(0, FTTCP_AUDIT_INTERVAL_MS_MAX) },
	{ NODE, "mode", fttcpd_value_word, AT(mode),
	  WORDS("sync async rx-only", fttcp_mode_value) },
	{ NODE, "local-peers", fttcpd_value_word, AT(local_peers),
	  WORDS("leave protect", fttcp_local_peers_value) },
	{ NODE, "epoch-file", fttcpd_value_path, AT(epoch_file),
	  ROOM(FTTCPD_CONF_PATH) },

	{ LINK, "listen", fttcpd_value_endpoint, AT(listen), FREE },
	{ LINK, "connect", fttcpd_value_endpoint, AT(connect), FREE },
	{ LINK, "connect-also", fttcpd_value_endpoints, AT(connect_also), FREE },
	{ LINK, "bind", fttcpd_value_address, AT(bind), FREE },
	{ LINK, "device", fttcpd_value_device, AT(link_device), FREE },
	{ LINK, "lanes", fttcpd_value_number, AT(lanes),
	  RANGE(1, FTTCP_LANES_MAX) },
	{ LINK, "heartbeat", fttcpd_value_duration, AT(heartbeat_ms),
	  RANGE(FTTCP_HEARTBEAT_MS_MIN, FTTCP_HEARTBEAT_MS_MAX) },
	{ LINK, "heartbeat-misses", fttcpd_value_number, AT(heartbeat_misses),
	  RANGE(FTTCP_HEARTBEAT_MISSES_MIN, FTTCP_HEARTBEAT_MISSES_MAX) },
	{ LINK, "retry", fttcpd_value_duration, AT(retry_ms),
	  RANGE(10, 60000) },
	{ LINK, "connect-retry-interval", fttcpd_value_duration,
	  AT(connect_retry_ms), RANGE(FTTCP_CONNECT_RETRY_MS_MIN,
				      FTTCP_CONNECT_RETRY_MS_MAX) },
	{ LINK, "auto-resend-retry-count", fttcpd_value_number,
	  AT(auto_resend_count), RANGE(0, FTTCP_AUTO_RESEND_MAX) },
	{ LINK, "soft-error-count", fttcpd_value_number, AT(soft_error_count),
	  RANGE(0, FTTCP_SOFT_ERRORS_MAX) },
	{ LINK, "soft-error-window", fttcpd_value_duration,
	  AT(soft_error_window_ms), RANGE(FTTCP_SOFT_ERROR_WINDOW_MS_MIN,
					  FTTCP_SOFT_ERROR_WINDOW_MS_MAX) },

	{ AUTH, "key-file", fttcpd_value_path, AT(key_file),
	  ROOM(FTTCPD_CONF_PATH) },
	{ AUTH, "insecure", fttcpd_value_word, AT(insecure),
	  WORDS("yes no", yes_no) },

	{ SECOND_PATH, "local", fttcpd_value_endpoint, AT(path_local), FREE },
	{ SECOND_PATH, "peer", fttcpd_value_endpoint, AT(path_peer), FREE },
	{ SECOND_PATH, "interval", fttcpd_value_duration, AT(path_interval_ms),
	  RANGE(FTTCP_PATH_INTERVAL_MS_MIN, FTTCP_PATH_INTERVAL_MS_MAX) },
	{ SECOND_PATH, "misses", fttcpd_value_number, AT(path_misses),
	  RANGE(FTTCP_PATH_MISSES_MIN, FTTCP_PATH_MISSES_MAX) },
	{ SECOND_PATH, "key-file", fttcpd_value_path, AT(path_key_file),
	  ROOM(FTTCPD_CONF_PATH) },
	{ SECOND_PATH, "insecure", fttcpd_value_word, AT(path_insecure),
	  WORDS("yes no", yes_no) },

	{ FENCE, "program", fttcpd_value_program, AT(fence_program),
	  ROOM(FTTCPD_CONF_COMMAND) },
	{ FENCE, "timeout", fttcpd_value_duration, AT(fence_timeout_ms),
	  RANGE(FTTCP_FENCE_MS_MIN, FTTCP_FENCE_MS_MAX) },
	{ FENCE, "retry-interval", fttcpd_value_duration, AT(fence_retry_ms),
	  RANGE(FTTCP_FENCE_MS_MIN, FTTCP_FENCE_MS_MAX) },
	{ FENCE, "allow-unfenced", fttcpd_value_word, AT(allow_unfenced),
	  WORDS("yes no", yes_no) },

	{ WITNESS, "server", fttcpd_value_endpoint, AT(witness_server), FREE },
	{ WITNESS, "key-file", fttcpd_value_path, AT(witness_key),
	  ROOM(FTTCPD_CONF_PATH) },
	{ WITNESS, "listen", fttcpd_value_endpoint, AT(witness_listen), FREE },
	{ WITNESS, "state-file", fttcpd_value_path, AT(witness_state),
	  ROOM(FTTCPD_CONF_PATH) },

	{ SERVICE, "address", fttcpd_value_service, AT(service), FREE },
	{ SERVICE, "conflict-check", fttcpd_value_word, AT(conflict_check),
	  WORDS("yes no", yes_no) },
	{ SERVICE, "announce-count", fttcpd_value_number, AT(announce_count),
	  RANGE(1, 100) },
	{ SERVICE, "announce-interval", fttcpd_value_duration,
	  AT(announce_interval_ms), RANGE(10, 60000) },

	{ POLICY, "local", fttcpd_value_prefix, AT_POLICY(local), FREE },
	{ POLICY, "local-port", fttcpd_value_number, AT_POLICY(local_port),
	  RANGE(1, 65535) },
	{ POLICY, "remote", fttcpd_value_prefix, AT_POLICY(remote), FREE },
	{ POLICY, "remote-port", fttcpd_value_number, AT_POLICY(remote_port),
	  RANGE(1, 65535) },
	{ POLICY, "device", fttcpd_value_device, AT_POLICY(device), FREE },
	{ POLICY, "mode", fttcpd_value_word, AT_POLICY(mode),
	  WORDS("sync async rx-only", fttcp_mode_value) },

	{ PROBE, "address", fttcpd_value_address, AT_PROBE(address), FREE },
	{ PROBE, "port-list", fttcpd_value_ports, AT_PROBE(ports), FREE },
	{ PROBE, "device", fttcpd_value_device, AT_PROBE(device), FREE },
	{ PROBE, "probe-timeout", fttcpd_value_duration, AT_PROBE(timeout_ms),
	  RANGE(FTTCP_PROBE_TIMEOUT_MS_MIN, FTTCP_PROBE_TIMEOUT_MS_MAX) },
	{ PROBE, "interval", fttcpd_value_duration, AT_PROBE(interval_ms),
	  RANGE(FTTCP_PROBE_INTERVAL_MS_MIN, FTTCP_PROBE_INTERVAL_MS_MAX) },
	{ PROBE, "retry-interval", fttcpd_value_duration,
	  AT_PROBE(retry_interval_ms), RANGE(1, FTTCP_PROBE_RETRY_MS_MAX) },
	{ PROBE, "retry-count", fttcpd_value_number, AT_PROBE(retry_count),
	  RANGE(0, FTTCP_PROBE_RESTARTS_MAX) },
	{ PROBE, "request", fttcpd_value_escaped, AT_PROBE(request), FREE },
	{ PROBE, "expect", fttcpd_value_escaped, AT_PROBE(expect), FREE },
	{ PROBE, "restart", fttcpd_value_restart, AT_PROBE(restart),
	  ROOM(FTTCPD_CONF_COMMAND) },
	{ PROBE, "restart-timeout", fttcpd_value_duration,
	  AT_PROBE(restart_timeout_ms),
	  RANGE(FTTCP_PROBE_RESTART_MS_MIN, FTTCP_PROBE_RESTART_MS_MAX) },
	{ PROBE, "restart-wait", fttcpd_value_duration,
	  AT_PROBE(restart_wait_ms), RANGE(0, FTTCP_PROBE_WAIT_MS_MAX) },
	{ PROBE, "failover", fttcpd_value_word, AT_PROBE(failover),
	  WORDS("yes no", yes_no) },

	{ LIMITS, "lane-queue-max", fttcpd_value_bytes, AT(lane_queue_max),
	  RANGE(FTTCP_LANE_QUEUE_MAX_MIN, FTTCP_LANE_QUEUE_MAX_MAX) },
	{ LIMITS, "memory-max", fttcpd_value_bytes, AT(memory_max),
	  RANGE(FTTCP_MEMORY_MAX_MIN, FTTCP_MEMORY_MAX_MAX) },

	{ MESSAGES, "clients", fttcpd_value_clients, AT(clients), FREE },
	{ MESSAGES, "client-socket", fttcpd_value_path, AT(client_socket),
	  ROOM(FTTCPD_CONF_PATH) },
	{ MESSAGES, "client-group", fttcpd_value_name, AT(client_group),
	  ROOM(FTTCPD_CONF_NAME) },
	{ MESSAGES, "port", fttcpd_value_number, AT(messages_port),
	  RANGE(1, 65535) },

	{ REPOSITORY, "file", fttcpd_value_path, AT(repo_file),
	  ROOM(FTTCPD_CONF_PATH) },
	{ REPOSITORY, "size-max", fttcpd_value_bytes, AT(repo_size_max),
	  RANGE(FTTCP_REPO_SIZE_MAX_MIN, FTTCP_REPO_SIZE_MAX_MAX) },
	{ REPOSITORY, "count-max", fttcpd_value_number, AT(repo_count_max),
	  RANGE(FTTCP_REPO_COUNT_MAX_MIN, FTTCP_REPO_COUNT_MAX_MAX) },
	{ REPOSITORY, "age-max", fttcpd_value_duration, AT(repo_age_ms),
	  RANGE(0, FTTCP_REPO_AGE_MS_MAX) },

	{ CONTROL, "socket", fttcpd_value_path, AT(socket),
	  ROOM(FTTCPD_CONF_PATH) },
	{ CONTROL, "group", fttcpd_value_name, AT(group),
	  ROOM(FTTCPD_CONF_NAME) },
};
