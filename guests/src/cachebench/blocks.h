/*
 * The blocks that Cachebench gets from malloc: each its own mapping, 8 bytes into a page, and two in succession
 * 0x1001000 bytes apart (measured with a 16 MiB limit under Linux with a 4 KiB page).
 */
#ifndef TRAPWALK_BLOCKS_H
#define TRAPWALK_BLOCKS_H

enum { BLOCK_BYTES = 16 << 20, BLOCK_DISTANCE = 0x1001000, BLOCK_OFFSET = 8 };

#define BLOCKS(count) static unsigned char blocks[(count) * BLOCK_DISTANCE] __attribute__((aligned(4096)))
#define BLOCK(index) (blocks + (index) * BLOCK_DISTANCE + BLOCK_OFFSET)

#endif
