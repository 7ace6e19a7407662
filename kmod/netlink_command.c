// SPDX-License-Identifier: GPL-2.0-only
/*
 * Netlink requests for commands with an id.
 */
#include "command.h"
#include "netlink.h"

/* Cut here, so that a longer one is refused there. */
#define WORD_LEN	(FTTCP_COMMAND_ID_MAX + 4)

static int command_word(struct genl_info *info, int attr, char *word)
{
	if (fttcp_nl_missing(info, attr))
		return -EINVAL;
	if (nla_strscpy(word, info->attrs[attr], WORD_LEN) < 0)
		return fttcp_nl_refuse(info, attr, -EINVAL, "the text is too long");
	return 0;
}

int fttcp_nl_command_begin_doit(struct sk_buff *req, struct genl_info *info)
{
	struct fttcp_net *fn = fttcp_net(genl_info_net(info));
	char id[WORD_LEN], name[WORD_LEN];
	const char *why = NULL;
	int err;

	err = command_word(info, FTTCP_A_COMMAND_ID, id);
	if (!err)
		err = command_word(info, FTTCP_A_COMMAND_NAME, name);
	if (err)
		return err;
	err = fttcp_command_begin(fn, id, name, info->snd_portid, &why);
	return err ? fttcp_nl_refuse(info, FTTCP_A_COMMAND_ID, err, why) : 0;
}

int fttcp_nl_command_end_doit(struct sk_buff *req, struct genl_info *info)
{
	struct fttcp_net *fn = fttcp_net(genl_info_net(info));
	struct nlattr *outcome = info->attrs[FTTCP_A_COMMAND_ERRNO];
	const char *why = NULL;
	char id[WORD_LEN];
	int err;

	err = command_word(info, FTTCP_A_COMMAND_ID, id);
	if (err)
		return err;
	err = fttcp_command_end(fn, id, outcome ? nla_get_s32(outcome) : 0,
				info->attrs[FTTCP_A_COMMAND_FORGET], &why);
	if (!err)
		return 0;
	return fttcp_nl_refuse(info, err == -ERANGE ? FTTCP_A_COMMAND_ERRNO :
						      FTTCP_A_COMMAND_ID,
			       err, why);
}

static int command_put(struct sk_buff *skb, const struct fttcp_command *c)
{
	if (nla_put_string(skb, FTTCP_A_COMMAND_ID, c->id) ||
	    nla_put_string(skb, FTTCP_A_COMMAND_NAME, c->name) ||
	    nla_put_u32(skb, FTTCP_A_COMMAND_STATE, c->state) ||
	    nla_put_s32(skb, FTTCP_A_COMMAND_ERRNO, -c->error) ||
	    nla_put_u32(skb, FTTCP_A_COMMAND_NODE, c->node) ||
	    nla_put_u64_64bit(skb, FTTCP_A_COMMAND_EPOCH, c->epoch,
			      FTTCP_A_COMMAND_PAD) ||
	    nla_put_u64_64bit(skb, FTTCP_A_COMMAND_BEGAN_NS, c->began_ns,
			      FTTCP_A_COMMAND_PAD))
		return -EMSGSIZE;
	return 0;
}

int fttcp_nl_command_get_doit(struct sk_buff *req, struct genl_info *info)
{
	struct fttcp_net *fn = fttcp_net(genl_info_net(info));
	struct fttcp_command c;
	struct sk_buff *skb;
	char id[WORD_LEN];
	void *hdr;
	int err;

	err = command_word(info, FTTCP_A_COMMAND_ID, id);
	if (err)
		return err;
	if (!fttcp_command_find(fn, id, &c))
		return fttcp_nl_refuse(info, FTTCP_A_COMMAND_ID, -ENOENT,
				       "nothing is known of a command with this id");
	skb = fttcp_nl_reply_new(info, GENLMSG_DEFAULT_SIZE, &hdr);
	if (!skb)
		return -ENOMEM;
	if (command_put(skb, &c))
		return fttcp_nl_reply_full(info, skb);
	genlmsg_end(skb, hdr);
	return genlmsg_reply(skb, info);
}

/* cb->ctx is the number of the last one that was sent. */
int fttcp_nl_command_get_dumpit(struct sk_buff *skb,
				struct netlink_callback *cb)
{
	struct fttcp_net *fn = fttcp_net(sock_net(skb->sk));
	u64 *seq = (u64 *)cb->ctx;
	struct fttcp_command c;
	void *hdr;

	static_assert(sizeof(*seq) <= sizeof(cb->ctx));
	while (fttcp_command_next(fn, *seq, &c)) {
		hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid,
				  cb->nlh->nlmsg_seq, &fttcp_nl_family,
				  NLM_F_MULTI, FTTCP_CMD_COMMAND_GET);
		if (!hdr)
			break;
		if (command_put(skb, &c)) {
			genlmsg_cancel(skb, hdr);
			break;
		}
		genlmsg_end(skb, hdr);
		*seq = c.seq;
	}
	return skb->len;
}
