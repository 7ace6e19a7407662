// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the messages by which two ends prove to each other that they have the key.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "greet.h"

/* Those of one use are of no use for another. */
static const struct {
	char magic[9];
	const char *answer;
	const char *proof;
} uses[FTTCPD_GREET_USES] = {
	[FTTCPD_GREET_LINK] = {
		"FTTCPKEY", "fttcp link 1 answer", "fttcp link 1 proof",
	},
	[FTTCPD_GREET_MESSAGES] = {
		"FTTCPMSG", "fttcp messages 1 answer", "fttcp messages 1 proof",
	},
};

/* What follows is sealed, each direction with a key of its own. */
#define LABEL_CALLER	"fttcp messages 1 seal of who connects"
#define LABEL_LISTENER	"fttcp messages 1 seal of who listens"

static int refuse(struct fttcpd_greet *g, const char *why)
{
	g->why = why;
	g->want = 0;
	g->out_len = 0;
	return -EPERM;
}

/* What CALL and ANSWER begin with: magic, node, lane, nonce. */
static int say_who(const struct fttcpd_greet *g, uint8_t *buf)
{
	uint32_t id = htonl(g->id), lane = htonl(g->lane);

	memcpy(buf, uses[g->use].magic, 8);
	memcpy(buf + 8, &id, 4);
	memcpy(buf + 12, &lane, 4);
	return fttcpd_auth_nonce(buf + 16, FTTCP_GREET_NONCE);
}

static int look_who(struct fttcpd_greet *g)
{
	uint32_t id, lane;

	if (memcmp(g->in, uses[g->use].magic, 8))
		return refuse(g, "it does not speak as a node with a key");
	memcpy(&id, g->in + 8, 4);
	memcpy(&lane, g->in + 12, 4);
	id = ntohl(id);
	lane = ntohl(lane);
	if (id == g->id)
		return refuse(g, "it says that it is this node");
	if (g->peer_id && id != g->peer_id)
		return refuse(g, "it says that it is another node than [node] "
			      "peer-id");
	if (g->connects ? lane != g->lane : lane >= FTTCP_LANES_MAX)
		return refuse(g, "it means another lane");
	g->lane = lane;
	g->met = id;
	return 0;
}

/*
 * Who says something does so with its first key, also here; the other end knows
 * which one that is from the code that convinced it.
 */
static int make_keys(struct fttcpd_greet *g, const struct fttcpd_auth *auth,
		     unsigned int which)
{
	const char *say = g->connects ? LABEL_CALLER : LABEL_LISTENER;
	const char *hear = g->connects ? LABEL_LISTENER : LABEL_CALLER;

	if (g->use != FTTCPD_GREET_MESSAGES)
		return 0;
	if (fttcpd_auth_derive(auth, 0, say, g->said, sizeof(g->said),
			       g->say_key) ||
	    fttcpd_auth_derive(auth, which, hear, g->said, sizeof(g->said),
			       g->hear_key))
		return refuse(g, "no key for what is said to it");
	return 0;
}

/**
 * fttcpd_greet_begin() - a connection is made
 * @g:		@use, @connects, @id, @peer_id, and of who connects @lane
 *
 * Return: 0, or a negative errno when there is no nonce.
 */
int fttcpd_greet_begin(struct fttcpd_greet *g)
{
	int rc;

	g->have = 0;
	g->out_len = 0;
	g->why = NULL;
	g->want = g->connects ? FTTCPD_GREET_ANSWER : FTTCPD_GREET_CALL;
	if (!g->connects)
		return 0;
	rc = say_who(g, g->said);
	if (rc)
		return rc;
	memcpy(g->out, g->said, FTTCPD_GREET_CALL);
	g->out_len = FTTCPD_GREET_CALL;
	return 0;
}

static int take_call(struct fttcpd_greet *g, const struct fttcpd_auth *auth)
{
	int rc = look_who(g);

	if (rc)
		return rc;
	memcpy(g->said, g->in, FTTCPD_GREET_CALL);
	rc = say_who(g, g->said + FTTCPD_GREET_CALL);
	if (rc)
		return refuse(g, "no random numbers to answer it with");
	memcpy(g->out, g->said + FTTCPD_GREET_CALL, FTTCPD_GREET_CALL);
	if (fttcpd_auth_sign(auth, uses[g->use].answer, g->said, sizeof(g->said),
			     g->out + FTTCPD_GREET_CALL))
		return refuse(g, "no key to answer it with");
	g->out_len = FTTCPD_GREET_ANSWER;
	g->want = FTTCPD_GREET_PROOF;
	return 0;
}

static int take_answer(struct fttcpd_greet *g, const struct fttcpd_auth *auth)
{
	int rc = look_who(g), which;

	if (rc)
		return rc;
	memcpy(g->said + FTTCPD_GREET_CALL, g->in, FTTCPD_GREET_CALL);
	which = fttcpd_auth_which(auth, uses[g->use].answer, g->said,
				  sizeof(g->said), g->in + FTTCPD_GREET_CALL);
	if (which < 0)
		return refuse(g, "it has another key");
	if (fttcpd_auth_sign(auth, uses[g->use].proof, g->said,
			     sizeof(g->said), g->out))
		return refuse(g, "no key to answer it with");
	g->out_len = FTTCPD_GREET_PROOF;
	g->want = 0;
	return make_keys(g, auth, which);
}

static int take_proof(struct fttcpd_greet *g, const struct fttcpd_auth *auth)
{
	int which = fttcpd_auth_which(auth, uses[g->use].proof, g->said,
				      sizeof(g->said), g->in);

	if (which < 0)
		return refuse(g, "it has another key");
	g->want = 0;
	return make_keys(g, auth, which);
}

/**
 * fttcpd_greet_take() - what was wanted has come
 * @g:		@in holds @want bytes
 * @auth:	keys
 *
 * Return: 0, and when @want is 0 then this end is convinced, as soon as @out is
 * sent; -EPERM, and @why says why the other end is refused.
 */
int fttcpd_greet_take(struct fttcpd_greet *g, const struct fttcpd_auth *auth)
{
	size_t came = g->want;

	g->have = 0;
	g->out_len = 0;
	if (came == FTTCPD_GREET_ANSWER)
		return take_answer(g, auth);
	if (came == FTTCPD_GREET_CALL)
		return take_call(g, auth);
	return take_proof(g, auth);
}
