/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FTSIM_STORY_H
#define FTSIM_STORY_H

/* Plays one seed, from the first cable to the last byte. */
void story(void);

#endif /* FTSIM_STORY_H */
