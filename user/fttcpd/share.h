/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who may use a socket of the daemon's, by the mode of its file.
 */
#ifndef FTTCPD_SHARE_H
#define FTTCPD_SHARE_H

int fttcpd_share(const char *path, const char *group);

#endif /* FTTCPD_SHARE_H */
