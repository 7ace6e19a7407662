/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The key that the two nodes share, and what it proves: that who says something
 * has the key, and says it for the purpose that the label names. Each purpose has
 * a label of its own, so that what was said on one way cannot be used on another.
 */
#ifndef FTTCPD_AUTH_H
#define FTTCPD_AUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fttcp/limits.h>

#define FTTCPD_AUTH_ERROR	512

/**
 * struct fttcpd_auth_key - one key
 * @byte:	@len bytes
 * @len:	how many
 */
struct fttcpd_auth_key {
	uint8_t byte[FTTCP_AUTH_KEY_MAX];
	size_t len;
};

/**
 * struct fttcpd_auth - what a key file says
 * @key:	@keys keys: the first one is used for what is said, each is
 *		accepted in what is heard, so that a key can be changed on one
 *		node after the other
 * @keys:	how many, 0 for none: nothing is proved or accepted
 */
struct fttcpd_auth {
	struct fttcpd_auth_key key[FTTCP_AUTH_KEYS];
	unsigned int keys;
};

int fttcpd_auth_read(const char *path, struct fttcpd_auth *auth,
		     char err[FTTCPD_AUTH_ERROR]);
void fttcpd_auth_forget(struct fttcpd_auth *auth);
int fttcpd_auth_hmac(const void *key, size_t key_len, const void *data,
		     size_t len, uint8_t mac[FTTCP_AUTH_MAC]);
int fttcpd_auth_sign(const struct fttcpd_auth *auth, const char *label,
		     const void *data, size_t len, uint8_t mac[FTTCP_AUTH_MAC]);
int fttcpd_auth_derive(const struct fttcpd_auth *auth, unsigned int which,
		       const char *label, const void *data, size_t len,
		       uint8_t key[FTTCP_AUTH_MAC]);
int fttcpd_auth_which(const struct fttcpd_auth *auth, const char *label,
		      const void *data, size_t len,
		      const uint8_t mac[FTTCP_AUTH_MAC]);
bool fttcpd_auth_verify(const struct fttcpd_auth *auth, const char *label,
			const void *data, size_t len,
			const uint8_t mac[FTTCP_AUTH_MAC]);
int fttcpd_auth_nonce(void *buf, size_t len);

#endif /* FTTCPD_AUTH_H */
