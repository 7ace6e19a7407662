// SPDX-License-Identifier: GPL-2.0-only
/*
 * The key of the two nodes: HMAC-SHA256 against RFC 4231, labels, keys that are
 * changed, and key files that are refused.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

#include "fttcpd/auth.h"

#define PATH	"key"
#define HEX32	"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define OTHER	"ff0102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F"

static struct fttcpd_auth auth;
static char err[FTTCPD_AUTH_ERROR];

static int enter_scratch(void **state)
{
	static char dir[] = "/tmp/test_auth.XXXXXX";

	*state = dir;
	return !mkdtemp(dir) || chdir(dir);
}

static int leave_scratch(void **state)
{
	unlink(PATH);
	return chdir("/") || rmdir(*state);
}

static void put(const char *text, size_t len, mode_t mode)
{
	int fd;

	unlink(PATH);
	fd = open(PATH, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void put_text(const char *text)
{
	put(text, strlen(text), 0640);
}

/* Test cases 1 to 4, 6 and 7 of RFC 4231; 5 is about codes that are cut. */
static const struct vector {
	int fill;		/* byte of the key, -1 for @key */
	const char *key;
	size_t key_len;
	int data_fill;		/* byte of the data, -1 for @data */
	const char *data;
	size_t len;
	const char *mac;
} vectors[] = {
	{ 0x0b, NULL, 20, -1, "Hi There", 8,
	  "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
	{ -1, "Jefe", 4, -1, "what do ya want for nothing?", 28,
	  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
	{ 0xaa, NULL, 20, 0xdd, NULL, 50,
	  "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
	{ -1, "\1\2\3\4\5\6\7\x8\x9\xa\xb\xc\xd\xe\xf\x10\x11\x12\x13\x14\x15"
	  "\x16\x17\x18\x19", 25, 0xcd, NULL, 50,
	  "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b" },
	{ 0xaa, NULL, 131, -1,
	  "Test Using Larger Than Block-Size Key - Hash Key First", 54,
	  "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
	{ 0xaa, NULL, 131, -1,
	  "This is a test using a larger than block-size key and a larger than "
	  "block-size data. The key needs to be hashed before being used by the "
	  "HMAC algorithm.", 152,
	  "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2" },
};

static void rfc4231(void **state)
{
	uint8_t key[131], data[152], mac[FTTCP_AUTH_MAC];
	const struct vector *v;
	char hex[2 * FTTCP_AUTH_MAC + 1];
	size_t i;

	(void)state;
	for (v = vectors; v < vectors + sizeof(vectors) / sizeof(*v); v++) {
		memset(key, v->fill, sizeof(key));
		memset(data, v->data_fill, sizeof(data));
		if (v->key)
			memcpy(key, v->key, v->key_len);
		if (v->data)
			memcpy(data, v->data, v->len);
		assert_int_equal(fttcpd_auth_hmac(key, v->key_len, data, v->len,
						  mac), 0);
		for (i = 0; i < sizeof(mac); i++)
			sprintf(hex + 2 * i, "%02x", mac[i]);
		assert_string_equal(hex, v->mac);
	}
}

static void reads(void **state)
{
	uint8_t expect[FTTCP_AUTH_KEY_MIN];
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(expect); i++)
		expect[i] = i;
	put_text("# made today\n\n  " HEX32 " \r\n" OTHER);
	assert_int_equal(fttcpd_auth_read(PATH, &auth, err), 0);
	assert_string_equal(err, "");
	assert_int_equal(auth.keys, 2);
	assert_int_equal(auth.key[0].len, sizeof(expect));
	assert_memory_equal(auth.key[0].byte, expect, sizeof(expect));
	expect[0] = 0xff;
	assert_memory_equal(auth.key[1].byte, expect, sizeof(expect));
	put_text(HEX32 HEX32 "\n");
	assert_int_equal(fttcpd_auth_read(PATH, &auth, err), 0);
	assert_int_equal(auth.keys, 1);
	assert_int_equal(auth.key[0].len, FTTCP_AUTH_KEY_MAX);
}

static const struct {
	const char *text;
	const char *error;
} wrong[] = {
	{ "", "has no key; make one with \"openssl rand -hex 32\"" },
	{ "# nothing\n", "has no key" },
	{ "\n" HEX32 "0\n", "line 2: is not 64 to 128 hexadecimal digits" },
	{ "0123456789\n", "line 1: is not" },
	{ HEX32 HEX32 "00\n", "line 1: is not" },
	{ "g" HEX32 "0\n", "line 1: is not" },
	{ HEX32 "\n" OTHER "\n" HEX32 "\n", "line 3: more than 2 keys" },
};

static void refuses_text(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		put_text(wrong[i].text);
		assert_int_equal(fttcpd_auth_read(PATH, &auth, err), -EINVAL);
		assert_non_null(strstr(err, "key file " PATH ": "));
		assert_non_null(strstr(err, wrong[i].error));
		/* a key, or what may be one, is in no message */
		assert_null(strstr(err, "0123456789"));
		assert_int_equal(auth.keys, 0);
	}
	put("\0", 1, 0600);
	assert_int_equal(fttcpd_auth_read(PATH, &auth, err), -EINVAL);
}

static void refuses_file(void **state)
{
	static const mode_t open_to_others[] = { 0644, 0604, 0602, 0601, 0620 };
	char big[FTTCP_AUTH_FILE_MAX + 1];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(open_to_others) / sizeof(mode_t); i++) {
		put(HEX32, strlen(HEX32), open_to_others[i]);
		assert_int_equal(fttcpd_auth_read(PATH, &auth, err), -EINVAL);
		assert_non_null(strstr(err, "\"chmod 640\" it"));
	}
	memset(big, '\n', sizeof(big));
	put(big, sizeof(big), 0600);
	assert_int_equal(fttcpd_auth_read(PATH, &auth, err), -EINVAL);
	assert_non_null(strstr(err, "more than 4096 bytes"));
	unlink(PATH);
	assert_int_equal(fttcpd_auth_read(PATH, &auth, err), -ENOENT);
	assert_non_null(strstr(err, "cannot be opened: No such file"));
	assert_int_equal(mkfifo(PATH, 0600), 0);
	assert_int_equal(fttcpd_auth_read(PATH, &auth, err), -EINVAL);
	assert_non_null(strstr(err, "no regular file"));
	if (!geteuid()) {
		put_text(HEX32);
		assert_int_equal(chown(PATH, 65534, 0), 0);
		assert_int_equal(fttcpd_auth_read(PATH, &auth, err), -EINVAL);
		assert_non_null(strstr(err, "\"chown root\" it"));
	}
}

/* One bit of anything that changes, and it is not accepted. */
static void proves(void **state)
{
	uint8_t mac[FTTCP_AUTH_MAC], data[40];
	size_t bit;

	(void)state;
	put_text(HEX32);
	assert_int_equal(fttcpd_auth_read(PATH, &auth, err), 0);
	memset(data, 7, sizeof(data));
	assert_int_equal(fttcpd_auth_sign(&auth, "a", data, sizeof(data), mac),
			 0);
	assert_true(fttcpd_auth_verify(&auth, "a", data, sizeof(data), mac));
	assert_false(fttcpd_auth_verify(&auth, "b", data, sizeof(data), mac));
	assert_false(fttcpd_auth_verify(&auth, "a\7", data + 1,
					sizeof(data) - 1, mac));
	assert_false(fttcpd_auth_verify(&auth, "a", data, sizeof(data) - 1,
					mac));
	for (bit = 0; bit < 8 * sizeof(data); bit++) {
		data[bit / 8] ^= 1 << bit % 8;
		assert_false(fttcpd_auth_verify(&auth, "a", data, sizeof(data),
						mac));
		data[bit / 8] ^= 1 << bit % 8;
	}
	for (bit = 0; bit < 8 * sizeof(mac); bit++) {
		mac[bit / 8] ^= 1 << bit % 8;
		assert_false(fttcpd_auth_verify(&auth, "a", data, sizeof(data),
						mac));
		mac[bit / 8] ^= 1 << bit % 8;
	}
	fttcpd_auth_forget(&auth);
	assert_false(fttcpd_auth_verify(&auth, "a", data, sizeof(data), mac));
	assert_int_equal(fttcpd_auth_sign(&auth, "a", data, 1, mac), -ENOKEY);
}

/* The three steps of a new key, each on one node after the other. */
static void changes_key(void **state)
{
	static const char * const step[] = {
		HEX32, HEX32 "\n" OTHER, OTHER "\n" HEX32, OTHER,
	};
	struct fttcpd_auth ahead, behind;
	uint8_t mac[FTTCP_AUTH_MAC];
	size_t i;

	(void)state;
	for (i = 1; i < sizeof(step) / sizeof(step[0]); i++) {
		put_text(step[i - 1]);
		assert_int_equal(fttcpd_auth_read(PATH, &behind, err), 0);
		put_text(step[i]);
		assert_int_equal(fttcpd_auth_read(PATH, &ahead, err), 0);
		assert_int_equal(fttcpd_auth_sign(&ahead, "a", "x", 1, mac), 0);
		assert_true(fttcpd_auth_verify(&behind, "a", "x", 1, mac));
		assert_int_equal(fttcpd_auth_sign(&behind, "a", "x", 1, mac),
				 0);
		assert_true(fttcpd_auth_verify(&ahead, "a", "x", 1, mac));
	}
	put_text(HEX32);
	assert_int_equal(fttcpd_auth_read(PATH, &behind, err), 0);
	assert_false(fttcpd_auth_verify(&behind, "a", "x", 1, mac));
}

static void nonces(void **state)
{
	uint8_t a[32], b[32], much[257];

	(void)state;
	assert_int_equal(fttcpd_auth_nonce(a, sizeof(a)), 0);
	assert_int_equal(fttcpd_auth_nonce(b, sizeof(b)), 0);
	assert_memory_not_equal(a, b, sizeof(a));
	assert_int_equal(fttcpd_auth_nonce(much, sizeof(much)), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc4231),
		cmocka_unit_test(reads),
		cmocka_unit_test(refuses_text),
		cmocka_unit_test(refuses_file),
		cmocka_unit_test(proves),
		cmocka_unit_test(changes_key),
		cmocka_unit_test(nonces),
	};

	return cmocka_run_group_tests_name("auth", tests, enter_scratch,
					   leave_scratch);
}
