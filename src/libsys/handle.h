/* Handles that a program was started with, and the small things that one does with any handle. */
#ifndef LIBSYS_HANDLE_H
#define LIBSYS_HANDLE_H

#include <stdint.h>

/* The handle that whoever started this program gave it by this name; 0 (no handle) if none. */
uint32_t handle_named(const char *name);

/* Write all of `length` bytes, in as many writes as it takes. 0, or a negative error. */
int64_t write_all(uint32_t handle, const void *data, uint64_t length);

/* The same for a zero-terminated string. */
int64_t write_text(uint32_t handle, const char *text);

/*
 * Read until the buffer is full or the object ends, from `offset`. Bytes read, or a negative error.
 */
int64_t read_all(uint32_t handle, void *buffer, uint64_t length, uint64_t offset);

struct table_entry;

/*
 * Entry number `index` of a table, counted from 0. 1: `entry` holds it; 0: there are not so many;
 * negative: an error. A table may change between two calls; then entries may be missed or repeat.
 */
int64_t table_entry_read(uint32_t table, uint64_t index, struct table_entry *entry);

#endif
