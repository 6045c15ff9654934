# Orrery: every command a person types. `make help` lists them.

B ?= $(if $(DEBUG),build-debug,build)
# One name for one folder, or what is built knows its parts by two.
override B := $(patsubst $(CURDIR)/%,%,$(abspath $(B)))
ifeq ($(origin CC),default)
CC := gcc
endif
# Recipes are shown with V=1 alone.
MAKEFLAGS += --no-builtin-rules --no-print-directory $(if $(V),,-s)
.SUFFIXES:
.DELETE_ON_ERROR:
.SECONDARY:

WARNINGS := -Wall -Wextra -Wconversion -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wvla
# Nothing that is built depends on where the tree lies.
COMMON := -std=gnu11 -g $(WARNINGS) -Werror -MMD -MP -ffile-prefix-map=$(CURDIR)=.
HOST_CFLAGS := $(COMMON) -O2 -D_GNU_SOURCE -Isrc
GUEST_CFLAGS := $(COMMON) -O2 -ffreestanding -fno-pie -fno-pic -fno-asynchronous-unwind-tables \
    -fno-omit-frame-pointer -fno-strict-aliasing -mgeneral-regs-only -Isrc

# What goes into the boot archive: name=path, one pair a file; fragments append to it.
ARCHIVE_FILES :=

# Tests, for tests/build.mk; fragments append to them.
# UNIT_TESTS: programs made with Check, built when asked for.
# KERNEL_TESTS, SYSTEM_TESTS, GRADER_TESTS, LAB_TESTS: executables, run from the top of the tree,
# that print lines `ok NAME`, `FAIL NAME: why`, `skip NAME: why`.
# TEST_LONG: the same, run by make test-long alone.
# TEST_NEEDS, TEST_LONG_NEEDS: what must be built before any of these is run.
UNIT_TESTS :=
KERNEL_TESTS :=
SYSTEM_TESTS :=
GRADER_TESTS :=
LAB_TESTS :=
TEST_LONG :=
TEST_NEEDS :=
TEST_LONG_NEEDS :=

# Goals that are a program rather than a build (see become.c); fragments append to them. Their
# recipe is @$(call become_program,COMMAND): it ends make by running COMMAND, on make's terminal and
# with COMMAND's exit status; all that is built before goes to standard error.
PROGRAM_GOALS := run lab grade grade-all submit
become_program = $(if $(and $(filter load,$(.FEATURES)),$(if $(is_dry),,yes)),$(become $(1)),$(1))
is_dry = $(findstring n,$(firstword -$(MAKEFLAGS)))

# The program that the archive holds as `init`, and more single-file programs to build: for labs and
# tests.
INIT ?= init
PROGRAMS_EXTRA ?=

.PHONY: all help setup doctor clean FORCE
all: image programs $(B)/host/orrery-run

help:
	@cat grader/setup/help

setup:
	@sh grader/setup/tools.sh setup $(if $(EXTRA),extra)

doctor:
	@sh grader/setup/tools.sh doctor

clean:
	rm -rf $(B)

# All other goals build something. What that takes is looked for first, and installed if need be.
ifneq ($(filter-out help setup doctor clean,$(or $(MAKECMDGOALS),all)),)
ifneq ($(shell sh grader/setup/tools.sh missing),)
include $(B)/ready.mk
$(B)/ready.mk: FORCE
	@sh grader/setup/tools.sh setup >&2 && mkdir -p $(@D) && : >$@
else

# tests/build.mk last: it uses what the others register.
include $(wildcard src/boot/build.mk src/kernel/build.mk src/libsys/build.mk src/drivers/build.mk \
    src/programs/build.mk grader/build.mk grader/gdb/build.mk labs/build.mk handbook/build.mk \
    tests/*/build.mk tests/build.mk)

# Everything built is built again when the compiler or its flags change.
flags := $(shell $(CC) --version | head -n 1) \
    $(foreach name,$(sort $(filter %CFLAGS %LDFLAGS %LIBS,$(.VARIABLES))),$(name)=$($(name)))
ifneq ($(strip $(flags)),$(strip $(file <$(B)/flags)))
$(shell mkdir -p $(B))
$(file >$(B)/flags,$(strip $(flags)))
endif
.EXTRA_PREREQS := $(B)/flags

-include $(shell find $(B) -name '*.d' 2>/dev/null)

ifneq ($(filter $(PROGRAM_GOALS),$(MAKECMDGOALS)),)
-load $(B)/host/become.so
endif
$(B)/host/become.so: grader/setup/become.c
	@mkdir -p $(@D)
	@$(CC) $(HOST_CFLAGS) -shared -fPIC -o $@ $<

# make run: the machine, its serial line on this terminal.
EMU ?= bochs
VIEW ?= serial
run_options = $(if $(SCRIPT),--script '$(SCRIPT)') $(if $(CPUS),--cpus $(CPUS)) \
    $(if $(MEM),--memory $(MEM)) --view $(VIEW) --emulator $(EMU) $(if $(TRACE),--trace)
.PHONY: run
run: image $(B)/host/orrery-run
	@$(call become_program,$(B)/host/orrery-run $(run_options) $(B)/orrery.iso)

# A lab's number may be typed without its zero.
ifneq ($(filter 0 1 2 3 4 5 6 7 8 9,$(LAB)),)
override LAB := 0$(LAB)
endif

# Labs: branches, grading, packing. Without LAB it is the one whose branch this is.
grade_options = $(if $(SEED),--seed '$(SEED)') $(if $(SEEDS),--seeds '$(SEEDS)') \
    $(if $(JSON),--json '$(JSON)') $(if $(JUNIT),--junit '$(JUNIT)') \
    $(if $(GRADESCOPE),--gradescope '$(GRADESCOPE)') $(if $(HTML),--html '$(HTML)')
.PHONY: lab grade grade-all submit course
lab:
	@$(call become_program,sh grader/setup/lab.sh start '$(LAB)' '$(or $(FROM),reference)')

grade: $(B)/host/orrery-grade
	@$(call become_program,sh grader/setup/lab.sh grade '$(LAB)' $< $(grade_options))

grade-all: $(B)/host/orrery-grade
	@$(call become_program,python3 grader/grade_all.py $< '$(LAB)' '$(DIR)' '$(OUT)' $(SEEDS))

submit: $(B)/host/orrery-grade
	@$(call become_program,sh grader/setup/lab.sh submit '$(LAB)' $(B) $(grade_options))

course:
	@echo "make $@: needs more labs than there are; make lab is what there is" >&2; exit 2

endif
endif
