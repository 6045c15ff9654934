# Orrery: every command a person types. `make help` lists them.

B ?= build
ifeq ($(origin CC),default)
CC := gcc
endif
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.SECONDARY:

WARNINGS := -Wall -Wextra -Wconversion -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wvla
# Nothing that is built depends on where the tree lies.
COMMON := -std=gnu11 -g $(WARNINGS) -Werror -MMD -MP -ffile-prefix-map=$(CURDIR)=.
HOST_CFLAGS := $(COMMON) -O2 -D_GNU_SOURCE -Isrc
GUEST_CFLAGS := $(COMMON) -O2 -ffreestanding -fno-pie -fno-pic -fno-asynchronous-unwind-tables \
    -fno-omit-frame-pointer -mgeneral-regs-only -Isrc

# What goes into the boot archive: name=path, one pair a file; fragments append to it.
ARCHIVE_FILES :=

# The program that the archive holds as `init`, and more single-file programs to build (labs, tests).
INIT ?= init
PROGRAMS_EXTRA ?=

.PHONY: all
all:

include $(wildcard src/boot/build.mk src/kernel/build.mk src/libsys/build.mk src/drivers/build.mk \
    src/programs/build.mk grader/build.mk tests/build.mk labs/build.mk handbook/build.mk)

.PHONY: clean
clean:
	rm -rf $(B)
