// SPDX-License-Identifier: GPL-2.0-only
/*
 * fttcp.ko: TCP connections that survive the death of their machine. Only
 * init and exit; Documentation/overview.rst says what is where.
 */
#include <linux/module.h>
#include <linux/random.h>

#include "conn.h"
#include "fault.h"
#include "fttcp.h"
#include "kick.h"
#include "link.h"
#include "netlink.h"
#include "record.h"
#include "ulp.h"

unsigned int fttcp_net_id;
u64 fttcp_boot_id;
struct workqueue_struct *fttcp_wq;

static int __net_init fttcp_init_net(struct net *net)
{
	struct fttcp_net *fn = fttcp_net(net);
	int err;

	err = fttcp_node_init_net(net, fn);
	if (err)
		return err;
	fttcp_events_init_net(fn);
	fttcp_policies_init_net(fn);
	fttcp_commands_init_net(fn);
	return fttcp_stats_init_net(net, fn);
}

static void __net_exit fttcp_exit_net(struct net *net)
{
	struct fttcp_net *fn = fttcp_net(net);

	fttcp_node_exit_net(fn);
	fttcp_commands_exit_net(fn);
	fttcp_policies_exit_net(fn);
	fttcp_events_exit_net(fn);
	fttcp_stats_exit_net(net, fn);
}

static struct pernet_operations fttcp_net_ops = {
	.init	= fttcp_init_net,
	.exit	= fttcp_exit_net,
	.id	= &fttcp_net_id,
	.size	= sizeof(struct fttcp_net),
};

static int __init fttcp_init(void)
{
	int err;

	fttcp_boot_id = get_random_u64();
	fttcp_wq = alloc_workqueue("fttcp", WQ_UNBOUND | WQ_HIGHPRI, 0);
	if (!fttcp_wq)
		return -ENOMEM;
	err = fttcp_conn_init();
	if (err)
		goto err_wq;
	err = fttcp_record_init();
	if (err)
		goto err_conn;
	err = fttcp_fault_init();
	if (err)
		goto err_record;
	err = register_pernet_subsys(&fttcp_net_ops);
	if (err)
		goto err_fault;
	err = fttcp_link_init();
	if (err)
		goto err_pernet;
	err = fttcp_kick_init();
	if (err)
		goto err_link;
	err = fttcp_ulp_init();
	if (err)
		goto err_kick;
	err = fttcp_netlink_init();
	if (err)
		goto err_ulp;
	return 0;

err_ulp:
	fttcp_ulp_exit();
err_kick:
	fttcp_kick_exit();
err_link:
	fttcp_link_exit();
err_pernet:
	unregister_pernet_subsys(&fttcp_net_ops);
err_fault:
	fttcp_fault_exit();
err_record:
	fttcp_record_exit();
err_conn:
	fttcp_conn_exit();
err_wq:
	destroy_workqueue(fttcp_wq);
	return err;
}

static void __exit fttcp_exit(void)
{
	fttcp_netlink_exit();
	fttcp_ulp_exit();
	fttcp_kick_exit();
	fttcp_link_exit();
	unregister_pernet_subsys(&fttcp_net_ops);
	fttcp_fault_exit();
	fttcp_record_exit();
	fttcp_conn_exit();
	destroy_workqueue(fttcp_wq);
}

module_init(fttcp_init);
module_exit(fttcp_exit);

MODULE_DESCRIPTION("TCP connections that survive the death of their machine");
MODULE_LICENSE("GPL");
MODULE_VERSION(FTTCP_VERSION);
MODULE_ALIAS("tcp-ulp-fttcp");
MODULE_ALIAS("net-pf-16-proto-16-family-fttcp");
