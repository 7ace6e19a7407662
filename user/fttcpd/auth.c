// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the key file of the two nodes, and HMAC-SHA256 with it. The function itself
 * is libcrypto's.
 *
 * Not the key but HMAC(key, label) signs: two purposes have two keys, and no label
 * can be continued by the data to look like another one.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "auth.h"

static int refuse(const char *path, char *err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int refuse(const char *path, char *err, const char *fmt, ...)
{
	int n = snprintf(err, FTTCPD_AUTH_ERROR, "key file %.256s: ", path);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err + n, FTTCPD_AUTH_ERROR - n, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

/* Who can read the key is as good as the other node. */
static int check_file(const char *path, int fd, char *err)
{
	struct stat st;

	if (fstat(fd, &st))
		return refuse(path, err, "cannot be looked at: %s",
			      strerror(errno));
	if (!S_ISREG(st.st_mode))
		return refuse(path, err, "is no regular file; name a file");
	if (st.st_uid && st.st_uid != geteuid())
		return refuse(path, err, "belongs to neither root nor the user "
			      "of fttcpd; \"chown root\" it");
	if (st.st_mode & 0027)
		return refuse(path, err, "others can read or change it; "
			      "\"chmod 640\" it, and make a new key if "
			      "somebody may have read it");
	if (st.st_size > FTTCP_AUTH_FILE_MAX)
		return refuse(path, err, "has more than %u bytes; make one with "
			      "\"openssl rand -hex 32\"", FTTCP_AUTH_FILE_MAX);
	return 0;
}

static int digit(char c)
{
	const char *digits = "0123456789abcdef";
	const char *at = c ? strchr(digits, tolower((unsigned char)c)) : NULL;

	return at ? at - digits : -1;
}

/* Return: whether @text, @len long, is one key. */
static bool parse_key(const char *text, size_t len, struct fttcpd_auth_key *key)
{
	size_t i;

	if (len % 2 || len < 2 * FTTCP_AUTH_KEY_MIN ||
	    len > 2 * FTTCP_AUTH_KEY_MAX)
		return false;
	for (i = 0; i < len; i++) {
		int n = digit(text[i]);

		if (n < 0)
			return false;
		key->byte[i / 2] = key->byte[i / 2] << 4 | n;
	}
	key->len = len / 2;
	return true;
}

static int parse_line(const char *path, const char *text, size_t len,
		      unsigned int line, struct fttcpd_auth *auth, char *err)
{
	while (len && isspace((unsigned char)text[len - 1]))
		len--;
	while (len && isspace((unsigned char)*text)) {
		text++;
		len--;
	}
	if (!len || *text == '#')
		return 0;
	if (auth->keys == FTTCP_AUTH_KEYS)
		return refuse(path, err, "line %u: more than %u keys; remove "
			      "the oldest", line, FTTCP_AUTH_KEYS);
	/* The text is not repeated: logs are read by many. */
	if (!parse_key(text, len, &auth->key[auth->keys]))
		return refuse(path, err, "line %u: is not %u to %u hexadecimal "
			      "digits; make one with \"openssl rand -hex 32\"",
			      line, 2 * FTTCP_AUTH_KEY_MIN,
			      2 * FTTCP_AUTH_KEY_MAX);
	auth->keys++;
	return 0;
}

static int parse(const char *path, const char *text, size_t len,
		 struct fttcpd_auth *auth, char *err)
{
	unsigned int line = 1;
	const char *end;
	size_t n;
	int rc;

	for (; len; line++) {
		end = memchr(text, '\n', len);
		n = end ? (size_t)(end - text) : len;
		rc = parse_line(path, text, n, line, auth, err);
		if (rc)
			return rc;
		n += !!end;
		text += n;
		len -= n;
	}
	if (!auth->keys)
		return refuse(path, err, "has no key; make one with \"openssl "
			      "rand -hex 32\"");
	return 0;
}

static int read_fd(const char *path, int fd, struct fttcpd_auth *auth,
		   char *err)
{
	char text[FTTCP_AUTH_FILE_MAX];
	size_t have = 0;
	ssize_t n = 1;
	int rc;

	rc = check_file(path, fd, err);
	if (rc)
		return rc;
	while (n > 0 && have < sizeof(text)) {
		n = read(fd, text + have, sizeof(text) - have);
		if (n > 0)
			have += n;
	}
	rc = n < 0 ? refuse(path, err, "cannot be read: %s", strerror(errno)) :
		     parse(path, text, have, auth, err);
	explicit_bzero(text, sizeof(text));
	return rc;
}

/**
 * fttcpd_auth_read() - read a key file
 * @path:	text: a key in hexadecimal digits per line, empty lines, and lines
 *		that begin with #
 * @auth:	filled when all of it is right, without keys otherwise
 * @err:	one line with the file and a remedy otherwise
 *
 * Return: 0, -EINVAL for a file that is not right, or why it cannot be opened.
 */
int fttcpd_auth_read(const char *path, struct fttcpd_auth *auth,
		     char err[FTTCPD_AUTH_ERROR])
{
	int fd, rc;

	err[0] = '\0';
	memset(auth, 0, sizeof(*auth));
	/* a FIFO is refused, not waited for */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0) {
		rc = -errno;
		refuse(path, err, "cannot be opened: %s; make it with \"openssl "
		       "rand -hex 32\" and give it to group fttcp, mode 640",
		       strerror(-rc));
		return rc;
	}
	rc = read_fd(path, fd, auth, err);
	close(fd);
	if (rc)
		fttcpd_auth_forget(auth);
	return rc;
}

/** fttcpd_auth_forget() - leave no key in memory */
void fttcpd_auth_forget(struct fttcpd_auth *auth)
{
	explicit_bzero(auth, sizeof(*auth));
}

/**
 * fttcpd_auth_hmac() - HMAC-SHA256, RFC 2104
 * @key:	@key_len bytes
 * @key_len:	how many
 * @data:	@len bytes
 * @len:	how many
 * @mac:	for the code
 *
 * Return: 0 or -EIO when the library fails; then @mac is not to be used.
 */
int fttcpd_auth_hmac(const void *key, size_t key_len, const void *data,
		     size_t len, uint8_t mac[FTTCP_AUTH_MAC])
{
	unsigned int n = 0;

	if (!HMAC(EVP_sha256(), key, key_len, data, len, mac, &n) ||
	    n != FTTCP_AUTH_MAC)
		return -EIO;
	return 0;
}

static int sign_with(const struct fttcpd_auth_key *key, const char *label,
		     const void *data, size_t len, uint8_t *mac)
{
	uint8_t own[FTTCP_AUTH_MAC];
	int rc;

	rc = fttcpd_auth_hmac(key->byte, key->len, label, strlen(label), own);
	if (!rc)
		rc = fttcpd_auth_hmac(own, sizeof(own), data, len, mac);
	explicit_bzero(own, sizeof(own));
	return rc;
}

/**
 * fttcpd_auth_sign() - prove that this node has the key
 * @auth:	keys; the first one is used
 * @label:	the purpose, another text for each
 * @data:	what is said, @len bytes
 * @len:	how many
 * @mac:	for the proof
 *
 * Return: 0, -ENOKEY without a key, or -EIO when the library fails.
 */
int fttcpd_auth_sign(const struct fttcpd_auth *auth, const char *label,
		     const void *data, size_t len, uint8_t mac[FTTCP_AUTH_MAC])
{
	return fttcpd_auth_derive(auth, 0, label, data, len, mac);
}

/**
 * fttcpd_auth_derive() - a key for one purpose and one conversation
 * @auth:	keys
 * @which:	one of them
 * @label:	the purpose, another text for each
 * @data:	what the two ends have said so far, @len bytes
 * @len:	how many
 * @key:	for it
 *
 * Return: 0, -ENOKEY when there is no such key, or -EIO when the library fails.
 */
int fttcpd_auth_derive(const struct fttcpd_auth *auth, unsigned int which,
		       const char *label, const void *data, size_t len,
		       uint8_t key[FTTCP_AUTH_MAC])
{
	if (which >= auth->keys)
		return -ENOKEY;
	return sign_with(&auth->key[which], label, data, len, key);
}

/**
 * fttcpd_auth_which() - which of the keys who said this has
 * @auth:	keys; each is accepted
 * @label:	the purpose
 * @data:	what was said, @len bytes
 * @len:	how many
 * @mac:	what came with it
 *
 * Takes the same time wherever the codes differ.
 *
 * Return: its place in @auth; -1 for none, in doubt, and always without a key.
 */
int fttcpd_auth_which(const struct fttcpd_auth *auth, const char *label,
		      const void *data, size_t len,
		      const uint8_t mac[FTTCP_AUTH_MAC])
{
	uint8_t own[FTTCP_AUTH_MAC];
	int which = -1;
	unsigned int i;

	for (i = 0; i < auth->keys; i++)
		if (!sign_with(&auth->key[i], label, data, len, own) &&
		    !CRYPTO_memcmp(own, mac, sizeof(own)))
			which = i;
	explicit_bzero(own, sizeof(own));
	return which;
}

/**
 * fttcpd_auth_verify() - whether who said this has one of the keys
 * @auth:	keys; each is accepted
 * @label:	the purpose
 * @data:	what was said, @len bytes
 * @len:	how many
 * @mac:	what came with it
 *
 * Return: true when it has; false in doubt, and always without a key.
 */
bool fttcpd_auth_verify(const struct fttcpd_auth *auth, const char *label,
			const void *data, size_t len,
			const uint8_t mac[FTTCP_AUTH_MAC])
{
	return fttcpd_auth_which(auth, label, data, len, mac) >= 0;
}

/**
 * fttcpd_auth_nonce() - bytes that nobody can foretell
 * @buf:	for @len of them
 * @len:	256 at most, so that no signal can cut them short
 *
 * Return: 0 or a negative errno; -EAGAIN while the kernel has none yet, just after
 * a boot: the loop does not wait for it.
 */
int fttcpd_auth_nonce(void *buf, size_t len)
{
	ssize_t n;

	if (len > 256)
		return -EINVAL;
	n = getrandom(buf, len, GRND_NONBLOCK);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}
