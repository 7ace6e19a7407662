// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns how a value is written in the configuration file, and what is said
 * when it is written otherwise.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "conf.h"
#include "fttcp-packet.h"
#include "units.h"
#include "value.h"

/**
 * fttcpd_value_refuse() - what is wrong, and what would be right
 * @err:	where the sentence goes
 * @text:	what was written
 * @what:	what it should have been
 * @remedy:	what to write
 *
 * Return: -EINVAL.
 */
int fttcpd_value_refuse(char *err, const char *text, const char *what,
			const char *remedy)
{
	snprintf(err, FTTCPD_VALUE_ERROR, "\"%.64s\" is not %s; %s", text, what,
		 remedy);
	return -EINVAL;
}

static int refuse(char *err, const char *text, const char *what,
		  const char *remedy)
{
	return fttcpd_value_refuse(err, text, what, remedy);
}

static int out_of_range(char *err, const char *text,
			const struct fttcpd_value *value, const char *unit)
{
	snprintf(err, FTTCPD_VALUE_ERROR,
		 "\"%.64s\" is out of range; write a value from %" PRIu64
		 "%s to %" PRIu64 "%s", text, value->min, unit, value->max,
		 unit);
	return -EINVAL;
}

/** fttcpd_value_number() - a plain decimal number */
int fttcpd_value_number(const char *text, const struct fttcpd_value *value,
			void *out, char err[FTTCPD_VALUE_ERROR])
{
	uint64_t n;
	int rc;

	rc = fttcp_number_parse(text, value->max, &n);
	if (rc == -EINVAL)
		return refuse(err, text, "a number",
			      "write decimal digits only");
	if (rc || n < value->min)
		return out_of_range(err, text, value, "");
	*(uint32_t *)out = n;
	return 0;
}

/*
 * A bare number is refused: the file is read by people who would not agree
 * about the unit.
 */
/** fttcpd_value_duration() - "300ms", "2s" */
int fttcpd_value_duration(const char *text, const struct fttcpd_value *value,
			  void *out, char err[FTTCPD_VALUE_ERROR])
{
	size_t len = strlen(text);
	uint64_t us;
	int rc;

	rc = fttcp_duration_parse(text, FTTCP_UNIT_MS, &us);
	if (rc == -EINVAL || !len || !isalpha((unsigned char)text[len - 1]))
		return refuse(err, text, "a duration",
			      "write a number and a unit, like 300ms or 2s");
	if (rc || us % 1000 || us / 1000 < value->min ||
	    us / 1000 > value->max)
		return out_of_range(err, text, value, "ms");
	*(uint32_t *)out = us / 1000;
	return 0;
}

/** fttcpd_value_bytes() - "65536", "512K", "64M" or "1G" */
int fttcpd_value_bytes(const char *text, const struct fttcpd_value *value,
		       void *out, char err[FTTCPD_VALUE_ERROR])
{
	uint64_t n;
	int rc;

	rc = fttcp_size_parse(text, &n);
	if (rc == -EINVAL)
		return refuse(err, text, "a size",
			      "write bytes, or a number with K, M or G");
	if (rc || n < value->min || n > value->max)
		return out_of_range(err, text, value, " bytes");
	*(uint64_t *)out = n;
	return 0;
}

static bool word_in(const char *words, const char *text)
{
	size_t len = strlen(text);
	const char *p;

	if (!len || strchr(text, ' '))
		return false;
	for (p = strstr(words, text); p; p = strstr(p + 1, text))
		if ((p == words || p[-1] == ' ') &&
		    (p[len] == ' ' || !p[len]))
			return true;
	return false;
}

/** fttcpd_value_word() - one of the words in @value->words */
int fttcpd_value_word(const char *text, const struct fttcpd_value *value,
		      void *out, char err[FTTCPD_VALUE_ERROR])
{
	char remedy[96];

	snprintf(remedy, sizeof(remedy), "write one of: %s", value->words);
	if (!word_in(value->words, text))
		return refuse(err, text, "known here", remedy);
	*(uint32_t *)out = value->word_value(text);
	return 0;
}

/** fttcpd_value_name() - one word without blanks */
int fttcpd_value_name(const char *text, const struct fttcpd_value *value,
		      void *out, char err[FTTCPD_VALUE_ERROR])
{
	if (!*text || strpbrk(text, " \t/") || strlen(text) >= value->max)
		return refuse(err, text, "a name",
			      "write one short word without blanks or slashes");
	snprintf(out, value->max, "%s", text);
	return 0;
}

/** fttcpd_value_device() - name of a network device */
int fttcpd_value_device(const char *text, const struct fttcpd_value *value,
			void *out, char err[FTTCPD_VALUE_ERROR])
{
	(void)value;
	if (!*text || strpbrk(text, " \t/:") || strlen(text) >= IF_NAMESIZE)
		return refuse(err, text, "a device name",
			      "write a name as \"ip link\" shows it");
	snprintf(out, IF_NAMESIZE, "%s", text);
	return 0;
}

/** fttcpd_value_path() - an absolute path that fits */
int fttcpd_value_path(const char *text, const struct fttcpd_value *value,
		      void *out, char err[FTTCPD_VALUE_ERROR])
{
	char remedy[96];

	snprintf(remedy, sizeof(remedy),
		 "write a path that begins with / and has less than %" PRIu64
		 " characters", value->max);
	if (*text != '/' || strlen(text) >= value->max)
		return refuse(err, text, "a usable path", remedy);
	snprintf(out, value->max, "%s", text);
	return 0;
}

static int no_address(char *err, const char *text, int rc, const char *what,
		      const char *remedy)
{
	if (rc == -ENODEV)
		return refuse(err, text, what,
			      "the device behind % does not exist");
	return refuse(err, text, what, remedy);
}

/** fttcpd_value_address() - an IPv4 or IPv6 address */
int fttcpd_value_address(const char *text, const struct fttcpd_value *value,
			 void *out, char err[FTTCPD_VALUE_ERROR])
{
	struct fttcp_endpoint ep;
	int rc;

	(void)value;
	rc = fttcp_addr_parse(text, &ep);
	if (rc)
		return no_address(err, text, rc, "an address",
				  "write for example 10.0.0.1 or 2001:db8::1");
	*(struct fttcp_endpoint *)out = ep;
	return 0;
}

/** fttcpd_value_endpoint() - "10.1.0.1:7000" or "[2001:db8::1]:7000" */
int fttcpd_value_endpoint(const char *text, const struct fttcpd_value *value,
			  void *out, char err[FTTCPD_VALUE_ERROR])
{
	struct fttcp_endpoint ep;
	int rc;

	(void)value;
	rc = fttcp_endpoint_parse(text, &ep);
	if (rc)
		return no_address(err, text, rc, "an address and a port",
				  "write for example 10.1.0.1:7000 or "
				  "[2001:db8::1]:7000");
	*(struct fttcp_endpoint *)out = ep;
	return 0;
}

/** fttcpd_value_endpoints() - "10.1.0.1:7000, 10.1.0.2:7000" */
int fttcpd_value_endpoints(const char *text, const struct fttcpd_value *value,
			   void *out, char err[FTTCPD_VALUE_ERROR])
{
	static const char remedy[] = "write for example 10.1.0.2:7000, "
		"10.1.0.3:7000, at most 3";
	struct fttcpd_endpoints list = { .count = 0 };
	char copy[256], *word, *save;

	_Static_assert(FTTCP_BACKUPS_MORE == 3, "the remedy");
	if (snprintf(copy, sizeof(copy), "%s", text) >= (int)sizeof(copy))
		return refuse(err, text, "a list of addresses", remedy);
	for (word = strtok_r(copy, ", ", &save); word;
	     word = strtok_r(NULL, ", ", &save)) {
		if (list.count == FTTCP_BACKUPS_MORE)
			return refuse(err, word, "one of few addresses", remedy);
		if (fttcpd_value_endpoint(word, value, &list.ep[list.count],
					  err))
			return -EINVAL;
		list.count++;
	}
	if (!list.count)
		return refuse(err, text, "a list of addresses", remedy);
	*(struct fttcpd_endpoints *)out = list;
	return 0;
}

/** fttcpd_value_prefix() - "10.0.0.0/8", or one address */
int fttcpd_value_prefix(const char *text, const struct fttcpd_value *value,
			void *out, char err[FTTCPD_VALUE_ERROR])
{
	struct fttcp_prefix prefix;
	int rc;

	(void)value;
	rc = fttcp_prefix_parse(text, &prefix);
	if (rc == -EDOM)
		return refuse(err, text, "a prefix",
			      "the bits behind its length must be zero");
	if (rc)
		return refuse(err, text, "a prefix",
			      "write for example 10.0.0.0/8 or 2001:db8::/32");
	*(struct fttcp_prefix *)out = prefix;
	return 0;
}

static bool has_client(const struct fttcpd_clients *clients, const char *name)
{
	unsigned int i;

	for (i = 0; i < clients->count; i++)
		if (!strcmp(clients->name[i], name))
			return true;
	return false;
}

/** fttcpd_value_clients() - "bgp, ldp" */
int fttcpd_value_clients(const char *text, const struct fttcpd_value *value,
			 void *out, char err[FTTCPD_VALUE_ERROR])
{
	static const char remedy[] = "write small letters, digits, dots, dashes "
		"and underscores, as in bgp, ldp";
	struct fttcpd_clients clients = { .count = 0 };
	char copy[256], *word, *save;

	(void)value;
	if (snprintf(copy, sizeof(copy), "%s", text) >= (int)sizeof(copy))
		return refuse(err, text, "a list of clients", "shorten it");
	for (word = strtok_r(copy, ", ", &save); word;
	     word = strtok_r(NULL, ", ", &save)) {
		if (!fttcp_client_name_ok(word))
			return refuse(err, word, "the name of a client",
				      remedy);
		if (has_client(&clients, word))
			return refuse(err, word, "a new name", "it is given "
				      "twice; remove one of the two");
		if (clients.count == FTTCP_CLIENTS_MAX)
			return refuse(err, word, "one of at most 32 clients",
				      "remove some");
		strcpy(clients.name[clients.count++], word);
	}
	if (!clients.count)
		return refuse(err, text, "a list of clients", remedy);
	*(struct fttcpd_clients *)out = clients;
	return 0;
}

/* Not "any", not a group: the kernel would take some of these. */
static bool is_unicast(const struct fttcp_endpoint *ep)
{
	static const uint8_t any[16];

	if (!memcmp(ep->addr, any, fttcp_addr_len(ep->family)))
		return false;
	if (ep->family == AF_INET)
		return ep->addr[0] && ep->addr[0] < 224;
	return ep->addr[0] != 0xff;
}

/** fttcpd_value_service() - "10.0.0.100/24 dev eth0" */
int fttcpd_value_service(const char *text, const struct fttcpd_value *value,
			 void *out, char err[FTTCPD_VALUE_ERROR])
{
	static const char remedy[] = "write for example "
		"10.0.0.100/24 dev eth0";
	struct fttcpd_service *service = out;
	char addr[64], dev[IF_NAMESIZE], rest[2];
	struct fttcp_endpoint ep;
	uint64_t len;
	char *slash;

	(void)value;
	if (sscanf(text, "%63s dev %15s %1s", addr, dev, rest) != 2)
		return refuse(err, text, "a service address", remedy);
	slash = strchr(addr, '/');
	if (!slash || strpbrk(dev, "/:"))
		return refuse(err, text, "a service address", remedy);
	*slash = '\0';
	if (fttcp_addr_parse(addr, &ep) ||
	    fttcp_number_parse(slash + 1, 8 * fttcp_addr_len(ep.family), &len))
		return refuse(err, text, "a service address", remedy);
	if (!is_unicast(&ep))
		return refuse(err, text, "a service address",
			      "write an address that one machine can have");
	if (!len)
		return refuse(err, text, "a service address",
			      "the prefix length must not be 0");
	service->addr = ep;
	service->prefixlen = len;
	snprintf(service->dev, sizeof(service->dev), "%s", dev);
	return 0;
}
